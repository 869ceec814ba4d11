"""Disagreements that are known, as strict expected failures.

When a case agrees again its test turns red until its entry here is removed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True)
class Known:
    """Cases that fail today: every combination of one entry of each place, and why.

    Attributes
    ----------
    places : for each parameter of a test its values, separated by blanks; ``"*"`` is any value.
    reason : what disagrees.
    raises : the error of the test; any other one is a failure that is not known.
    agree : cases among these that agree all the same.
    """

    places: tuple[str, ...]
    reason: str
    raises: type[Exception] = AssertionError
    agree: tuple[tuple[str, ...], ...] = ()

    def holds(self, case: Sequence[str]) -> bool:
        """Return whether a case is among these."""
        return tuple(case) not in self.agree and all(
            names == "*" or value in names.split()
            for names, value in zip(self.places, case, strict=True)
        )


def marked(cases: Iterable[Sequence[str]], known: Sequence[Known]) -> list[Any]:
    """Return the cases as pytest's parameters; those that are known to fail are marked.

    Raises
    ------
    ValueError
        If an entry stands for no case, or two stand for the same.
    """
    found: list[Any] = []
    unused = list(known)
    for case in cases:
        fitting = [each for each in known if each.holds(case)]
        if len(fitting) > 1:
            raise ValueError(f"{case} stands in several entries: {fitting}")
        unused = [each for each in unused if each not in fitting]
        marks = [
            pytest.mark.xfail(strict=True, reason=each.reason, raises=each.raises)
            for each in fitting
        ]
        found.append(pytest.param(*case, id="-".join(case).replace(" ", "_"), marks=marks))
    if unused:
        raise ValueError(f"these entries stand for no case: {unused}")
    return found
