"""Progress is told to whoever asked for it, and changes no result."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest

import evalkit
from evalkit import scale
from evalkit.progress import shown_by, task, track
from evalkit.training.numpy_trainer import train_numpy
from evalkit.training.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evalkit.progress import Advance


class Told:
    """A display that keeps what it is told: per task its total, its steps and its last note."""

    def __init__(self) -> None:
        self.totals: dict[str, int | None] = {}
        self.steps: dict[str, int] = {}
        self.notes: dict[str, str] = {}
        self.opened: list[str] = []

    @contextmanager
    def task(self, description: str, total: int | None, unit: str) -> Iterator[Advance]:
        del unit
        self.totals[description] = total
        self.steps[description] = 0
        self.opened.append(description)

        def advance(steps: int = 1, *, note: str = "") -> None:
            self.steps[description] += steps
            self.notes[description] = note or self.notes.get(description, "")

        try:
            yield advance
        finally:
            self.opened.remove(description)


def test_nobody_is_told_by_default() -> None:
    with task("Counting", 2) as advance:
        advance(1, note="one")
    assert list(track(iter([1, 2]), "Counting")) == [1, 2]


def test_every_step_is_told_once() -> None:
    told = Told()
    with shown_by(told):
        for letter in track("abc", "Reading"):
            assert told.steps["Reading"] == "abc".index(letter)
        assert list(track(iter("ab"), "Guessing")) == ["a", "b"]
    assert told.totals == {"Reading": 3, "Guessing": None}
    assert told.steps == {"Reading": 3, "Guessing": 2}
    assert not told.opened


def test_a_task_that_fails_is_closed_and_a_display_is_forgotten() -> None:
    told = Told()
    reciprocals = (1 / number for number in track([1, 0], "Dividing"))
    with pytest.raises(ZeroDivisionError), shown_by(told):
        list(reciprocals)
    assert not told.opened
    assert told.steps == {"Dividing": 1}
    assert list(track([1], "Unseen")) == [1]
    assert "Unseen" not in told.totals


def test_other_threads_advance_a_task() -> None:
    told = Told()
    with shown_by(told), task("Counting", 100) as advance, ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: advance(2), range(50)))
    assert told.steps == {"Counting": 100}


def test_training_tells_epoch_losses_and_rate() -> None:
    """Steps are batches; the note has the losses of an epoch and the rate of its last step."""
    dataset = evalkit.load_dataset("digits")
    settings = Settings(epochs=3, batch_size=100, schedule="step", learning_rate=0.05)
    told = Told()
    with shown_by(told):
        watched = train_numpy(dataset, settings)
    last = watched.history[-1]
    assert told.totals["numpy"] == told.steps["numpy"]
    assert told.notes["numpy"] == (
        f"epoch 3/3, loss {last.train_loss:.4f}, validation {last.validation_loss:.4f}, "
        f"rate {0.05 / 100:.3g}"
    )
    alone = train_numpy(dataset, settings)
    assert [row.train_loss for row in alone.history] == [row.train_loss for row in watched.history]
    assert all(np.array_equal(alone.weights[key], watched.weights[key]) for key in alone.weights)


def test_counting_tells_every_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr("evalkit.counts.datasets.MOST_ROWS", 10)
    for name, rows in (("a", 30), ("b", 50)):
        labels = ["cat", "dog"] * (rows // 2)
        table = pyarrow.table({"y_true": labels, "y_pred": labels[::-1]})
        parquet.write_table(table, tmp_path / f"{name}.parquet")
    told = Told()
    with shown_by(told):
        scale.evaluate(tmp_path)
    assert told.totals["Counting"] == told.steps["Counting"] == 80


def test_a_comparison_is_the_same_whether_watched_or_not() -> None:
    rng = np.random.default_rng(0)
    actual = rng.integers(0, 3, 200)
    models = [
        evalkit.evaluate(actual, np.where(rng.random(200) < 0.7, actual, 0), name=name)
        for name in "abc"
    ]
    told = Told()
    with shown_by(told):
        watched = evalkit.compare(models, replicates=200)
    assert watched == evalkit.compare(models, replicates=200)
    assert told.totals
    assert told.totals == told.steps
