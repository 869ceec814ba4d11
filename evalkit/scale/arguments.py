"""What the words of a command line are to be counted, and how they are named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.errors import InputError
from evalkit.predictions.addresses import parse_address
from evalkit.scale import evaluate_together
from evalkit.scale.files import SUFFIXES, is_dataset

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalkit.compare.evaluation import Evaluation

LARGE = 1 << 28
"""Prediction files of so many bytes are counted, smaller ones read whole."""


def is_counted(models: Sequence[str]) -> bool:
    """Return whether any of the models is a folder, a glob, an address or a large table.

    >>> is_counted(["a.pkl"]), is_counted(["preds/*.parquet"]), is_counted(["b=s3://bucket/preds"])
    (False, True, True)
    """
    return any(
        is_dataset(each.path) or _is_large(Path(each.path)) for each in map(parse_address, models)
    )


def counted_evaluations(
    models: Sequence[str], refused: Mapping[str, Any], **options: Any
) -> list[Evaluation]:
    """Return the evaluations of ``[NAME=]DATASET``, counted together.

    Parameters
    ----------
    models : what the user named.
    refused : option → value, of options that need rows or models; none may be given.
    options : as `evalkit.scale.evaluate_together` takes them.

    Raises
    ------
    InputError
        If an option is given that does not go with counting.
    EvalkitError
        As `evalkit.scale.evaluate_together`.
    """
    for option, value in refused.items():
        if value:
            raise InputError(
                f"folders, globs and large files are counted, not read; {option} needs their rows: "
                "leave it out, or name small files"
            )
    named = [parse_address(text) for text in models]
    return evaluate_together(
        [each.path for each in named], names=[each.name for each in named], **options
    )


def _is_large(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file() and path.stat().st_size >= LARGE
