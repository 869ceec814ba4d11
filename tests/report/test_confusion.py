"""The matrices: the numbers of every view, on one scale, by pointer and by key."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evalkit.report.render import render_html
from evalkit.report.sections.confusion import FloatMatrix, by_actual, by_predicted, collect
from evalkit.report.subject import Subject

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison

OpenPage = Callable[..., Any]
VIEWS: dict[str, Callable[[FloatMatrix], FloatMatrix]] = {
    "Counts": lambda counts: counts,
    "By actual": lambda counts: 100 * by_actual(counts),
    "By predicted": lambda counts: 100 * by_predicted(counts),
    "Share of all": lambda counts: 100 * counts / counts.sum(),
}


def test_shares_add_up() -> None:
    """Rows of the one and columns of the other add to one; an empty row or column is zero."""
    counts = np.array([[3.0, 1.0, 0.0], [0.0, 0.0, 0.0], [2.0, 2.0, 0.0]])
    assert by_actual(counts).sum(axis=1).tolist() == [1.0, 0.0, 1.0]
    assert by_predicted(counts).sum(axis=0).tolist() == pytest.approx([1.0, 1.0, 0.0])


def test_beyond_thirty_classes_every_error_is_listed(
    make_comparison: Callable[..., Comparison],
) -> None:
    """Without matrices of digits the lists by class hold each off-diagonal count."""
    comparison = make_comparison(
        classes=tuple(f"c{i}" for i in range(31)), probabilities=False, replicates=20
    )
    content = collect(Subject(comparison))
    assert content is not None
    for m, model in enumerate(comparison.models):
        for k, row in enumerate(content.by_class):
            listed = sum(int(error.count) for error in row.errors[m])
            assert listed == model.counts[k].sum() - model.counts[k, k]


@pytest.mark.browser
@pytest.mark.parametrize("view", VIEWS)
def test_heatmaps_and_tables_agree(
    open_page: OpenPage, two_models: Comparison, two_models_html: str, view: str
) -> None:
    """Plotly's digits and the table's are the comparison's, in each view and in the difference."""
    opened = open_page(two_models_html)
    opened.draw_everything()
    page = opened.page
    page.locator("#confusion label", has_text=view).first.click()
    matrices = [np.asarray(model.counts, dtype=np.float64) for model in two_models.models]
    first, second = (VIEWS[view](counts) for counts in matrices)
    drawn = page.evaluate("[...document.querySelectorAll('.plot')].map((p) => p.data[1].text)")
    page.locator("#confusion label", has_text="As tables").click()
    tables = page.locator("#matrices table")
    for place, expected in enumerate((first, second, second - first)):
        printed = [
            float(text.replace("−", "-").replace(",", ""))
            for text in tables.nth(place).locator("td").all_text_contents()
        ]
        assert np.abs(np.array(printed) - expected.ravel()).max() <= 0.5 + 1e-9
        assert [float(text.replace("−", "-").replace(",", "")) for text in drawn[place]] == printed


@pytest.mark.browser
def test_one_scale_for_all_models(open_page: OpenPage, two_models_html: str) -> None:
    """The heatmaps of the models share their range; the difference is symmetric about zero."""
    opened = open_page(two_models_html)
    opened.draw_everything()
    ranges = opened.page.evaluate(
        "[...document.querySelectorAll('.plot')].map((p) => [p.data[0].zmin, p.data[0].zmax])"
    )
    assert ranges[0] == ranges[1]
    assert ranges[2][0] == -ranges[2][1]


@pytest.mark.browser
def test_arrow_keys_read_the_cells(
    open_page: OpenPage, two_models: Comparison, two_models_html: str
) -> None:
    """Actual, predicted, count and share of a cell; in the difference, both models by name."""
    opened = open_page(two_models_html)
    opened.draw_everything()
    page = opened.page
    stages = page.locator("#matrices .stage")
    stages.nth(0).focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    said = page.locator("#announcement").text_content()
    n = int(two_models.models[0].counts[1, 1])
    share = n / two_models.support[1]
    assert f"actual, cat, predicted, cat, samples, {n}, of actual, {100 * share:.2f} %" in said
    stages.nth(2).focus()
    page.keyboard.press("ArrowDown")
    assert {"alpha", "beta"} <= set(page.locator("#announcement").text_content().split(", "))


@pytest.mark.browser
def test_hidden_diagonal_rescales(open_page: OpenPage, two_models_html: str) -> None:
    """Without the diagonal the scale ends at the largest error."""
    opened = open_page(two_models_html)
    opened.draw_everything()
    top = "document.querySelector('.plot').data[0].zmax"
    before = opened.page.evaluate(top)
    opened.page.locator("#confusion label", has_text="Hide the diagonal").click()
    assert opened.page.evaluate(top) < before


@pytest.mark.browser
def test_any_two_of_many_models(
    open_page: OpenPage, make_comparison: Callable[..., Comparison]
) -> None:
    """With three models the reader chooses the pair, and the picture says which it is."""
    comparison = make_comparison(("one", "two", "three"), probabilities=False, replicates=50)
    opened = open_page(render_html(comparison, plotly="none"))
    page = opened.page
    page.get_by_role("combobox", name="Difference of", exact=True).select_option(label="one")
    page.get_by_role("combobox", name="and", exact=True).select_option(label="three")
    figure = page.locator("#matrices figure").last
    assert figure.locator("figcaption").inner_text() == "one − three"
    page.locator("#confusion label", has_text="Counts").click()
    difference = comparison.models[0].counts - comparison.models[2].counts
    printed = [int(text.replace("−", "-")) for text in figure.locator("td").all_text_contents()]
    assert printed == difference.ravel().astype(int).tolist()


@pytest.mark.browser
def test_a_class_is_found_by_typing(
    open_page: OpenPage, make_comparison: Callable[..., Comparison]
) -> None:
    """With many classes the heatmap goes to the class that is typed."""
    comparison = make_comparison(
        classes=tuple(f"c{i}" for i in range(40)), probabilities=False, replicates=20
    )
    opened = open_page(render_html(comparison))
    opened.draw_everything()
    opened.page.get_by_label("Zoom to class").fill("c27")
    low, high = opened.page.evaluate("document.querySelector('.plot').layout.xaxis.range")
    assert high - low == 25
    labels = opened.page.locator("#confusion-0 .xtick text").all_text_contents()
    assert "c27" in labels


@pytest.mark.browser
def test_hundreds_of_classes_are_one_picture(
    open_page: OpenPage, make_comparison: Callable[..., Comparison]
) -> None:
    """Each cell is a pixel, the brightest where most are right, read by key and found by typing."""
    comparison = make_comparison(
        classes=tuple(f"c{i}" for i in range(210)), n=2_000, probabilities=False, replicates=20
    )
    opened = open_page(render_html(comparison))
    page = opened.page
    page.get_by_label("Order").select_option(label="as declared")
    page.locator("#confusion-0").scroll_into_view_if_needed()
    page.locator("#confusion-0 .main-svg").first.wait_for(state="attached")
    light = page.evaluate(
        """async () => {
            const image = new Image();
            image.src = document.getElementById("confusion-0").data[0].source;
            await image.decode();
            const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
            canvas.drawImage(image, 0, 0);
            const { data } = canvas.getImageData(0, 0, image.width, image.height);
            return Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]);
        }"""
    )
    counts = np.asarray(comparison.models[0].counts)
    shares = by_actual(counts.astype(np.float64))
    drawn = np.array(light).reshape(counts.shape)
    assert (drawn[shares == 0] == 0).all()
    assert (drawn[shares == shares.max()] == drawn.max()).all()
    page.locator("#matrices .stage").first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    said = page.locator("#announcement").text_content()
    assert said.startswith(f"actual, c1, predicted, c1, samples, {int(counts[1, 1])},")
    page.get_by_label("Zoom to class").fill("c107")
    assert "c107" in page.locator("#confusion-0 .xtick text").all_text_contents()
    assert opened.is_quiet, opened.messages


@pytest.mark.browser
def test_every_class_is_there_without_scripts(
    open_page: OpenPage, make_comparison: Callable[..., Comparison]
) -> None:
    """Rows beyond a hundred wait for the scripts only where there are scripts."""
    comparison = make_comparison(
        classes=tuple(f"c{i}" for i in range(210)), n=2_000, probabilities=False, replicates=20
    )
    page = open_page(render_html(comparison), java_script_enabled=False).page
    assert page.locator("#classes-table tbody:visible").count() == 210
