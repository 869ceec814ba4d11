"""DataFrames of a comparison, in long format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalkit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from evalkit.compare.comparison import Comparison
    from evalkit.statistics.estimates import Difference, Estimate


def summary_table(comparison: Comparison) -> pd.DataFrame:
    """Return columns model, metric, value, low, high, method, classes_covered, undefined."""
    import pandas as pd

    return pd.DataFrame(
        [
            {"model": model.name, "metric": key, **_estimate(estimate)}
            for model in comparison.models
            for key, estimate in _all_overall(model)
        ]
    )


def _all_overall(model: Any) -> Iterator[tuple[str, Estimate]]:
    yield from model.overall.items()
    if model.probability is not None:
        yield from model.probability.overall.items()


def per_class_table(comparison: Comparison) -> pd.DataFrame:
    """Return columns class, model, metric, support, value, low, high, method, undefined."""
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "class": name,
                "model": model.name,
                "metric": key,
                "support": comparison.support[k],
                **_estimate(estimates[k]),
            }
            for k, name in enumerate(comparison.classes)
            for model in comparison.models
            for key, estimates in model.per_class.items()
        ]
    ).drop(columns="classes_covered")


def differences_table(comparison: Comparison) -> pd.DataFrame:
    """Return columns first, second, metric, class, value, low, high, p_value, p_adjusted, ….

    The value is second minus first; class is None for overall metrics.
    """
    import pandas as pd

    columns = ["first", "second", "metric", "class", *_DIFFERENCE]
    return pd.DataFrame(list(_difference_rows(comparison)), columns=columns)


def slices_table(comparison: Comparison) -> pd.DataFrame:
    """Return columns column, value, n_samples, share, model, metric, value, low, high, …."""
    import pandas as pd

    if not comparison.slice_results:
        raise InputError("No slices. Pass slices=… to evaluate, or use --slice-by COLUMN.")
    rows = []
    for found in comparison.slice_results:
        for model, of_model in zip(comparison.models, found.models, strict=True):
            for key, estimate in of_model.overall.items():
                rest = of_model.from_rest if key == "accuracy" else None
                rows.append(
                    {
                        "column": " × ".join(found.columns),
                        "slice": " × ".join(found.values),
                        "n_samples": found.n_samples,
                        "share": found.share,
                        "model": model.name,
                        "metric": key,
                        **_estimate(estimate),
                        "from_rest": None if rest is None else rest.value,
                        "p_adjusted": None if rest is None else rest.p_adjusted,
                    }
                )
    return pd.DataFrame(rows)


def costs_table(comparison: Comparison) -> pd.DataFrame:
    """Return columns model, cost, low, high, decided, …: expected costs per sample."""
    import pandas as pd

    if comparison.costs is None:
        raise InputError("No costs. Pass costs=… to compare.")
    rows = []
    for model, costs in zip(comparison.models, comparison.costs.models, strict=True):
        decided = costs.decided
        rows.append(
            {
                "model": model.name,
                "cost": costs.expected.value,
                "low": costs.expected.low,
                "high": costs.expected.high,
                "decided": None if decided is None else decided.value,
                "decided_low": None if decided is None else decided.low,
                "decided_high": None if decided is None else decided.high,
                "threshold": costs.threshold,
                "best_threshold": costs.best_threshold,
                "best_cost": costs.best_cost,
            }
        )
    return pd.DataFrame(rows)


_DIFFERENCE = (
    "value",
    "low",
    "high",
    "p_value",
    "p_adjusted",
    "test",
    "significant",
    "undefined",
)


def _difference_rows(comparison: Comparison) -> Iterator[dict[str, Any]]:
    for pair in comparison.pairs:
        names = {
            "first": comparison.models[pair.first].name,
            "second": comparison.models[pair.second].name,
        }
        for key, difference in {**pair.overall, **pair.probability}.items():
            yield {**names, "metric": key, "class": None, **_difference(difference)}
        for key, differences in pair.per_class.items():
            for name, difference in zip(comparison.classes, differences, strict=True):
                yield {**names, "metric": key, "class": name, **_difference(difference)}


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "method": estimate.method,
        "classes_covered": estimate.classes_covered,
        "undefined": estimate.undefined,
    }


def _difference(difference: Difference) -> dict[str, Any]:
    return {name: getattr(difference, name) for name in _DIFFERENCE}
