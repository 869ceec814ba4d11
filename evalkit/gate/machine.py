"""A decision as JUnit XML, and as annotations of GitHub Actions."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from evalkit.gate.decide import Outcome
from evalkit.gate.text import explanation
from evalkit.tabular import annotation_property, annotation_text, xml_text

if TYPE_CHECKING:
    from evalkit.gate.decide import Decision

GENERATOR = "evalkit gate"


def junit_xml(decision: Decision) -> bytes:
    """Return a ``testsuites`` document in UTF-8.

    A check that fails is a ``failure``. A check that cannot tell is ``skipped``, because JUnit has
    no third outcome, and a skipped test neither breaks a build nor claims success.
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
        {"name": xml_text(decision.headline), **counts, "skipped": skipped},
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("generator", GENERATOR),
        ("alpha", f"{decision.alpha:g}"),
        ("level", f"{decision.level:g}"),
    ):
        ET.SubElement(properties, "property", {"name": name, "value": value})
    for check in decision.checks:
        case = ET.SubElement(
            suite,
            "testcase",
            {"name": xml_text(check.rule), "classname": "evalkit.gate", "time": "0"},
        )
        text = xml_text(explanation(check))
        if check.outcome is Outcome.FAIL:
            ET.SubElement(case, "failure", {"message": text, "type": "regression"}).text = text
        elif check.outcome is Outcome.CANNOT_TELL:
            ET.SubElement(case, "skipped", {"message": text})
        ET.SubElement(case, "system-out").text = text
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


LEVELS = {Outcome.PASS: "notice", Outcome.CANNOT_TELL: "warning", Outcome.FAIL: "error"}


def annotation_lines(decision: Decision) -> list[str]:
    """Return one ``::error`` per failed check and one ``::warning`` per check that cannot tell.

    One ``::notice`` with the headline follows.
    """
    lines = [
        f"::{LEVELS[check.outcome]} title=evalkit gate%3A {annotation_property(check.rule)}"
        f"::{annotation_text(explanation(check))}"
        for check in decision.checks
        if check.outcome is not Outcome.PASS
    ]
    headline = annotation_text(decision.headline)
    return [*lines, f"::{LEVELS[Outcome.PASS]} title=evalkit gate::{headline}"]
