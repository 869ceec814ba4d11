"""Metrics with intervals, results and report into a run of MLflow."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from evalkit.errors import InputError, MissingExtraError
from evalkit.loggers.scalars import as_comparison, scalars_of

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison
    from evalkit.compare.evaluation import Evaluation

MOST_AT_ONCE = 1_000
"""MLflow takes so many metrics in one call."""


def log_to_mlflow(
    result: Comparison | Evaluation,
    *,
    client: Any = None,
    run_id: str | None = None,
    step: int = 0,
    report: bool = True,
    folder: str = "evalkit",
) -> str:
    """Return the id of the run into which every overall metric was logged, with its interval.

    Beside the metrics, ``results.json`` and the report are kept as the run's artifacts.

    Parameters
    ----------
    result : a comparison, or an evaluation by itself.
    client : an ``mlflow.MlflowClient``; one of the active tracking store if absent.
    run_id : the run; the active one if absent.
    step : of the metrics.
    report : whether to keep the page, some 2 MB.
    folder : of the artifacts.

    Raises
    ------
    MissingExtraError
        If MLflow is not installed.
    InputError
        If no run is named and none is active.
    """
    try:
        import mlflow
        from mlflow.entities import Metric
    except ImportError as error:
        raise MissingExtraError(
            "logging to MLflow needs mlflow, which is not installed: pip install mlflow-skinny"
        ) from error

    if run_id is None:
        active = mlflow.active_run()
        if active is None:
            raise InputError(
                "metrics are logged into a run; none is active: call mlflow.start_run() first, "
                "or pass run_id=…"
            )
        run_id = str(active.info.run_id)
    client = mlflow.MlflowClient() if client is None else client
    comparison = as_comparison(result)
    now = time.time_ns() // 1_000_000
    metrics = [Metric(name, value, now, step) for name, value in scalars_of(comparison)]
    for start in range(0, len(metrics), MOST_AT_ONCE):
        client.log_batch(run_id, metrics=metrics[start : start + MOST_AT_ONCE])
    client.log_text(run_id, comparison.to_json(), f"{folder}/results.json")
    if report:
        client.log_text(run_id, comparison.to_html(), f"{folder}/report.html")
    return run_id
