"""Train one configuration with several seeds in parallel processes."""

from __future__ import annotations

import os
import pickle
import signal
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING

from evalkit.errors import TrainingError
from evalkit.progress import task
from evalkit.training.numpy_trainer import train_numpy
from evalkit.training.torch_trainer import train_torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future
    from multiprocessing.queues import SimpleQueue
    from multiprocessing.synchronize import Event

    from evalkit.datasets.dataset import Dataset
    from evalkit.training.checkpoint import Backend, Checkpoint, EpochRecord
    from evalkit.training.settings import Settings

    SeedProgress = Callable[[int, EpochRecord], None]
    Records = SimpleQueue[tuple[int, EpochRecord] | None]

_TRAINERS = {"numpy": train_numpy, "torch": train_torch}

# Each numerical library reads its own variable on import.
_THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


def train_runs(
    dataset: Dataset,
    settings: Settings,
    seeds: Sequence[int],
    *,
    backend: Backend = "numpy",
    processes: int | None = None,
    progress: SeedProgress | None = None,
) -> list[Checkpoint]:
    """Train one network per seed, and return the checkpoints in the order of the seeds.

    Each run has its own process; p processes on c cores use ⌊c / p⌋ threads each. On
    KeyboardInterrupt, every run stops at the end of its epoch, and the checkpoints of the started
    runs are returned. Sums round differently with another number of threads, so a run is
    bitwise equal to the same seed trained alone only with the same number of threads.

    Parameters
    ----------
    dataset, settings : the data set and the settings; each run replaces the seed.
    seeds : distinct seeds.
    backend : the back end.
    processes : the number of parallel processes; by default the number of seeds or of cores,
        whichever is smaller.
    progress : called with the seed and the record of each epoch of each run.

    Raises
    ------
    TrainingError
        If there is no seed, a seed is given twice, or a run raises.
    """
    if not seeds or len(set(seeds)) < len(seeds):
        raise TrainingError(f"The seeds are {list(seeds)}, expected one or more distinct seeds.")
    jobs = [replace(settings, seed=seed) for seed in seeds]
    cores = _usable_cores()
    processes = min(len(jobs), processes or cores)
    if processes > 1:
        with task(backend, len(jobs) * settings.epochs) as advance:

            def told(seed: int, record: EpochRecord) -> None:
                advance(
                    note=f"seed {seed}: epoch {record.epoch}/{settings.epochs}, loss "
                    f"{record.train_loss:.4f}, validation {record.validation_loss:.4f}"
                )
                if progress:
                    progress(seed, record)

            threads = cores // processes
            return _train_in_parallel(dataset, jobs, backend, processes, threads, told)
    train = _TRAINERS[backend]
    return [
        train(dataset, job, progress=partial(progress, job.seed) if progress else None)
        for job in jobs
    ]


def _train_in_parallel(
    dataset: Dataset,
    jobs: Sequence[Settings],
    backend: Backend,
    processes: int,
    threads: int,
    progress: SeedProgress,
) -> list[Checkpoint]:
    context = get_context("spawn")
    stop, records = context.Event(), context.SimpleQueue()
    relay = Thread(target=_relay, args=(records, progress))
    relay.start()
    try:
        with (
            _threads_in_children(max(1, threads)),
            TemporaryDirectory() as folder,
            ProcessPoolExecutor(
                processes,
                context,
                initializer=_start_worker,
                initargs=(_write_dataset(dataset, Path(folder)), stop, records),
            ) as pool,
        ):
            futures: list[Future[Checkpoint]] = []
            try:
                for job in jobs:
                    futures.append(pool.submit(_train_in_worker, backend, job))  # noqa: PERF401
                wait(futures, return_when=FIRST_EXCEPTION)
            except KeyboardInterrupt:
                pass  # the started runs stop and are returned
            finally:
                stop.set()
            pool.shutdown(cancel_futures=True)
            return [future.result() for future in futures if not future.cancelled()]
    except BrokenProcessPool:
        raise TrainingError(
            'A worker process died. In a script, call train_runs under if __name__ == "__main__":.'
        ) from None
    finally:
        records.put(None)
        relay.join()


def _write_dataset(dataset: Dataset, folder: Path) -> Path:
    """Write the data set to a file for the workers.

    Arguments of a process are sent through a pipe. If they exceed the buffer of the pipe and the
    process dies before reading, the parent would wait forever.
    """
    path = folder / "dataset.pickle"
    with path.open("wb") as file:
        pickle.dump(dataset, file, protocol=pickle.HIGHEST_PROTOCOL)
    return path


@dataclass(frozen=True)
class _Worker:
    """The data of a worker process, shared by all its runs."""

    dataset: Dataset
    stop: Event
    records: Records


_worker: _Worker


def _start_worker(dataset: Path, stop: Event, records: Records) -> None:
    global _worker
    with dataset.open("rb") as file:
        _worker = _Worker(pickle.load(file), stop, records)  # noqa: S301  written by the parent
    # Ctrl-C is sent to the whole process group; only the parent handles it, and sets `stop`.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _train_in_worker(backend: Backend, settings: Settings) -> Checkpoint:
    def report(record: EpochRecord) -> None:
        _worker.records.put((settings.seed, record))
        if _worker.stop.is_set():
            raise KeyboardInterrupt

    return _TRAINERS[backend](_worker.dataset, settings, progress=report)


def _relay(records: Records, progress: SeedProgress) -> None:
    """Pass the records of the workers to `progress` until None is received."""
    while (item := records.get()) is not None:
        progress(*item)


@contextmanager
def _threads_in_children(threads: int) -> Iterator[None]:
    """Set the number of threads for processes started in this context."""
    before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(threads)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _usable_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
