"""The page of a history in Chromium: one chart for each width, nothing wider, nothing for axe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import axe_playwright_python
import pytest

from evalkit.history import read_history
from evalkit.history.page import history_html

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.compare.comparison import Comparison

pytestmark = pytest.mark.browser


@pytest.fixture
def page_of_runs(two_models: Comparison, tmp_path: Path) -> str:
    """Eight runs of two models in three metrics, one of them with a hostile run name."""
    names = [f"2026-01-{day:02d} nightly build of the network" for day in range(1, 8)]
    files = [tmp_path / f"{name}.json" for name in (*names, "<img src=x onerror=alert(1)>" * 3)]
    for file in files:
        two_models.save_json(file)
    metrics = ["accuracy", "recall[cat]", "matthews_corrcoef"]
    return history_html(read_history(files, metrics=metrics))


@pytest.mark.parametrize(
    ("width", "size"), [(1440, "wide"), (900, "medium"), (390, "narrow"), (320, "narrow")]
)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_fits_its_window(
    open_page: Callable[..., Any], page_of_runs: str, width: int, size: str, theme: str
) -> None:
    opened = open_page(page_of_runs, width=width, color_scheme=theme, started=False)
    page = opened.page
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    visible = page.eval_on_selector_all(
        "svg", "all => all.filter(s => s.getClientRects().length).map(s => s.className.baseVal)"
    )
    assert visible == [size] * 3
    for place in range(page.locator("svg:visible text").count()):
        box = page.locator("svg:visible text").nth(place).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    assert opened.is_quiet, (opened.messages, opened.requests)


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing(
    open_page: Callable[..., Any], page_of_runs: str, theme: str, width: int
) -> None:
    axe = Path(axe_playwright_python.__file__).with_name("axe.min.js")
    opened = open_page(
        page_of_runs, width=width, color_scheme=theme, started=False, bypass_csp=True
    )
    opened.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    opened.page.evaluate(axe.read_text(encoding="utf-8"))
    found = opened.page.evaluate("axe.run()")["violations"]
    assert [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found] == []
