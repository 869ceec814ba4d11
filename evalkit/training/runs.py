"""Several runs of one configuration, one a seed, as many at once as there are cores."""

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

# Each library reads its own when it is loaded.
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
    """Train one network a seed, and return their checkpoints in the order of the seeds.

    The runs go to processes of their own, which share the cores out among them: p
    processes on c cores compute on ⌊c / p⌋ threads each. An interruption stops every run
    at the end of its epoch; those that were begun are returned as far as they came. Sums
    over other numbers of threads round differently, so that a run equals the same seed
    trained alone bit for bit where that computes on as many threads.

    Parameters
    ----------
    dataset, settings : of all runs; each run replaces the settings' seed by its own.
    seeds : all different.
    backend : which trainer.
    processes : how many at once; as many as there are seeds or cores unless given.
    progress : called with the seed and the record of every epoch of every run.

    Raises
    ------
    TrainingError
        If there is no seed or one twice; and what any run raises.
    """
    if not seeds or len(set(seeds)) < len(seeds):
        raise TrainingError(f"runs need at least one seed, and each once; got {list(seeds)}")
    jobs = [replace(settings, seed=seed) for seed in seeds]
    cores = _usable_cores()
    processes = min(len(jobs), processes or cores)
    if processes > 1:
        return _train_at_once(dataset, jobs, backend, processes, cores // processes, progress)
    train = _TRAINERS[backend]
    return [
        train(dataset, job, progress=partial(progress, job.seed) if progress else None)
        for job in jobs
    ]


def _train_at_once(
    dataset: Dataset,
    jobs: Sequence[Settings],
    backend: Backend,
    processes: int,
    threads: int,
    progress: SeedProgress | None,
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
                initializer=_begin_worker,
                initargs=(_in_a_file(dataset, Path(folder)), stop, records),
            ) as pool,
        ):
            futures: list[Future[Checkpoint]] = []
            try:
                for job in jobs:
                    futures.append(pool.submit(_train_in_worker, backend, job))  # noqa: PERF401
                wait(futures, return_when=FIRST_EXCEPTION)
            except KeyboardInterrupt:
                pass  # the runs end as interrupted ones do, and are returned
            finally:
                stop.set()
            pool.shutdown(cancel_futures=True)
            return [future.result() for future in futures if not future.cancelled()]
    except BrokenProcessPool:
        raise TrainingError(
            "runs are trained in processes of their own, and one of them died; in a script they "
            'must be started under if __name__ == "__main__":'
        ) from None
    finally:
        records.put(None)
        relay.join()


def _in_a_file(dataset: Dataset, folder: Path) -> Path:
    """Write a data set for the workers to read.

    A process is handed its arguments through a pipe, and a parent that writes more than the pipe
    holds waits for ever if the process dies before it reads.
    """
    path = folder / "dataset.pickle"
    with path.open("wb") as file:
        pickle.dump(dataset, file, protocol=pickle.HIGHEST_PROTOCOL)
    return path


@dataclass(frozen=True)
class _Worker:
    """What a worker process is given once, for all its runs."""

    dataset: Dataset
    stop: Event
    records: Records


_worker: _Worker


def _begin_worker(dataset: Path, stop: Event, records: Records) -> None:
    global _worker
    with dataset.open("rb") as file:
        _worker = _Worker(pickle.load(file), stop, records)  # noqa: S301  the parent wrote it
    # The terminal interrupts every process of a group; the parent alone answers, by `stop`.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _train_in_worker(backend: Backend, settings: Settings) -> Checkpoint:
    def report(record: EpochRecord) -> None:
        _worker.records.put((settings.seed, record))
        if _worker.stop.is_set():
            raise KeyboardInterrupt

    return _TRAINERS[backend](_worker.dataset, settings, progress=report)


def _relay(records: Records, progress: SeedProgress | None) -> None:
    """Hand the workers' records to `progress` until None comes."""
    while (item := records.get()) is not None:
        if progress:
            progress(*item)


@contextmanager
def _threads_in_children(threads: int) -> Iterator[None]:
    """Let processes that are started meanwhile compute on so many threads."""
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
    """Return the cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
