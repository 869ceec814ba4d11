"""What the words of a command line are to be counted, and how they are named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.errors import InputError
from evalkit.scale import evaluate_together
from evalkit.scale.files import SUFFIXES, dataset_name, is_dataset

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
        is_dataset(address) or _is_large(Path(address)) for _, address in map(named_dataset, models)
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
    named = [named_dataset(text) for text in models]
    return evaluate_together(
        [address for _, address in named], names=[name for name, _ in named], **options
    )


def named_dataset(text: str) -> tuple[str, str]:
    """Return the name and the address of ``[NAME=]DATASET``; a bare one is named by its stem.

    A folder that holds an equals sign, as those of partitions do, is no name.

    >>> named_dataset("mine=preds/*.parquet"), named_dataset("preds/day=1/")
    (('mine', 'preds/*.parquet'), ('day=1', 'preds/day=1/'))
    """
    name, equals, address = text.partition("=")
    if equals and name and address and "/" not in name and not Path(text).exists():
        return name, address
    return dataset_name(text), text


def _is_large(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file() and path.stat().st_size >= LARGE
