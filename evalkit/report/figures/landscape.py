"""The loss along a step against the gradient, as the coordinates of SVG elements.

The picture needs no scripts: it has one line per prediction, and the measured losses as dots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.phrasing import MINUS
from evalkit.report.ticks import nice_ticks

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.training.landscape import Landscape

WIDTH, HEIGHT = 420.0, 260.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 14.0, 12.0, 46.0
POINTS = 60
FARTHEST = 3.0
"""The axis ends at the step that raises the loss, but at most so many times the largest step."""


@dataclass(frozen=True)
class Tick:
    """A tick of an axis: its place in the picture and its label."""

    place: float
    label: str


@dataclass(frozen=True)
class StepChart:
    """The lines of both predictions, and the measured losses, in the coordinates of the picture."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    first_order: str
    second_order: str
    dots: tuple[tuple[float, float], ...]
    level: float


def step_chart(found: Landscape) -> StepChart:
    """Return the picture of the loss L(w − ε g) over the step size ε, in nats."""
    slope = found.gradient_norm**2
    curvature = slope * found.gradient_curvature
    measured = [(0.0, found.loss), *((step.step, step.actual) for step in found.steps)]
    largest = max(step for step, _ in measured)
    end = min(max(largest, found.raising_step or 0.0), FARTHEST * largest) or 1.0
    x_ticks = nice_ticks(0.0, end, 5)
    places = [x_ticks[-1] * i / POINTS for i in range(POINTS + 1)]
    second = [found.loss - e * slope + e * e * curvature / 2 for e in places]
    heights = [*second, *(loss for _, loss in measured)]
    spread = max(heights) - min(heights) or abs(found.loss) or 1.0
    y_ticks = nice_ticks(min(heights) - 0.05 * spread, max(heights) + 0.05 * spread, 4)
    x = _scale(x_ticks, LEFT, WIDTH - RIGHT)
    y = _scale(y_ticks, HEIGHT - BOTTOM, TOP)
    # The straight line leaves the picture at its lower edge.
    straight = min(places[-1], (found.loss - y_ticks[0]) / slope if slope else places[-1])
    ends = [(0.0, found.loss), (straight, found.loss - straight * slope)]
    return StepChart(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        top=TOP,
        bottom=HEIGHT - BOTTOM,
        x_ticks=tuple(Tick(x(tick), _label(tick)) for tick in x_ticks),
        y_ticks=tuple(Tick(y(tick), _label(tick)) for tick in y_ticks),
        first_order=" ".join(f"{x(e)},{y(loss)}" for e, loss in ends),
        second_order=" ".join(f"{x(e)},{y(loss)}" for e, loss in zip(places, second, strict=True)),
        dots=tuple((x(step), y(loss)) for step, loss in measured),
        level=y(found.loss),
    )


def _scale(ticks: list[float], start: float, stop: float) -> Callable[[float], float]:
    def place(value: float) -> float:
        return round(start + (stop - start) * (value - ticks[0]) / (ticks[-1] - ticks[0]), 1)

    return place


def _label(tick: float) -> str:
    return f"{tick:g}".replace("-", MINUS)
