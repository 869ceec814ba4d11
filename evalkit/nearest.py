"""The name that was probably meant: what an error offers beside a name that is not known."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_LISTED = 12


def suggestion(name: str, known: Iterable[object]) -> str:
    """Return ``did you mean …?`` where a known name is near, else what is known.

    >>> suggestion("recal", ["recall", "precision"]), suggestion("x", ["recall", "precision"])
    ('did you mean recall?', 'known are: recall, precision')
    """
    names = [str(each) for each in known]
    by_lower = {each.casefold(): each for each in names}
    begun = [each for each in by_lower if len(name) > 2 and each.startswith(name.casefold())]
    near = begun or get_close_matches(name.casefold(), by_lower, n=1)
    if near:
        return f"did you mean {by_lower[near[0]]}?"
    listed = ", ".join(names[:MOST_LISTED]) or "none"
    return f"known are: {listed}" + (", …" if len(names) > MOST_LISTED else "")
