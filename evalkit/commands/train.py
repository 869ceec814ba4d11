"""``evalkit train``: train a multilayer perceptron, or one per seed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.commands.options import (
    OutputFile,
    SeedsCommand,
    check_outputs,
    debug_option,
    force_option,
    target_option,
)
from evalkit.commands.terminal import say
from evalkit.errors import OutputError

if TYPE_CHECKING:
    from evalkit.datasets.dataset import Dataset
    from evalkit.training.checkpoint import Backend, Checkpoint, EpochRecord
    from evalkit.training.settings import Settings


@click.command(cls=SeedsCommand)
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
    type=OutputFile(is_checked=False),
    required=True,
    help="Write the network to this file (numpy.pkl, torch.pt), or with --seeds to this folder.",
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
    help="Activation function after each hidden layer.",
)
@click.option(
    "--lr", "learning_rate", type=float, default=0.1, show_default=True, help="Learning rate."
)
@click.option(
    "--optimizer",
    type=click.Choice(["sgd", "adam"]),
    default="sgd",
    show_default=True,
    help="Optimizer.",
)
@click.option(
    "--momentum",
    type=float,
    default=0.0,
    show_default=True,
    help="Momentum of SGD.",
)
@click.option(
    "--schedule",
    type=click.Choice(["constant", "cosine", "step", "one_cycle"]),
    default="constant",
    show_default=True,
    help="Learning rate schedule.",
)
@click.option("--batch-size", type=int, default=128, show_default=True, help="Batch size.")
@click.option("--epochs", type=int, default=10, show_default=True, help="Number of epochs.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=42,
    show_default=True,
    help="Seed of the weights, the order of the rows and dropout.",
)
@click.option(
    "--seeds",
    type=click.IntRange(min=0),
    multiple=True,
    metavar="N N …",
    help="Train one network per seed, in parallel, into the folder of --output.",
)
@click.option(
    "--dropout",
    type=float,
    default=0.0,
    show_default=True,
    help="Dropout probability of hidden units.",
)
@click.option(
    "--batch-norm", is_flag=True, help="Apply batch normalisation after each hidden layer."
)
@click.option(
    "--residual", is_flag=True, help="Use residual blocks between hidden layers of equal width."
)
@click.option(
    "--l1",
    type=float,
    default=0.0,
    show_default=True,
    help="Strength of the L1 penalty on weights.",
)
@click.option(
    "--l2",
    type=float,
    default=0.0,
    show_default=True,
    help="Strength of the L2 penalty on weights.",
)
@click.option(
    "--early-stopping",
    type=int,
    metavar="N",
    help="Stop after N epochs without improvement of the validation accuracy.",
)
@click.option(
    "--validation",
    "validation_fraction",
    type=float,
    default=0.1,
    show_default=True,
    help="Share of the training rows used for validation.",
)
@click.option(
    "--initialisation",
    type=click.Choice(["he", "glorot", "pytorch"]),
    help="Initialisation of the weights. By default he for numpy and pytorch for torch.",
)
@click.option(
    "--class-weight",
    type=click.Choice(["balanced"]),
    help="Weight classes by the inverse of their frequency.",
)
@click.option(
    "--dtype",
    type=click.Choice(["float32", "float64"]),
    default="float32",
    show_default=True,
    help="Data type of weights and computations.",
)
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    help="Continue from a file of an earlier run with the same options.",
)
@click.option("--device", default="cpu", show_default=True, help="Device that PyTorch trains on.")
@force_option
@debug_option
@click.pass_context
def train(
    context: click.Context,
    /,
    backend: Backend,
    spec: str,
    target: str | None,
    output: Path,
    hidden: str,
    seeds: tuple[int, ...],
    resume: Path | None,
    **options: Any,
) -> None:
    """Train a multilayer perceptron in NumPy or PyTorch and write it to a file."""
    from evalkit.datasets import load_dataset
    from evalkit.models import load_checkpoint, save_checkpoint
    from evalkit.training.runs import train_runs
    from evalkit.training.settings import Settings

    settings = Settings(hidden=_widths(hidden), **options)
    if seeds:
        if resume is not None:
            raise click.UsageError("--resume cannot be combined with --seeds.")
        if len(set(seeds)) < len(seeds):
            raise click.UsageError("A seed of --seeds is given twice. Give each seed once.")
        ending = "pkl" if backend == "numpy" else "pt"
        targets = [output / f"{backend}-{seed}.{ending}" for seed in seeds]
        dataset = load_dataset(spec, target=target)
        make_folder(output)
        check_outputs(context, targets)
        checkpoints = train_runs(dataset, settings, seeds, backend=backend)
    else:
        targets = [output]
        check_outputs(context, targets)
        earlier = None if resume is None else load_checkpoint(resume)
        dataset = load_dataset(spec, target=target)
        checkpoints = [train_watched(backend, dataset, settings, resume=earlier)]
    for checkpoint, path in zip(checkpoints, targets, strict=False):
        save_checkpoint(checkpoint, path)
        _say_trained(checkpoint, path)


def _say_trained(checkpoint: Checkpoint, output: Path) -> None:
    best = checkpoint.history[checkpoint.best_epoch - checkpoint.history[0].epoch]
    unfinished = "" if checkpoint.complete else " (interrupted)"
    say(
        f"{output}: epoch {best.epoch} of {len(checkpoint.history)}{unfinished}, "
        f"validation accuracy {100 * best.validation_accuracy:.1f} %"
    )


def make_folder(folder: Path) -> None:
    """Create a folder to write to.

    Raises
    ------
    OutputError
        If it cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"The folder {folder} cannot be created: {error.strerror}. Nothing was written."
        ) from error


def _widths(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not a list of whole numbers, for example 512,256.",
            param_hint="--hidden",
        ) from None


def train_watched(
    backend: Backend, dataset: Dataset, settings: Settings, *, resume: Checkpoint | None = None
) -> Checkpoint:
    """Train with NumPy or PyTorch; print each epoch on a terminal."""
    if backend == "numpy":
        from evalkit.training.numpy_trainer import train_numpy as trainer
    else:
        from evalkit.training.torch_trainer import train_torch as trainer

    def show(record: EpochRecord) -> None:
        say(
            f"{backend} epoch {record.epoch:>3} of {settings.epochs}: "
            f"loss {record.train_loss:.4f}, accuracy {100 * record.train_accuracy:.1f} %, "
            f"validation {100 * record.validation_accuracy:.1f} %, {record.seconds:.1f} s",
            err=True,
        )

    return trainer(dataset, settings, progress=show if sys.stderr.isatty() else None, resume=resume)
