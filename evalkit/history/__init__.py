"""Metrics over runs, read from results.json files, with statistically significant changes.

`read_history` returns a `History`, which prints as the table of ``evalkit history``.
"""

from __future__ import annotations

from evalkit.history.changes import Change, Step
from evalkit.history.series import History, Point, Series, read_history

__all__ = ["Change", "History", "Point", "Series", "Step", "read_history"]
