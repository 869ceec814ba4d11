"""Views for notebooks: names stay text, rules stay inside the view, and nothing runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import evalkit
from evalkit.gate import check
from evalkit.history import read_history
from evalkit.notebook_html import SHADES, STRONGEST, shade_rules, view_html

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "</style><script>alert(1)</script><img src=x onerror=alert(2)>\u202e{0}&"
TAGS = {"div", "style", "p", "table", "caption", "thead", "tbody", "tr", "th", "td", "small", "bdi"}


@pytest.fixture
def views(tmp_path: Path) -> dict[str, str]:
    """Every view of results with hostile names."""
    rng = np.random.default_rng(1)
    names = [HOSTILE, "b"]
    actual = rng.integers(0, 2, 200)
    predicted = np.where(rng.random(200) < 0.8, actual, 1 - actual)
    named = [[names[k] for k in codes] for codes in (actual, predicted)]
    evaluation = evalkit.evaluate(*named, classes=names, name=HOSTILE)
    evalkit.compare([evaluation], replicates=50).save_json(tmp_path / "run.json")
    return {
        "evaluation": evaluation._repr_html_(),
        "matrix": evaluation.confusion_matrix._repr_html_(),
        "decision": check(evaluation, rules=["recall[*] >= 0.5"])._repr_html_(),
        "history": read_history([tmp_path / "run.json"], metrics=["recall[*]"])._repr_html_(),
    }


@pytest.mark.parametrize("name", ["evaluation", "matrix", "decision", "history"])
def test_a_hostile_name_is_text(views: dict[str, str], name: str) -> None:
    view = ET.fromstring(views[name])
    assert {element.tag for element in view.iter()} <= TAGS
    attributes = {key for element in view.iter() for key in element.attrib}
    assert attributes <= {"class", "title", "scope", "colspan", "rowspan"}
    assert "\u202e" not in views[name]
    assert "<script>alert(1)</script>" in "".join(view.itertext())


def test_rules_of_one_kind_of_view_name_it(views: dict[str, str]) -> None:
    """The style sheets of all outputs apply to a notebook together."""
    styles = {name: ET.fromstring(view).findtext("style") or "" for name, view in views.items()}
    common = set.intersection(*(set(style.split("}")) for style in styles.values()))
    for name, style in styles.items():
        kind = ET.fromstring(views[name]).get("class", "").split()[1]
        for rule in set(style.split("}")) - common:
            assert f".{kind} " in rule, rule


@pytest.mark.parametrize("name", ["evaluation", "matrix", "decision", "history"])
def test_rules_apply_to_views_only(views: dict[str, str], name: str) -> None:
    style = ET.fromstring(views[name]).findtext("style") or ""
    selectors = re.findall(r"([^{}]+)\{", style)
    assert len(selectors) > 10
    for selector in selectors:
        # Commas inside :is() separate no selectors.
        for each in re.sub(r"\([^()]*\)", "", re.sub(r"\([^()]*\)", "", selector)).split(","):
            assert each.strip().startswith(".evalkit-view"), selector


def test_text_keeps_its_contrast_on_every_shade() -> None:
    """4.5:1 for nearly black and nearly white text, on white and black pages (WCAG 2)."""

    def luminance(colour: tuple[float, ...]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    rules = re.findall(r"rgba\((\d+),(\d+),(\d+),([\d.]+)\)", shade_rules())
    assert len(rules) == SHADES
    assert float(rules[-1][3]) == STRONGEST
    for *channels, opacity in rules:
        for page, ink in ((1.0, 0.13), (0.07, 0.87)):
            shade = [
                float(c) / 255 * float(opacity) + page * (1 - float(opacity)) for c in channels
            ]
            one, other = sorted((luminance(tuple(shade)), luminance((ink,) * 3)))
            assert (other + 0.05) / (one + 0.05) >= 4.5


def test_a_view_without_parts_is_well_formed() -> None:
    assert ET.fromstring(view_html("text", headline="a < b", notes=["x & y"])).tag == "div"
