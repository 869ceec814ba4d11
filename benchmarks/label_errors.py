"""Measure how many of the 20 most suspected labels are wrong, with 5 % of labels flipped.

python -m benchmarks.label_errors [--draws 1000]

Labels of the test split of the digits are flipped, which two networks trained on clean labels
have not seen; and labels of synthetic models of a chosen accuracy, whose errors partly coincide.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.compare.label_errors import MOST_RANKED, suspected_labels
from evalkit.datasets import load_dataset
from evalkit.models import load_model, save_checkpoint
from evalkit.predictions.outcomes import Outcomes
from evalkit.training.numpy_trainer import train_numpy
from evalkit.training.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from evalkit.datasets.dataset import Dataset

    Tables = Sequence[NDArray[np.floating[Any]]]

FLIPPED = 0.05
SEED = 17


def precision(
    truth: NDArray[Any],
    tables: Tables,
    rng: np.random.Generator,
    *,
    confusable: bool,
    with_probabilities: bool = True,
) -> tuple[float, float]:
    """Return the share of flipped labels among the first 20 suspected, and how many there are."""
    k = tables[0].shape[1]
    n = len(truth)
    rows = rng.choice(n, round(FLIPPED * n), replace=False)
    labels = truth.copy()
    if confusable:
        # The class that the models take for the likeliest besides the true one.
        mean = np.mean(tables, axis=0)[rows]
        mean[np.arange(len(rows)), truth[rows]] = -1
        labels[rows] = mean.argmax(axis=1)
    else:
        labels[rows] = (truth[rows] + rng.integers(1, k, len(rows))) % k
    outcomes = Outcomes(
        tuple(map(str, range(k))),
        tuple(map(str, range(len(tables)))),
        labels,
        tuple(table.argmax(axis=1) for table in tables),
        tuple(table if with_probabilities else None for table in tables),
    )
    flags, evidence = suspected_labels(outcomes)
    found = rng.permutation(np.flatnonzero(flags))
    if evidence is not None:
        found = found[np.argsort(-evidence[found], kind="stable")]
    first = found[:MOST_RANKED]
    return (float(np.isin(first, rows).mean()) if len(first) else np.nan), len(found)


def trained(dataset: Dataset) -> Tables:
    """Return the probabilities of two networks for the test split."""
    tables = []
    with TemporaryDirectory() as folder:
        for seed, hidden in enumerate(((32,), (64, 32))):
            path = Path(folder) / "network.pkl"
            save_checkpoint(train_numpy(dataset, Settings(seed=seed, hidden=hidden)), path)
            tables.append(load_model(path).predict_proba(dataset.X_test))
    return tables


def synthetic(
    accuracy: float, rng: np.random.Generator, n: int = 2_000, k: int = 10
) -> tuple[NDArray[Any], Tables]:
    """Return labels and the calibrated probabilities of two models whose scores are correlated."""
    truth = rng.integers(0, k, n)
    shift = _shift_for(accuracy, k)
    shared = rng.normal(size=(n, k))
    tables = []
    for _ in range(2):
        noise = np.sqrt(0.5) * shared + np.sqrt(0.5) * rng.normal(size=(n, k))
        # For normal scores of unit variance, the posterior is a softmax of shift × score.
        logits = shift * (noise + shift * np.eye(k)[truth])
        proba = np.exp(logits - logits.max(axis=1, keepdims=True))
        tables.append(proba / proba.sum(axis=1, keepdims=True))
    return truth, tables


def _shift_for(accuracy: float, k: int) -> float:
    """Return by how much the score of the true class is higher for this accuracy."""
    noise = np.random.default_rng(0).normal(size=(20_000, k))
    low, high = 0.0, 10.0
    for _ in range(30):
        middle = (low + high) / 2
        right = (noise[:, 0] + middle > noise[:, 1:].max(axis=1)).mean()
        low, high = (middle, high) if right < accuracy else (low, middle)
    return low


def main() -> None:
    """Print the mean share for each population."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--draws", type=int, default=1_000, help="data sets per population")
    draws = parser.parse_args().draws
    rng = np.random.default_rng(SEED)
    digits = load_dataset("digits")
    of_digits = digits.y_test.astype(np.int64), trained(digits)
    populations: dict[str, Callable[[], tuple[NDArray[Any], Tables]]] = {
        "digits, two networks": lambda: of_digits
    }
    for accuracy in (0.95, 0.8, 0.6):
        populations[f"synthetic, accuracy {accuracy:.0%}"] = partial(synthetic, accuracy, rng)
    for name, population in populations.items():
        for confusable in (False, True):
            for with_probabilities in (True, False):
                found = np.array(
                    [
                        precision(
                            *population(),
                            rng,
                            confusable=confusable,
                            with_probabilities=with_probabilities,
                        )
                        for _ in range(draws)
                    ]
                )
                share = found[:, 0][~np.isnan(found[:, 0])]
                error = share.std(ddof=1) / np.sqrt(len(share))
                print(
                    f"{name}, {'confusable' if confusable else 'random'} flips, "
                    f"{'probabilities' if with_probabilities else 'labels alone'}: "
                    f"{share.mean():.1%} ± {error:.1%} of the first {MOST_RANKED}, "
                    f"{found[:, 1].mean():.0f} suspected",
                    flush=True,
                )


if __name__ == "__main__":
    main()
