"""What was found, sent to where runs are kept: MLflow and TensorBoard.

Neither library is imported here: MLflow when it is logged to, TensorBoard never, since its writer
is passed in.
"""

from __future__ import annotations

from evalkit.loggers.mlflow import log_to_mlflow
from evalkit.loggers.tensorboard import log_to_tensorboard

__all__ = ["log_to_mlflow", "log_to_tensorboard"]
