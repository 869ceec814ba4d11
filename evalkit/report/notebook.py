"""The report in a notebook, isolated in a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.report.render import render_html
from evalkit.report.tables import summary_rows
from evalkit.tabular import html_table

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison
    from evalkit.report.render import Plotly

FRAME = (
    '<iframe title="evalkit report" sandbox="allow-scripts allow-downloads allow-popups" '
    "style=\"width:100%;height:48rem;border:0;display:block\" srcdoc='{page}'></iframe>"
)
UNTRUSTED = (
    "<style>.evalkit-untrusted{{display:none}}</style>"
    '<div class="evalkit-untrusted">{table}<p>Trust this notebook to see the report.</p></div>'
)
"""Jupyter removes frames and styles from notebooks that are not trusted; then this is shown."""
WITHOUT_CHARTS = (
    "<p><small>This view has no interactive charts, which keeps the notebook small. The complete "
    'report: <code>comparison.save_html("report.html")</code></small></p>'
)


def render_notebook(comparison: Comparison, *, plotly: Plotly = "none") -> str:
    """Return the report as an isolated frame for an output cell.

    The frame is sandboxed without ``allow-same-origin``: its scripts have no access to cookies,
    storage or other outputs, and several reports on one page do not interfere. For the same reason
    they cannot share one copy of the plotting library, so that it is left out by default.

    Parameters
    ----------
    plotly : as in `evalkit.report.render.render_html`.
    """
    page = render_html(comparison, plotly=plotly)
    # In an attribute in single quotes, all other characters of HTML stand for themselves. Escaping
    # them too, and the quotes once more in the notebook's JSON, would add a third to the size.
    frame = FRAME.format(page=page.replace("&", "&amp;").replace("'", "&#39;"))
    table = html_table(*summary_rows(comparison), caption=comparison.verdict.headline)
    note = WITHOUT_CHARTS if plotly == "none" else ""
    return UNTRUSTED.format(table=table) + frame + note
