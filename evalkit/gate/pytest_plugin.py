"""The fixture ``evalkit_gate`` for pytest; the gate itself loads when a test asks for it."""

from __future__ import annotations

import pytest


@pytest.fixture
def evalkit_gate() -> object:
    """Return `evalkit.gate`, for ``evalkit_gate.assert_no_regression(candidate, baseline)``."""
    from evalkit import gate

    return gate
