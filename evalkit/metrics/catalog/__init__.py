"""What each metric is called, says and needs: the one source for heads, tooltips, docs and CLI."""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from evalkit.errors import InputError
from evalkit.metrics.catalog.metric import Metric
from evalkit.metrics.catalog.of_counts import COUNT_METRICS
from evalkit.metrics.catalog.of_samples import SAMPLE_METRICS
from evalkit.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CATALOG", "Metric", "lookup"]

CATALOG: Mapping[str, Metric] = MappingProxyType(
    {metric.key: metric for metric in (*COUNT_METRICS, *SAMPLE_METRICS)}
)


def lookup(key: str) -> Metric:
    """Return the metric of a key as files and rules write it, its label completed.

    Parameters
    ----------
    key : a catalog key; with ``[β]`` for F-β, and ``_micro``, ``_macro`` or ``_weighted`` behind
        for an average: ``"recall"``, ``"f_beta[0.5]"``, ``"f1_macro"``.

    Raises
    ------
    InputError
        If there is no such metric.

    Examples
    --------
    >>> lookup("f_beta[0.5]_macro").label
    'F0.5, macro'
    """
    parts = re.fullmatch(r"(.+?)(?:\[([\d.einf]+)\])?(?:_(micro|macro|weighted))?", key)
    metric = CATALOG.get(parts[1]) if parts else None
    if parts is None or metric is None or (parts[3] and not metric.by_class):
        near = nearest(re.sub(r"_(micro|macro|weighted)$", "", key), CATALOG)
        meant = "" if near is None else f": did you mean {near}?"
        raise InputError(f"a metric must be one of {', '.join(CATALOG)}; got {key!r}{meant}")
    label = f"F{float(parts[2]):g}" if parts[2] else metric.label
    return replace(metric, key=key, label=f"{label}, {parts[3]}" if parts[3] else label)
