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


MANY = tuple(f"c{i}" for i in range(210))


@pytest.fixture(scope="module")
def many(make_comparison: Callable[..., Comparison]) -> Comparison:
    """Two models on 210 classes."""
    return make_comparison(classes=MANY, n=2_000, probabilities=False, replicates=20)


@pytest.fixture(scope="module")
def many_html(many: Comparison) -> str:
    """Their page, with the plotting library inside."""
    return render_html(many)


def errors(comparison: Comparison) -> dict[tuple[int, int], list[int]]:
    """Each pair of classes that any model confuses, with the count of each model."""
    counts = np.array([np.asarray(model.counts) for model in comparison.models])
    return {
        (i, j): counts[:, i, j].astype(int).tolist()
        for i, j in zip(*np.nonzero(counts.any(axis=0)), strict=True)
        if i != j
    }


@pytest.mark.parametrize("which", ["few", "many"])
def test_pairs_are_listed_by_count_and_printed_with_it(
    two_models: Comparison, many: Comparison, which: str
) -> None:
    """The pairs with the largest count of any model, each with count, support and share."""
    comparison = two_models if which == "few" else many
    content = collect(Subject(comparison))
    assert content is not None
    found = errors(comparison)
    listed = [(row.actual.position, row.predicted.position) for row in content.pairs]
    assert len(set(listed)) == len(listed) == min(12 if which == "few" else 50, len(found))
    largest = [max(found[cell]) for cell in listed]
    assert largest == sorted(map(max, found.values()), reverse=True)[: len(listed)]
    for row, cell in zip(content.pairs, listed, strict=True):
        support = comparison.support[cell[0]]
        assert [int(text) for text in row.counts] == found[cell]
        assert row.shares == tuple(f"{100 * n / support:.1f}" for n in found[cell])
        assert row.support == str(int(support))


def test_many_classes_show_a_block(many: Comparison) -> None:
    """The matrices of many classes hold the shares of 20 classes, each row of the whole class."""
    content = collect(Subject(many))
    assert content is not None
    positions = [shown.position for shown in content.classes]
    assert len(positions) == 20
    for matrix, model in zip(content.views[0].matrices, many.models, strict=False):
        shares = by_actual(np.asarray(model.counts, dtype=np.float64))[np.ix_(positions, positions)]
        printed = [[float(cell.text) for cell in row] for row in matrix.rows]
        assert np.abs(np.array(printed) - 100 * shares).max() <= 0.5 + 1e-9


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
def test_typing_a_class_shows_what_it_is_confused_with(
    open_page: OpenPage, many: Comparison, many_html: str
) -> None:
    """The class comes first, then those that it is confused with; an empty field goes back."""
    opened = open_page(many_html)
    page = opened.page
    heads = page.locator("#matrices figure:first-child tbody th:visible")
    before = heads.all_inner_texts()
    page.get_by_label("Show class").fill("c107")
    shown = heads.all_inner_texts()
    assert shown[0] == "c107"
    partners = {MANY[j if i == 107 else i] for i, j in errors(many) if 107 in (i, j)}
    assert len(shown) == min(len(partners), 19) + 1
    assert set(shown[1:]) <= partners
    cells = page.locator("#matrices figure:first-child tbody tr:first-child td:visible")
    counts = np.asarray(many.models[0].counts, dtype=np.float64)
    expected = by_actual(counts)[107, [MANY.index(name) for name in shown]]
    printed = [float(text) for text in cells.all_inner_texts()]
    assert np.abs(np.array(printed) - 100 * expected).max() <= 0.5 + 1e-9
    page.get_by_label("Show class").fill("")
    assert heads.all_inner_texts() == before
    assert opened.is_quiet, opened.messages


@pytest.mark.browser
def test_the_overview_counts_every_error(
    open_page: OpenPage, many: Comparison, many_html: str
) -> None:
    """Read cell by cell in the declared order, the overview has all errors of a model, once."""
    opened = open_page(many_html)
    page = opened.page
    page.locator("#overview").scroll_into_view_if_needed()
    page.get_by_label("Order").select_option(label="as declared")
    counts = np.asarray(many.models[0].counts)
    wrong = counts - np.diag(np.diag(counts))
    size = 5  # 210 classes in at most 50 groups
    groups = wrong.reshape(42, size, 42, size).sum(axis=(1, 3))
    stage = page.locator("#overview .stage").first
    page.wait_for_function("document.querySelector('#overview canvas').width !== 300")
    stage.focus()
    row = []
    page.keyboard.press("ArrowDown")
    for _ in range(42):
        said = page.locator("#announcement").text_content()
        row.append(int(said.split("misclassified, ")[1].split(",")[0]))
        page.keyboard.press("ArrowRight")
    assert row == groups[0].tolist()
    page.keyboard.press("Enter")
    assert page.locator("#block-title").inner_text() == (
        "Classes of the chosen cell" if groups[0, -1] else "Most confused classes"
    )
    assert opened.is_quiet, opened.messages


@pytest.mark.browser
def test_confused_pairs_are_searched(open_page: OpenPage, many: Comparison, many_html: str) -> None:
    """Every confused pair with the class is found, with its count in each model."""
    page = open_page(many_html).page
    rows = page.locator("#pairs-table tbody tr")
    assert rows.count() == 12
    page.get_by_label("Find a pair").fill("c33")
    expected = {
        cell: f"{found[0]} of {int(many.support[cell[0]])}"
        for cell, found in errors(many).items()
        if 33 in cell
    }
    assert rows.count() == len(expected)
    for row in rows.all():
        cell = (int(row.get_attribute("data-actual")), int(row.get_attribute("data-predicted")))
        assert row.locator("td").first.inner_text().startswith(expected.pop(cell))
    page.get_by_label("Find a pair").fill("")
    page.locator("#confusion button", has_text="Show 50 more").click()
    assert rows.count() == 62


@pytest.mark.browser
@pytest.mark.parametrize("which", ["heatmap", "table", "difference", "keyboard", "pair"])
def test_choosing_a_cell_says_which(open_page: OpenPage, two_models_html: str, which: str) -> None:
    """A click or Enter on a cell tells its classes, and the model unless it is of both."""
    opened = open_page(two_models_html)
    opened.draw_everything()
    page = opened.page
    page.evaluate(
        "() => { window.told = [];"
        " document.addEventListener('evalkit:cell', (event) => window.told.push(event.detail)); }"
    )
    if which in ("table", "difference"):
        page.locator("#confusion label", has_text="As tables").click()
        table = page.locator("#matrices table").nth(2 if which == "difference" else 1)
        table.locator("tbody tr").nth(3).locator("td").nth(2).click()
        expected = {"model": None if which == "difference" else 1, "actual": 3, "predicted": 2}
    elif which == "keyboard":
        page.locator("#matrices .stage").nth(1).focus()
        for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
            page.keyboard.press(key)
        expected = {"model": 1, "actual": 1, "predicted": 2}
    elif which == "pair":
        row = page.locator("#pairs-table tbody tr").nth(1)
        expected = {
            "model": None,
            "actual": int(row.get_attribute("data-actual")),
            "predicted": int(row.get_attribute("data-predicted")),
        }
        row.locator("th").click()
    else:
        plot = page.locator("#confusion-0")
        plot.scroll_into_view_if_needed()
        x, y = page.evaluate(
            """() => {
                const plot = document.getElementById("confusion-0");
                const { left, top } = plot.getBoundingClientRect();
                const { xaxis, yaxis } = plot._fullLayout;
                return [left + xaxis._offset + xaxis.d2p(2), top + yaxis._offset + yaxis.d2p(3)];
            }"""
        )
        page.mouse.move(x - 2, y - 2)
        page.mouse.click(x, y)
        expected = {"model": 0, "actual": 3, "predicted": 2}
    assert page.evaluate("window.told") == [expected]


@pytest.mark.browser
def test_without_scripts_many_classes_have_block_pairs_and_lowest_recalls(
    open_page: OpenPage, many: Comparison, many_html: str
) -> None:
    """With JavaScript off: the block, 50 pairs, 50 classes, and where the rest is."""
    page = open_page(many_html, java_script_enabled=False).page
    assert page.locator("#matrices table:visible").count() == 3
    assert page.locator("#pairs-table tbody tr:visible").count() == 50
    listed = page.locator("#classes-table tbody:visible")
    assert listed.count() == 50
    recalls = np.mean(
        [[each.value or 0.0 for each in model.per_class["recall"]] for model in many.models], axis=0
    )
    lowest = {int(each.get_attribute("data-class")) for each in listed.all()}
    others = set(range(len(MANY))) - lowest
    assert max(recalls[k] for k in lowest) <= min(recalls[k] for k in others)
    assert page.get_by_text("50 of 210 classes").is_visible()


@pytest.mark.browser
def test_charts_of_many_classes_wait_to_be_asked_for(open_page: OpenPage, many_html: str) -> None:
    """The library, which would stop the page, is not loaded until a chart is wanted."""
    page = open_page(many_html).page
    page.locator("#beta-curves").scroll_into_view_if_needed()
    page.evaluate("new Promise((done) => requestIdleCallback(() => requestIdleCallback(done)))")
    assert page.evaluate("typeof window.Plotly") == "undefined"
    page.get_by_role("button", name="Draw the charts").first.click()
    page.locator("#beta-curves .main-svg").first.wait_for(state="attached")


@pytest.mark.browser
def test_axes_have_titles(open_page: OpenPage, two_models_html: str) -> None:
    """Every matrix says which axis is actual and which is predicted, drawn or as a table."""
    opened = open_page(two_models_html)
    opened.draw_everything()
    for kind, axis in (("x", "Predicted class"), ("y", "Actual class")):
        titles = opened.page.locator(f"#matrices .{kind}title").all_text_contents()
        assert titles == [axis] * 3
    for table in opened.page.locator("#confusion table.cells").all():
        heads = table.locator("thead th").all_text_contents()
        assert {"Actual class", "Predicted class"} <= set(heads)
