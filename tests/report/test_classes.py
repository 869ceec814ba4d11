"""The table of classes: axis, order, filter, and the column that β moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import evalkit
from evalkit.report.render import render_html
from evalkit.report.sections.classes import class_axis, collect
from evalkit.report.subject import Subject

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison

OpenPage = Callable[..., Any]


def test_whiskers_stand_on_one_axis(two_models: Comparison) -> None:
    """Each whisker lies where its interval lies between the ends of the axis."""
    subject = Subject(two_models)
    axis = class_axis(subject)
    for row in collect(subject).rows:
        for line, model in zip(row.lines, two_models.models, strict=True):
            recall = model.per_class["recall"][row.position]
            assert line.whisker is not None
            assert recall.low is not None
            place = axis.low + line.whisker.low / 100 * (axis.high - axis.low)
            assert place == pytest.approx(recall.low, abs=1e-4)
            assert 0 <= line.whisker.low <= line.whisker.low + line.whisker.width <= 100.5


def names(opened: Any) -> list[str]:
    """The classes that are shown, in their order."""
    texts: list[str] = opened.page.locator(
        "#classes-table tbody:not([hidden]) .class-name"
    ).all_inner_texts()
    return texts


@pytest.mark.browser
def test_it_sorts_by_any_column(open_page: OpenPage, two_models: Comparison) -> None:
    """A click sorts down, a second up, a third restores; ``aria-sort`` says so."""
    opened = open_page(render_html(two_models, plotly="none"))
    head = opened.page.locator("#classes-table th[data-sort=recall]")
    recall = [estimate.value or 0.0 for estimate in two_models.models[0].per_class["recall"]]
    falling = [two_models.classes[k] for k in np.argsort(-np.array(recall), kind="stable")]
    for expected, state in (
        (falling, "descending"),
        (falling[::-1], "ascending"),
        (list(two_models.classes), None),
    ):
        head.locator(".sort").click()
        assert names(opened) == expected
        assert head.get_attribute("aria-sort") == state


@pytest.mark.browser
def test_it_filters_by_name(
    open_page: OpenPage, make_comparison: Callable[..., Comparison]
) -> None:
    """Typing leaves the classes whose name holds the text; a link brings a hidden one back."""
    comparison = make_comparison(("alpha", "beta"), ("ant", "bee", "bear", "cat", "dog", "beetle"))
    opened = open_page(render_html(comparison, plotly="none"))
    opened.page.get_by_label("Find a class").fill("BEE")
    assert names(opened) == ["bee", "beetle"]
    opened.page.evaluate("location.hash = '#class-4'")
    opened.page.locator("#class-4").wait_for(state="visible")


@pytest.mark.browser
def test_the_axis_shows_the_chosen_metric(open_page: OpenPage, two_models: Comparison) -> None:
    """Precision instead of recall: the dots move to it."""
    opened = open_page(render_html(two_models, plotly="none"))
    opened.page.locator("#classes label", has_text="Precision").click()
    axis = class_axis(Subject(two_models))
    precision = two_models.models[0].per_class["precision"][0].value
    assert precision is not None
    left = opened.page.locator("#class-0 .dot").first.evaluate("e => parseFloat(e.style.left)")
    assert axis.low + left / 100 * (axis.high - axis.low) == pytest.approx(precision, abs=1e-4)


@pytest.mark.browser
@pytest.mark.parametrize("steps", [0, 20, -20, 5, -1])
def test_beta_moves_the_column(open_page: OpenPage, two_models: Comparison, steps: int) -> None:
    """A column shows F-β and its interval: that of the tables, or at any other β one of its own."""
    opened = open_page(render_html(two_models, plotly="none"))
    slider = opened.page.locator("#classes input[type=range]")
    slider.focus()
    for _ in range(abs(steps)):
        opened.page.keyboard.press("ArrowRight" if steps > 0 else "ArrowLeft")
    for k in range(len(two_models.classes)):
        rows = opened.page.locator(f"#class-{k} tr")
        for model, row in zip(two_models.models, rows.all(), strict=True):
            curve = model.class_curves[k]
            place = 20 + steps
            wanted = curve.values[place], curve.low[place], curve.high[place]
            tabled = model.per_class.get(f"f_beta[{curve.betas[place]:g}]")
            if tabled is not None:
                assert (tabled[k].value, tabled[k].low, tabled[k].high) == wanted
            cell = row.locator(f"td[data-label^='F{curve.betas[place]:g},']:visible")
            moved = row.locator("td[data-label^='F at β']:visible")
            assert moved.count() == (tabled is None)
            value, interval = (moved if tabled is None else cell).inner_text().split()
            shown = [float(text) for text in (value, *interval.split("–"))]
            # Tenths of a percent; between the β of the tables ends come in hundredths.
            off = 0.0501 if tabled is not None else 0.0551
            assert shown == pytest.approx([100 * (each or 0.0) for each in wanted], abs=off)


@pytest.mark.browser
def test_many_classes_have_a_line_and_no_band(
    open_page: OpenPage, make_comparison: Callable[..., Comparison]
) -> None:
    """Beyond 30 classes a moved column shows values without intervals."""
    comparison = make_comparison(classes=tuple(f"class {i}" for i in range(31)), n=3_000)
    assert comparison.models[0].class_curves == ()
    opened = open_page(render_html(comparison, plotly="none"))
    cell = opened.page.locator("#class-0 tr").first.locator("td").last
    slider = opened.page.locator("#classes input[type=range]")
    slider.focus()
    assert not cell.is_visible()
    opened.page.keyboard.press("ArrowRight")
    assert len(cell.inner_text().split()) == 1


@pytest.mark.browser
def test_beta_moves_every_slider_and_the_lead(open_page: OpenPage, two_models: Comparison) -> None:
    """One β for the page: the section's numbers follow the slider of the table."""
    opened = open_page(render_html(two_models, plotly="none"))
    opened.page.locator("#classes input[type=range]").focus()
    opened.page.keyboard.press("Home")
    section = opened.page.locator("#beta-control")
    assert section.locator("output").inner_text() == "0.1"
    value = two_models.models[0].beta_curve.values[0]
    assert value is not None
    assert f"{100 * value:.1f}" in section.inner_text()
    assert "At β = 0.1" in section.inner_text()


LONG = tuple(
    f"class number {k} of a very long name, as in a catalogue of species" for k in range(60)
)


@pytest.fixture(scope="module")
def long_html(make_comparison: Callable[..., Comparison]) -> str:
    """A page of 60 classes with long names, one of them written from right to left."""
    names = (*LONG, "\N{HEBREW LETTER ALEF}" * 70, "<b>" * 30)
    comparison = make_comparison(classes=names, n=2_000, probabilities=False, replicates=20)
    return render_html(comparison, plotly="none")


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 768, 1440])
def test_long_names_fit(open_page: OpenPage, long_html: str, width: int) -> None:
    """Names stand on one line, nothing scrolls sideways, and the table is within its column."""
    opened = open_page(long_html, width=width)
    page = opened.page
    page.locator("#classes input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    room = page.locator("#classes").bounding_box()
    table = page.locator("#classes-table").bounding_box()
    assert room is not None
    assert table is not None
    assert table["width"] <= room["width"]
    heights = page.locator("#classes-table .class-name bdi").evaluate_all(
        "names => names.map((name) => name.getClientRects()[0].height)"
    )
    assert max(heights) < 30


@pytest.mark.browser
def test_rows_made_by_scripts_are_those_of_the_page(
    open_page: OpenPage, make_comparison: Callable[..., Comparison]
) -> None:
    """A row that scripts make has the numbers and the full name that the others have."""
    comparison = make_comparison(
        classes=(*LONG, "last"), n=2_000, probabilities=False, replicates=20, never=5
    )
    opened = open_page(render_html(comparison, plotly="none"))
    page = opened.page
    listed = page.locator("#classes-table tbody").count()
    assert listed == 50
    page.get_by_role("button", name="Show 50 more classes").click()
    assert page.locator("#classes-table tbody").count() == 61
    for k, name in enumerate(comparison.classes):
        rows = page.locator(f"#class-{k} tr")
        if len(name) > 14:
            assert rows.first.locator("a").get_attribute("title") == name
        for model, row in zip(comparison.models, rows.all(), strict=True):
            recall, precision = model.per_class["recall"][k], model.per_class["precision"][k]
            text = " ".join(row.inner_text().split())
            for estimate in (precision, recall):
                if estimate.value is None:
                    assert f"n/a {estimate.undefined}" in text
                else:
                    assert estimate.low is not None
                    assert f"{100 * estimate.value:.1f} {100 * estimate.low:.1f}" in text
    assert opened.is_quiet, opened.messages


@pytest.mark.browser
def test_scripts_round_as_python(open_page: OpenPage) -> None:
    """Shares that end halfway between two printed decimals are printed as the page has them."""
    right = [13, 3, 1, 5, 7, 9, 11, 15]
    actual = np.repeat(np.arange(60), 16)
    predicted = np.concatenate(
        [[k] * right[k % 8] + [(k + 1) % 60] * (16 - right[k % 8]) for k in range(60)]
    )
    comparison = evalkit.compare(
        [evalkit.evaluate(actual, predicted, classes=range(60), name="model")], replicates=20
    )
    page = open_page(render_html(comparison, plotly="none")).page
    page.get_by_role("button", name="Show 50 more classes").click()
    for k in range(60):
        text = page.locator(f"#class-{k} td[data-label='Recall, %']").inner_text()
        assert text.split()[0] == f"{100 * right[k % 8] / 16:.1f}"
