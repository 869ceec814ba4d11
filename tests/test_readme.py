"""The README's Python examples run as they stand."""

from __future__ import annotations

import doctest
from pathlib import Path


def test_every_example_gives_what_it_shows() -> None:
    """Each ``>>>`` in the README is run, and its output compared."""
    readme = Path(__file__).parents[1] / "README.md"
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, attempted = doctest.testfile(str(readme), module_relative=False, optionflags=flags)
    assert attempted > 8
    assert failed == 0
