"""The page in a real browser, opened from a file: what it draws, what it fetches, what it runs."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import evalkit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from evalkit.compare.comparison import Comparison

    Open = Callable[..., Any]

pytestmark = pytest.mark.browser

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
]
HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "{{7*7}}",
    "%{z} %{customdata}",
    "\"'><svg onload=alert(3)>",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe",
    "javascript:alert(4)",
    "]]><!--",
    "x" * 100_000,
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium; its absence skips, or fails where the environment requires it."""
    if CHROMIUM is None:
        if os.environ.get("EVALKIT_REQUIRE_BROWSER"):
            pytest.fail("EVALKIT_REQUIRE_BROWSER is set and no Chromium is installed")
        pytest.skip("no Chromium is installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


class Watched:
    """A page with everything that it asked for, said, and opened."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.requests: list[str] = []
        self.said: list[str] = []
        self.dialogs: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", self._dismiss)

    def draw(self, section: str) -> None:
        """Scroll to a section, as a reader does, and wait until Plotly has drawn its charts."""
        self.page.evaluate(f"document.getElementById('{section}').scrollIntoView()")
        self.page.wait_for_selector(f"#{section} .js-plotly-plot", state="attached")

    def _dismiss(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Open a page from a file, with a width, a theme, and scripts on or off."""
    contexts = []

    def call(
        html: str, *, width: int = 1440, theme: str = "light", scripts: bool = True
    ) -> Watched:
        file = tmp_path / "report.html"
        file.write_text(html, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            java_script_enabled=scripts,
            offline=True,
        )
        contexts.append(context)
        watched = Watched(context.new_page())
        watched.page.goto(file.as_uri())
        return watched

    yield call
    for context in contexts:
        context.close()


def comparison(names: tuple[str, str] = ("before", "after"), classes: Any = "abcde") -> Comparison:
    """Two models with probabilities on seeded samples."""
    classes = tuple(classes)
    rng = np.random.default_rng(0)
    actual = rng.integers(0, len(classes), 300)
    evaluations = []
    for name, strength in zip(names, (1.0, 1.6), strict=True):
        logits = rng.normal(size=(len(actual), len(classes)))
        logits[np.arange(len(actual)), actual] += strength
        odds = np.exp(logits)
        evaluations.append(
            evalkit.evaluate(
                [classes[code] for code in actual],
                y_proba=odds / odds.sum(axis=1, keepdims=True),
                classes=classes,
                name=name,
            )
        )
    return evalkit.compare(evaluations, replicates=500)


@pytest.fixture(scope="module")
def html() -> str:
    """The page of two models and five classes."""
    return comparison().to_html()


def test_it_fetches_nothing_and_says_nothing(open_page: Open, html: str) -> None:
    """One request, for the file itself; an empty console; the heatmaps drawn by Plotly."""
    watched = open_page(html)
    watched.draw("confusion")
    for section in ("beta", "probability"):
        watched.draw(section)
    outside = [url for url in watched.requests if not url.startswith(("file:", "data:", "blob:"))]
    assert outside == []
    assert watched.said == []


def test_it_reads_without_scripts(open_page: Open, html: str) -> None:
    """With JavaScript off the verdict and every section's table are there."""
    watched = open_page(html, scripts=False)
    text = watched.page.inner_text("body")
    assert "points of accuracy" in text
    for section in ("summary", "confusion", "classes", "disagreement", "probability"):
        assert watched.page.locator(f"#{section} table").count() > 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 768, 1440])
def test_it_does_not_scroll_sideways(open_page: Open, html: str, width: int, theme: str) -> None:
    """At the width of a phone, a tablet and a desk the page is as wide as its window."""
    watched = open_page(html, width=width, theme=theme)
    watched.draw("confusion")
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_themes_differ(open_page: Open, html: str) -> None:
    """The paper is light by day and dark by night."""
    paper = "getComputedStyle(document.body).backgroundColor"
    colours = {
        theme: open_page(html, theme=theme).page.evaluate(paper) for theme in ("light", "dark")
    }
    assert colours["light"] != colours["dark"]


def test_hostile_names_are_text(open_page: Open) -> None:
    """Names of classes and models are shown, never run: no dialog, no element, no error."""
    page = comparison((HOSTILE[0], HOSTILE[1]), HOSTILE).to_html(title=HOSTILE[4])
    watched = open_page(page)
    watched.draw("confusion")
    for section in ("beta", "probability", "confusion"):
        watched.draw(section)
    watched.page.hover("#confusion .js-plotly-plot")
    assert watched.dialogs == []
    assert watched.said == []
    assert watched.page.locator("img[src='x'], svg[onload]").count() == 0
    text = watched.page.inner_text("body")
    for name in HOSTILE[:3]:
        assert name in text
    assert "49" not in watched.page.inner_text("h1")


def test_the_policy_stops_a_script_put_in(open_page: Open, html: str) -> None:
    """A script that somebody adds to the file does not run: its hash is not in the policy."""
    added = "<script>document.title = 'taken over'; alert(1)</script></body>"
    watched = open_page(html.replace("</body>", added))
    watched.draw("confusion")
    assert watched.dialogs == []
    assert watched.page.title() != "taken over"
    assert any("Content Security Policy" in message for message in watched.said)


def test_the_slider_moves_beta(open_page: Open, html: str) -> None:
    """Moving β changes the numbers that depend on it."""
    watched = open_page(html)
    watched.draw("confusion")
    slider = watched.page.locator("#beta input[type=range]").first
    before = watched.page.inner_text("#beta")
    slider.focus()
    for _ in range(10):
        slider.press("ArrowRight")
    assert watched.page.inner_text("#beta") != before


def test_sizes_are_bounded(html: str) -> None:
    """Ten classes stay under 2.2 MB, and under 200 kB without Plotly."""
    ten = comparison(classes="abcdefghij")
    assert len(ten.to_html().encode()) < 2_200_000
    assert len(ten.to_html(plotly="none").encode()) < 200_000
    assert len(html.encode()) < 2_200_000


def test_equal_comparisons_give_equal_bytes(html: str) -> None:
    """Nothing in the page depends on when or where it was made."""
    assert comparison().to_html() == html
