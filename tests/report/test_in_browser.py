"""The page in a real browser, opened from a file: quiet, safe, reachable, and whole on paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import axe_playwright_python
import numpy as np
import pytest

import evalkit
from evalkit.report.render import render_html

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Any]
WIDTHS = (390, 768, 1440)


def test_it_is_quiet(open_page: OpenPage, two_models_html: str) -> None:
    """With every chart drawn: no request, nothing on the console, no dialog."""
    opened = open_page(two_models_html)
    opened.draw_everything()
    assert opened.is_quiet, (opened.requests, opened.messages, opened.dialogs)


def test_without_scripts_every_number_is_there(
    open_page: OpenPage, two_models: Comparison, two_models_html: str
) -> None:
    """With JavaScript off: verdict, matrices, classes with intervals, curves' tables."""
    opened = open_page(two_models_html, java_script_enabled=False)
    page = opened.page
    said = " ".join(page.inner_text("h1").replace("\N{WORD JOINER}", "").split())
    assert said == " ".join(two_models.verdict.headline.split())
    assert page.locator(".toolbar:visible, .chart:visible, .actions:visible").count() == 0
    counts = page.locator("details.without-scripts", has_text="Counts").locator("table")
    for model, table in zip(two_models.models, counts.all(), strict=True):
        cells = [int(text.replace(",", "")) for text in table.locator("td").all_text_contents()]
        assert cells == model.counts.ravel().tolist()
    rows = page.locator("#class-1 tr")
    for model, row in zip(two_models.models, rows.all(), strict=True):
        recall = model.per_class["recall"][1]
        assert recall.value is not None
        assert recall.low is not None
        assert f"{100 * recall.value:.1f} {100 * recall.low:.1f}" in " ".join(
            row.inner_text().split()
        )
    tables = {table.get_attribute("data-name") for table in page.locator("table[data-name]").all()}
    assert {"summary", "beta", "curves", "reliability", "history", "class-shares"} <= tables


def test_hostile_names_stay_text(open_page: OpenPage, hostile_comparison: Comparison) -> None:
    """Class, model, data set and title: nothing runs, and the hover text shows them literally."""
    title = "</title><img src=x onerror=alert(9)>{{7*7}}"
    opened = open_page(render_html(hostile_comparison, title=title))
    opened.draw_everything()
    page = opened.page
    assert opened.is_quiet, (opened.messages, opened.dialogs)
    assert page.title() == title
    assert page.locator("img, svg[onload], main a[href^=javascript]").count() == 0
    plot = page.locator("#confusion-0")
    plot.scroll_into_view_if_needed()
    page.locator("#matrices .stage").first.focus()
    seen = set()
    for _ in range(8):
        page.keyboard.press("ArrowDown")
        seen.add(page.locator("#tooltip div").first.locator("bdi").last.inner_text())
    assert {"{{7*7}}{% raw %}", "%{z}<b>bold</b>&amp;$x^2$", "'\"><svg onload=alert(3)>"} <= seen
    labels = page.locator("#confusion-0 .ytick text").all_text_contents()
    assert any(label.startswith("</script>") for label in labels)
    assert not page.locator("#confusion-0 .ytick a, #confusion-0 .ytick tspan[style]").count()


def test_the_policy_blocks_an_injected_script(open_page: OpenPage, two_models_html: str) -> None:
    """A script written into the page afterwards does not run; neither does a handler."""
    opened = open_page(two_models_html)
    opened.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "document.title = 'taken'";
            document.body.append(script);
            const handler = "document.title = 'taken'";
            document.body.insertAdjacentHTML("beforeend", `<b onclick="${handler}">x</b>`);
            document.body.lastElementChild.click();
        }"""
    )
    assert opened.page.title() != "taken"
    assert any("Content Security Policy" in message for message in opened.messages)


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 1440), ("dark", 390)])
def test_axe_finds_nothing(
    open_page: OpenPage, two_models_html: str, theme: str, width: int
) -> None:
    """No violation of the rules of axe-core, with every chart drawn and every table unfolded."""
    axe = Path(axe_playwright_python.__file__).with_name("axe.min.js")
    opened = open_page(two_models_html, color_scheme=theme, width=width)
    opened.draw_everything()
    opened.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    opened.page.evaluate(axe.read_text(encoding="utf-8"))
    result = opened.page.evaluate("axe.run()")
    assert [
        (violation["id"], [node["html"][:120] for node in violation["nodes"][:3]])
        for violation in result["violations"]
    ] == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("which", ["two", "hostile", "eight", "slices", "seeds"])
def test_nothing_scrolls_sideways(
    open_page: OpenPage,
    make_comparison: Callable[..., Comparison],
    two_models: Comparison,
    hostile_comparison: Comparison,
    width: int,
    which: str,
) -> None:
    """On a phone, a tablet and a desk the page is as wide as its window."""
    comparison = {
        "two": lambda: two_models,
        "hostile": lambda: hostile_comparison,
        "eight": lambda: make_comparison(tuple(f"model-{i}" for i in range(8)), replicates=50),
        "slices": with_slices,
        "seeds": with_seeds,
    }[which]()
    opened = open_page(render_html(comparison, plotly="none"), width=width)
    opened.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


def with_slices() -> Comparison:
    """Two models of a rare class with slices, gaps, costs and a region of practical equivalence."""
    rng = np.random.default_rng(0)
    n = 2000
    actual = (rng.random(n) < 0.02).astype(int)
    slices = {
        "country": rng.choice(["DE", "FR", "a country with a long name"], n, p=[0.6, 0.38, 0.02]),
        "channel": rng.choice(["web", "app"], n),
    }
    evaluations = []
    for name, skill in (("logistic", 2.5), ("boosted", 3.5)):
        p = 1 / (1 + np.exp(4 - skill * actual - rng.normal(size=n)))
        evaluations.append(
            evalkit.evaluate(actual, y_proba=np.c_[1 - p, p], name=name, slices=slices)
        )
    return evalkit.compare(
        evaluations, replicates=50, rope=0.002, margin=0.01, costs=[[0, 1], [20, 0]]
    )


def with_seeds() -> Comparison:
    """Three groups of four runs, with a region of practical equivalence."""
    rng = np.random.default_rng(1)
    actual = rng.integers(0, 4, 400)
    return evalkit.compare(
        [
            evalkit.evaluate(
                actual,
                np.where(rng.random(400) < skill, actual, rng.integers(0, 4, 400)),
                name=f"{group}-{seed}",
                group=group,
            )
            for group, skill in (("adam", 0.5), ("sgd", 0.6), ("lion", 0.8))
            for seed in range(4)
        ],
        replicates=50,
        rope=0.01,
    )


def test_charts_fit_a_phone(open_page: OpenPage, two_models_html: str) -> None:
    """Drawn charts are no wider than the phone either."""
    opened = open_page(two_models_html, width=390)
    opened.draw_everything()
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_keyboard_reaches_everything(open_page: OpenPage, two_models_html: str) -> None:
    """Tab comes to every link, control, matrix and chart, and the focus can be seen."""
    opened = open_page(two_models_html)
    opened.draw_everything()
    page = opened.page
    wanted = page.evaluate(
        """() => [...document.querySelectorAll(
            "a[href], button, input, select, summary, [tabindex='0']")]
            .filter((e) => e.checkVisibility({ contentVisibilityAuto: true })).length"""
    )
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    reached = page.evaluate("() => { window.reached = new Set(); return 0; }")
    for _ in range(wanted + 40):
        page.keyboard.press("Tab")
        reached = page.evaluate(
            """() => {
                const element = document.activeElement;
                if (element === document.body) return window.reached.size;
                if (element.type === "radio") {
                    document.getElementsByName(element.name).forEach((e) => window.reached.add(e));
                }
                window.reached.add(element);
                return window.reached.size;
            }"""
        )
    assert reached >= wanted


def test_paper_holds_everything(open_page: OpenPage, two_models_html: str) -> None:
    """Printed in the light theme: charts drawn unseen, closed tables unfolded, all classes."""
    opened = open_page(two_models_html, color_scheme="dark")
    opened.draw_everything()
    page = opened.page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    paper = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ink')")
    assert paper.strip() == "#16181d"
    for name in ("curves", "reliability", "history", "beta"):
        box = page.locator(f"table[data-name={name}]").first.bounding_box()
        assert box is not None
        assert box["height"] > 40
    assert page.locator("#matrices table:visible").count() == 3
    assert page.locator("#matrices .plot:visible").count() == 0
    pdf = page.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 5


def test_matrices_never_drawn_print_as_tables(open_page: OpenPage, two_models_html: str) -> None:
    """Paper asked for before anybody scrolled to the matrices shows each of them once."""
    page = open_page(two_models_html).page
    page.locator("#beta-curves").scroll_into_view_if_needed()
    page.locator("#beta-curves .main-svg").first.wait_for(state="attached")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#matrices table:visible").count() == 3
    assert page.locator("#matrices .plot:visible").count() == 0


def test_paper_has_the_charts_that_nobody_scrolled_to(
    open_page: OpenPage, two_models_html: str
) -> None:
    """The library is there before it is asked for, since paper cannot wait."""
    page = open_page(two_models_html).page
    page.evaluate(
        "new Promise((done) => {"
        " const look = () => (window.Plotly ? done() : requestAnimationFrame(look)); look();"
        "})"
    )
    assert page.locator("#probability-roc .main-svg").count() == 0
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#probability-roc .main-svg").count() > 0


def test_arrow_keys_read_a_curve(
    open_page: OpenPage, two_models: Comparison, two_models_html: str
) -> None:
    """On a line chart the arrow keys say the model, the place and the value with its interval."""
    page = open_page(two_models_html).page
    chart = page.locator("#beta-curves")
    chart.scroll_into_view_if_needed()
    chart.locator(".main-svg").first.wait_for(state="attached")
    chart.focus()
    page.keyboard.press("ArrowDown")
    said = page.locator("#announcement").text_content()
    first = two_models.models[0].beta_curve
    assert said.startswith(f"alpha, β, {first.betas[0]:g}, macro F, %, ")
    values = [float(text) for text in re.findall(r"[\d.]+", said.split("%, ")[1])]
    ends: list[Any] = [first.values, first.low, first.high]
    wanted = [100 * side[0] for side in ends]
    assert values == pytest.approx(wanted, abs=0.006)


def test_the_beta_chart_shows_one_class(
    open_page: OpenPage, two_models: Comparison, two_models_html: str
) -> None:
    """A class chosen, the chart draws its F with a band, and its ends are precision and recall."""
    opened = open_page(two_models_html)
    page = opened.page
    chart = page.locator("#beta-curves")
    chart.scroll_into_view_if_needed()
    chart.locator(".main-svg").first.wait_for(state="attached")
    page.locator("#beta-control select").select_option(label=two_models.classes[2])
    traces = page.evaluate(
        "document.getElementById('beta-curves').data.map(({ y, customdata }) => [y, customdata])"
    )
    lines = [(y, ends) for y, ends in traces if ends]
    for (y, ends), model in zip(lines, two_models.models, strict=True):
        precision, recall, f1 = (
            model.per_class[key][2].value or 0.0 for key in ("precision", "recall", "f_beta[1]")
        )
        assert abs(y[0] / 100 - precision) < abs(y[0] / 100 - recall)
        assert abs(y[-1] / 100 - recall) < abs(y[-1] / 100 - precision)
        assert y[20] == pytest.approx(100 * f1, abs=1e-6)
        assert all(low <= value <= high for value, (low, high) in zip(y, ends, strict=True))
    assert two_models.classes[2] in page.locator("#beta-control .prose").inner_text()
    assert opened.is_quiet, opened.messages


def test_links_open_what_they_point_at(open_page: OpenPage, two_models_html: str) -> None:
    """A deep link to a class shows it, even where a filter hides it."""
    opened = open_page(two_models_html, fragment="#class-3")
    from playwright.sync_api import expect

    expect(opened.page.locator("#class-3")).to_be_in_viewport()


def test_a_term_is_explained_at_hand(open_page: OpenPage, two_models_html: str) -> None:
    """The head of a column opens the metric's definition, with scripts on or off."""
    opened = open_page(two_models_html, java_script_enabled=False)
    about = opened.page.locator("#about-define-recall")
    assert not about.is_visible()
    opened.page.locator("#summary summary", has_text="All metrics").click()
    opened.page.locator("#summary button", has_text="recall").click()
    assert about.is_visible()
    assert "predicted as this class" in about.inner_text()


def test_a_table_copies_as_csv_and_markdown(open_page: OpenPage, two_models_html: str) -> None:
    """What is copied are the table's cells, with spans filled in."""
    opened = open_page(two_models_html, permissions=["clipboard-read", "clipboard-write"])
    page = opened.page
    copied = []
    for form in ("CSV", "Markdown"):
        page.locator("#classes .actions button", has_text=form).click()
        page.locator("#classes .actions button", has_text="copied").wait_for()
        copied.append(page.evaluate("navigator.clipboard.readText()"))
    csv, markdown = copied
    lines = csv.splitlines()
    assert lines[0].startswith('Class,Support,Model,"Precision, %"')
    assert [line.split(",")[0] for line in lines[1:5]] == ["bird", "bird", "cat", "cat"]
    assert markdown.splitlines()[1].startswith("| --- | --- |")


def test_embedded_files_come_out_whole(open_page: OpenPage, two_models_html: str) -> None:
    """The JSON, CSV and LaTeX that the page carries can be saved."""
    opened = open_page(two_models_html, accept_downloads=True)
    for name, start in (
        ("results.json", "{"),
        ("results.csv", "model,class,"),
        ("summary.tex", "\\begin"),
    ):
        with opened.page.expect_download() as caught:
            opened.page.locator("#downloads button", has_text=name).click()
        assert caught.value.suggested_filename == name
        assert Path(caught.value.path()).read_text(encoding="utf-8").startswith(start)


def test_a_chart_saves_as_svg_and_png(open_page: OpenPage, two_models_html: str) -> None:
    """Any chart leaves the page as a picture."""
    opened = open_page(two_models_html, accept_downloads=True)
    opened.draw_everything()
    for form, start in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with opened.page.expect_download() as caught:
            opened.page.locator("#beta .actions button", has_text=form).first.click()
        assert Path(caught.value.path()).read_bytes().startswith(start)
    assert opened.is_quiet, opened.messages


def test_without_plotly_it_still_works(open_page: OpenPage, two_models: Comparison) -> None:
    """``--plotly none``: tables with their controls, and silence."""
    opened = open_page(render_html(two_models, plotly="none"))
    opened.page.locator("#confusion label", has_text="Counts").click()
    first = opened.page.locator("#matrices td").first
    assert first.inner_text() == str(int(two_models.models[0].counts[0, 0]))
    assert opened.is_quiet


def test_an_unreachable_network_leaves_the_tables(
    open_page: OpenPage, two_models: Comparison
) -> None:
    """``--plotly cdn`` asks for one address, and reads without it."""
    opened = open_page(render_html(two_models, plotly="cdn"))
    opened.page.locator("#beta-curves").wait_for(state="hidden")
    assert [address.split("/")[2] for address in opened.requests] == ["cdn.plot.ly"]
    assert opened.page.locator("#matrices table").first.is_visible()
