"""In a notebook the report stands in a frame of its own, and several stand side by side."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from evalkit.report.notebook import render_notebook
from evalkit.report.render import render_html

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.compare.comparison import Comparison


def test_the_frame_holds_the_page(two_models: Comparison) -> None:
    """The frame's document is the page itself, and its sandbox shares no origin."""
    frame = render_notebook(two_models)
    assert frame.startswith("<iframe ")
    assert unescape(frame.split('srcdoc="')[1].split('"')[0]) == render_html(two_models)
    assert "allow-same-origin" not in frame


@pytest.mark.browser
def test_two_reports_on_one_page(
    open_page: Callable[..., Any], two_models: Comparison, hostile_comparison: Comparison
) -> None:
    """Both start, neither touches the page around it."""
    frames = "".join(render_notebook(each) for each in (two_models, hostile_comparison))
    opened = open_page(
        f"<!doctype html><title>notebook</title><style>p {{ color: red }}</style>{frames}",
        started=False,
    )
    page = opened.page
    for place in range(2):
        inside = page.frame_locator("iframe").nth(place)
        inside.locator("html[data-started=yes]").wait_for(state="attached")
        assert inside.locator("h1").is_visible()
    assert page.title() == "notebook"
    assert page.evaluate("typeof window.Plotly") == "undefined"
    assert opened.is_quiet, (opened.messages, opened.requests)
