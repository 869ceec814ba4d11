"""The sign-flip test: whether paired differences have mean zero, by exchanging each pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.errors import InputError
from evalkit.statistics.cell_sums import blocks
from evalkit.statistics.draws import sum_half_binomials
from evalkit.statistics.permutation import permutation_hits, permutation_p_value
from evalkit.statistics.resampling import require_replicates

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def sign_flip_p_value(
    differences: ArrayLike,
    *,
    counts: ArrayLike | None = None,
    replicates: int = 10_000,
    seed: int | np.random.Generator = 0,
) -> float:
    """Return the two-sided p-value of a mean paired difference, against random signs.

    A replicate turns the sign of each difference with probability ½: of equal differences, a
    binomial number of them.

    Parameters
    ----------
    differences : (m,) finite, of a sample or of a group of samples.
    counts : (m,) how often each occurs; once if None.
    replicates : how many exchanges.
    seed : of the random draws, or a generator.

    Returns
    -------
    (1 + replicates at least as far from zero) / (1 + replicates); 1 where all are zero.

    Raises
    ------
    InputError
        If there are no differences, one is not finite, or lengths differ.

    References
    ----------
    R. A. Fisher, *The Design of Experiments*, 1935, section 21.

    Examples
    --------
    >>> sign_flip_p_value([0.0, 0.0], replicates=9)
    1.0
    >>> sign_flip_p_value([0.3, 0.1, 0.2, 0.4, 0.5], replicates=9_999) < 0.1
    True
    """
    require_replicates(replicates)
    values = np.asarray(differences, dtype=np.float64)
    times = np.ones(len(values), np.int64) if counts is None else np.asarray(counts, np.int64)
    if values.ndim != 1 or values.shape != times.shape or not np.isfinite(values).all():
        raise InputError(
            f"differences must be finite, (m,), with as many counts; got shapes {values.shape} "
            f"and {times.shape}"
        )
    if times.sum() < 1:
        raise InputError("a test needs at least one difference; got none")
    # A difference and its negative are exchanged into each other: only sizes matter.
    sizes, which = np.unique(np.abs(values), return_inverse=True)
    occurring = np.bincount(which, weights=times).astype(np.int64)
    observed = np.asarray(values @ times / np.abs(values).max(initial=1e-300))
    sizes = sizes / np.abs(values).max(initial=1e-300)
    rng = np.random.default_rng(seed)
    every, hits = np.arange(len(sizes)), np.zeros((), np.int64)
    for size in blocks(replicates, len(sizes)):
        (turned,) = sum_half_binomials(occurring, [every], [len(every)], size, rng)
        hits += permutation_hits(observed, sizes @ (2 * turned - occurring[:, None]))
    return float(permutation_p_value(observed, hits, replicates))
