"""The charts as plain JSON: Plotly's traces and layouts, without names and without colours.

A colour is a variable of the page's style, ``"var(--model-0)"``, which the page's scripts put in
when they draw, once a theme. A model is its position in ``meta``; its name stays in the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalkit.report.figures import beta, confusion, probability, training

if TYPE_CHECKING:
    from evalkit.report.subject import Subject

__all__ = ["page_figures"]


def page_figures(subject: Subject) -> dict[str, Any]:
    """Return the figures by the id of the element that holds them."""
    return {
        **confusion.figures(subject),
        **beta.figures(subject),
        **probability.figures(subject),
        **training.figures(subject),
    }
