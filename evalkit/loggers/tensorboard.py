"""Metrics with intervals, and the confusion matrix, into TensorBoard's event files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from evalkit.loggers.scalars import as_comparison, model_names, scalars_of
from evalkit.tabular import markdown_cell

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison
    from evalkit.compare.evaluation import Evaluation

MOST_CLASSES = 50
"""A larger matrix is no text to read, and is left out."""


class Writer(Protocol):
    """What ``torch.utils.tensorboard.SummaryWriter`` offers, and others as it does."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> Any:
        """Keep a number."""

    def add_text(self, tag: str, text_string: str, global_step: int) -> Any:
        """Keep a text, which is shown as Markdown."""


def log_to_tensorboard(
    result: Comparison | Evaluation, writer: Writer, *, step: int = 0, prefix: str = "evalkit"
) -> None:
    """Write every overall metric with its interval, the verdict, and each confusion matrix.

    Parameters
    ----------
    result : a comparison, or an evaluation by itself.
    writer : a ``SummaryWriter``.
    step : the global step.
    prefix : of every tag.
    """
    comparison = as_comparison(result)
    for name, value in scalars_of(comparison):
        writer.add_scalar(f"{prefix}/{name}", value, step)
    verdict = comparison.verdict
    said = f"**{markdown_cell(verdict.headline)}** {markdown_cell(verdict.lede)}"
    writer.add_text(f"{prefix}/verdict", said, step)
    if len(comparison.classes) > MOST_CLASSES:
        return
    for name, evaluation in zip(model_names(comparison), comparison.evaluations, strict=True):
        table = evaluation.confusion_matrix.to_markdown()
        writer.add_text(f"{prefix}/confusion/{name}", table, step)
