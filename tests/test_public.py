"""The public names: each loads, is documented, and is what a type checker sees."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import evalkit
from evalkit.metrics.catalog import CATALOG


@pytest.mark.parametrize("name", evalkit.__all__)
def test_every_public_name_loads_and_is_documented(name: str) -> None:
    """A name in ``__all__`` exists; functions and classes carry a docstring."""
    value = getattr(evalkit, name)
    if inspect.isfunction(value) or inspect.isclass(value):
        assert value.__doc__


def test_type_checkers_see_every_public_name() -> None:
    """The names imported for type checkers and at run time are `__all__`, metrics included."""
    tree = ast.parse(Path(evalkit.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.asname
        for statement in ast.walk(tree)
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
        if alias.asname
    }
    assert imported == set(evalkit.__all__)
    assert set(CATALOG) <= imported


def test_an_unknown_name_is_an_attribute_error() -> None:
    """Misspelt names fail as they do in any package."""
    with pytest.raises(AttributeError, match="f_betta"):
        _ = evalkit.f_betta
