"""Stand-in for `Comparison.summary_metrics`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison
    from evalkit.statistics.estimates import Difference, Estimate


@dataclass(frozen=True)
class SummaryMetric:
    metric: str
    of_class: int | None
    models: tuple[Estimate, ...]
    pairs: tuple[Difference, ...]
    groups: tuple[Estimate, ...] = ()
    group_pairs: tuple[Difference, ...] = ()
    baseline: float | None = None

    @property
    def higher_is_better(self) -> bool:
        return self.metric not in ("expected_cost", "log_loss")


def summary_metrics(c: Comparison) -> tuple[SummaryMetric, ...]:
    found = []
    support = np.asarray(c.support)
    shares = support / support.sum()

    def overall(metric, key, baseline=None):
        found.append(
            SummaryMetric(
                metric,
                None,
                tuple(m.overall[key] for m in c.models),
                tuple(p.overall[key] for p in c.pairs),
                tuple(g.metrics[key].mean for g in c.groups),
                tuple(p.differences[key] for p in c.group_pairs),
                baseline,
            )
        )

    def of_class(metric, key, k, baseline=None):
        found.append(
            SummaryMetric(
                metric,
                k,
                tuple(m.per_class[key][k] for m in c.models),
                tuple(p.per_class[key][k] for p in c.pairs),
                (),
                (),
                baseline,
            )
        )

    if c.costs is not None:
        cost = float((shares @ np.asarray(c.costs.matrix)).min())
        found.append(
            SummaryMetric(
                "expected_cost",
                None,
                tuple(m.expected for m in c.costs.models),
                c.costs.pairs,
                (),
                (),
                cost,
            )
        )
    overall("accuracy", "accuracy", float(shares.max()))
    if len(c.classes) == 2:
        k = 0 if c.support[0] < c.support[1] else 1
        of_class("recall", "recall", k, 0.0)
        of_class("precision", "precision", k)
        of_class("f1", "f_beta[1]", k, 0.0)
        overall("matthews_corrcoef", "matthews_corrcoef", 0.0)
    else:
        overall("precision_macro", "precision_macro")
        overall("recall_macro", "recall_macro", 1 / len(c.classes))
        overall("f1_macro", "f_beta_macro[1]")
        overall("matthews_corrcoef", "matthews_corrcoef", 0.0)
        if all(m.probability is not None for m in c.models):
            found.append(
                SummaryMetric(
                    "log_loss",
                    None,
                    tuple(m.probability.overall["log_loss"] for m in c.models),
                    tuple(p.probability["log_loss"] for p in c.pairs),
                    (),
                    (),
                    float(-(shares * np.log(shares)).sum()),
                )
            )
    return tuple(found)
