"""Log metrics with confidence intervals, results and report to an MLflow run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from evalkit.errors import InputError, MissingExtraError
from evalkit.loggers.scalars import as_comparison, scalar_metrics

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison
    from evalkit.compare.evaluation import Evaluation

BATCH_SIZE = 1_000
"""Largest number of metrics that MLflow accepts in one call."""


def log_to_mlflow(
    result: Comparison | Evaluation,
    *,
    client: Any = None,
    run_id: str | None = None,
    step: int = 0,
    report: bool = True,
    folder: str = "evalkit",
) -> str:
    """Log all overall metrics with their confidence intervals, and return the id of the run.

    ``results.json`` and the report are stored as artifacts of the run.

    Parameters
    ----------
    result : a comparison, or a single evaluation.
    client : an ``mlflow.MlflowClient``; by default a client of the active tracking store.
    run_id : the run; by default the active run.
    step : the step of the metrics.
    report : whether to store the report, about 2 MB.
    folder : the folder of the artifacts.

    Raises
    ------
    MissingExtraError
        If MLflow is not installed.
    InputError
        If `run_id` is None and no run is active.
    """
    try:
        import mlflow
        from mlflow.entities import Metric
    except ImportError as error:
        raise MissingExtraError(
            "mlflow is not installed, but logging to MLflow requires it. "
            "Run: pip install mlflow-skinny"
        ) from error

    if run_id is None:
        active = mlflow.active_run()
        if active is None:
            raise InputError(
                "No MLflow run is active. Call mlflow.start_run() first, or pass run_id=…."
            )
        run_id = str(active.info.run_id)
    client = mlflow.MlflowClient() if client is None else client
    comparison = as_comparison(result)
    now = time.time_ns() // 1_000_000
    metrics = [Metric(name, value, now, step) for name, value in scalar_metrics(comparison)]
    for start in range(0, len(metrics), BATCH_SIZE):
        client.log_batch(run_id, metrics=metrics[start : start + BATCH_SIZE])
    client.log_text(run_id, comparison.to_json(), f"{folder}/results.json")
    if report:
        client.log_text(run_id, comparison.to_html(), f"{folder}/report.html")
    return run_id
