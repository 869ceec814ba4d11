"""The pytest fixture ``evalkit_gate``; the gate is imported when a test asks for it."""

from __future__ import annotations

import pytest


@pytest.fixture
def evalkit_gate() -> object:
    """Return `evalkit.gate`, for ``evalkit_gate.assert_no_regression(candidate, baseline)``."""
    from evalkit import gate

    return gate
