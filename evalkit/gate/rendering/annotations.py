"""A decision as annotations: the workflow commands that public CI shows beside a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.gate.decide import Outcome
from evalkit.gate.rendering.cells import explanation
from evalkit.tabular import printable_cell

if TYPE_CHECKING:
    from evalkit.gate.decide import Decision

LEVELS = {Outcome.PASS: "notice", Outcome.CANNOT_TELL: "warning", Outcome.FAIL: "error"}


def annotation_lines(decision: Decision) -> list[str]:
    """Return ``::error title=…::…`` a failed check, ``::warning`` where it cannot tell.

    Checks that passed are told of in one ``::notice``.
    """
    lines = [
        f"::{LEVELS[check.outcome]} title=evalkit gate%3A {_property(printable_cell(check.rule))}"
        f"::{_message(printable_cell(explanation(check)))}"
        for check in decision.checks
        if check.outcome is not Outcome.PASS
    ]
    headline = _message(printable_cell(decision.headline))
    return [*lines, f"::{LEVELS[Outcome.PASS]} title=evalkit gate::{headline}"]


def _message(text: str) -> str:
    """Return text without what would end a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
