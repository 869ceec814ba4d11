from __future__ import annotations

import signal
import subprocess
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalkit.errors import TrainingError
from evalkit.training.numpy_trainer import train_numpy
from evalkit.training.runs import train_runs
from evalkit.training.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from evalkit.datasets.dataset import Dataset
    from evalkit.training.checkpoint import EpochRecord

    MakeDataset = Callable[..., Dataset]

# Small enough that BLAS uses one thread.
TINY = Settings(hidden=(4,), batch_size=16, epochs=3, learning_rate=0.05)


@pytest.mark.parametrize("processes", [1, 2])
def test_runs_equal_single_runs(make_dataset: MakeDataset, processes: int) -> None:
    """In parallel or in sequence, each seed gives the same result as alone."""
    dataset, seeds = make_dataset(rows=100), (3, 1, 2)
    runs = train_runs(dataset, TINY, seeds, processes=processes)
    assert [run.seed for run in runs] == [3, 1, 2]
    for run in runs:
        alone = train_numpy(dataset, replace(TINY, seed=run.seed))
        for name, array in alone.weights.items():
            np.testing.assert_array_equal(array, run.weights[name])


@pytest.mark.parametrize("processes", [1, 2])
def test_every_epoch_is_reported_with_its_seed(make_dataset: MakeDataset, processes: int) -> None:
    """Progress of all runs is reported, in order for each run, before the runs are returned."""
    seen: list[tuple[int, int]] = []
    train_runs(
        make_dataset(rows=100),
        TINY,
        (1, 2),
        processes=processes,
        progress=lambda seed, record: seen.append((seed, record.epoch)),
    )
    for seed in (1, 2):
        assert [epoch for s, epoch in seen if s == seed] == [1, 2, 3]


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Enable SIGINT, even if the parent shell ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs POSIX signals of threads")
@pytest.mark.usefixtures("interruptible")
def test_an_interruption_returns_the_started_runs(make_dataset: MakeDataset) -> None:
    """An interrupt stops every run after its epoch; runs not yet started are omitted."""
    pending = [signal.SIGINT]

    def interrupt_once(seed: int, record: EpochRecord) -> None:
        if pending:
            signal.pthread_kill(threading.main_thread().ident or 0, pending.pop())

    long = replace(TINY, epochs=3_000)
    runs = train_runs(
        make_dataset(rows=100), long, (1, 2, 3, 4, 5, 6), processes=2, progress=interrupt_once
    )
    assert 1 <= len(runs) < 6
    assert [run.seed for run in runs] == list(range(1, len(runs) + 1))
    for run in runs:
        assert not run.complete
        assert run.ending.startswith("interrupted in epoch ")


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_of_one_run_is_raised(make_dataset: MakeDataset, processes: int) -> None:
    """The error of a run in its process is raised in the parent."""
    diverging = replace(TINY, activation="relu", learning_rate=1e30)
    with pytest.raises(TrainingError, match="diverged in epoch 1"):
        train_runs(make_dataset(rows=100), diverging, (1, 2), processes=processes)


@pytest.mark.parametrize("seeds", [(), (1, 2, 1)])
def test_seeds_must_be_different(make_dataset: MakeDataset, seeds: tuple[int, ...]) -> None:
    """No seed, or a seed given twice, raises."""
    with pytest.raises(TrainingError, match="expected one or more distinct seeds"):
        train_runs(make_dataset(rows=100), TINY, seeds)


def test_a_script_without_a_main_guard_raises(tmp_path: Path) -> None:
    """If a worker dies on import, an error names the remedy, and nothing hangs."""
    script = tmp_path / "script.py"
    script.write_text(
        "from evalkit import load_dataset\n"
        "from evalkit.training.runs import train_runs\n"
        "from evalkit.training.settings import Settings\n"
        "train_runs(load_dataset('digits'), Settings(epochs=1), (1, 2), processes=2)\n"
    )
    ended = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 1
    assert 'under if __name__ == "__main__"' in ended.stderr.splitlines()[-1]
