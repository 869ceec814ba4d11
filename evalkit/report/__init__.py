"""The report: a comparison as one self-contained HTML page."""

from __future__ import annotations

from evalkit.report.notebook import render_notebook
from evalkit.report.render import render_html

__all__ = ["render_html", "render_notebook"]
