"""In a notebook the report stands in a frame of its own, and several stand side by side."""

from __future__ import annotations

import json
import re
from html import escape, unescape
from typing import TYPE_CHECKING, Any

import pytest

import evalkit
from evalkit.report.notebook import render_notebook
from evalkit.report.render import render_html

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.compare.comparison import Comparison
    from evalkit.report.render import Plotly


@pytest.mark.parametrize("plotly", ["none", "inline"])
def test_the_frame_holds_the_page(two_models: Comparison, plotly: Plotly) -> None:
    """The frame's document is the page itself, and its sandbox shares no origin."""
    frame = render_notebook(two_models, plotly=plotly)
    document = frame.split("srcdoc='")[1].split("'")[0]
    assert unescape(document) == render_html(two_models, plotly=plotly)
    assert frame.count("<iframe ") == 1
    assert "allow-same-origin" not in frame
    assert ("has no interactive charts" in frame) == (plotly == "none")


def test_five_comparisons_take_about_a_megabyte(two_models: Comparison) -> None:
    """The plotting library, which has over a megabyte, is in none of them."""
    assert len(json.dumps(two_models._repr_html_() * 5)) < 1_300_000
    assert len(two_models.to_notebook(plotly="inline")) > 1_300_000


def test_a_notebook_that_is_not_trusted_shows_the_summary(two_models: Comparison) -> None:
    """Jupyter removes frames and styles there; the verdict and one row per model remain."""
    output = re.sub("<(style|iframe).*?</\\1>", "", two_models._repr_html_(), flags=re.DOTALL)
    headline = two_models.verdict.headline.replace("\N{NO-BREAK SPACE}", " ")
    assert escape(headline) in output
    for model in two_models.models:
        assert f'<th scope="row">{escape(model.name)}</th>' in output
    assert "Trust this notebook" in output


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
        assert not page.locator(".evalkit-untrusted").nth(place).is_visible()
    assert page.title() == "notebook"
    assert page.evaluate("typeof window.Plotly") == "undefined"
    assert opened.is_quiet, (opened.messages, opened.requests)


@pytest.mark.browser
def test_a_view_has_the_colour_of_its_page(open_page: Callable[..., Any]) -> None:
    """Dark text on a light page and light text on a dark one, whatever the system prefers."""
    evaluation = evalkit.evaluate([0, 1, 1], [0, 1, 0], name="a")
    views = evaluation._repr_html_() + evaluation.confusion_matrix._repr_html_()
    for ink in ("rgb(20, 20, 20)", "rgb(230, 230, 230)"):
        document = f"<!doctype html><title>t</title><body style='color:{ink}'>{views}"
        opened = open_page(document, started=False)
        colours = opened.page.eval_on_selector_all(
            ".evalkit-view td", "cells => cells.map(cell => getComputedStyle(cell).color)"
        )
        assert set(colours) == {ink}
        assert opened.is_quiet
