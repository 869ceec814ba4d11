"""The calibration curve: stated probability against how often it comes true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from evalkit.columns import Column
from evalkit.errors import InputError, LabelError
from evalkit.labels import observed_classes
from evalkit.metrics.probability.targets import checked_scores, positives

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import FloatArray


def calibration_curve(
    y_true: Any,
    y_prob: Any,
    *,
    pos_label: Any = None,
    n_bins: int = 5,
    strategy: Literal["uniform", "quantile"] = "uniform",
) -> tuple[FloatArray, FloatArray]:
    """Return the share of positives and the mean probability in each bin that is not empty.

    Parameters
    ----------
    y_true : (n,) labels of two classes.
    y_prob : (n,) probabilities of the positive class.
    pos_label : the positive label; 1 where the labels are 0 or −1 and 1.
    n_bins : how many bins.
    strategy : bins of one width, or of one number of samples.

    Returns
    -------
    (m,) shares of positives and (m,) mean probabilities, m ≤ `n_bins`; equal where the model is
    calibrated.

    Raises
    ------
    InputError, LabelError
        If targets and probabilities do not fit, probabilities lie outside [0, 1], or an option is
        unknown.

    Notes
    -----
    Niculescu-Mizil and Caruana, *Predicting good probabilities with supervised learning*, ICML
    2005.

    Examples
    --------
    >>> [part.tolist() for part in calibration_curve([0, 0, 1, 1], [0.1, 0.3, 0.6, 1.0], n_bins=2)]
    [[0.0, 1.0], [0.2, 0.8]]
    """
    column = Column.of(y_true, "y_true")
    if len(observed_classes(column)) > 2:
        raise LabelError(
            "calibration is of one class against the other; y_true holds more than two: compare "
            "one class at a time"
        )
    positive = positives(column, pos_label)
    probabilities = checked_scores(y_prob, len(positive))
    if probabilities.min() < 0 or probabilities.max() > 1:
        raise InputError(
            f"probabilities must lie in [0, 1]; got {probabilities.min():.6g} to "
            f"{probabilities.max():.6g}"
        )
    bins = np.searchsorted(bin_edges(probabilities, n_bins, strategy)[1:-1], probabilities)
    samples = np.bincount(bins, minlength=n_bins)
    shares = np.bincount(bins, positive, minlength=n_bins)
    sums = np.bincount(bins, probabilities, minlength=n_bins)
    filled = samples > 0
    return shares[filled] / samples[filled], sums[filled] / samples[filled]


def bin_edges(probabilities: NDArray[Any], n_bins: int, strategy: str) -> FloatArray:
    """Return (n_bins + 1,) ascending edges; a bin holds its upper edge.

    Raises
    ------
    InputError
        If there is not at least one bin, or the strategy is unknown.
    """
    if n_bins < 1:
        raise InputError(f"n_bins must be at least 1; got {n_bins}")
    edges = np.linspace(0.0, 1.0, n_bins + 1)
    if strategy == "uniform":
        return edges
    if strategy == "quantile":
        return np.asarray(np.quantile(probabilities, edges))
    raise InputError(f"strategy must be 'uniform' or 'quantile'; got {strategy!r}")
