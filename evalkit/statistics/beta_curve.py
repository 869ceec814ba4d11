"""F-β as a function of β, and the values of β at which the better of two models changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from evalkit.errors import InputError
from evalkit.metrics.count import f_beta
from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics.bootstrap import percentile_limits
from evalkit.statistics.intervals import holding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.metrics.count.marginals import CountsLike, FloatArray

CurveAverage: TypeAlias = Literal["micro", "macro", "weighted"]

# Averages that differ by less are equal up to the order of summation.
_TIE = 1e-12
_GRID = 2_000
_BISECTIONS = 60


@dataclass(frozen=True, slots=True, eq=False)
class BetaCurve:
    """F-β as a function of β, with a pointwise confidence band.

    Attributes
    ----------
    betas : (B,) values of β.
    value, low, high : (B,) for an average, (B, K) per class; NaN where undefined.
    """

    betas: FloatArray
    value: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True)
class LeadRange:
    """A range of β in which the same model has the higher F-β.

    Attributes
    ----------
    low, high : limits of the range.
    leader : ``"a"``, ``"b"``, or None if the two are equal.
    """

    low: float
    high: float
    leader: Literal["a", "b"] | None


def beta_curve(
    counts: CountsLike,
    replicates: Marginals,
    betas: Sequence[float] | FloatArray,
    *,
    average: CurveAverage | None = "macro",
    confidence: float = 0.95,
) -> BetaCurve:
    """Return F-β as a function of β with a percentile band from bootstrap replicates.

    Parameters
    ----------
    counts : (K, K) counts, or `Marginals`.
    replicates : marginals with leading axis R, from `resample`.
    betas : (B,) non-negative values of β.
    average : average over the classes, or None for one curve per class.
    confidence : strictly between 0 and 1; it holds for each β separately.

    Examples
    --------
    >>> from evalkit.statistics.resampling import resample
    >>> counts, rng = [[45, 5], [10, 40]], np.random.default_rng(0)
    >>> curve = beta_curve(counts, resample(counts, 200, rng), [0.5, 1, 2])
    >>> bool((curve.low < curve.value).all() and (curve.value < curve.high).all())
    True
    """
    grid = np.asarray(betas, dtype=np.float64)
    # One β at a time, because all of them at once take B · R · K numbers.
    value = f_beta(counts, beta=grid.tolist(), average=average)
    limits = [
        holding(
            percentile_limits(f_beta(replicates, beta=beta, average=average), confidence), of_beta
        )
        for beta, of_beta in zip(grid.tolist(), value, strict=True)
    ]
    return BetaCurve(
        betas=grid,
        value=value,
        low=np.stack([low for low, _ in limits]),
        high=np.stack([high for _, high in limits]),
    )


def lead_change_by_class(a: CountsLike, b: CountsLike) -> FloatArray:
    """Return for each class the β at which A and B have the same F-β.

    β² = (TP_B PP_A − TP_A PP_B) / (P (TP_A − TP_B)), with P the actual and PP the predicted
    positives. Above it the model with more true positives has the higher F-β, below it the other.

    Parameters
    ----------
    a, b : (..., K, K) counts of the same samples, or `Marginals`.

    Returns
    -------
    (..., K) positive β; NaN if one model is better for every β, or both are equal for every β.

    Examples
    --------
    >>> lead_change_by_class([[6, 4], [0, 10]], [[8, 2], [3, 7]]).round(4).tolist()
    [0.9487, 0.5164]
    """
    of_a, of_b = Marginals.of(a), Marginals.of(b)
    gained = of_a.true_positive - of_b.true_positive
    traded = of_b.true_positive * of_a.predicted - of_a.true_positive * of_b.predicted
    with np.errstate(divide="ignore", invalid="ignore"):
        squared = traded / (of_a.actual * np.asarray(gained, dtype=np.float64))
    crossing = np.isfinite(squared) & (squared > 0)
    return np.sqrt(np.where(crossing, squared, np.nan))


def lead_ranges(
    a: CountsLike,
    b: CountsLike,
    *,
    average: CurveAverage = "macro",
    low: float = 0.01,
    high: float = 100.0,
) -> tuple[LeadRange, ...]:
    """Return the ranges of β in which each model has the higher average F-β.

    The sign of the difference is evaluated on a grid of 2,000 values, equally spaced in log β, and
    each change is refined by bisection. Two changes between neighbours in the grid, which are
    0.5 % apart, are not found.

    Parameters
    ----------
    a, b : (K, K) counts of the same samples, or `Marginals`.
    average : average over the classes.
    low, high : the smallest and the largest β.

    Returns
    -------
    Adjacent ranges in ascending order; none if F-β is undefined for a model.

    Raises
    ------
    InputError
        If the range of β is empty or not positive.

    Examples
    --------
    >>> below, above = lead_ranges([[5, 5], [0, 10]], [[9, 1], [4, 6]])
    >>> below.leader, round(below.high, 4), above.leader
    ('a', 0.7071, 'b')
    """
    if not 0.0 < low < high:
        raise InputError(f"Invalid range of β: {low} to {high}. Pass 0 < low < high.")
    of_a, of_b = Marginals.of(a), Marginals.of(b)

    def gap(betas: FloatArray) -> FloatArray:
        grid = betas.tolist()
        return f_beta(of_a, beta=grid, average=average) - f_beta(of_b, beta=grid, average=average)

    betas = np.geomspace(low, high, _GRID)
    gaps = gap(betas)
    if np.isnan(gaps).any():
        return ()
    leads = np.where(np.abs(gaps) < _TIE, 0.0, np.sign(gaps))
    before = np.flatnonzero(np.diff(leads))
    left, right, lead = betas[before], betas[before + 1], leads[before]
    for _ in range(_BISECTIONS if len(before) else 0):
        middle = np.sqrt(left * right)
        between = gap(middle)
        unchanged = np.where(lead == 0, np.abs(between) < _TIE, between * lead > 0)
        left, right = np.where(unchanged, middle, left), np.where(unchanged, right, middle)
    ends = [low, *right.tolist(), high]
    signs = [*lead.tolist(), float(leads[-1])]
    return tuple(
        LeadRange(start, stop, {1.0: "a", -1.0: "b", 0.0: None}[sign])
        for start, stop, sign in zip(ends[:-1], ends[1:], signs, strict=True)
        if start < stop
    )
