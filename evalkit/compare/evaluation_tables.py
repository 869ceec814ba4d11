"""An evaluation as a table: its metrics by class with intervals, as text, values or a DataFrame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from evalkit.compare.phrasing import count as count_text, percent, percent_range
from evalkit.metrics import count
from evalkit.statistics.proportions import proportion_interval
from evalkit.tabular import html_table, latex_table, markdown_table
from evalkit.terminal_tables import TerminalTable, text_table

if TYPE_CHECKING:
    import pandas as pd

    from evalkit.compare.evaluation import Evaluation


class EvaluationTables:
    """What an evaluation is written as; intervals are Wilson's, at 95 %."""

    def to_dict(self) -> dict[str, Any]:
        """Return name, accuracy, counts, and the metrics of each class as plain values.

        An interval is None where samples are weighted or grouped: `evalkit.compare` resamples then.
        """
        evaluation = cast("Evaluation", self)
        low, high = _interval(evaluation, "accuracy")
        marginals = evaluation.confusion_matrix.marginals
        return {
            "name": evaluation.name,
            "accuracy": _plain(count.accuracy(marginals)),
            "accuracy_low": _plain(low),
            "accuracy_high": _plain(high),
            **evaluation.confusion_matrix.to_dict(),
            "per_class": _records(evaluation),
        }

    def to_frame(self) -> pd.DataFrame:
        """Return a row a class: support, precision and recall with low and high, F1."""
        import pandas as pd

        return pd.DataFrame(_records(cast("Evaluation", self)))

    def to_markdown(self) -> str:
        """Return the metrics by class in Markdown."""
        return markdown_table(*_rows(cast("Evaluation", self)))

    def to_latex(self) -> str:
        r"""Return the metrics by class as a LaTeX ``tabular``, with the rules of booktabs."""
        return latex_table(*_rows(cast("Evaluation", self)))

    def __str__(self) -> str:
        evaluation = cast("Evaluation", self)
        return f"{_headline(evaluation)}\n{text_table(*_rows(evaluation))}"

    def _repr_html_(self) -> str:
        evaluation = cast("Evaluation", self)
        return html_table(*_rows(evaluation), caption=_headline(evaluation))

    def __rich__(self) -> TerminalTable:
        evaluation = cast("Evaluation", self)
        heads, rows = _rows(evaluation)
        caption = [f"n = {count_text(evaluation.confusion_matrix.total)}"]
        if evaluation.sampling.simple:
            caption.append("in brackets: 95 % intervals (Wilson)")
        title = _headline(evaluation)
        return TerminalTable(heads=heads, rows=rows, title=title, caption=caption)


def _headline(evaluation: Evaluation) -> str:
    value = float(count.accuracy(evaluation.confusion_matrix.marginals))
    low, high = (float(end) for end in _interval(evaluation, "accuracy"))
    return f"{evaluation.name}: accuracy {_cell(value, low, high)} %"


def _records(evaluation: Evaluation) -> list[dict[str, Any]]:
    marginals = evaluation.confusion_matrix.marginals
    columns: dict[str, Any] = {"support": marginals.actual}
    for key in ("precision", "recall"):
        low, high = _interval(evaluation, key)
        columns |= {key: getattr(count, key)(marginals), f"{key}_low": low, f"{key}_high": high}
    columns["f1"] = count.f1(marginals)
    return [
        {"class": name, **{key: _plain(values[k]) for key, values in columns.items()}}
        for k, name in enumerate(evaluation.classes)
    ]


def _interval(evaluation: Evaluation, key: str) -> tuple[Any, Any]:
    """Return the ends of Wilson's interval; NaN where counts do not say all there is to know."""
    marginals = evaluation.confusion_matrix.marginals
    tallies = {
        "accuracy": (marginals.true_positive.sum(), marginals.total),
        "precision": (marginals.true_positive, marginals.predicted),
        "recall": (marginals.true_positive, marginals.actual),
    }
    if not evaluation.sampling.simple:
        nothing = np.full(np.shape(tallies[key][0]), np.nan)
        return nothing, nothing
    low, high = proportion_interval(*tallies[key])
    return low, high


def _rows(evaluation: Evaluation) -> tuple[list[str], list[list[str]]]:
    rows = []
    for record in _records(evaluation):
        rates = [
            _cell(
                *(
                    np.nan if record[k] is None else record[k]
                    for k in (key, f"{key}_low", f"{key}_high")
                )
            )
            for key in ("precision", "recall")
        ]
        f1 = "n/a" if record["f1"] is None else percent(record["f1"])
        rows.append([str(record["class"]), count_text(record["support"]), *rates, f1])
    return ["class", "support", "precision, %", "recall, %", "F1, %"], rows


def _cell(value: float, low: float, high: float) -> str:
    if not np.isfinite(value):
        return "n/a"
    return percent(value) + (f" [{percent_range(low, high)}]" if np.isfinite(low) else "")


def _plain(value: Any) -> float | int | None:
    number = float(value)
    if not np.isfinite(number):
        return None
    return int(value) if isinstance(value, np.integer) else number
