"""Where Dask computes: on a cluster with a given address, on that in use, or in threads here."""

from __future__ import annotations

from contextlib import contextmanager
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from evalkit.errors import DataError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from evalkit.progress import Advance


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
    """Return a new key for a task, from which `Cluster` reads the name of the partition."""
    return f"{name}-{uuid4().hex}"


class Cluster:
    """Computes delayed values with a client of a cluster, or in threads without one.

    Parameters
    ----------
    client : a `distributed.Client` or None.
    names : key → name of the partition, for tasks whose keys are not from `key_of`.
    """

    def __init__(self, client: Any, names: Mapping[str, str]) -> None:
        self._client, self._names = client, names

    def compute(
        self,
        values: Sequence[Any],
        counts: Sequence[tuple[Any, int | None]] = (),
        advance: Advance | None = None,
    ) -> list[Any]:
        """Return the values.

        Parameters
        ----------
        values : delayed.
        counts : delayed counts that the values need, each with its number of rows if known.
        advance : called with the number of rows of each of the counts when it is done.

        Raises
        ------
        DataError
            If the cluster goes away, or a partition repeatedly kills its worker.
        """
        if self._client is not None:
            return self._compute_there(values, counts if advance else (), advance)
        from dask.base import compute
        from dask.callbacks import Callback

        keys = {each.key for each, _ in counts}

        def done(key: Any, result: Any, *_: Any) -> None:
            if advance is not None and key in keys:
                advance(result.rows)

        with Callback(posttask=done):
            return list(compute(*values))

    def _compute_there(
        self,
        values: Sequence[Any],
        counts: Sequence[tuple[Any, int | None]],
        advance: Advance | None,
    ) -> list[Any]:
        from distributed import CancelledError, as_completed
        from distributed.scheduler import KilledWorker

        # For progress only a number of rows travels; the counts stay on their worker.
        rows_of = delayed()(attrgetter("rows"), pure=False)
        reports = [
            rows_of(each, dask_key_name=key_of(self._named(each.key))) if rows is None else each
            for each, rows in counts
        ]
        found = self._client.compute([*values, *reports])
        keys = [future.key for future in found]
        known = dict(zip(keys[len(values) :], (rows for _, rows in counts), strict=True))
        wanted = found[: len(values)]
        watched = as_completed(found[len(values) :], self._client.loop)
        # A future that is still held is computed again if its worker is lost.
        del found
        try:
            for future in watched:
                rows = known[future.key]
                if rows is None or future.status in ("error", "cancelled"):
                    rows = future.result()  # raises the error of the task
                if advance is not None:
                    advance(rows)
            return list(self._client.gather(wanted))
        except KilledWorker as error:
            killed = self._killed(keys) or [error]
            names = " or ".join(sorted({self._named(each.task) for each in killed}))
            raise DataError(
                f"Workers died repeatedly while they held {names}, perhaps for lack of memory. "
                "Make partitions smaller."
            ) from error
        except CancelledError as error:
            raise DataError(
                "The Dask cluster closed before all partitions were counted."
            ) from error

    def _killed(self, keys: Sequence[str]) -> list[Any]:
        """Return the errors of all tasks on workers that died: any of them may be the cause."""
        states = [self._client.futures.get(key) for key in keys]
        found = [getattr(state, "exception", None) for state in states if state is not None]
        return [each for each in found if hasattr(each, "task")]

    def _named(self, key: Any) -> str:
        return self._names.get(str(key)) or str(key).rpartition("-")[0] or str(key)


@contextmanager
def cluster(scheduler: str | None, names: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """Yield the cluster at an address, else that in use, else threads of this process.

    Raises
    ------
    MissingExtraError
        If Dask is not installed.
    DataError
        If the cluster cannot be reached.
    """
    delayed()
    client = _client_in_use() if scheduler is None else _connected(scheduler)
    try:
        yield Cluster(client, names or {})
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
        return Client(scheduler, set_as_default=False)
    except (OSError, ValueError) as error:
        raise DataError(f"No Dask cluster answers at {scheduler}: {error}") from error
