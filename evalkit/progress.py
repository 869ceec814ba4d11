"""Report the progress of long work to whoever shows it; by default nobody does.

The code that works opens a `task` and advances it, or iterates with `track`. A program that has a
place to show progress binds a `Display` with `shown_by`, as the command line does on a terminal.
"""

from __future__ import annotations

from collections.abc import Sized
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

T = TypeVar("T")


class Advance(Protocol):
    """A task that is running. It may be called from any thread."""

    def __call__(self, steps: int = 1, *, note: str = "") -> None:
        """Add steps that were done; a `note` that is not empty replaces the last one."""


class Display(Protocol):
    """A place where the progress of tasks is shown."""

    def task(
        self, description: str, total: int | None, unit: str
    ) -> AbstractContextManager[Advance]:
        """Show a task until the context is left.

        Parameters
        ----------
        description : what is being done, for example ``"Reading files"``.
        total : the number of steps, None if it is not known.
        unit : what is counted, in the plural, for example ``"rows"``; empty to count nothing.
        """


_display: ContextVar[Display | None] = ContextVar("display", default=None)


@contextmanager
def shown_by(display: Display) -> Iterator[None]:
    """Show the tasks of this context on a display."""
    token = _display.set(display)
    try:
        yield
    finally:
        _display.reset(token)


@contextmanager
def task(description: str, total: int | None = None, *, unit: str = "") -> Iterator[Advance]:
    """Open a task and yield the function that advances it; parameters as in `Display.task`."""
    display = _display.get()
    if display is None:
        yield _unseen
        return
    with display.task(description, total, unit) as advance:
        yield advance


def track(
    items: Iterable[T], description: str, total: int | None = None, *, unit: str = ""
) -> Iterator[T]:
    """Yield the items; each is a step of a task, done when the next one is asked for.

    >>> list(track("ab", "Reading letters"))
    ['a', 'b']
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    with task(description, total, unit=unit) as advance:
        for item in items:
            yield item
            advance()


def _unseen(steps: int = 1, *, note: str = "") -> None:
    """Do nothing."""
