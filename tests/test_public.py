"""The public names: each loads, is documented, and is what a type checker sees."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import evalkit


@pytest.mark.parametrize("name", evalkit.__all__)
def test_every_public_name_loads_and_is_documented(name: str) -> None:
    """A name in ``__all__`` exists; functions and classes carry a docstring."""
    value = getattr(evalkit, name)
    if inspect.isfunction(value) or inspect.isclass(value):
        assert value.__doc__


def test_type_checkers_see_the_names_that_load_late() -> None:
    """The imports under TYPE_CHECKING are the names that load late, no more, no fewer."""
    tree = ast.parse(Path(evalkit.__file__).read_text(encoding="utf-8"))
    guarded = {
        alias.name
        for node in tree.body
        if isinstance(node, ast.If)
        for statement in node.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert guarded == set(evalkit._LAZY) | set(evalkit._MODULES)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """Misspelt names fail as they do in any package."""
    with pytest.raises(AttributeError, match="f_betta"):
        _ = evalkit.f_betta
