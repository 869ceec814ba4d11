"""The evaluation of one model on one data set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evalkit.compare import evaluation_tables as tables
from evalkit.compare.evaluation_html import evaluation_html
from evalkit.counts.counts import Counts
from evalkit.metrics.confusion import ConfusionMatrix
from evalkit.tabular import latex_table, markdown_table
from evalkit.terminal_tables import text_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from evalkit.datasets.dataset import DatasetIdentity
    from evalkit.predictions import Predictions, Sampling
    from evalkit.terminal_tables import TerminalTable
    from evalkit.training.landscape import Landscape


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Evaluation of one model on one data set.

    Attributes
    ----------
    name : name of the model.
    confusion_matrix : confusion matrix with its classes.
    counts : counts of the predictions; if absent, those of the confusion matrix.
    dataset : identity of the data set, if known.
    parameters, history, best_epoch : size, history and kept epoch of the network, if known.
    provenance : label → text, shown at the end of the report.
    notes : assumptions and corrections made while reading the data, for the reader.
    warnings : signs that labels or probabilities are not what they seem, for the first screen.
    group : name of the configuration, if this is one of several runs with different seeds.
    landscape : loss near the weights of the network, if it was computed.
    """

    name: str
    confusion_matrix: ConfusionMatrix = field(repr=False)
    counts: Counts = field(default=None, repr=False)  # type: ignore[assignment]  # set below
    dataset: DatasetIdentity | None = field(default=None, repr=False)
    parameters: int | None = field(default=None, repr=False)
    history: tuple[Mapping[str, float], ...] = field(default=(), repr=False)
    best_epoch: int | None = field(default=None, repr=False)
    provenance: Mapping[str, str] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False)
    warnings: tuple[str, ...] = field(default=(), repr=False)
    group: str | None = field(default=None, repr=False)
    landscape: Landscape | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        counts = self.counts or Counts.of_matrix(self.confusion_matrix)
        object.__setattr__(self, "counts", counts)

    @classmethod
    def of_counts(cls, name: str, counts: Counts, **known: Any) -> Evaluation:
        """Return the evaluation for the counts of one model; `known` are other fields."""
        matrix = ConfusionMatrix(counts.matrices[0], counts.classes)
        return cls(name, matrix, counts, **known)

    @property
    def predictions(self) -> Predictions | None:
        """The predictions; None if only sums or a confusion matrix are known."""
        return self.counts.samples

    @property
    def classes(self) -> tuple[Any, ...]:
        """The ordered classes."""
        return self.counts.classes

    @property
    def sampling(self) -> Sampling:
        """Whether samples are weighted, grouped or stratified."""
        return self.counts.sampling

    def to_dict(self) -> dict[str, Any]:
        """Return name, accuracy, counts, and the metrics of each class as plain values.

        Intervals are None for weighted, grouped or stratified samples; use `evalkit.compare`.
        """
        return {
            "name": self.name,
            **tables.overall_record(self.counts),
            **self.confusion_matrix.to_dict(),
            "per_class": tables.class_records(self.counts),
        }

    def to_frame(self) -> pd.DataFrame:
        """Return one row per class: support, precision and recall with low and high, F1."""
        import pandas as pd

        return pd.DataFrame(tables.class_records(self.counts))

    def to_markdown(self) -> str:
        """Return the metrics by class in Markdown."""
        return markdown_table(*tables.table_rows(self.counts))

    def to_latex(self) -> str:
        r"""Return the metrics by class as a LaTeX ``tabular`` for the package booktabs."""
        return latex_table(*tables.table_rows(self.counts))

    def __str__(self) -> str:
        heads, rows = tables.table_rows(self.counts)
        return f"{tables.headline(self.name, self.counts)}\n{text_table(heads, rows)}"

    def _repr_html_(self) -> str:
        return evaluation_html(self.name, self.counts)

    def __rich__(self) -> TerminalTable:
        return tables.terminal_table(self.name, self.counts)


def evaluation_of(
    predictions: Predictions, *, notes: tuple[str, ...] = (), **known: Any
) -> Evaluation:
    """Return the evaluation of the predictions of one model.

    Parameters
    ----------
    predictions : predictions of one model.
    notes : additional notes.
    known : other fields of `Evaluation`.
    """
    (model,) = predictions.models
    notes = (*predictions.notes, *model.notes, *notes)
    counts = Counts.of_rows(predictions)
    return Evaluation.of_counts(model.name, counts, notes=notes, warnings=model.warnings, **known)
