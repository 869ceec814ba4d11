"""Section of the confusion matrices: all models on one scale, and differences of two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from evalkit.phrasing import count, percent, points
from evalkit.report.names import needs_care
from evalkit.report.palette import diverging_level, sequential_level

if TYPE_CHECKING:
    from evalkit.report.subject import ShownModel, Subject

FloatMatrix: TypeAlias = NDArray[np.float64]

TINY = np.finfo(np.float64).tiny
MOST_CELLS = 30
"""Up to this many classes a matrix is a table of numbers; beyond it, lists of errors."""
MOST_VISIBLE = 100
"""Beyond this many classes a cell is only a few pixels, and the pairs are shown first."""
LISTED_PAIRS = 12
BY_ACTUAL = "Rows actual, columns predicted. Share of each actual class, %: rows add to 100."


@dataclass(frozen=True)
class MatrixCell:
    """A cell as printed: its text and the CSS class of its level."""

    text: str
    level: str


@dataclass(frozen=True)
class Matrix:
    """A matrix as a table; `second` is None for the matrix of one model."""

    model: ShownModel
    second: ShownModel | None
    rows: tuple[tuple[MatrixCell, ...], ...]


@dataclass(frozen=True)
class MatrixView:
    """One normalisation of all matrices, on one scale."""

    key: str
    label: str
    caption: str
    matrices: tuple[Matrix, ...]


@dataclass(frozen=True)
class ErrorCount:
    """How often a class was predicted as another; `set_apart` if the name needs isolation."""

    predicted: str
    count: str
    set_apart: bool


@dataclass(frozen=True)
class ClassErrors:
    """The errors of one class for each model, the most frequent first."""

    actual: str
    anchor: str
    support: str
    errors: tuple[tuple[ErrorCount, ...], ...]


@dataclass(frozen=True)
class ConfusedRow:
    """One class predicted as another: count and share for each model."""

    actual: str
    predicted: str
    counts: tuple[str, ...]
    shares: tuple[str, ...]
    change: str


@dataclass(frozen=True)
class Confusion:
    """The content of the section.

    Beyond `MOST_CELLS` classes the matrices of `views` have no rows, and `by_class` holds their
    numbers.
    """

    models: tuple[ShownModel, ...]
    classes: tuple[str, ...]
    views: tuple[MatrixView, ...]
    pairs: tuple[ConfusedRow, ...]
    by_class: tuple[ClassErrors, ...]

    @property
    def pairs_first(self) -> bool:
        """Whether the most confused pairs are shown first, because cells would be too small."""
        return len(self.classes) > MOST_VISIBLE


def collect(subject: Subject) -> Confusion | None:
    """Return the section, or None for one class."""
    if subject.n_classes < 2:
        return None
    counts = [np.asarray(model.counts, dtype=np.float64) for model in subject.comparison.models]
    small = subject.n_classes <= MOST_CELLS
    return Confusion(
        models=subject.models,
        classes=subject.classes,
        views=_views(subject, counts) if small else _frames(subject),
        pairs=_most_confused(subject, counts),
        by_class=() if small else _errors_by_class(subject, counts),
    )


def by_actual(counts: FloatMatrix) -> FloatMatrix:
    """Return each cell as a share of its row; a row without samples is zero."""
    shares: FloatMatrix = counts / np.maximum(counts.sum(axis=1, keepdims=True), TINY)
    return shares


def by_predicted(counts: FloatMatrix) -> FloatMatrix:
    """Return each cell as a share of its column; a column without samples is zero."""
    shares: FloatMatrix = counts / np.maximum(counts.sum(axis=0, keepdims=True), TINY)
    return shares


def _frames(subject: Subject) -> tuple[MatrixView, ...]:
    """Return one view, whose matrices are drawn by scripts."""
    matrices = [Matrix(model, None, ()) for model in subject.models]
    if len(matrices) > 1:
        pair = subject.comparison.leading_pair
        matrices.append(Matrix(subject.models[pair.first], subject.models[pair.second], ()))
    return (MatrixView("actual", "By actual", BY_ACTUAL, tuple(matrices)),)


def _views(subject: Subject, counts: list[FloatMatrix]) -> tuple[MatrixView, ...]:
    shares = {
        "actual": (
            "By actual",
            BY_ACTUAL,
            [by_actual(c) for c in counts],
        ),
        "predicted": (
            "By predicted",
            "Rows actual, columns predicted. Share of each predicted class, %: columns add to 100.",
            [by_predicted(c) for c in counts],
        ),
    }
    views = [
        MatrixView(
            key,
            label,
            caption,
            _matrices(subject, values, is_share=True, with_difference=key == "actual"),
        )
        for key, (label, caption, values) in shares.items()
    ]
    views.insert(
        1,
        MatrixView(
            "counts",
            "Counts",
            "Rows actual, columns predicted. Number of samples.",
            _matrices(subject, counts, is_share=False, with_difference=False),
        ),
    )
    return tuple(views)


def _matrices(
    subject: Subject,
    values: list[FloatMatrix],
    *,
    is_share: bool,
    with_difference: bool,
) -> tuple[Matrix, ...]:
    top = max(float(value.max()) for value in values) or 1.0
    matrices = [
        Matrix(model, None, _table(value, value / top, is_share=is_share))
        for model, value in zip(subject.models, values, strict=True)
    ]
    if with_difference and len(values) > 1:
        pair = subject.comparison.leading_pair
        change = values[pair.second] - values[pair.first]
        reach = float(np.abs(change).max()) or 1.0
        matrices.append(
            Matrix(
                subject.models[pair.first],
                subject.models[pair.second],
                tuple(
                    tuple(
                        MatrixCell(points(number, decimals=0), diverging_level(number / reach))
                        for number in row
                    )
                    for row in change.tolist()
                ),
            )
        )
    return tuple(matrices)


def _table(
    values: FloatMatrix, fractions: FloatMatrix, *, is_share: bool
) -> tuple[tuple[MatrixCell, ...], ...]:
    return tuple(
        tuple(
            MatrixCell(
                percent(number, decimals=0) if is_share else count(number), sequential_level(place)
            )
            for number, place in zip(row, places, strict=True)
        )
        for row, places in zip(values.tolist(), fractions.tolist(), strict=True)
    )


def _most_confused(subject: Subject, counts: list[FloatMatrix]) -> tuple[ConfusedRow, ...]:
    """Return the union of the models' most confused pairs, the most frequent first."""
    cells = {
        (pair.actual, pair.predicted)
        for model in subject.comparison.models
        for pair in model.most_confused[:LISTED_PAIRS]
    }
    ordered = sorted(cells, key=lambda cell: (-max(c[cell] for c in counts), cell))
    shares = [by_actual(c) for c in counts]
    return tuple(
        ConfusedRow(
            actual=subject.classes[cell[0]],
            predicted=subject.classes[cell[1]],
            counts=tuple(count(float(c[cell])) for c in counts),
            shares=tuple(percent(float(share[cell])) for share in shares),
            change=points(float(shares[1][cell] - shares[0][cell])) if subject.is_pair else "",
        )
        for cell in ordered[:LISTED_PAIRS]
    )


def _errors_by_class(subject: Subject, counts: list[FloatMatrix]) -> tuple[ClassErrors, ...]:
    whole = subject.comparison.classes
    spills = [needs_care(*names) for names in zip(whole, subject.classes, strict=True)]
    rows = []
    for k, name in enumerate(subject.classes):
        errors = []
        for matrix in counts:
            row = matrix[k].copy()
            row[k] = 0
            called = np.flatnonzero(row)
            called = called[np.argsort(-row[called], kind="stable")]
            errors.append(
                tuple(
                    ErrorCount(subject.classes[j], count(n), spills[j])
                    for j, n in zip(called.tolist(), row[called].tolist(), strict=True)
                )
            )
        rows.append(
            ClassErrors(name, f"class-{k}", count(subject.comparison.support[k]), tuple(errors))
        )
    return tuple(rows)
