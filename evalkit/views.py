"""What layers above make of a comparison: page, notebook, terminal, verdict, findings.

`Comparison.save_html` belongs to the comparison for its users and to the report for its code.
This table joins the two: the name and the place of a function, resolved when first called, so that
imports point down only.
"""

from __future__ import annotations

from pkgutil import resolve_name
from typing import Any

from evalkit.errors import InputError

_places: dict[str, str] = {}


def register(name: str, place: str) -> None:
    """Declare which function makes the view `name`: ``"package.module:function"``."""
    _places[name] = place


def view(name: str, subject: object, **options: Any) -> Any:
    """Return the view `name` of a comparison, a decision or a history.

    Raises
    ------
    InputError
        If no view of that name is registered.
    """
    if name not in _places:
        known = ", ".join(sorted(_places)) or "none"
        raise InputError(f"Unknown view {name!r}. Registered are: {known}.")
    return resolve_name(_places[name])(subject, **options)
