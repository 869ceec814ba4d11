"""Packages too heavy for the test extra: a skip where missing, a failure where required."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec

import pytest

FirstInstalled = Callable[..., str]


@pytest.fixture
def first_installed() -> FirstInstalled:
    """Return a function from packages to the first that is installed."""

    def first(*packages: str) -> str:
        found = [package for package in packages if find_spec(package) is not None]
        if not found:
            missing = f"needs {' or '.join(packages)}, which is not among the test extras"
            if os.environ.get("EVALKIT_REQUIRE_INTEGRATIONS") == "1":
                pytest.fail(missing)
            pytest.skip(missing)
        return found[0]

    return first
