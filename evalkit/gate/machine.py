"""A decision for machines: JUnit XML, and annotations that public CI shows beside a change."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from evalkit.gate.decide import Outcome
from evalkit.gate.text import explanation
from evalkit.tabular import printable_cell

if TYPE_CHECKING:
    from evalkit.gate.decide import Decision

GENERATOR = "evalkit gate"
NOT_IN_XML = dict.fromkeys((0xFFFE, 0xFFFF), "\N{REPLACEMENT CHARACTER}")


def junit_xml(decision: Decision) -> bytes:
    """Return a ``testsuites`` document in UTF-8.

    A check that fails is a ``failure``. One that cannot tell is ``skipped``: JUnit has no third
    outcome, and skipped is the one that neither breaks a build nor claims success.
    """
    counts = {
        "tests": str(len(decision.checks)),
        "failures": str(sum(c.outcome is Outcome.FAIL for c in decision.checks)),
        "errors": "0",
    }
    root = ET.Element("testsuites", {"name": GENERATOR, **counts})
    skipped = str(sum(c.outcome is Outcome.CANNOT_TELL for c in decision.checks))
    suite = ET.SubElement(
        root,
        "testsuite",
        {"name": _text(decision.headline), **counts, "skipped": skipped},
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in (("generator", GENERATOR), ("alpha", f"{decision.alpha:g}")):
        ET.SubElement(properties, "property", {"name": name, "value": value})
    for check in decision.checks:
        case = ET.SubElement(
            suite,
            "testcase",
            {"name": _text(check.rule), "classname": "evalkit.gate", "time": "0"},
        )
        text = _text(explanation(check))
        if check.outcome is Outcome.FAIL:
            ET.SubElement(case, "failure", {"message": text, "type": "regression"}).text = text
        elif check.outcome is Outcome.CANNOT_TELL:
            ET.SubElement(case, "skipped", {"message": text})
        ET.SubElement(case, "system-out").text = text
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _text(text: str) -> str:
    """Return text without the two characters that XML refuses beside control characters."""
    return printable_cell(text).translate(NOT_IN_XML)


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
