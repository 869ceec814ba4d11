"""Log metrics with confidence intervals and confusion matrices to TensorBoard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from evalkit.loggers.scalars import as_comparison, model_names, scalar_metrics
from evalkit.tabular import markdown_cell

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison
    from evalkit.compare.evaluation import Evaluation

MAX_CLASSES = 50
"""Confusion matrices with more classes are not logged, because their text is unreadable."""


class Writer(Protocol):
    """The methods of ``torch.utils.tensorboard.SummaryWriter`` that are used."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> Any:
        """Log a number."""

    def add_text(self, tag: str, text_string: str, global_step: int) -> Any:
        """Log a Markdown text."""


def log_to_tensorboard(
    result: Comparison | Evaluation, writer: Writer, *, step: int = 0, prefix: str = "evalkit"
) -> None:
    """Log all overall metrics with confidence intervals, the verdict and the confusion matrices.

    Parameters
    ----------
    result : a comparison, or a single evaluation.
    writer : a ``SummaryWriter``.
    step : the global step.
    prefix : the prefix of all tags.
    """
    comparison = as_comparison(result)
    for name, value in scalar_metrics(comparison):
        writer.add_scalar(f"{prefix}/{name}", value, step)
    verdict = comparison.verdict
    text = f"**{markdown_cell(verdict.headline)}** {markdown_cell(verdict.lede)}"
    writer.add_text(f"{prefix}/verdict", text, step)
    if len(comparison.classes) > MAX_CLASSES:
        return
    for name, evaluation in zip(model_names(comparison), comparison.evaluations, strict=True):
        table = evaluation.confusion_matrix.to_markdown()
        writer.add_text(f"{prefix}/confusion/{name}", table, step)
