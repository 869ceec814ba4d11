"""A metric with one sample left out, once for each cell that holds samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.statistics.resampling import summed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.statistics.count_metric import BoundMetric

_BLOCK_NUMBERS = 1 << 22


def jackknife(
    cells: NDArray[np.int64],
    counts: NDArray[np.int64],
    n_classes: int,
    metric: BoundMetric,
    columns: tuple[int, ...],
) -> FloatArray:
    """Return the metric without one sample of each cell, (m, ...), or its difference.

    Parameters
    ----------
    cells, counts : (m, 2) or (m, 3) cells with their (m,) counts.
    n_classes : K.
    columns : which column of `cells` is the prediction; with two, the value of the second is
        subtracted from that of the first.
    """
    width = max(len(cells), n_classes**2 if metric.dense else n_classes)
    at_once = max(1, _BLOCK_NUMBERS // width)
    parts = []
    for start in range(0, len(cells), at_once):
        left_out = np.arange(start, min(start + at_once, len(cells)))
        remaining = np.repeat(counts[:, None], len(left_out), axis=1)
        remaining[left_out, np.arange(len(left_out))] -= 1
        values = [
            metric.of_replicates(summed(remaining, cells, n_classes, column, dense=metric.dense))
            for column in columns
        ]
        parts.append(values[0] if len(values) == 1 else values[0] - values[1])
    return np.concatenate(parts)
