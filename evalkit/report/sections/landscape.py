"""The loss around each network's weights: slope, curvature, and what a step would do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.compare.phrasing import MINUS, count

if TYPE_CHECKING:
    from evalkit.report.subject import ShownModel, Subject
    from evalkit.training.landscape import Landscape as Measured

SAID = {
    "minimum": "All eigenvalues are positive: were the slope zero, this would be a minimum.",
    "maximum": "All eigenvalues are negative: were the slope zero, this would be a maximum.",
    "saddle": "Eigenvalues of both signs: the loss curves up in some directions and down in "
    "others, as at a saddle.",
    "undecided": "An extreme eigenvalue is too near zero to say which kind of point this is.",
}


@dataclass(frozen=True)
class StepRow:
    """One step down the gradient: the loss that each order predicts, and the loss that comes."""

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
    steps: tuple[StepRow, ...]


@dataclass(frozen=True)
class Landscape:
    """The section's content."""

    models: tuple[Surroundings, ...]
    without: tuple[ShownModel, ...]
    rows: str


def collect(subject: Subject) -> Landscape | None:
    """Return the section, or None where nothing was measured."""
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
        smallest=f"{_figure(found.smallest)} ± {found.smallest_error:.0e}",
        largest=f"{_figure(found.largest)} ± {found.largest_error:.0e}",
        raising_step="never" if found.raising_step is None else _figure(found.raising_step),
        kind=found.curvature,
        said=f"{SAID[found.curvature]} Below {found.tolerance:.0e} an eigenvalue counts as zero.",
        steps=tuple(
            StepRow(
                f"{step.step:g}",
                *(
                    f"{loss:.4f}".replace("-", MINUS)
                    for loss in (step.first_order, step.second_order, step.actual)
                ),
            )
            for step in found.steps
        ),
    )


def _figure(value: float) -> str:
    return f"{value:.3g}".replace("-", MINUS)
