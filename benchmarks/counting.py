"""Confusion matrices and metrics from labels, against scikit-learn and torchmetrics.

python -m benchmarks.counting [--json FILE]
"""

from __future__ import annotations

import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix as peer, precision_recall_fscore_support

import evalkit
from benchmarks.timing import Row, compared, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

MANY = 10_000_000
NAMES = ("plane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def main() -> None:
    """Measure everything and print the table."""
    run(measure, __doc__.splitlines()[0])


def measure() -> Iterator[Row]:
    """Yield every comparison."""
    warnings.simplefilter("ignore")
    yield from matrices()
    yield from types()
    yield from rates_by_class()
    yield from names()
    yield from growth_with_samples()
    yield from growth_with_classes()


def pairs(n: int, n_classes: int, dtype: str = "i8") -> tuple[NDArray[Any], NDArray[Any]]:
    """Return actual and predicted labels; half of the predictions are correct."""
    rng = np.random.default_rng(0)
    actual = rng.integers(0, n_classes, n).astype(dtype)
    other = rng.integers(0, n_classes, n).astype(dtype)
    return actual, np.where(np.arange(n) % 2 == 0, actual, other)


def sums(*columns: NDArray[Any]) -> None:
    """Sum each column, a lower bound for the time of reading them."""
    for column in columns:
        column.sum()


def matrices() -> Iterator[Row]:
    """Count int64 pairs, compared with summing both arrays."""
    claims_by_classes: dict[int, dict[str, float]] = {
        10: {"scikit-learn": 40, "sums": 1 / 6},
        1000: {"scikit-learn": 20},
    }
    for n_classes, claims in claims_by_classes.items():
        actual, predicted = pairs(MANY, n_classes)
        contestants: dict[str, Callable[[], Any]] = {
            "evalkit": partial(evalkit.confusion_matrix, actual, predicted),
            "sums": partial(sums, actual, predicted),
            "scikit-learn": partial(peer, actual, predicted),
            **torchmetrics_matrix(actual, predicted, n_classes),
        }
        yield from compared(
            f"confusion matrix, {MANY:,} int64 pairs, {n_classes} classes",
            contestants,
            claims=claims,
        )


def torchmetrics_matrix(
    actual: NDArray[Any], predicted: NDArray[Any], n_classes: int
) -> dict[str, Callable[[], Any]]:
    """Return torchmetrics as a contestant, if it is installed."""
    try:
        import torch
        from torchmetrics.functional.classification import multiclass_confusion_matrix
    except ImportError:
        return {}
    target, preds = torch.from_numpy(actual), torch.from_numpy(predicted)
    return {
        "torchmetrics": lambda: multiclass_confusion_matrix(preds, target, n_classes),
    }


def types() -> Iterator[Row]:
    """Count pairs of every numeric dtype, compared with summing both arrays."""
    for dtype in ("?", "i1", "i2", "i4", "i8", "f4", "f8"):
        n_classes = 2 if dtype == "?" else 10
        actual, predicted = pairs(MANY, n_classes, dtype)
        yield from compared(
            f"confusion matrix, {MANY:,} {np.dtype(dtype)} pairs, {n_classes} classes",
            {
                "evalkit": partial(evalkit.confusion_matrix, actual, predicted),
                "sums": partial(sums, actual, predicted),
            },
        )


def rates_by_class() -> Iterator[Row]:
    """Compute precision, recall and F-β with three values of β per class, from the labels."""
    actual, predicted = pairs(MANY, 10)
    betas = (0.1, 1.0, 10.0)

    def with_evalkit() -> None:
        matrix = evalkit.ConfusionMatrix.from_predictions(actual, predicted)
        matrix.precision()
        matrix.recall()
        matrix.f_beta(betas)

    def with_scikit_learn() -> None:
        for beta in betas:
            precision_recall_fscore_support(actual, predicted, beta=beta)

    yield from compared(
        f"precision, recall, F at three βs by class, {MANY:,} pairs",
        {"evalkit": with_evalkit, "scikit-learn": with_scikit_learn},
        rounds=3,
        claims={"scikit-learn": 100},
    )


def names() -> Iterator[Row]:
    """Count a million pairs of string labels in several containers."""
    codes = pairs(1_000_000, 10)
    kinds: dict[str, tuple[Callable[[NDArray[Any]], Any], float]] = {
        "array": (np.asarray, 15),
        "list": (np.ndarray.tolist, 15),
        "object array": (lambda names: names.astype(object), 15),
        "pandas str": (pd.Series, 15),
        "pandas category": (pd.Categorical, 100),
    }
    for kind, (convert, claim) in kinds.items():
        actual, predicted = (convert(np.array(NAMES)[part]) for part in codes)
        yield from compared(
            f"confusion matrix, 1,000,000 pairs of names, {kind}",
            {
                "evalkit": partial(evalkit.confusion_matrix, actual, predicted),
                "scikit-learn": partial(peer, actual, predicted),
            },
            rounds=3,
            claims={"scikit-learn": claim},
        )


def growth_with_samples() -> Iterator[Row]:
    """Count 10⁵ to 10⁸ pairs of int8, compared with summing them."""
    for exponent in range(5, 9):
        actual, predicted = pairs(10**exponent, 10, "i1")
        yield from compared(
            f"confusion matrix, 10^{exponent} int8 pairs, 10 classes",
            {
                "evalkit": partial(evalkit.confusion_matrix, actual, predicted),
                "sums": partial(sums, actual, predicted),
            },
        )


def growth_with_classes() -> Iterator[Row]:
    """Count pairs of 2 to 10,000 classes, compared with scikit-learn."""
    for n_classes in (2, 30, 100, 300, 1000, 3000, 10_000):
        actual, predicted = pairs(MANY // 10, n_classes)
        yield from compared(
            f"counts, {MANY // 10:,} int64 pairs, {n_classes:,} classes",
            {
                "evalkit": partial(evalkit.ConfusionMatrix.from_predictions, actual, predicted),
                "scikit-learn": partial(peer, actual, predicted),
            },
            rounds=3,
        )


if __name__ == "__main__":
    main()
