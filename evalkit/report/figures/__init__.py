"""The charts as plain JSON: Plotly's traces and layouts without names and colours.

A colour is a CSS variable of the page, for example ``"var(--model-0)"``, which scripts replace for
each theme. A model is given by its position in ``meta``.
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
