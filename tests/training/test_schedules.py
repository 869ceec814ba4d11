from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pytest

from evalkit.training.schedules import learning_rate
from evalkit.training.settings import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

STEPS = 1000


def rates(schedule: Schedule) -> NDArray[np.float64]:
    """Return the learning rates of a whole run with largest rate 2."""
    return np.array([learning_rate(schedule, 2.0, step, STEPS) for step in range(STEPS)])


@pytest.mark.parametrize("schedule", get_args(Schedule))
def test_rates_are_positive_and_reach_the_largest(schedule: Schedule) -> None:
    """All rates are positive, and the largest equals the given rate."""
    assert rates(schedule).min() > 0
    assert rates(schedule).max() == pytest.approx(2.0)


def test_constant() -> None:
    """All rates are equal."""
    assert set(rates("constant")) == {2.0}


def test_cosine_falls_through_half_at_half_time() -> None:
    """The rates never increase, and are point-symmetric about the middle."""
    cosine = rates("cosine")
    assert (np.diff(cosine) < 0).all()
    np.testing.assert_allclose(cosine[1:] + cosine[1:][::-1], 2.0)


def test_step_is_divided_by_ten_twice() -> None:
    """The rate is divided by ten at one half and at three quarters of the run."""
    step = rates("step")
    np.testing.assert_allclose(np.unique(step), [0.02, 0.2, 2.0])
    assert [int(place) + 1 for place in np.flatnonzero(np.diff(step))] == [500, 750]


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step")
def test_one_cycle_and_cosine_equal_torch() -> None:
    """PyTorch's schedulers give the same rates; their last step is one earlier."""
    torch = pytest.importorskip("torch")
    schedulers = torch.optim.lr_scheduler
    parameter = torch.nn.Parameter(torch.zeros(1))
    made: dict[str, Callable[[Any], Any]] = {
        "one_cycle": lambda sgd: schedulers.OneCycleLR(
            sgd, 2.0, total_steps=STEPS + 1, cycle_momentum=False
        ),
        "cosine": lambda sgd: schedulers.CosineAnnealingLR(sgd, STEPS),
    }
    for name, make in made.items():
        scheduler = make(torch.optim.SGD([parameter], lr=2.0))
        expected = []
        for _ in range(STEPS):
            expected.append(scheduler.get_last_lr()[0])
            scheduler.step()
        tolerance = 2.0 * 0.01 if name == "one_cycle" else 1e-9
        np.testing.assert_allclose(rates(name), expected, atol=tolerance)  # type: ignore[arg-type]
