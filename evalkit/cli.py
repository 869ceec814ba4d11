"""The command line: each command reads its options, calls one function and prints.

Nothing heavy is imported until a command runs, so that ``evalkit --help`` answers at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from evalkit.cli_options import (
    ModelsCommand,
    SeedsCommand,
    betas_option,
    debug_option,
    force_option,
    target_option,
)
from evalkit.errors import EvalkitError, OutputError
from evalkit.version import __version__

if TYPE_CHECKING:
    from evalkit.datasets.dataset import Dataset
    from evalkit.models.exporting import ExportFormat
    from evalkit.training.checkpoint import Backend, Checkpoint, EpochRecord
    from evalkit.training.settings import Settings

BAD_INPUT = 2
INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="evalkit")
@debug_option
def cli() -> None:
    """Say which classifier is better, by how much, on which classes, and if it could be luck."""


@cli.command()
@click.option(
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The folder to write to; the current one by default.",
)
@force_option
@debug_option
def demo(folder: Path, force: bool) -> None:
    """Train both networks on handwritten digits and report which is better."""
    from evalkit.compare import compare
    from evalkit.compare.from_files import evaluations_from_files
    from evalkit.datasets import load_dataset
    from evalkit.models import save_checkpoint
    from evalkit.report.terminal import summary_text
    from evalkit.training.settings import Settings
    from evalkit.writing import may_replace

    _make_folder(folder)
    targets = {name: folder / name for name in ("numpy.pkl", "torch.pt", "report.html")}
    for target in targets.values():
        may_replace(target, force=force)
    dataset = load_dataset("digits")
    backends: tuple[tuple[Backend, str], ...] = (("numpy", "numpy.pkl"), ("torch", "torch.pt"))
    for backend, file in backends:
        checkpoint = _train(backend, dataset, Settings())
        save_checkpoint(checkpoint, targets[file])
    evaluations = evaluations_from_files([str(targets["numpy.pkl"]), str(targets["torch.pt"])])
    comparison = compare(evaluations)
    comparison.save_html(targets["report.html"])
    click.echo(summary_text(comparison))
    click.echo(f"\n{targets['report.html']}")


@cli.command(cls=SeedsCommand)
@click.argument("backend", type=click.Choice(["numpy", "torch"]))
@click.option(
    "--data",
    "spec",
    required=True,
    metavar="SPEC",
    help="digits, cifar10:DIR, fashion-mnist:DIR, or a .npz, .csv or .parquet file.",
)
@target_option
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="Where to write the network: numpy.pkl, torch.pt; with --seeds, a folder.",
)
@click.option(
    "--hidden",
    default="128",
    show_default=True,
    metavar="N,N,…",
    help="Widths of the hidden layers.",
)
@click.option(
    "--activation",
    type=click.Choice(["sigmoid", "tanh", "softplus", "relu", "leaky_relu", "elu"]),
    default="elu",
    show_default=True,
)
@click.option(
    "--lr", "learning_rate", type=float, default=0.1, show_default=True, help="Learning rate."
)
@click.option("--optimizer", type=click.Choice(["sgd", "adam"]), default="sgd", show_default=True)
@click.option("--momentum", type=float, default=0.0, show_default=True)
@click.option(
    "--schedule",
    type=click.Choice(["constant", "cosine", "step", "one_cycle"]),
    default="constant",
    show_default=True,
    help="How the learning rate goes over the epochs.",
)
@click.option("--batch-size", type=int, default=128, show_default=True)
@click.option("--epochs", type=int, default=10, show_default=True)
@click.option("--seed", type=int, default=42, show_default=True)
@click.option(
    "--seeds",
    type=int,
    multiple=True,
    metavar="N N …",
    help="Train one network a seed, several at once, into the folder that --output names.",
)
@click.option("--dropout", type=float, default=0.0, show_default=True)
@click.option("--batch-norm", is_flag=True, help="Normalise each hidden layer over the batch.")
@click.option(
    "--residual", is_flag=True, help="Join hidden layers of equal width by residual blocks."
)
@click.option(
    "--l1",
    type=float,
    default=0.0,
    show_default=True,
    help="λ₁ of the elastic net, on weights only.",
)
@click.option(
    "--l2",
    type=float,
    default=0.0,
    show_default=True,
    help="λ₂ of the elastic net, on weights only.",
)
@click.option(
    "--early-stopping",
    type=int,
    metavar="N",
    help="Stop after N epochs without a better validation accuracy.",
)
@click.option(
    "--validation",
    "validation_fraction",
    type=float,
    default=0.1,
    show_default=True,
    help="Share of the training rows that chooses the best epoch.",
)
@click.option(
    "--initialisation",
    type=click.Choice(["he", "glorot", "pytorch"]),
    help="Of the weights; he in NumPy and pytorch in PyTorch if absent.",
)
@click.option("--class-weight", type=click.Choice(["balanced"]), help="Weigh rare classes up.")
@click.option(
    "--dtype", type=click.Choice(["float32", "float64"]), default="float32", show_default=True
)
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    help="Go on from a file that an earlier run of the same options wrote.",
)
@click.option("--device", default="cpu", show_default=True, help="Where PyTorch trains.")
@force_option
@debug_option
def train(
    backend: Backend,
    spec: str,
    target: str | None,
    output: Path,
    force: bool,
    hidden: str,
    seeds: tuple[int, ...],
    resume: Path | None,
    **options: Any,
) -> None:
    """Train a multilayer perceptron in NumPy or in PyTorch and write it to a file."""
    from evalkit.datasets import load_dataset
    from evalkit.models import load_checkpoint, save_checkpoint
    from evalkit.training.runs import train_runs
    from evalkit.training.settings import Settings
    from evalkit.writing import may_replace

    settings = Settings(hidden=_widths(hidden), **options)
    if seeds:
        if resume is not None:
            raise click.UsageError("--resume goes on with one run; it does not go with --seeds")
        ending = "pkl" if backend == "numpy" else "pt"
        targets = [output / f"{backend}-{seed}.{ending}" for seed in seeds]
        dataset = load_dataset(spec, target=target)
        _make_folder(output)
        for path in targets:
            may_replace(path, force=force)
        checkpoints = train_runs(dataset, settings, seeds, backend=backend)
    else:
        targets = [output]
        may_replace(output, force=force)
        earlier = None if resume is None else load_checkpoint(resume)
        dataset = load_dataset(spec, target=target)
        checkpoints = [_train(backend, dataset, settings, resume=earlier)]
    for checkpoint, path in zip(checkpoints, targets, strict=False):
        save_checkpoint(checkpoint, path)
        _say_trained(checkpoint, path)


def _say_trained(checkpoint: Checkpoint, output: Path) -> None:
    best = checkpoint.history[checkpoint.best_epoch - checkpoint.history[0].epoch]
    unfinished = "" if checkpoint.complete else " (interrupted)"
    click.echo(
        f"{output}: epoch {best.epoch} of {len(checkpoint.history)}{unfinished}, "
        f"validation accuracy {100 * best.validation_accuracy:.1f} %"
    )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be made: {error.strerror}; nothing was written"
        ) from error


def _widths(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise click.BadParameter(
            f"widths are whole numbers joined by commas, as in 512,256; got {text!r}",
            param_hint="--hidden",
        ) from None


def _train(
    backend: Backend, dataset: Dataset, settings: Settings, *, resume: Checkpoint | None = None
) -> Checkpoint:
    """Train with the named back end; show each epoch where a person is watching."""
    if backend == "numpy":
        from evalkit.training.numpy_trainer import train_numpy as trainer
    else:
        from evalkit.training.torch_trainer import train_torch as trainer

    def show(record: EpochRecord) -> None:
        click.echo(
            f"{backend} epoch {record.epoch:>3} of {settings.epochs}: "
            f"loss {record.train_loss:.4f}, accuracy {100 * record.train_accuracy:.1f} %, "
            f"validation {100 * record.validation_accuracy:.1f} %, {record.seconds:.1f} s",
            err=True,
        )

    return trainer(dataset, settings, progress=show if sys.stderr.isatty() else None, resume=resume)


@cli.command(cls=ModelsCommand)
@click.option(
    "--models",
    "flagged",
    multiple=True,
    metavar="[NAME=]FILE …",
    help="Model or prediction files; one flag takes several, and bare arguments are the same.",
)
@click.argument("files", nargs=-1, metavar="[[NAME=]FILE]…")
@click.option(
    "--data",
    "spec",
    metavar="SPEC",
    help="Evaluate on this data instead of the data each model remembers.",
)
@target_option
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=COLUMN",
    help="What a prediction file calls y_true, y_pred, id or sample_weight. Repeatable.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("report.html"),
    show_default=True,
)
@betas_option
@click.option(
    "--confidence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    help="Confidence of every interval; tests use its complement.",
)
@click.option(
    "--margin",
    type=click.FloatRange(min=0, min_open=True),
    help="Test equivalence: differences of accuracy below this fraction do not matter.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of every resampling.")
@click.option(
    "--json",
    "json_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write every number as JSON.",
)
@click.option(
    "--plotly",
    type=click.Choice(["inline", "cdn", "none"]),
    default="inline",
    show_default=True,
    help="Put Plotly into the page, refer to it, or leave it out.",
)
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="NAME=GLOB",
    help="Files that are runs of one configuration under several seeds. Repeatable.",
)
@click.option(
    "--factor",
    type=click.FloatRange(min=0, min_open=True),
    default=2.0,
    show_default=True,
    help="How many standard deviations the spread over a group's runs reaches.",
)
@click.option(
    "--trust-pickle",
    "trusted",
    multiple=True,
    metavar="FILE",
    help="Run this pickle: whatever its author wrote into it runs with all your rights.",
)
@click.option("--title", help="The title of the page.")
@force_option
@debug_option
def report(
    flagged: tuple[str, ...],
    files: tuple[str, ...],
    spec: str | None,
    target: str | None,
    columns: tuple[str, ...],
    output: Path,
    betas: tuple[float, ...],
    confidence: float,
    margin: float | None,
    seed: int,
    json_path: Path | None,
    plotly: Any,
    groups: tuple[str, ...],
    trusted: tuple[str, ...],
    factor: float,
    title: str | None,
    force: bool,
) -> None:
    """Compare models on the same samples and write one self-contained HTML file."""
    from evalkit.compare import compare
    from evalkit.compare.from_files import evaluations_from_files, evaluations_of_groups
    from evalkit.report.terminal import summary_text
    from evalkit.writing import may_replace

    models = (*flagged, *files)
    if not models and not groups:
        raise click.UsageError(
            "name at least one model: evalkit report --models numpy.pkl torch.pt"
        )
    for path in (output, json_path):
        if path is not None:
            may_replace(path, force=force)
    mapped = dict(_column(text) for text in columns)
    options: dict[str, Any] = {
        "data": spec,
        "target": target,
        "columns": mapped,
        "trusted": trusted,
    }
    evaluations = evaluations_from_files(models, **options)
    evaluations += evaluations_of_groups(groups, **options)
    comparison = compare(
        evaluations,
        betas=betas,
        confidence=confidence,
        seed=seed,
        margin=margin,
        factor=factor,
    )
    comparison.save_html(output, title=title, plotly=plotly)
    if json_path is not None:
        comparison.save_json(json_path)
    click.echo(summary_text(comparison))
    click.echo(f"\n{output}")


@cli.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--data", "spec", metavar="SPEC", help="The data; what the model remembers if absent."
)
@target_option
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Where to write: .csv, .parquet, .feather, .npz or .jsonl.",
)
@force_option
@debug_option
def predict(model: Path, spec: str | None, target: str | None, output: Path, force: bool) -> None:
    """Write what a model says of each test sample, as a table that report reads."""
    from evalkit.compare.from_files import predictions_of, remembered_spec
    from evalkit.datasets import load_dataset
    from evalkit.models import load_model
    from evalkit.models.predictions import write_predictions
    from evalkit.writing import may_replace

    may_replace(output, force=force)
    predictor = load_model(model)
    dataset = load_dataset(spec or remembered_spec(model.stem, predictor.card), target=target)
    predictions = predictions_of(predictor, dataset, name=model.stem, given=spec)
    write_predictions(predictions, output)
    click.echo(f"{output}: {len(predictions)} samples, {len(predictions.classes)} classes")


@cli.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--to", type=click.Choice(["onnx", "safetensors"]), required=True)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write; beside the model, with the format's ending, if absent.",
)
@force_option
@debug_option
def export(model: Path, to: ExportFormat, output: Path | None, force: bool) -> None:
    """Write a network that evalkit trained as ONNX or safetensors."""
    from evalkit.models import load_checkpoint
    from evalkit.models.exporting import export_checkpoint
    from evalkit.writing import may_replace

    target = output or model.with_suffix(f".{to}")
    may_replace(target, force=force)
    export_checkpoint(load_checkpoint(model), target, to=to)
    click.echo(str(target))


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@debug_option
def inspect(file: Path) -> None:
    """Print what a model or prediction file holds, without running any of it."""
    from evalkit.models.inspecting import inspect_file

    click.echo(str(inspect_file(file)))


def main(args: list[str] | None = None) -> None:
    """Run the command line; a refusal is one line on standard error and exit code 2."""
    arguments = list(sys.argv[1:] if args is None else args)
    try:
        cli.main(arguments, prog_name="evalkit", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as help_wanted:
        help_wanted.show()
    except click.ClickException as refusal:
        command = getattr(getattr(refusal, "ctx", None), "command_path", "evalkit")
        _refuse(f"{command}: {refusal.format_message()} ({command} --help)")
    except (click.Abort, KeyboardInterrupt):
        click.echo("evalkit: interrupted; nothing more was written", err=True)
        sys.exit(INTERRUPTED)
    except EvalkitError as error:
        if "--debug" in arguments:
            raise
        _refuse(f"evalkit: {error}")


def _column(text: str) -> tuple[str, str]:
    name, equals, theirs = text.partition("=")
    if not (name and equals and theirs):
        raise click.BadParameter(
            f"name evalkit's column and yours, as in y_true=label; got {text!r}",
            param_hint="--column",
        )
    return name, theirs


def _refuse(message: str) -> NoReturn:
    click.echo(" ".join(message.split()), err=True)
    sys.exit(BAD_INPUT)
