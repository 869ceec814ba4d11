"""Test that an interrupted and resumed run equals an uninterrupted one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalkit.errors import TrainingError
from evalkit.training.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.datasets.dataset import Dataset
    from evalkit.training.checkpoint import Checkpoint, EpochRecord

    MakeDataset = Callable[..., Dataset]
    Train = Callable[..., Checkpoint]

BASE = Settings(hidden=(16,), batch_size=32, epochs=5, learning_rate=0.05, initialisation="he")
RUNS = {
    "sgd": BASE,
    "momentum": replace(BASE, momentum=0.9),
    "adam, dropout, batch norm, one cycle": replace(
        BASE,
        optimizer="adam",
        learning_rate=0.01,
        dropout=0.3,
        batch_norm=True,
        schedule="one_cycle",
    ),
}


def stop_after_two(record: EpochRecord) -> None:
    """Raise KeyboardInterrupt after the second epoch."""
    if record.epoch == 2:
        raise KeyboardInterrupt


def assert_same_run(a: Checkpoint, b: Checkpoint) -> None:
    """Assert that two checkpoints have equal weights and histories, except the seconds."""
    assert a.best_epoch == b.best_epoch
    assert [replace(r, seconds=0) for r in a.history] == [replace(r, seconds=0) for r in b.history]
    for name, array in a.weights.items():
        np.testing.assert_array_equal(array, b.weights[name])
    assert a.complete == b.complete


@pytest.mark.parametrize("settings", RUNS.values(), ids=RUNS.keys())
def test_a_resumed_run_equals_an_uninterrupted_one(
    make_dataset: MakeDataset, train: Train, settings: Settings
) -> None:
    """The weights are bitwise equal, including optimizer state and dropout."""
    dataset = make_dataset()
    part = train(dataset, settings, progress=stop_after_two)
    assert_same_run(train(dataset, settings, resume=part), train(dataset, settings))


def test_a_finished_run_can_be_extended(make_dataset: MakeDataset, train: Train) -> None:
    """With a constant schedule, a finished run can be resumed for more epochs."""
    dataset = make_dataset()
    short = train(dataset, BASE)
    longer = replace(BASE, epochs=8)
    assert_same_run(train(dataset, longer, resume=short), train(dataset, longer))


def test_the_resumed_checkpoint_is_unchanged(make_dataset: MakeDataset, train: Train) -> None:
    """A checkpoint can be resumed more than once."""
    dataset = make_dataset()
    part = train(dataset, BASE, progress=stop_after_two)
    assert_same_run(train(dataset, BASE, resume=part), train(dataset, BASE, resume=part))


def test_the_state_is_plain(make_dataset: MakeDataset, train: Train) -> None:
    """The training state contains only dicts with string keys, numbers and arrays."""
    state = train(make_dataset(), RUNS["momentum"]).training_state

    def check(value: object) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                assert isinstance(key, str)
                check(inner)
        else:
            assert isinstance(value, int | float | str | np.ndarray)

    assert state is not None
    check(state)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (replace(BASE, hidden=(8,)), r"widths 12-16-4, but the options give 12-8-4"),
        (replace(BASE, seed=1), r"seed was 42 and is 1"),
        (replace(BASE, learning_rate=0.1), r"learning_rate was 0.05 and is 0.1"),
        (replace(BASE, epochs=2), r"Nothing to resume: the checkpoint has 2 of 2 epochs"),
    ],
)
def test_another_run_raises(
    make_dataset: MakeDataset, train: Train, changed: Settings, message: str
) -> None:
    """Options that would give a result other than that of an uninterrupted run raise."""
    part = train(make_dataset(), BASE, progress=stop_after_two)
    with pytest.raises(TrainingError, match=message):
        train(make_dataset(), changed, resume=part)


def test_another_length_raises_if_the_schedule_depends_on_it(
    make_dataset: MakeDataset, train: Train
) -> None:
    """A cosine schedule over eight epochs differs from the start from one over five."""
    settings = replace(BASE, schedule="cosine")
    part = train(make_dataset(), settings, progress=stop_after_two)
    with pytest.raises(TrainingError, match="epochs was 5 and is 8"):
        train(make_dataset(), replace(settings, epochs=8), resume=part)


def test_other_data_raises(make_dataset: MakeDataset, train: Train) -> None:
    """A different fingerprint of the data raises."""
    part = train(make_dataset(), BASE, progress=stop_after_two)
    with pytest.raises(TrainingError, match="whose fingerprint differs from that of"):
        train(make_dataset(seed=9), BASE, resume=part)


def test_another_back_end_raises(make_dataset: MakeDataset, train: Train) -> None:
    """Resuming with the other back end raises."""
    part = train(make_dataset(), BASE, progress=stop_after_two)
    other = replace(part, backend="torch" if part.backend == "numpy" else "numpy")
    with pytest.raises(TrainingError, match=f"Train with {other.backend}"):
        train(make_dataset(), BASE, resume=other)


def test_a_checkpoint_without_training_state_raises(
    make_dataset: MakeDataset, train: Train
) -> None:
    """A checkpoint without training state cannot be resumed."""
    part = train(make_dataset(), BASE, progress=stop_after_two)
    with pytest.raises(TrainingError, match="the checkpoint has no training state"):
        train(make_dataset(), BASE, resume=replace(part, training_state=None))
