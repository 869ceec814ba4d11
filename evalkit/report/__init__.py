"""The report: one self-contained HTML page of a comparison, collected, plotted and rendered."""

from __future__ import annotations

from evalkit.report.notebook import render_notebook
from evalkit.report.render import render_html

__all__ = ["render_html", "render_notebook"]
