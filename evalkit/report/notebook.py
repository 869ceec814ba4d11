"""The report in a notebook, isolated in a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from evalkit.report.render import render_html

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison

FRAME = Markup(
    '<iframe title="evalkit report" sandbox="allow-scripts allow-downloads allow-popups" '
    'style="width:100%;height:48rem;border:0;display:block" srcdoc="{page}"></iframe>'
)


def render_notebook(comparison: Comparison) -> str:
    """Return the report as an isolated frame for an output cell.

    The frame is sandboxed without ``allow-same-origin``: its scripts have no access to cookies,
    storage or other outputs, and several reports on one page do not interfere.
    """
    return str(FRAME.format(page=render_html(comparison)))
