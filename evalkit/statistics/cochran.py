"""Cochran's Q test, of whether several models are right equally often on the same samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtrc

from evalkit.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class CochranQ:
    """Cochran's Q with its chi-square tail.

    Attributes
    ----------
    statistic : Q.
    p_value : P(χ² > Q) with `degrees` degrees of freedom.
    degrees : one less than there are models.
    """

    statistic: float
    p_value: float
    degrees: int


def cochran_q(correct: ArrayLike, *, counts: ArrayLike | None = None) -> CochranQ:
    """Return Cochran's test that all models are right with the same probability.

    Q = (m − 1) (m Σ_j G_j² − N²) / (m N − Σ_i L_i²), with G_j the samples that model j has
    right, L_i the models that have sample i right, N their sum and m the number of models. For
    two models Q is McNemar's statistic without correction.

    Parameters
    ----------
    correct : (n, m) booleans, a column a model.
    counts : (n,) how many samples each row stands for; one if absent.

    Returns
    -------
    Statistic and p-value; 0 and 1 where no sample tells the models apart.

    Raises
    ------
    InputError
        If there are less than two models, or entries are not 0 or 1.

    References
    ----------
    W. G. Cochran, "The comparison of percentages in matched samples", 1950.

    Examples
    --------
    >>> test = cochran_q([[1, 0, 0], [1, 1, 0], [1, 0, 0], [1, 1, 1]])
    >>> round(test.statistic, 4), round(test.p_value, 4)
    (4.6667, 0.097)
    """
    table = np.asarray(correct)
    if table.ndim != 2 or table.shape[1] < 2:
        raise InputError(
            f"correct must have shape (n, models) with two models or more; got {table.shape}"
        )
    if not np.isin(table, (0, 1)).all():
        raise InputError("correct must hold booleans, or 0 and 1: pass y_pred == y_true")
    right = table.astype(np.bool_)
    models = right.shape[1]
    times = np.ones(len(right), np.int64) if counts is None else np.asarray(counts, np.int64)
    by_model = times @ right
    by_sample = right.sum(axis=1, dtype=np.int64)
    total = int(by_model.sum())
    telling = models * total - int(times @ by_sample**2)
    if telling == 0:
        return CochranQ(0.0, 1.0, models - 1)
    spread = models * int((by_model**2).sum()) - total**2
    statistic = (models - 1) * spread / telling
    return CochranQ(statistic, float(chdtrc(models - 1, statistic)), models - 1)
