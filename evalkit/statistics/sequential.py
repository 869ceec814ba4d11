"""Spending of an error probability over repeated looks at growing or renewed data."""

from __future__ import annotations

import math

from evalkit.errors import InputError


def alpha_at_look(alpha: float, look: int) -> float:
    """Return the share of `alpha` that the k-th look may spend: 6 α / (π² k²).

    The shares of all looks add up to α. By Bonferroni's inequality, the probability that any look
    errs is at most α, whatever the number of looks, and however they depend on each other: samples
    may be fresh at every look, grow, or stay the same while the models change.

    Parameters
    ----------
    alpha : probability of an error in any look, strictly between 0 and 1.
    look : number of this look, from 1.

    Raises
    ------
    InputError
        If `look` is less than 1.

    References
    ----------
    D. P. Foster and R. A. Stine, "α-investing", 2008; A. Ramdas et al., "Online control of the
    false discovery rate with decaying memory", 2017, for such spending sequences.

    Examples
    --------
    >>> [round(alpha_at_look(0.05, look), 4) for look in (1, 2, 30)]
    [0.0304, 0.0076, 0.0]
    """
    if look < 1:
        raise InputError(f"Invalid look {look}. Pass the number of this look: 1, 2, 3, …")
    return alpha * 6 / (math.pi * look) ** 2


def alpha_of_split(alpha: float, before: int, after: int) -> float:
    """Return the share of `alpha` for a change after `before` runs, seen after `after` more.

    6 / (π² before²) · 1 / (after (after + 1)), of which the sum over all numbers of runs before and
    after is 1. Most of it is spent on a change that was just made.

    Examples
    --------
    >>> round(alpha_of_split(0.05, 1, 1), 4), round(alpha_of_split(0.05, 10, 2), 6)
    (0.0152, 5.1e-05)
    """
    return alpha_at_look(alpha, before) / (after * (after + 1))
