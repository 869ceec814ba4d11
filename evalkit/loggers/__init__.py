"""Log results to MLflow and TensorBoard.

MLflow is imported only when it is used; TensorBoard is not imported, because its writer is an
argument.
"""

from __future__ import annotations

from evalkit.loggers.mlflow import log_to_mlflow
from evalkit.loggers.tensorboard import log_to_tensorboard

__all__ = ["log_to_mlflow", "log_to_tensorboard"]
