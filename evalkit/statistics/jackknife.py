"""A metric with one sample left out, once for each cell that holds samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.statistics.cell_sums import blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.statistics.cell_sums import CellSums
    from evalkit.statistics.count_metric import BoundMetric


def jackknife(sums: CellSums, counts: NDArray[np.int64], metric: BoundMetric) -> FloatArray:
    """Return the metric without one sample of each cell, or its difference of two models.

    Parameters
    ----------
    sums : what is summed over the cells.
    counts : (m,) samples of each cell, none zero.
    metric : of the counts that the sums make.

    Returns
    -------
    (m, ...) values.
    """
    whole = [
        np.bincount(code[code >= 0], weights=counts[code >= 0], minlength=size).astype(np.int64)
        for code, size in zip(sums.codes, sums.sizes, strict=True)
    ]
    parts = []
    start = 0
    for size in blocks(len(counts), sum(sums.sizes)):
        columns = np.arange(size)
        tables = [np.repeat(table[:, None], size, axis=1) for table in whole]
        for code, table in zip(sums.codes, tables, strict=True):
            place = code[start : start + size]
            table[place[place >= 0], columns[place >= 0]] -= 1
        values = [metric.of_replicates(model) for model in sums.counts(tables)]
        parts.append(values[0] if len(values) == 1 else values[0] - values[1])
        start += size
    return np.concatenate(parts)
