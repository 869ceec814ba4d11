"""Skip tests of packages that are not in the test extra, or fail if they are required."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec

import pytest

FirstInstalled = Callable[..., str]


@pytest.fixture
def first_installed() -> FirstInstalled:
    """Return a function that returns the first installed package of its arguments."""

    def first(*packages: str) -> str:
        found = [package for package in packages if find_spec(package) is not None]
        if not found:
            missing = f"needs {' or '.join(packages)}, which is not among the test extras"
            if os.environ.get("EVALKIT_REQUIRE_INTEGRATIONS") == "1":
                pytest.fail(missing)
            pytest.skip(missing)
        return found[0]

    return first
