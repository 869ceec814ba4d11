"""The name that was probably meant: what an error offers beside a name that is not known."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_LISTED = 12


def nearest(name: str, known: Iterable[object]) -> str | None:
    """Return the known name that was probably meant: one that begins so, or is spelled alike.

    >>> nearest("Recal", ["recall", "precision"]), nearest("x", ["recall"])
    ('recall', None)
    """
    by_lower = {str(each).casefold(): str(each) for each in known}
    begun = [each for each in by_lower if len(name) > 2 and each.startswith(name.casefold())]
    near = begun or get_close_matches(name.casefold(), by_lower, n=1)
    return by_lower[near[0]] if near else None


def suggestion(name: str, known: Iterable[object]) -> str:
    """Return ``did you mean …?`` where a known name is near, else what is known.

    >>> suggestion("recal", ["recall", "precision"]), suggestion("x", ["recall", "precision"])
    ('did you mean recall?', 'known are: recall, precision')
    """
    names = [str(each) for each in known]
    near = nearest(name, names)
    if near is not None:
        return f"did you mean {near}?"
    listed = ", ".join(names[:MOST_LISTED]) or "none"
    return f"known are: {listed}" + (", …" if len(names) > MOST_LISTED else "")
