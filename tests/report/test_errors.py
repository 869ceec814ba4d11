"""Samples to look at: in lists, and from every cell of a matrix; with inputs or with ids only."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pytest

import evalkit
from evalkit.compare.comparison import Comparison
from evalkit.report.render import render_html
from evalkit.report.samples import BUDGET, FIRST, LONGEST_TEXT, MOST_VALUES
from evalkit.report.subject import Subject

if TYPE_CHECKING:
    from evalkit.report.samples import Samples

OpenPage = Callable[..., Any]
N = 240
HOSTILE = (
    "</script><script>document.title='run'</script>",
    "<img src=x onerror=alert(1)>{{7*7}}",
    "\u202eabc\u2066\x00\ud800",
    "a" * 30_000,
    "=1+1",
    "",
)


@cache
def compared(kind: str = "none", *, hostile: bool = False, models: int = 2) -> Comparison:
    """Models of three classes, with inputs of a kind, or of all kinds."""
    rng = np.random.default_rng(4)
    classes = HOSTILE[:3] if hostile else ("cat, big", "dog&", "100 %")
    actual = rng.integers(0, 3, N)
    texts = [HOSTILE[i % 6] if hostile else f"text {i} " * (i % 60) for i in range(N)]
    storable = [text.replace("\ud800", "") for text in texts]  # pandas refuses lone surrogates
    names = [text.replace("\ud800", "") for text in HOSTILE] if hostile else ["column "]
    columns = {f"{names[j % len(names)]}{j}": storable for j in range(MOST_VALUES + 2)}
    inputs: dict[str, Any] = {}
    if kind in ("image", "all"):
        inputs["image"] = rng.integers(0, 16, (N, 8, 8), dtype=np.uint8) * 16
    if kind in ("text", "all"):
        inputs["text"] = texts
    if kind in ("table", "all"):
        pandas = pytest.importorskip("pandas")
        inputs["table"] = pandas.DataFrame(columns)
    evaluations = []
    for i in range(models):
        scores = rng.gumbel(size=(N, 3))
        scores[np.arange(N), actual] += 1 + 0.2 * i
        odds = np.exp(scores)
        evaluations.append(
            evalkit.evaluate(
                np.array(classes, object)[actual],
                y_proba=odds / odds.sum(axis=1, keepdims=True),
                classes=classes,
                ids=[HOSTILE[k % 6][:100] + str(k) if hostile else f"id{k}" for k in range(N)],
                name=f"m{i}<i>" if hostile else f"m{i}",
                inputs=inputs or None,
            )
        )
    return evalkit.compare(evaluations, replicates=20, show=12)


def samples_of(comparison: Comparison) -> Samples:
    return Subject(comparison).samples


@cache
def page(kind: str = "none", *, hostile: bool = False, models: int = 2) -> str:
    return render_html(compared(kind, hostile=hostile, models=models), plotly="none")


def carried(html: str) -> dict[str, Any]:
    found = re.search(r'id="page-samples">([^<]+)<', html)
    assert found is not None
    data: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(found[1])))
    return data


needs_pillow = pytest.mark.skipif(
    not __import__("importlib.util").util.find_spec("PIL"), reason="Pillow is not installed"
)
KINDS = ["none", "text", "table", pytest.param("image", marks=needs_pillow)]


# --- what the page holds ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_lists_say_how_many_there_are(kind: str) -> None:
    """Each list has its samples as plain HTML, and the number of all of them."""
    comparison, html = compared(kind), page(kind)
    section = html[html.index('<section id="errors"') :]
    section = section[: section.index("</section>")]
    galleries = [each for each in comparison.galleries if each.key != "cell"]
    blocks = section.split('<details class="gallery"')[1:]
    assert len(blocks) == len(galleries)
    for block, gallery in zip(blocks, galleries, strict=True):
        assert block.count("<li>") == len(gallery.samples)
        assert f"{len(gallery.samples)} of {gallery.n_samples} shown" in block
        for sample in gallery.samples:
            assert f"<bdi>{sample.id}</bdi>" in block


def test_the_cells_are_those_of_the_matrices() -> None:
    """The data of scripts hold each cell, and the sizes of the cells are the counts."""
    comparison, data = compared(), carried(page())
    total = np.zeros((2, 3, 3), int)
    for model, actual, predicted, n, places in data["cells"]:
        total[model, actual, predicted] = n
        for i in places:
            assert data["actual"][i] == actual
            assert data["predicted"][i][model] == predicted
    np.testing.assert_array_equal(total, [model.counts for model in comparison.models])


def test_without_samples_there_is_no_section() -> None:
    comparison = evalkit.compare([evalkit.evaluate([0, 1, 1], [0, 1, 0])])
    html = render_html(comparison, plotly="none")
    assert 'id="errors"' not in html
    assert "page-samples" not in html


@pytest.mark.parametrize("kind", KINDS)
def test_equal_inputs_give_equal_bytes(kind: str) -> None:
    assert render_html(compared(kind), plotly="none") == page(kind)


@needs_pillow
def test_the_page_says_what_it_embeds() -> None:
    """The number of images is that of different samples, here and in Provenance."""
    html = page("all")
    rows = {s.row for gallery in compared("all").galleries for s in gallery.samples}
    n = len(rows)
    said = f"This page contains {n} texts, {MOST_VALUES} columns of {n} samples and {n} images"
    assert html.count(said) == 2
    assert "This page contains" in page()
    assert "no inputs" in page()


@needs_pillow
def test_inputs_stay_within_the_budget() -> None:
    """The largest inputs that are allowed: long texts, and images that do not compress."""
    rng = np.random.default_rng(0)
    n = 420
    actual = rng.integers(0, 8, n)
    texts = [f"{i} " + "ж<&" * 900 for i in range(n)]
    images = rng.integers(0, 256, (n, 96, 96, 3), dtype=np.uint8)

    def size(inputs: dict[str, Any] | None) -> tuple[int, Comparison]:
        models = [
            evalkit.evaluate(actual, (actual + rng.integers(0, 2, n)) % 8, name=name, inputs=inputs)
            for name in "ab"
        ]
        comparison = evalkit.compare(models, replicates=20, show=100)
        return len(render_html(comparison, plotly="none").encode()), comparison

    rng = np.random.default_rng(1)
    bare = size(None)[0]
    rng = np.random.default_rng(1)
    whole, comparison = size({"text": texts, "image": images})
    assert whole - bare < BUDGET + 200_000
    samples = samples_of(comparison)
    assert any("left out" in note for note in samples.notes)
    assert any("texts are cut after" in note for note in samples.notes)
    assert samples.sprite is not None


@needs_pillow
def test_a_spent_budget_leaves_out_samples_and_no_whole_column() -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (2, N, 96, 96, 3), dtype=np.uint8)
    actual = np.arange(N) % 3
    inputs = {"left": noise[0], "right": noise[1]}
    one = evalkit.evaluate(actual, (actual + 1) % 3, inputs=inputs)
    found = Subject(evalkit.compare([one], replicates=20, show=N)).samples
    shown = [[each.place is not None for each in own] for own in found.inputs.values()]
    complete = shown.count([True, True])
    assert 0 < complete < N
    assert shown.count([False, False]) >= N - complete - 1


def test_texts_are_bounded_and_unfold() -> None:
    shown = samples_of(compared("text")).inputs
    texts = compared("text").inputs["text"].texts(list(shown))
    for (each,), text in zip(shown.values(), texts, strict=True):
        whole = f"{each.text} {each.rest}".strip() if each.rest else each.text
        assert whole == text[:LONGEST_TEXT].strip() or whole == text
        assert len(each.text) <= FIRST * 5 // 4


def test_a_wide_table_says_that_it_is_cut() -> None:
    samples = samples_of(compared("table"))
    assert all(len(each.values) == MOST_VALUES for (each,) in samples.inputs.values())
    assert f"The first {MOST_VALUES} of {MOST_VALUES + 2} columns are shown." in samples.notes


@needs_pillow
def test_a_missing_image_is_a_placeholder_with_its_reason(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (40, 20), "red").save(tmp_path / "ok.png")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG nothing")
    paths = [str(tmp_path / f"{name}.png") for name in ("ok", "broken", "missing")]
    comparison = evalkit.compare(
        [evalkit.evaluate([0, 0, 1], [1, 1, 0], inputs={"image": paths}, ids=["x", "y", "z"])],
        replicates=20,
    )
    html = render_html(comparison, plotly="none")
    assert html.count('class="no-shot">No image: ') == 3 * html.count('class="shot"') - html.count(
        'class="shot"'
    )
    assert "No image: file not found" in html
    assert "2 images could not be read." in html


def test_without_pillow_there_are_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says what to install."""
    monkeypatch.setitem(sys.modules, "PIL", None)
    images = np.zeros((4, 8, 8), np.uint8)
    comparison = evalkit.compare([evalkit.evaluate([0, 0, 1, 1], [0, 1, 1, 0], inputs=images)])
    html = render_html(comparison, plotly="none")
    assert html.count("evalkit[images]") == 1
    assert 'class="shot"' not in html
    assert "<bdi>1</bdi>" in html


def test_from_a_file_ids_are_left() -> None:
    """results.json holds no inputs, so its page has the ids."""
    comparison = Comparison.from_dict(compared("text").to_dict())
    html = render_html(comparison, plotly="none")
    assert "text 5 text 5" not in html
    assert "no inputs" in html


def test_the_verdict_on_suspected_labels_is_that_of_the_check() -> None:
    """If the labels that decide were replaced one by one, the verdict would change just then."""
    n = 400
    rng = np.random.default_rng(2)
    actual = rng.integers(0, 2, n)
    wrong = np.arange(n) < 12
    good = np.where(wrong, 1 - actual, actual)
    bad = np.where(wrong | (np.arange(n) > 360), 1 - actual, actual)
    odds = [np.where(each[:, None] == [0, 1], 0.9, 0.1) for each in (good, bad)]
    comparison = evalkit.compare(
        [
            evalkit.evaluate(actual, y_proba=each, name=name)
            for name, each in zip("AB", odds, strict=True)
        ],
        replicates=20,
        show=12,
    )
    check = comparison.label_check
    assert check is not None
    assert check.decisive_at
    html = " ".join(render_html(comparison, plotly="none").split())
    assert f"{check.n_decisive} samples that only A predicts correctly" in html
    assert f"{check.decisive_at} labels would have to be wrong" in html


# --- in a browser -------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("kind", KINDS)
def test_without_scripts_the_lists_are_there(open_page: OpenPage, kind: str) -> None:
    """Folded lists open without scripts, and nothing promises what scripts do."""
    opened = open_page(page(kind), java_script_enabled=False)
    section = opened.page.locator("#errors")
    closed = section.locator("details.gallery:not([open]) > summary")
    while closed.count():
        closed.first.click()
    galleries = [each for each in compared(kind).galleries if each.key != "cell"]
    assert section.locator("li:visible").count() == sum(len(each.samples) for each in galleries)
    assert section.locator(".actions:visible, .with-scripts:visible").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [390, 768, 1440])
def test_nothing_scrolls_sideways(open_page: OpenPage, kind: str, width: int) -> None:
    """Neither the section nor the dialog of a cell, hostile names included."""
    opened = open_page(page(kind, hostile=True), width=width)
    opened.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    opened.page.locator("#pairs-table button").first.click()
    dialog = opened.page.locator("dialog[open]")
    dialog.wait_for()
    assert opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert dialog.evaluate("d => d.scrollWidth <= d.clientWidth")


@pytest.mark.browser
@pytest.mark.parametrize("kind", KINDS)
def test_a_prediction_takes_one_line(open_page: OpenPage, kind: str) -> None:
    """Short names of models and classes fit beside each other, on a desk and on a phone."""
    for width in (390, 1440):
        tab = open_page(page(kind), width=width).page
        tab.locator("#pairs-table button").first.click()
        tab.locator("dialog[open]").wait_for()
        for where in (".gallery[open]", "dialog"):
            height = tab.locator(f"{where} li > :last-child").first.bounding_box()["height"]
            assert 10 < height < 26


@pytest.mark.browser
def test_a_cell_opens_by_key_and_gives_the_focus_back(open_page: OpenPage) -> None:
    """Arrow keys and Enter open the samples of a cell; Escape closes them."""
    tab = open_page(page()).page
    stage = tab.locator("#matrices .stage").first
    stage.focus()
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Enter")
    dialog = tab.locator("dialog[open]")
    dialog.wait_for()
    assert tab.evaluate("document.querySelector('dialog').contains(document.activeElement)")
    name = tab.evaluate("document.getElementById('cell-title').textContent")
    assert name == "“cat, big” predicted as “dog&”"
    (cell,) = [
        each
        for each in compared().galleries
        if (each.key, each.model, each.actual, each.predicted) == ("cell", 0, 0, 1)
    ]
    assert dialog.locator("li").count() == len(cell.samples)
    assert f"{len(cell.samples)} of {cell.n_samples} shown" in dialog.inner_text()
    tab.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert stage.evaluate("each => each === document.activeElement")
    assert "cell=" not in tab.url


@pytest.mark.browser
@pytest.mark.parametrize("hostile", [False, True])
def test_a_link_to_a_cell_opens_it(open_page: OpenPage, hostile: bool) -> None:
    """The link of the dialog, opened afresh, shows the same samples."""
    html = page("text", hostile=hostile)
    tab = open_page(html).page
    row = tab.locator("#pairs-table tbody tr").first
    row.locator("td").nth(1).click()
    tab.locator("dialog[open]").wait_for()
    said = tab.locator("dialog").inner_text()
    fragment = tab.evaluate("document.querySelector('dialog .note a').hash")
    assert tab.evaluate("location.hash") == fragment
    assert re.fullmatch(r"#cell=[\w%.!~*'()-]*,[\w%.!~*'()-]*&model=[\w%.!~*'()-]+", fragment)
    opened = open_page(html, fragment=fragment)
    opened.page.locator("dialog[open]").wait_for()
    assert opened.page.locator("dialog").inner_text() == said
    assert opened.is_quiet, (opened.messages, opened.dialogs)
    assert opened.page.locator("#errors img, #errors svg, dialog img, dialog svg").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize(
    "fragment", ["#cell=%E0%A4,dog", "#cell=nobody,dog%26", "#cell=", "#cell=cat", "#%"]
)
def test_a_link_to_no_cell_does_nothing(open_page: OpenPage, fragment: str) -> None:
    opened = open_page(page(), fragment=fragment)
    assert opened.page.locator("dialog[open]").count() == 0
    assert opened.is_quiet, opened.messages


@pytest.mark.browser
def test_the_difference_matrix_shows_the_samples_of_both_models(open_page: OpenPage) -> None:
    tab = open_page(page()).page
    tab.locator("#matrices figure[data-second] tbody tr").first.locator("td").nth(1).click()
    dialog = tab.locator("dialog[open]")
    dialog.wait_for()
    assert dialog.locator(".of .model").all_inner_texts() == ["m0", "m1"]
    fragment = "#cell=" + ",".join(quote(name) for name in ("cat, big", "dog&"))
    assert tab.evaluate("location.hash") == fragment


@pytest.mark.browser
def test_a_heatmap_shows_the_samples_of_a_cell(open_page: OpenPage) -> None:
    """A click on the heatmap that Plotly draws is a click on the cell."""
    opened = open_page(render_html(compared()))
    plot = opened.page.locator("#confusion-0")
    plot.scroll_into_view_if_needed()
    plot.locator(".main-svg").first.wait_for(state="attached")
    box = plot.locator(".nsewdrag").bounding_box()
    opened.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 6)
    opened.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 6)
    opened.page.locator("dialog[open]").wait_for()
    assert opened.page.locator("#cell-title").inner_text() == "“cat, big” predicted as “dog&”"
    assert opened.is_quiet, opened.messages


@pytest.mark.browser
def test_lists_and_cells_copy_as_csv(open_page: OpenPage) -> None:
    """Whole ids with each prediction; formulas are inert."""
    for hostile in (False, True):
        comparison = compared(hostile=hostile)
        tab = open_page(
            page(hostile=hostile), permissions=["clipboard-read", "clipboard-write"]
        ).page
        button = tab.locator(".gallery").first.locator(".actions button")
        button.click()
        tab.locator(".gallery .actions button", has_text="copied").wait_for()
        copied = tab.evaluate("navigator.clipboard.readText()")
        head, *rows = csv.reader(io.StringIO(copied))
        assert head[:2] == ["id", "actual"]
        assert len(head) == 6
        samples = comparison.galleries[0].samples
        ids = [row[0] for row in rows]
        if hostile:
            assert not any(each.startswith("=") for each in ids)
        else:
            assert ids == [sample.id for sample in samples]
            assert [float(row[3]) for row in rows] == pytest.approx(
                [sample.probability[0] for sample in samples], abs=0.0006
            )


@pytest.mark.browser
@needs_pillow
def test_the_pictures_are_those_of_their_samples(open_page: OpenPage) -> None:
    """What the style sheet cuts from the picture of all thumbnails has the sample's pixels."""
    comparison = compared("image")
    tab = open_page(page("image")).page
    sample = comparison.galleries[0].samples[1]
    (pixels,) = comparison.inputs["image"].images([sample.row])
    shot = tab.locator(".gallery .shot").nth(1)
    assert shot.get_attribute("aria-label").startswith(f"Sample {sample.id}, actual ")
    from PIL import Image

    seen = np.asarray(Image.open(io.BytesIO(shot.screenshot())).convert("L")).astype(int)
    side = seen.shape[0] / 8
    centres = ((np.arange(8) + 0.5) * side).astype(int)
    assert np.abs(seen[np.ix_(centres, centres)] - pixels).max() <= 2


@pytest.mark.browser
@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
@pytest.mark.parametrize("kind", ["none", pytest.param("all", marks=needs_pillow)])
def test_axe_finds_nothing(open_page: OpenPage, kind: str, theme: str, width: int) -> None:
    """Neither in the unfolded section nor in the dialog."""
    axe_package = pytest.importorskip("axe_playwright_python")
    axe = Path(axe_package.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
    tab = open_page(page(kind), color_scheme=theme, width=width).page
    tab.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    tab.evaluate(axe)
    for prepare in (None, "#pairs-table button"):
        if prepare:
            tab.locator(prepare).first.click()
            tab.locator("dialog[open]").wait_for()
        found = tab.evaluate("axe.run()")
        assert [
            (each["id"], [node["html"][:120] for node in each["nodes"][:3]])
            for each in found["violations"]
        ] == []


@pytest.mark.browser
@needs_pillow
def test_paper_has_every_list(open_page: OpenPage) -> None:
    """Printed, folded lists are unfolded, and an open cell is not on paper."""
    tab = open_page(page("image")).page
    tab.emulate_media(media="print")
    for each in tab.locator(".gallery").all():
        box = each.locator("li").first.bounding_box()
        assert box is not None
        assert box["height"] > 30


@pytest.mark.browser
def test_many_models_share_a_line(open_page: OpenPage) -> None:
    """Of more than eight models, those that agree are counted."""
    opened = open_page(page(models=9))
    line = opened.page.locator(".gallery li").first.inner_text()
    assert sum(int(n) for n in re.findall(r"(\d) of 9 models", line)) == 9
    opened.page.locator("#pairs-table button").first.click()
    opened.page.locator("dialog[open]").wait_for()
    assert "of 9 models" in opened.page.locator("dialog li").first.inner_text()
    assert opened.is_quiet, opened.messages
