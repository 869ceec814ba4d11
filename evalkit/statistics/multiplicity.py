"""Multiple comparisons: adjusted p-values, and compact letter displays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from evalkit.metrics.count.marginals import FloatArray


def holm(p_values: ArrayLike) -> FloatArray:
    """Return Holm's adjusted p-values.

    For p in ascending order, adjusted p_i = max over j ≤ i of min(1, (m − j + 1) p_j). If the
    hypotheses with adjusted p ≤ α are rejected, the probability of a false rejection is at most α.

    Parameters
    ----------
    p_values : (m,) p-values in [0, 1]; NaN, for a test that was not made, stays NaN and does not
        count in m.

    Returns
    -------
    (m,) adjusted p-values in the order given.

    Raises
    ------
    InputError
        If a p-value lies outside [0, 1].

    References
    ----------
    S. Holm, "A simple sequentially rejective multiple test procedure", 1979.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03, 0.005]).round(12).tolist()
    [0.03, 0.06, 0.06, 0.02]
    """
    adjusted, order = _ordered(p_values)
    tests = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(tests * adjusted[order]), 1.0)
    return adjusted


def benjamini_hochberg(p_values: ArrayLike) -> FloatArray:
    """Return Benjamini and Hochberg's adjusted p-values, which control the false discovery rate.

    For p in ascending order, adjusted p_i = min over j ≥ i of min(1, m p_j / j). If the hypotheses
    with adjusted p ≤ α are rejected, the expected share of false rejections is at most α, for
    independent or positively dependent tests. Parameters, returns and errors are those of `holm`.

    References
    ----------
    Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", 1995.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.005]).round(12).tolist()
    [0.02, 0.04, 0.04, 0.02]
    """
    adjusted, order = _ordered(p_values)
    scaled = adjusted[order] * len(order) / np.arange(1, len(order) + 1)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted


def _ordered(p_values: ArrayLike) -> tuple[FloatArray, NDArray[np.intp]]:
    """Return a copy of the p-values, and the positions of the known ones in ascending order."""
    p = np.array(p_values, dtype=np.float64)
    if p.ndim != 1 or ((p < 0) | (p > 1)).any():
        raise InputError(f"Invalid p-values {p.tolist()}. Pass a list of numbers in [0, 1].")
    order = np.argsort(p, kind="stable")
    return p, order[: np.count_nonzero(~np.isnan(p))]


_ALPHABET = "abcdefghijklmnopqrstuvwxyz"


def compact_letters(
    scores: Sequence[float], apart: Mapping[tuple[int, int], bool], *, higher_is_better: bool = True
) -> tuple[str, ...]:
    """Return a compact letter display: models differ significantly if they share no letter.

    The insert-and-absorb algorithm starts with one set of all models, splits the sets that contain
    both models of a significant pair, and drops sets that are contained in others. Each set gets a
    letter, from the best model on.

    Parameters
    ----------
    scores : one score per model; NaN is ranked last.
    apart : whether the models i and j differ significantly, by pair (i, j); missing pairs do not.
    higher_is_better : whether a higher score is better.

    Returns
    -------
    One string per model: ``"a"``, ``"ab"``, …; ``z`` is followed by ``a1``, ``b1``, ….

    Raises
    ------
    InputError
        If a pair refers to a model without a score.

    References
    ----------
    H.-P. Piepho, "An algorithm for a letter-based representation of all-pairwise
    comparisons", 2004.

    Examples
    --------
    >>> compact_letters([0.9, 0.8, 0.85], {(0, 1): True, (0, 2): False, (1, 2): False})
    ('a', 'b', 'ab')
    """
    models = len(scores)
    sets = [frozenset(range(models))]
    for (i, j), differ in sorted(apart.items()):
        if not (0 <= i < models and 0 <= j < models):
            raise InputError(f"Invalid pair ({i}, {j}). The models are 0 to {models - 1}.")
        if differ and i != j:
            sets = _absorbed([part for one in sets for part in _split(one, i, j)])
    signed = np.asarray(scores, dtype=np.float64) * (-1.0 if higher_is_better else 1.0)
    rank = {model: place for place, model in enumerate(np.argsort(signed, kind="stable").tolist())}
    sets.sort(key=lambda one: sorted(rank[model] for model in one))
    return tuple(
        "".join(_letter(place) for place, one in enumerate(sets) if model in one)
        for model in range(models)
    )


def _split(one: frozenset[int], i: int, j: int) -> list[frozenset[int]]:
    return [one - {i}, one - {j}] if i in one and j in one else [one]


def _absorbed(sets: list[frozenset[int]]) -> list[frozenset[int]]:
    distinct = list(dict.fromkeys(sets))
    return [one for one in distinct if not any(one < other for other in distinct)]


def _letter(place: int) -> str:
    repeat, position = divmod(place, len(_ALPHABET))
    return _ALPHABET[position] + (str(repeat) if repeat else "")
