"""``evalkit train``: train a multilayer perceptron, or one per seed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.commands.help import option
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
    from collections.abc import Callable

    from evalkit.training.checkpoint import Backend, Checkpoint


@click.command(
    cls=SeedsCommand,
    examples=[
        "evalkit train numpy --data digits --output numpy.pkl",
        "evalkit train torch --data data.csv --target label --seeds 1 2 --output runs",
    ],
)
@click.argument("backend", type=click.Choice(["numpy", "torch"]))
@option(
    "Input",
    "--data",
    "spec",
    required=True,
    metavar="SPEC",
    help="Data set: digits, cifar10:DIR, fashion-mnist:DIR, or a .npz, .csv or .parquet file.",
)
@target_option
@option(
    "Output",
    "--output",
    type=OutputFile(is_checked=False),
    required=True,
    help="Write the network to this file, or with --seeds to this folder.",
)
@option(
    "Network",
    "--hidden",
    default="128",
    show_default=True,
    metavar="N,N,…",
    help="Widths of the hidden layers, separated by commas.",
)
@option(
    "Network",
    "--activation",
    type=click.Choice(["sigmoid", "tanh", "softplus", "relu", "leaky_relu", "elu"]),
    default="elu",
    show_default=True,
    help="Activation function after each hidden layer.",
)
@option(
    "Training",
    "--lr",
    "learning_rate",
    type=float,
    default=0.1,
    show_default=True,
    help="Learning rate.",
)
@option(
    "Training",
    "--optimizer",
    type=click.Choice(["sgd", "adam"]),
    default="sgd",
    show_default=True,
    help="Optimisation algorithm.",
)
@option(
    "Training",
    "--momentum",
    type=float,
    default=0.0,
    show_default=True,
    help="Momentum of SGD.",
)
@option(
    "Training",
    "--schedule",
    type=click.Choice(["constant", "cosine", "step", "one_cycle"]),
    default="constant",
    show_default=True,
    help="Schedule of the learning rate.",
)
@option(
    "Training",
    "--batch-size",
    type=int,
    default=128,
    show_default=True,
    help="Number of rows per batch.",
)
@option("Training", "--epochs", type=int, default=10, show_default=True, help="Number of epochs.")
@option(
    "Training",
    "--seed",
    type=click.IntRange(min=0),
    default=42,
    show_default=True,
    help="Seed of the weights, the order of the rows and dropout.",
)
@option(
    "Training",
    "--seeds",
    type=click.IntRange(min=0),
    multiple=True,
    metavar="N N …",
    help="Train one network per seed, in parallel, into the folder of --output.",
)
@option(
    "Network",
    "--dropout",
    type=float,
    default=0.0,
    show_default=True,
    help="Dropout probability of hidden units.",
)
@option(
    "Network",
    "--batch-norm",
    is_flag=True,
    help="Apply batch normalisation after each hidden layer.",
)
@option(
    "Network",
    "--residual",
    is_flag=True,
    help="Use residual blocks between hidden layers of equal width.",
)
@option(
    "Training",
    "--l1",
    type=float,
    default=0.0,
    show_default=True,
    help="Strength of the L1 penalty on weights.",
)
@option(
    "Training",
    "--l2",
    type=float,
    default=0.0,
    show_default=True,
    help="Strength of the L2 penalty on weights.",
)
@option(
    "Training",
    "--early-stopping",
    type=int,
    metavar="N",
    help="Stop after N epochs without improvement of the validation accuracy.",
)
@option(
    "Training",
    "--validation",
    "validation_fraction",
    type=float,
    default=0.1,
    show_default=True,
    help="Share of the training rows used for validation.",
)
@option(
    "Network",
    "--initialisation",
    type=click.Choice(["he", "glorot", "pytorch"]),
    help="Initialisation of the weights.  [default: he for numpy, pytorch for torch]",
)
@option(
    "Training",
    "--class-weight",
    type=click.Choice(["balanced"]),
    help="Weight classes by the inverse of their frequency.",
)
@option(
    "Network",
    "--dtype",
    type=click.Choice(["float32", "float64"]),
    default="float32",
    show_default=True,
    help="Data type of weights and computations.",
)
@option(
    "Input",
    "--resume",
    type=click.Path(path_type=Path),
    help="Continue from a file of an earlier run with the same options.",
)
@option(
    "Training", "--device", default="cpu", show_default=True, help="Device that PyTorch trains on."
)
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
    """Train a multilayer perceptron in NumPy or PyTorch."""
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
        checkpoints = [trainer(backend)(dataset, settings, resume=earlier)]
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


def trainer(backend: Backend) -> Callable[..., Checkpoint]:
    """Return the function that trains with NumPy or PyTorch."""
    if backend == "numpy":
        from evalkit.training.numpy_trainer import train_numpy

        return train_numpy
    from evalkit.training.torch_trainer import train_torch

    return train_torch
