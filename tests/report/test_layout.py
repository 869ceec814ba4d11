"""The layout in a browser: every table fits its window, and no interval is broken across lines."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import evalkit
from evalkit.report.render import render_html

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.compare.comparison import Comparison

pytestmark = pytest.mark.browser

UNFOLD = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
TOO_WIDE = """() => [...document.querySelectorAll("main *")].filter((each) => {
    if (!each.checkVisibility() || each.closest(".visually-hidden, .announcement")) return false;
    const { left, right, width } = each.getBoundingClientRect();
    if (getComputedStyle(each).clipPath !== "none") return false;
    const scrolls = each.scrollWidth > each.clientWidth + 1
        && ["auto", "scroll"].includes(getComputedStyle(each).overflowX);
    return scrolls || (width > 0 && (right > innerWidth + 1 || left < -1));
}).map((each) => [each.tagName, each.className, each.closest("section")?.id,
    each.closest("table")?.dataset.name, each.textContent.trim().slice(0, 40)])"""
BROKEN = """() => {
    const found = [];
    const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    while (walker.nextNode()) {
        const node = walker.currentNode;
        if (!node.parentElement.checkVisibility()) continue;
        for (const match of node.data.matchAll(/[−+]?\\d[\\d.,]*(?:–| to )[−+]?\\d[\\d.,]*/g)) {
            range.setStart(node, match.index);
            range.setEnd(node, match.index + match[0].length);
            const tops = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
            if (tops.size > 1) found.push([match[0], node.parentElement.closest("section")?.id]);
        }
    }
    return found;
}"""


def with_everything() -> Comparison:
    """Four classes and two models: slices, costs, equivalence, histories, landscapes, files."""
    rng = np.random.default_rng(0)
    n = 1_200
    actual = rng.integers(0, 4, n)
    slices = {"week": rng.integers(1, 13, n), "site": rng.choice(["A", "a long name of it"], n)}
    return evalkit.compare(
        [
            replace(
                evalkit.evaluate(
                    actual, y_proba=_table(rng, actual, skill), name=name, slices=slices
                ),
                provenance={"File": f"{name}.pkl", "SHA-256": "0f" * 32, "Network": "64–128–10"},
                history=_history(skill),
                best_epoch=3,
                landscape=_landscape(skill),
            )
            for name, skill in (("logistic regression", 1.0), ("boosted", 1.4))
        ],
        replicates=50,
        rope=0.01,
        margin=0.02,
        costs=np.full((4, 4), 7.5) - 7.5 * np.eye(4),
    )


def with_groups() -> Comparison:
    """Two groups of three runs with histories, files and slices, grouped by page."""
    rng = np.random.default_rng(1)
    n = 600
    actual = rng.integers(0, 3, n)
    evaluations = []
    for group, skill in (("small network", 0.9), ("large network", 1.3)):
        for seed in range(3):
            evaluation = evalkit.evaluate(
                actual,
                y_proba=_table(rng, actual, skill)[:, :3],
                name=f"{group} {seed}",
                group=group,
                groups=np.arange(n) // 4,
                slices={"week": np.arange(n) // 60},
            )
            told = {"File": f"{group}{seed}.pkl", "Format": "checkpoint", "Seed": str(seed)}
            evaluations.append(replace(evaluation, provenance=told, history=_history(skill + seed)))
    return evalkit.compare(evaluations, replicates=50, rope=0.01)


def with_six_models() -> Comparison:
    """Six models without probabilities, with slices."""
    rng = np.random.default_rng(2)
    n = 900
    actual = rng.integers(0, 3, n)
    return evalkit.compare(
        [
            evalkit.evaluate(
                actual,
                np.where(rng.random(n) < 0.6 + 0.05 * i, actual, (actual + 1) % 3),
                name=f"model-{i}",
                slices={"site": np.arange(n) % 3, "week": np.arange(n) // 80},
            )
            for i in range(6)
        ],
        replicates=50,
        rope=0.01,
    )


def _table(rng: np.random.Generator, actual: Any, skill: float) -> Any:
    scores = rng.gumbel(size=(len(actual), int(actual.max()) + 1))
    scores[np.arange(len(actual)), actual] += skill
    odds = np.exp(scores)
    return odds / odds.sum(axis=1, keepdims=True)


def _history(start: float) -> tuple[dict[str, float], ...]:
    return tuple(
        {
            "epoch": epoch,
            "train_loss": start / epoch,
            "train_accuracy": 1 - 0.6 / epoch,
            "validation_loss": 1.1 * start / epoch,
            "validation_accuracy": 0.9 - 0.5 / epoch,
            "seconds": 1.5,
        }
        for epoch in range(1, 13)
    )


def _landscape(loss: float) -> Any:
    from evalkit.training.landscape import Landscape, StepPrediction

    return Landscape(
        rows=1_000,
        loss=loss,
        gradient_norm=0.2,
        gradient_curvature=1.7,
        smallest=-0.08,
        smallest_error=1e-6,
        largest=5.4,
        largest_error=1e-14,
        products=60,
        tolerance=5.4e-6,
        curvature="saddle",
        raising_step=1.18,
        steps=tuple(
            StepPrediction(e, loss - 0.04 * e, loss - 0.04 * e + 0.034 * e * e, loss - 0.02 * e)
            for e in (0.01, 0.1, 1.0)
        ),
    )


def with_long_names() -> Comparison:
    """Ten classes and three models with names of 80 characters, values of slices too, and costs."""
    rng = np.random.default_rng(3)
    n = 600
    actual = rng.integers(0, 10, n)
    sentence = "a name of a class that goes on and on until it has eighty characters in all"
    classes = np.array([f"{k} {sentence if k % 2 else 'x' * 78}" for k in range(10)])
    values = np.array(["y" * 80, sentence, "z" * 80])[np.arange(n) % 3]
    return evalkit.compare(
        [
            evalkit.evaluate(
                classes[actual],
                classes[np.where(rng.random(n) < skill, actual, (actual + 1) % 10)],
                classes=list(classes),
                name=name,
                slices={"site " + "s" * 75: values},
            )
            for name, skill in (("m" * 80, 0.9), (sentence, 0.7), ("</script><img src=x>", 0.5))
        ],
        replicates=50,
        costs=7.5 - 7.5 * np.eye(10),
    )


MADE = {"everything": with_everything, "groups": with_groups, "six": with_six_models}


@cache
def page_of(which: str) -> str:
    """Return the page of one comparison without charts."""
    return render_html(MADE[which](), plotly="none")


@pytest.mark.parametrize("width", [390, 768, 1440])
@pytest.mark.parametrize("which", MADE)
def test_every_table_fits_its_window(open_page: Callable[..., Any], which: str, width: int) -> None:
    """With everything unfolded: nothing is wider than the window or scrolls inside itself."""
    page = open_page(page_of(which), width=width).page
    page.evaluate(UNFOLD)
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(BROKEN) == []


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_long_names_do_not_widen_the_page(open_page: Callable[..., Any], width: int) -> None:
    """Names without blanks are broken or shortened, in every table, the matrix of costs too."""
    page = open_page(render_html(with_long_names(), plotly="none"), width=width).page
    page.evaluate(UNFOLD)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_link_to_a_class_that_does_not_exist_is_ignored(open_page: Callable[..., Any]) -> None:
    """The address may have been made for another page."""
    opened = open_page(page_of("six"))
    for address in ("#class-3", "#class-99999", "#cell=nothing,there", "#%"):
        opened.page.evaluate("(address) => { location.hash = address; }", address)
        opened.page.evaluate("() => new Promise(requestAnimationFrame)")
    assert opened.is_quiet, opened.messages


@pytest.mark.parametrize("which", MADE)
def test_no_caption_or_legend_stands_over_nothing(
    open_page: Callable[..., Any], which: str
) -> None:
    """Without scripts there are no charts of the library, so neither are their captions."""
    page = open_page(page_of(which), java_script_enabled=False).page
    assert page.locator("figure:has(> .chart):visible").count() == 0
    assert page.locator(".legend:visible + .charts:not(:has(svg))").count() == 0


def test_the_loss_after_a_step_is_drawn_without_scripts(open_page: Callable[..., Any]) -> None:
    """One picture per network: titles with units on both axes, both predictions, the losses."""
    page = open_page(page_of("everything"), java_script_enabled=False).page
    pictures = page.locator("#landscape svg.steps")
    assert pictures.count() == 2
    for picture in pictures.all():
        assert picture.locator("polyline").count() == 2
        assert picture.locator("circle").count() == 1 + 3
        texts = picture.locator("text").all_text_contents()
        assert {"loss, nats", "step size ε"} <= set(texts)
        box = picture.bounding_box()
        assert box is not None
        for circle in picture.locator("circle").all():
            dot = circle.bounding_box()
            assert dot is not None
            assert box["x"] <= dot["x"] <= box["x"] + box["width"]
            assert box["y"] <= dot["y"] <= box["y"] + box["height"]
