"""Where Dask computes: on a cluster by its address, on that in use, or in threads here."""

from __future__ import annotations

from contextlib import contextmanager
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from evalkit.errors import DataError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


class Compute(Protocol):
    """Computes delayed values; of counts among what they need, the rows are told as each is done.

    With a count goes how many rows it is of, or None. Its key is its partition's name, a hyphen and
    anything else without one.
    """

    def __call__(
        self,
        values: Sequence[Any],
        counts: Sequence[tuple[Any, int | None]] = (),
        progress: Callable[[int], None] | None = None,
    ) -> list[Any]:
        """Return the values."""


def delayed() -> Any:
    """Return `dask.delayed`.

    Raises
    ------
    MissingExtraError
        If Dask is not installed.
    """
    try:
        from dask.delayed import delayed as found
    except ImportError:
        raise MissingExtraError.for_extra("dask", "counting by Dask") from None
    return found


def key_of(name: str) -> str:
    """Return a key of no other task, by which `named` finds the name again."""
    return f"{name}-{uuid4().hex}"


@contextmanager
def cluster(scheduler: str | None, names: Mapping[str, str] | None = None) -> Iterator[Compute]:
    """Yield a function that computes delayed values.

    Parameters
    ----------
    scheduler : the address of a cluster; None for that in use, or else for threads.
    names : of tasks whose keys do not name their partition.

    Raises
    ------
    MissingExtraError
        If Dask is not installed.
    DataError
        If the cluster cannot be reached or goes away, or a worker was lost with a partition again
        and again.
    """
    delayed()
    client = _client_in_use() if scheduler is None else _connected(scheduler)
    if client is None:
        yield _compute_here
        return

    def compute(
        values: Sequence[Any],
        counts: Sequence[tuple[Any, int | None]] = (),
        progress: Callable[[int], None] | None = None,
    ) -> list[Any]:
        return _compute_there(client, names or {}, values, counts, progress)

    try:
        yield compute
    finally:
        if scheduler is not None:
            client.close()


def _client_in_use() -> Any:
    from dask import config

    if config.get("scheduler", None) not in ("dask.distributed", "distributed"):
        return None
    from distributed import default_client

    return default_client()


def _connected(scheduler: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise MissingExtraError.for_extra(
            "dask", f"the scheduler {scheduler}", package="distributed"
        ) from None
    try:
        client: Any = Client(scheduler, set_as_default=False)
    except (OSError, ValueError) as error:
        raise DataError(f"a Dask cluster must answer; {scheduler} does not: {error}") from error
    return client


def _compute_here(
    values: Sequence[Any],
    counts: Sequence[tuple[Any, int | None]] = (),
    progress: Callable[[int], None] | None = None,
) -> list[Any]:
    from dask.base import compute
    from dask.callbacks import Callback

    keys = {each.key for each, _ in counts}

    def told(key: Any, result: Any, *_: Any) -> None:
        if progress is not None and key in keys:
            progress(result.rows)

    with Callback(posttask=told):
        return list(compute(*values))


def _compute_there(
    client: Any,
    names: Mapping[str, str],
    values: Sequence[Any],
    counts: Sequence[tuple[Any, int | None]],
    progress: Callable[[int], None] | None,
) -> list[Any]:
    from distributed import CancelledError, as_completed
    from distributed.scheduler import KilledWorker

    # What comes here of a partition is at most the number of its rows; its counts stay there.
    rows_of = delayed()(attrgetter("rows"), pure=False)
    told = counts if progress is not None else ()
    telling = [
        rows_of(each, dask_key_name=key_of(_named(each.key, names))) if rows is None else each
        for each, rows in told
    ]
    found = client.compute([*values, *telling])
    keys = [future.key for future in found]
    known = dict(zip(keys[len(values) :], (rows for _, rows in told), strict=True))
    wanted = found[: len(values)]
    watched = as_completed(found[len(values) :], client.loop)
    # A count that was told and still held would be made anew if its worker were lost.
    del found
    try:
        for future in watched:
            rows = known[future.key]
            if rows is None or future.status in ("error", "cancelled"):
                rows = future.result()  # which raises what went wrong
            if progress is not None:
                progress(rows)
        return list(client.gather(wanted))
    except KilledWorker as error:
        killed = _killed(client, keys) or [error]
        raise DataError(
            "every partition must be counted for a total; workers that held "
            f"{' or '.join(sorted({_named(each.task, names) for each in killed}))} died again and "
            "again, perhaps for want of memory: make partitions smaller"
        ) from error
    except CancelledError as error:
        raise DataError(
            "every partition must be counted for a total; the Dask cluster went away"
        ) from error


def _killed(client: Any, keys: Sequence[str]) -> list[Any]:
    """Return what became of all that lay on workers that died: any of it may be what ended them."""
    states = [client.futures.get(key) for key in keys]
    found = [getattr(state, "exception", None) for state in states if state is not None]
    return [each for each in found if hasattr(each, "task")]


def _named(key: Any, names: Mapping[str, str]) -> str:
    return names.get(str(key)) or str(key).rpartition("-")[0] or str(key)
