"""Metrics over runs, read from results.json files, with statistically significant changes.

`read_history` returns a `History`, which prints as the table of ``evalkit history``.
"""

from __future__ import annotations

from evalkit.history.series import History, Point, Series, read_history

__all__ = ["History", "Point", "Series", "read_history"]
