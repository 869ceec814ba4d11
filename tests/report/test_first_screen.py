"""What a reader sees before scrolling: the verdict, a picture of it, and findings; the theme."""

from __future__ import annotations

import html as markup
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import evalkit
from evalkit.compare.comparison import Comparison
from evalkit.report.render import render_html

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Any]
Compare = Callable[..., Comparison]
BACKGROUNDS = {"light": "rgb(253, 253, 252)", "dark": "rgb(20, 22, 26)"}
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


Cases = dict[str, Callable[[], Comparison]]


@pytest.fixture
def cases(make_comparison: Compare, rare_class: Compare, three_groups: Comparison) -> Cases:
    """Comparisons by name: ten classes, a rare class, six models, groups of seeds."""
    return {
        "digits": lambda: make_comparison(classes=tuple("0123456789")),
        "fraud": rare_class,
        "six": lambda: make_comparison(tuple(f"model-{i}" for i in range(6)), replicates=50),
        "seeds": lambda: three_groups,
    }


@pytest.mark.parametrize("which", ["digits", "fraud", "six"])
def test_findings_begin_on_the_first_screen(open_page: OpenPage, cases: Cases, which: str) -> None:
    """At 1440 × 900: headline of two lines, the whole picture, and the first finding."""
    page = open_page(render_html(cases[which](), plotly="none")).page
    picture = page.locator("#summary .panels").first.bounding_box()
    finding = page.locator(".findings li").first.bounding_box()
    assert picture["y"] + picture["height"] < finding["y"]
    assert finding["y"] + finding["height"] < 900
    lines = page.evaluate(
        """() => {
            const h1 = document.querySelector("h1");
            return h1.getBoundingClientRect().height / parseFloat(getComputedStyle(h1).lineHeight);
        }"""
    )
    assert round(lines) <= 2


@pytest.mark.parametrize("which", ["digits", "fraud", "six", "seeds"])
@pytest.mark.parametrize("width", [390, 768, 1440])
def test_the_picture_fits(open_page: OpenPage, cases: Cases, which: str, width: int) -> None:
    """No sideways scrolling, no text of a row over another, and every dot inside its lane."""
    comparison = cases[which]()
    page = open_page(render_html(comparison, plotly="none"), width=width).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    rows = page.locator("#summary .panel.primary li")
    assert rows.count() == len(comparison.groups or comparison.models)
    overlaps = page.evaluate(
        """() => {
            const boxes = (row) => [...row.children]
                .filter((e) => e.checkVisibility() && e.textContent.trim())
                .map((e) => e.getBoundingClientRect())
                .filter((box) => box.width > 1);
            const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1
                && a.top < b.bottom - 3 && b.top < a.bottom - 3;
            return [...document.querySelectorAll("#summary .panel li")].filter((row) =>
                boxes(row).some((a, i) => boxes(row).slice(i + 1).some((b) => meet(a, b)))).length;
        }"""
    )
    assert overlaps == 0
    outside = page.evaluate(
        """() => [...document.querySelectorAll("#summary .at use")].filter((dot) => {
            const { left, right } = dot.getBoundingClientRect();
            const lane = dot.closest("svg.lane").getBoundingClientRect();
            const middle = (left + right) / 2;
            return middle < lane.left - 1 || middle > lane.right + 1;
        }).length"""
    )
    assert outside == 0


def test_the_picture_needs_no_scripts(open_page: OpenPage, make_comparison: Compare) -> None:
    """Without scripts each row says the model, its value, its interval and its difference."""
    comparison = make_comparison(tuple(f"model-{i}" for i in range(6)), replicates=50)
    page = open_page(render_html(comparison, plotly="none"), java_script_enabled=False).page
    rows = page.locator("#summary .panel.primary li").all()
    for position, row in zip(comparison.ranking, rows, strict=True):
        model, text = comparison.models[position], row.inner_text()
        accuracy = model.overall["accuracy"]
        assert accuracy.value is not None
        assert accuracy.low is not None
        assert model.name in text
        assert f"{100 * accuracy.value:.1f}" in text
        assert f"{100 * accuracy.low:.1f}–" in text
    assert page.locator(".theme").count() == 0


def test_a_dot_says_its_value_and_method(open_page: OpenPage, two_models: Comparison) -> None:
    """The title of a lane, which a pointer shows and a screen reader says."""
    page = open_page(render_html(two_models, plotly="none")).page
    leader = two_models.models[two_models.ranking[0]]
    told = page.locator("#summary .lane title").first.text_content()
    assert told.startswith(f"{leader.name}: ")
    assert "95\N{NO-BREAK SPACE}% interval" in told
    assert told.endswith("(Wilson)")


def test_five_findings_stand_open(open_page: OpenPage, two_models: Comparison) -> None:
    """The other findings are folded under their number; on paper all are there."""
    page = open_page(render_html(two_models, plotly="none")).page
    shown = page.locator(".findings li:visible").count()
    assert shown == 5
    rest = len(two_models.findings) - shown
    assert page.locator("#findings summary").inner_text() == f"{rest} more findings"
    page.emulate_media(media="print")
    assert page.locator(".findings li:visible").count() == len(two_models.findings)


@pytest.mark.parametrize("system", ["light", "dark"])
def test_the_theme_can_be_chosen(open_page: OpenPage, two_models_html: str, system: str) -> None:
    """The choice changes page, cells and charts, outlives a reload, and never reaches paper."""
    other = "dark" if system == "light" else "light"
    opened = open_page(two_models_html, color_scheme=system)
    page = opened.page
    chart = page.locator("#beta-curves")
    chart.scroll_into_view_if_needed()
    chart.locator(".main-svg").first.wait_for(state="attached")
    fill = "document.querySelector('#beta-curves .xtick text').style.fill"
    ink = page.evaluate(fill)
    assert page.evaluate(BACKGROUND) == BACKGROUNDS[system]
    page.locator(".theme select").select_option(other)
    assert page.evaluate(BACKGROUND) == BACKGROUNDS[other]
    assert page.evaluate(fill) != ink
    page.reload()
    page.locator("html[data-started=yes]").wait_for(state="attached")
    assert page.evaluate(BACKGROUND) == BACKGROUNDS[other]
    assert page.locator(".theme select").input_value() == other
    page.emulate_media(media="print")
    paper = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ink')")
    assert paper.strip() == "#16181d"
    page.emulate_media(media="screen")
    page.locator(".theme select").select_option("system")
    assert page.evaluate(BACKGROUND) == BACKGROUNDS[system]
    assert opened.is_quiet, opened.messages


def test_the_theme_is_chosen_by_keyboard(open_page: OpenPage, two_models: Comparison) -> None:
    """Arrow keys go from system to light to dark."""
    page = open_page(render_html(two_models, plotly="none")).page
    page.locator(".theme select").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate(BACKGROUND) == BACKGROUNDS["dark"]


def test_the_theme_works_in_a_sandboxed_frame(open_page: OpenPage, two_models: Comparison) -> None:
    """A frame without storage keeps the choice as long as it is shown, and stays quiet."""
    inner = markup.escape(render_html(two_models, plotly="none"))
    opened = open_page(
        f'<iframe sandbox="allow-scripts" width="1200" height="800" srcdoc="{inner}"></iframe>',
        started=False,
    )
    frame = opened.page.frame_locator("iframe")
    frame.locator(".theme select").select_option("dark")
    frame.locator("html[data-theme=dark]").wait_for(state="attached")
    assert (
        frame.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
        == BACKGROUNDS["dark"]
    )
    assert opened.is_quiet, opened.messages


@pytest.mark.parametrize("width", [390, 1440])
def test_a_definition_hides_no_number(
    open_page: OpenPage, two_models: Comparison, width: int
) -> None:
    """It fits the window, one is open at a time, Escape closes it, and the rows stay free."""
    page = open_page(render_html(two_models, plotly="none"), width=width).page
    terms = page.locator("#summary .panel .term")
    opened = page.locator(".about:popover-open")
    terms.first.click()
    box, rows = opened.bounding_box(), page.locator("#summary .panel ol").first.bounding_box()
    assert 0 <= box["x"] <= box["x"] + box["width"] <= width
    assert box["y"] + box["height"] <= rows["y"] or box["y"] >= rows["y"] + rows["height"]
    page.keyboard.press("Escape")
    assert opened.count() == 0
    terms.first.click()
    terms.last.evaluate("term => term.popoverTargetElement.showPopover()")
    assert opened.count() == 1
    page.keyboard.press("Escape")
    assert opened.count() == 0


def test_warnings_stand_on_the_first_screen(open_page: OpenPage, two_models: Comparison) -> None:
    """A sign that the input is not what it seems stands between verdict and picture."""
    noted = replace(two_models, warnings=("alpha: Labels differ.",))
    page = open_page(render_html(noted, plotly="none")).page
    warning = page.locator(".warning").bounding_box()
    assert warning["y"] + warning["height"] < page.locator("#summary").bounding_box()["y"]
    assert page.locator(".findings li").first.bounding_box()["y"] < 900


def test_the_range_of_costs_starts_at_the_lowest() -> None:
    """Lower costs are better; the headline still counts upwards."""
    rng = np.random.default_rng(0)
    actual = rng.integers(0, 2, 60)
    comparison = evalkit.compare(
        [
            evalkit.evaluate(actual, np.where(rng.random(60) < 0.8, actual, 1 - actual), name=name)
            for name in "ABC"
        ],
        replicates=20,
        costs=[[0, 5], [2, 0]],
    )
    _, told = comparison.verdict.headline.split("between 3 models: ")
    low, high = (float(end) for end in told.split(" to "))
    assert low < high
