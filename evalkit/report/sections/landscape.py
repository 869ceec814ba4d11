"""Section on the loss around the weights: slope, curvature, and a picture of a step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.phrasing import MINUS, count
from evalkit.report.figures.landscape import StepChart, step_chart

if TYPE_CHECKING:
    from evalkit.report.subject import ShownModel, Subject
    from evalkit.training.landscape import Landscape as Measured

SAID = {
    "minimum": "all eigenvalues are positive, as at a minimum",
    "maximum": "all eigenvalues are negative, as at a maximum",
    "saddle": "eigenvalues of both signs, as at a saddle point",
    "undecided": "an extreme eigenvalue is too close to zero to name the kind of point",
}
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class StepRow:
    """One step along the gradient: the predicted losses of each order and the measured loss."""

    step: str
    first_order: str
    second_order: str
    actual: str


@dataclass(frozen=True)
class Surroundings:
    """The loss around one network."""

    model: ShownModel
    loss: str
    gradient_norm: str
    gradient_curvature: str
    smallest: str
    largest: str
    raising_step: str
    kind: str
    said: str
    tolerance: str
    chart: StepChart
    steps: tuple[StepRow, ...]


@dataclass(frozen=True)
class Landscape:
    """The content of the section."""

    models: tuple[Surroundings, ...]
    without: tuple[ShownModel, ...]
    rows: str


def collect(subject: Subject) -> Landscape | None:
    """Return the section, or None if no landscape was measured."""
    models = list(zip(subject.models, subject.comparison.models, strict=True))
    measured = [(shown, m.landscape) for shown, m in models if m.landscape is not None]
    if not measured:
        return None
    return Landscape(
        models=tuple(_surroundings(shown, found) for shown, found in measured),
        without=tuple(shown for shown, model in models if model.landscape is None),
        rows=count(measured[0][1].rows),
    )


def _surroundings(shown: ShownModel, found: Measured) -> Surroundings:
    return Surroundings(
        model=shown,
        loss=f"{found.loss:.4f}",
        gradient_norm=_figure(found.gradient_norm),
        gradient_curvature=_figure(found.gradient_curvature),
        smallest=f"{_figure(found.smallest)} ± {_power(found.smallest_error)}",
        largest=f"{_figure(found.largest)} ± {_power(found.largest_error)}",
        raising_step="never" if found.raising_step is None else _figure(found.raising_step),
        kind=found.curvature,
        said=SAID[found.curvature],
        tolerance=_scaled(found.tolerance),
        chart=step_chart(found),
        steps=tuple(
            StepRow(
                f"{step.step:g}",
                *(
                    f"{loss:.3f}".replace("-", MINUS)
                    for loss in (step.first_order, step.second_order, step.actual)
                ),
            )
            for step in found.steps
        ),
    )


def _figure(value: float) -> str:
    """Return a number with three significant digits.

    >>> _figure(1.8), _figure(-123.4)
    ('1.80', '−123')
    """
    return f"{value:#.3g}".rstrip(".").replace("-", MINUS)


def _power(value: float) -> str:
    """Return the power of ten that a small number does not exceed.

    >>> _power(2.4e-5), _power(0.0)
    ('10⁻⁴', '0')
    """
    if value <= 0:
        return "0"
    return f"10{str(math.ceil(math.log10(value))).translate(RAISED)}"


def _scaled(value: float) -> str:
    """Return a small number with two digits and its power of ten.

    >>> _scaled(1.83e-5)
    '1.8 · 10⁻⁵'
    """
    digits, power = f"{value:.1e}".split("e")
    return f"{digits} · 10{str(int(power)).translate(RAISED)}"
