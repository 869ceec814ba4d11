"""Suggest a known name for a misspelled one in an error message."""

from __future__ import annotations

from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_LISTED = 12
_MAX_LENGTH = 100
_MAX_KNOWN = 1_000


def nearest(name: str, known: Iterable[object]) -> str | None:
    """Return the known name with this prefix or the most similar spelling, or None.

    Only the first thousand known names are compared, and only names of at most 100 characters.

    >>> nearest("Recal", ["recall", "precision"]), nearest("x", ["recall"])
    ('recall', None)
    """
    # Names come from files; comparing long ones, or very many, takes minutes.
    if len(name) > _MAX_LENGTH:
        return None
    by_lower = {
        str(each).casefold(): str(each)
        for each in islice(known, _MAX_KNOWN)
        if len(str(each)) <= _MAX_LENGTH
    }
    completions = [each for each in by_lower if len(name) > 2 and each.startswith(name.casefold())]
    near = completions or get_close_matches(name.casefold(), by_lower, n=1)
    return by_lower[near[0]] if near else None


def suggestion(name: str, known: Iterable[object]) -> str:
    """Return ``did you mean …?`` if a known name is similar, else the list of known names.

    >>> suggestion("recal", ["recall", "precision"]), suggestion("x", ["recall", "precision"])
    ('did you mean recall?', 'available: recall, precision')
    """
    names = [str(each) for each in known]
    near = nearest(name, names)
    if near is not None:
        return f"did you mean {near}?"
    listed = ", ".join(names[:MAX_LISTED]) or "none"
    return f"available: {listed}" + (", …" if len(names) > MAX_LISTED else "")
