"""Prediction tables as files of every kind, and the same samples in memory to compare with."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import evalkit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from evalkit.compare.evaluation import Evaluation

NAMES = ("cat", "dog", "eel", "fox")
ROWS = 3_000


@dataclass(frozen=True)
class Data:
    """Two models on the same samples, as frames and as the evaluations of all their rows."""

    frames: tuple[pd.DataFrame, pd.DataFrame]

    def write(self, folder: Path, *, parts: int = 3, row_group_size: int = 250) -> list[Path]:
        """Write each model as a folder of Parquet files, and return the folders."""
        found = []
        for name, frame in zip("ab", self.frames, strict=True):
            place = folder / name
            place.mkdir(parents=True)
            for i, part in enumerate(np.array_split(np.arange(len(frame)), parts)):
                frame.iloc[part].to_parquet(
                    place / f"{i}.parquet", index=False, row_group_size=row_group_size
                )
            found.append(place)
        return found

    def evaluations(self, **columns: str) -> list[Evaluation]:
        """Return both models evaluated in memory; `columns` are options of `evaluate`."""
        return [
            evalkit.evaluate(
                frame["y_true"].tolist(),
                frame["y_pred"].tolist(),
                y_proba=frame[[f"proba_{c}" for c in NAMES]].to_numpy(),
                classes=NAMES,
                name=name,
                **{option: frame[column].to_numpy() for option, column in columns.items()},  # type: ignore[arg-type]  # options by name
            )
            for name, frame in zip("ab", self.frames, strict=True)
        ]

    def evaluations_weighted(self, weight: NDArray[Any]) -> list[Evaluation]:
        """Return both models evaluated in memory, samples weighted."""
        return [
            evalkit.evaluate(
                frame["y_true"].tolist(),
                frame["y_pred"].tolist(),
                classes=NAMES,
                name=name,
                sample_weight=weight,
            )
            for name, frame in zip("ab", self.frames, strict=True)
        ]


def predictions(actual: NDArray[Any], rng: np.random.Generator) -> pd.DataFrame:
    """Return a model's labels and probabilities."""
    scores = rng.dirichlet(np.ones(len(NAMES)), len(actual))
    scores[np.arange(len(actual)), actual] += 0.3
    scores /= scores.sum(axis=1, keepdims=True)
    return pd.DataFrame(
        {
            "y_true": np.array(NAMES)[actual],
            "y_pred": np.array(NAMES)[scores.argmax(axis=1)],
            **{f"proba_{name}": scores[:, k] for k, name in enumerate(NAMES)},
        }
    )


@pytest.fixture(autouse=True)
def streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stream data sets of any size; predictions in memory keep their rows."""
    monkeypatch.setattr("evalkit.counts.datasets.MOST_ROWS", 0)


@pytest.fixture(scope="session")
def data() -> Data:
    """Two models of four classes on 3,000 samples, with ids, a group and columns to slice by."""
    rng = np.random.default_rng(0)
    actual = rng.integers(0, len(NAMES), ROWS)
    shared = pd.DataFrame(
        {
            "id": [f"s{i}" for i in range(ROWS)],
            "region": rng.choice(["north", "south"], ROWS),
            "age": rng.normal(50, 12, ROWS).round(2),
            "patient": rng.integers(0, 400, ROWS),
        }
    )
    first, second = (predictions(actual, rng) for _ in range(2))
    return Data((first.join(shared), second.join(shared)))


@pytest.fixture
def folders(data: Data, tmp_path: Path) -> list[Path]:
    """Both models as folders of three Parquet files."""
    return data.write(tmp_path)


@pytest.fixture
def no_hanging() -> Iterator[None]:
    """End a test that waits for a cluster that will never answer."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def expired(*_: Any) -> None:
        raise TimeoutError("a test of a cluster took longer than any machine needs")

    before = signal.signal(signal.SIGALRM, expired)
    signal.setitimer(signal.ITIMER_REAL, 240)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
