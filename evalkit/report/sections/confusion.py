"""Section of the confusion matrices: all models on one scale, and differences of two.

Of many classes the matrices show the block that is confused most, and scripts draw an overview.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from evalkit.phrasing import count, percent, points
from evalkit.report.ordering import most_confused_block
from evalkit.report.palette import diverging_level, sequential_level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalkit.report.subject import ShownModel, Subject

FloatMatrix: TypeAlias = NDArray[np.float64]

TINY = np.finfo(np.float64).tiny
MOST_CELLS = 30
"""Up to this many classes a matrix shows all of them; beyond it, `BLOCK` of them."""
BLOCK = 20
LISTED_PAIRS = 12
UNCUT = 24
LISTED_PAIRS_OF_MANY = 50
BY_ACTUAL = "Share of each actual class, %: rows add to 100."
BY_ACTUAL_OF_MANY = "Share of each actual class, %; predictions of other classes are not shown."


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
class ShownClass:
    """A class with a row and a column: its position and its name."""

    position: int
    name: str


@dataclass(frozen=True)
class ConfusedRow:
    """One class predicted as another: count, support and share for each model."""

    actual: ShownClass
    predicted: ShownClass
    support: str
    counts: tuple[str, ...]
    shares: tuple[str, ...]
    change: str

    @property
    def title(self) -> str:
        """Both names, if one may be cut to the width of its column."""
        names = self.actual.name, self.predicted.name
        return '"{}" predicted as "{}"'.format(*names) if max(map(len, names)) > UNCUT else ""


@dataclass(frozen=True)
class Confusion:
    """The content of the section; `classes` are those of the matrices.

    Beyond `MOST_CELLS` classes they are the block that is confused most, in one view.
    """

    models: tuple[ShownModel, ...]
    classes: tuple[ShownClass, ...]
    n_classes: int
    views: tuple[MatrixView, ...]
    pairs: tuple[ConfusedRow, ...]

    @property
    def is_block(self) -> bool:
        """Whether the matrices show only some of the classes."""
        return self.n_classes > MOST_CELLS


def collect(subject: Subject) -> Confusion | None:
    """Return the section, or None for one class."""
    if subject.n_classes < 2:
        return None
    counts = [np.asarray(model.counts, dtype=np.float64) for model in subject.comparison.models]
    classes = tuple(ShownClass(k, name) for k, name in enumerate(subject.classes))
    shown = shown_classes(subject)
    return Confusion(
        models=subject.models,
        classes=tuple(classes[k] for k in shown),
        n_classes=len(classes),
        views=_views(subject, counts, shown) if shown else (),
        pairs=tuple(_most_confused(subject, counts, classes)),
    )


def shown_classes(subject: Subject) -> list[int]:
    """Return the classes of the matrices: all, or of many the block that is confused most."""
    if subject.n_classes <= MOST_CELLS:
        return list(range(subject.n_classes))
    return most_confused_block([model.counts for model in subject.comparison.models], BLOCK)


def by_actual(counts: FloatMatrix) -> FloatMatrix:
    """Return each cell as a share of its row; a row without samples is zero."""
    shares: FloatMatrix = counts / np.maximum(counts.sum(axis=1, keepdims=True), TINY)
    return shares


def by_predicted(counts: FloatMatrix) -> FloatMatrix:
    """Return each cell as a share of its column; a column without samples is zero."""
    shares: FloatMatrix = counts / np.maximum(counts.sum(axis=0, keepdims=True), TINY)
    return shares


def _views(subject: Subject, counts: list[FloatMatrix], shown: list[int]) -> tuple[MatrixView, ...]:
    cells = np.ix_(shown, shown)
    values = {
        "actual": [by_actual(c)[cells] for c in counts],
        "counts": [c[cells] for c in counts],
        "predicted": [by_predicted(c)[cells] for c in counts],
    }
    if len(shown) < subject.n_classes:
        return (_view(subject, "actual", "By actual", BY_ACTUAL_OF_MANY, values["actual"]),)
    return (
        _view(subject, "actual", "By actual", BY_ACTUAL, values["actual"]),
        _view(subject, "counts", "Counts", "Number of samples.", values["counts"]),
        _view(
            subject,
            "predicted",
            "By predicted",
            "Share of each predicted class, %: columns add to 100.",
            values["predicted"],
        ),
    )


def _view(
    subject: Subject, key: str, label: str, caption: str, values: list[FloatMatrix]
) -> MatrixView:
    top = max(float(value.max()) for value in values)
    darkest = f"{percent(top)} %" if key != "counts" else count(top)
    return MatrixView(
        key,
        label,
        f"{caption} Colours from 0 to {darkest}.",
        _matrices(subject, values, is_share=key != "counts", with_difference=key == "actual"),
    )


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


def _most_confused(
    subject: Subject, counts: list[FloatMatrix], classes: tuple[ShownClass, ...]
) -> Iterator[ConfusedRow]:
    """Yield the most confused pairs, by the largest count of any model."""
    most = np.max(counts, axis=0)
    np.fill_diagonal(most, 0)
    listed = LISTED_PAIRS if subject.n_classes <= MOST_CELLS else LISTED_PAIRS_OF_MANY
    shares = [by_actual(c) for c in counts]
    for place in np.argsort(-most, axis=None, kind="stable")[:listed].tolist():
        cell = i, j = divmod(place, len(most))
        if most[cell] == 0:
            return
        yield ConfusedRow(
            actual=classes[i],
            predicted=classes[j],
            support=count(subject.comparison.support[i]),
            counts=tuple(count(float(c[cell])) for c in counts),
            shares=tuple(percent(float(share[cell])) for share in shares),
            change=points(float(shares[1][cell] - shares[0][cell])) if subject.is_pair else "",
        )
