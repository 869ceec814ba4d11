"""Shares of rows, columns or all, with a value of one's choice where there is nothing."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.metrics.normalization import normalized

COUNTS = np.array([[3, 1, 0], [0, 0, 0], [2, 2, 4]])


def test_shares_sum_to_one() -> None:
    """Over the axis they were divided by, where it has samples."""
    assert np.nansum(normalized(COUNTS, "true"), axis=1).tolist() == [1, 0, 1]
    assert normalized(COUNTS, "pred").sum(axis=0) == pytest.approx([1, 1, 1])
    assert normalized(COUNTS, "all").sum() == pytest.approx(1)


def test_an_empty_row_has_no_shares() -> None:
    """NaN, or what is asked for."""
    assert np.isnan(normalized(COUNTS, "true")[1]).all()
    assert normalized(COUNTS, "true", zero_division=0.0)[1].tolist() == [0, 0, 0]


def test_leading_axes_pass_through() -> None:
    """A stack is normalised matrix by matrix."""
    stack = np.stack([COUNTS, COUNTS.T])
    for over in ("true", "pred", "all"):
        shares = normalized(stack, over, zero_division=0.0)
        assert np.array_equal(shares[1], normalized(COUNTS.T, over, zero_division=0.0))


def test_unknown_axes_are_refused() -> None:
    """By name, with the three there are."""
    with pytest.raises(InputError, match="'true', 'pred' or 'all'; got 'rows'"):
        normalized(COUNTS, "rows")  # type: ignore[arg-type]  # the wrong value is the test
