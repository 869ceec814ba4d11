"""Metrics as functions of confusion counts (..., K, K) or of their marginals.

``count.precision`` is ``CATALOG["precision"].of_counts``: every registered metric of counts is an
attribute of this package.

>>> from evalkit.metrics import count
>>> count.precision([[3, 1], [0, 2]]).round(3).tolist()
[1.0, 0.667]
"""

from __future__ import annotations

from evalkit.metrics.count.marginals import CountFunction, Marginals

__all__ = ["Marginals"]


def __getattr__(name: str) -> CountFunction:
    # Imported late: the catalog's modules import this package.
    from evalkit.metrics.catalog import CATALOG

    metric = None if name.startswith("_") else CATALOG.get(name)
    if metric is None or metric.of_counts is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return metric.of_counts


def __dir__() -> list[str]:
    from evalkit.metrics.catalog import CATALOG

    return sorted({*globals(), *(key for key, metric in CATALOG.items() if metric.of_counts)})
