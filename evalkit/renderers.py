"""Who draws a comparison: filled in by the package's top, so that imports point down only.

`Comparison.save_html` belongs to the comparison for its users and to the report for its code.
This table joins the two: a name and the place of a function, resolved when it is first called.
"""

from __future__ import annotations

from pkgutil import resolve_name
from typing import Any

from evalkit.errors import InputError

_places: dict[str, str] = {}


def register(name: str, place: str) -> None:
    """Declare that `place`, ``"package.module:function"``, draws the format `name`."""
    _places[name] = place


def render(name: str, comparison: object, **options: Any) -> str:
    """Return `comparison` drawn as the format `name`.

    Raises
    ------
    InputError
        If nothing draws that format.
    """
    if name not in _places:
        known = ", ".join(sorted(_places)) or "none"
        raise InputError(f"a renderer must be registered; got {name!r}, known are: {known}")
    drawn = resolve_name(_places[name])(comparison, **options)
    assert isinstance(drawn, str)
    return drawn
