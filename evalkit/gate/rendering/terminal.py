"""A decision as a table for a terminal or a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.gate.decide import Outcome
from evalkit.gate.rendering.cells import HEADS, cells_of, footnote
from evalkit.terminal_tables import TerminalTable

if TYPE_CHECKING:
    from evalkit.gate.decide import Decision

STYLES = {Outcome.PASS: "green", Outcome.FAIL: "red", Outcome.CANNOT_TELL: "yellow"}


def decision_table(decision: Decision) -> TerminalTable:
    """Return the headline, one row per check, and why each check that did not pass did not."""
    reasons = [
        f"{check.rule}: {check.reason}"
        for check in decision.checks
        if check.outcome is not Outcome.PASS
    ]
    return TerminalTable(
        heads=HEADS,
        rows=[cells_of(check) for check in decision.checks],
        title=decision.headline,
        caption=[*reasons, footnote(decision)],
        words=("outcome", "how"),
        styles=[STYLES[check.outcome] for check in decision.checks],
    )
