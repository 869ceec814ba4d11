"""Progress bars on standard error, if that is a terminal. Rich is imported for the first bar."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

from evalkit.progress import shown_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress

    from evalkit.progress import Advance

BAR_WIDTH = 10
INTERVAL = 0.125
"""Seconds between two times that rich is told of a task."""


@contextmanager
def progress_bars() -> Iterator[None]:
    """Show tasks in this context; not in a pipe, with ``NO_COLOR`` or on a dumb terminal."""
    if (
        sys.stderr is None
        or not sys.stderr.isatty()
        or os.environ.get("TERM") == "dumb"
        or os.environ.get("NO_COLOR")
    ):
        yield
        return
    bars = Bars()
    try:
        with shown_by(bars):
            yield
    finally:
        bars.close()


class Bars:
    """The bars of all open tasks, one line each. When the last task ends they are erased."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._open = 0

    @contextmanager
    def task(self, description: str, total: int | None, unit: str) -> Iterator[Advance]:
        """Show a task until the context is left."""
        if total == 1:
            # A single step has no share that is done.
            total, unit = None, ""
        if self._progress is None:
            self._progress = _new_progress()
        progress = self._progress
        bar = _Bar(progress, description, total, unit)
        self._open += 1
        try:
            progress.start()
            yield bar
        finally:
            self._open -= 1
            progress.remove_task(bar.number)
            if not self._open:
                self.close()

    def close(self) -> None:
        """Erase all bars and show the cursor again."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


class _Bar:
    """One task: collects steps, and tells rich of them once per interval."""

    def __init__(self, progress: Progress, description: str, total: int | None, unit: str) -> None:
        self._progress, self._total, self._unit = progress, total, unit
        self._steps, self._note, self._told = 0, "", 0.0
        self._lock = Lock()
        self.number = progress.add_task(description, total=total, note="")

    def __call__(self, steps: int = 1, *, note: str = "") -> None:
        with self._lock:
            self._steps += steps
            self._note = note or self._note
            now = monotonic()
            if now - self._told < INTERVAL:
                return
            self._told = now
        self._progress.update(self.number, completed=self._steps, note=self._text(), refresh=True)

    def _text(self) -> str:
        """Return the note, or else how many steps are done."""
        if self._note or not self._unit:
            return self._note
        of = "" if self._total is None else f" of {self._total:,}"
        return f"{self._steps:,}{of} {self._unit}"


def _new_progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

    columns: list[Any] = [
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=BAR_WIDTH),
        TextColumn("{task.fields[note]}", markup=False),
        TimeRemainingColumn(compact=True),
    ]
    return Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        refresh_per_second=8,
        # Nothing is printed while a bar is shown, and standard output belongs to the results.
        redirect_stdout=False,
        redirect_stderr=False,
    )
