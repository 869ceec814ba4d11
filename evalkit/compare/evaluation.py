"""What one model did on one data set: its counts and its provenance."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from evalkit.compare import evaluation_tables as tables
from evalkit.counts.counts import Counts
from evalkit.metrics.confusion import ConfusionMatrix
from evalkit.tabular import html_table, latex_table, markdown_table
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
    """One model on one data set.

    Attributes
    ----------
    name : the model's name.
    counts : of this model: all that is known of its predictions.
    dataset : the identity of the data, where it is known.
    parameters, history, best_epoch : of the network, where they are known.
    provenance : label → text, shown at the end of the report.
    notes : what was guessed or mended on the way, for the reader.
    group : the configuration of which this is a run under one seed, or None.
    landscape : the loss around the network's weights, where it was measured.
    """

    name: str
    counts: Counts = field(repr=False)
    dataset: DatasetIdentity | None = field(default=None, repr=False)
    parameters: int | None = field(default=None, repr=False)
    history: tuple[Mapping[str, float], ...] = field(default=(), repr=False)
    best_epoch: int | None = field(default=None, repr=False)
    provenance: Mapping[str, str] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False)
    group: str | None = field(default=None, repr=False)
    landscape: Landscape | None = field(default=None, repr=False)

    @classmethod
    def of_matrix(cls, name: str, matrix: ConfusionMatrix) -> Evaluation:
        """Return the evaluation of a model of which only the confusion matrix is known."""
        return cls(name, Counts.of_matrix(matrix))

    @cached_property
    def confusion_matrix(self) -> ConfusionMatrix:
        """The counts with their classes."""
        return ConfusionMatrix(self.counts.matrices[0], self.counts.classes)

    @property
    def predictions(self) -> Predictions | None:
        """The predictions behind the counts; None where only sums or a matrix are known."""
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

        An interval is None where samples are weighted or grouped: `evalkit.compare` resamples then.
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
        r"""Return the metrics by class as a LaTeX ``tabular``, with the rules of booktabs."""
        return latex_table(*tables.table_rows(self.counts))

    def __str__(self) -> str:
        heads, rows = tables.table_rows(self.counts)
        return f"{tables.headline(self.name, self.counts)}\n{text_table(heads, rows)}"

    def _repr_html_(self) -> str:
        heads, rows = tables.table_rows(self.counts)
        return html_table(heads, rows, caption=tables.headline(self.name, self.counts))

    def __rich__(self) -> TerminalTable:
        return tables.terminal_table(self.name, self.counts)


def evaluation_of(
    predictions: Predictions, *, notes: tuple[str, ...] = (), **known: Any
) -> Evaluation:
    """Return the evaluation of the predictions of one model.

    Parameters
    ----------
    predictions : of one model.
    notes : beside those of the predictions.
    known : further fields of `Evaluation`.
    """
    (model,) = predictions.models
    return Evaluation(
        name=model.name,
        counts=Counts.of_rows(predictions),
        notes=(*predictions.notes, *model.notes, *notes),
        **known,
    )
