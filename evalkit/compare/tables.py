"""DataFrames of a comparison, in long format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.predictions.conditions import flags_of
from evalkit.statistics.estimates import Difference

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from evalkit.compare.comparison import Comparison
    from evalkit.counts.counts import Counts
    from evalkit.statistics.estimates import Estimate


def errors_frame(
    comparison: Comparison, *, where: str | None = None, limit: int | None = None
) -> pd.DataFrame:
    """Return `Comparison.errors`."""
    if comparison.counts is None:
        raise InputError(
            "The comparison was read from a file, which holds no samples. Compare the evaluations "
            "again."
        )
    names = [model.name for model in comparison.models]
    return errors_of(comparison.counts, names, where=where, limit=limit)


def errors_of(
    counts: Counts,
    names: Sequence[str],
    *,
    where: str | None,
    limit: int | None,
    with_inputs: bool = False,
) -> pd.DataFrame:
    """Return the samples that meet a condition, of models with these names.

    Texts, cells and paths of inputs are further columns where they are asked for.

    Raises
    ------
    InputError
        If the condition is invalid, or the samples are not known one by one.
    """
    if limit is not None and limit < 1:
        raise InputError(f"Invalid limit {limit}. Pass a positive integer.")
    outcomes = counts.outcomes(names)
    if not len(outcomes):
        raise InputError(
            "Only counts are known, no samples. List the errors of large data sets with evalkit "
            "errors."
        )
    flags = flags_of(outcomes, where)
    frame = outcomes.to_frame(flags, limit)
    if with_inputs:
        rows = np.flatnonzero(flags)[:limit].tolist()
        for name, inputs in counts.inputs.items():
            for column, cells in inputs.columns(name, rows).items():
                if column not in frame:
                    frame[column] = np.array(cells, dtype=object)
    return frame


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
    """Return one row per slice, model and metric, and per gap between the values of a column.

    ``kind`` is ``"overall"`` for the metrics of a slice, ``"test"`` for other metrics against all
    other samples, and ``"gap"`` for the largest difference between two values of a column.
    """
    import pandas as pd

    if not comparison.slice_results:
        raise InputError("No slices. Pass slices=… to evaluate, or use --slice-by COLUMN.")
    rows: list[dict[str, Any]] = []
    for found in comparison.slice_results:
        where = {
            "column": " × ".join(found.columns),
            "slice": " × ".join(found.values),
            "n_samples": found.n_samples,
            "share": found.share,
        }
        for model, of_model in zip(comparison.models, found.models, strict=True):
            own = {**where, "model": model.name}
            for key, estimate in of_model.overall.items():
                row = {**own, "kind": "overall", "metric": key, **_estimate(estimate)}
                if key == "accuracy":
                    row |= _against(of_model.from_rest, of_model.adjusted)
                    row |= {"weak": of_model.is_weak, "needed": of_model.needed}
                rows.append(row)
            rows += [
                {
                    **own,
                    "kind": "test",
                    "metric": test.metric,
                    "class": _class(comparison, test.of_class),
                    "value": test.value,
                    **_against(
                        test.from_rest,
                        # Precision depends on how frequent a class is; there is no adjusted one.
                        Difference(None, p_adjusted=test.from_rest.p_adjusted)
                        if test.metric == "precision"
                        else test.from_rest,
                    ),
                    "weak": test.is_weak,
                }
                for test in of_model.tests
            ]
    rows += [
        {
            "column": gap.column,
            "slice": None if gap.lowest is None else f"{gap.lowest} to {gap.highest}",
            "model": comparison.models[gap.model].name,
            "kind": "gap",
            "metric": gap.metric,
            "class": _class(comparison, gap.of_class),
            **{name: getattr(gap.difference, name) for name in ("value", "low", "high")},
            "method": gap.difference.test,
            "undefined": gap.difference.undefined,
            "p_adjusted": gap.difference.p_adjusted,
        }
        for gap in comparison.slice_gaps
    ]
    return pd.DataFrame(rows, columns=_SLICES)


_SLICES = (
    *("column", "slice", "n_samples", "share", "model", "kind", "metric", "class"),
    *("value", "low", "high", "method", "classes_covered", "undefined"),
    *("from_rest", "adjusted", "adjusted_low", "adjusted_high", "p_adjusted", "weak", "needed"),
)


def _class(comparison: Comparison, position: int | None) -> str | None:
    return None if position is None else comparison.classes[position]


def _against(plain: Difference, adjusted: Difference) -> dict[str, Any]:
    return {
        "from_rest": plain.value,
        "adjusted": adjusted.value,
        "adjusted_low": adjusted.low,
        "adjusted_high": adjusted.high,
        "p_adjusted": adjusted.p_adjusted,
    }


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
