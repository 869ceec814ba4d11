"""Integer seeds select a named stream; a generator given in their place is used as it is."""

from __future__ import annotations

from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import evalkit
from evalkit import statistics
from evalkit.metrics.count import f1
from evalkit.statistics import JointCounts
from evalkit.statistics.permutation import studentized_p_value
from evalkit.statistics.streams import STREAMS, generator

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.statistics.streams import Stream

COUNTS = np.array([[30, 8, 2], [6, 20, 4], [1, 3, 26]])
COSTS = np.array([[0.0, 1.0, 5.0], [2.0, 0.0, 1.0], [9.0, 3.0, 0.0]])
RNG = np.random.default_rng(0)
ACTUAL, A, B = RNG.integers(0, 3, (3, 200))
JOINT = JointCounts.from_codes(ACTUAL, A, B, 3)
VALUES = RNG.normal(0.05, 1.0, 100)
FORECASTS = evalkit.evaluate(ACTUAL % 2, y_proba=RNG.dirichlet([4.0, 4.0], 200))
WEIGHTED = evalkit.evaluate(
    np.arange(1_000) % 2,
    y_proba=RNG.dirichlet([4.0, 4.0], 1_000),
    sample_weight=RNG.random(1_000),
)


def ends(function: Callable[..., Any], *arguments: Any, **options: Any) -> list[float]:
    found = function(*arguments, replicates=200, **options)
    return [*np.ravel(found.low).tolist(), *np.ravel(found.high).tolist()]


DRAWS: dict[str, tuple[Stream, Callable[..., Any]]] = {
    "bootstrap_interval": ("model", partial(ends, statistics.bootstrap_interval, COUNTS, "f1")),
    "paired_interval": ("pair", partial(ends, statistics.paired_interval, JOINT, "f1")),
    "equivalence_test": (
        "pair",
        partial(ends, statistics.equivalence_test, JOINT, "f1_macro", margin=0.1),
    ),
    "sample_bootstrap": ("losses", partial(ends, statistics.sample_bootstrap, np.mean, VALUES)),
    "mean_interval": ("losses", partial(ends, statistics.mean_interval, VALUES)),
    "mean_test": ("losses", partial(ends, statistics.mean_test, VALUES**3)),
    "calibration": (
        "calibration",
        lambda seed: [statistics.calibration(FORECASTS.counts, seed=seed).p_value],
    ),
    "average_precision_estimates": (
        "average precision",
        lambda seed: [
            end
            for each in statistics.average_precision_estimates(WEIGHTED.counts, 0.95, seed=seed)
            for end in (each.low, each.high)
        ],
    ),
    "seed_interval": (
        "seeds",
        partial(ends, statistics.seed_interval, ACTUAL, [A, B], metric="f1", n_classes=3),
    ),
    "cost_interval": ("costs", partial(ends, statistics.cost_interval, COUNTS, COSTS)),
    "cost_difference_interval": (
        "costs",
        partial(ends, statistics.cost_difference_interval, JOINT, COSTS),
    ),
    "sign_flip_p_value": (
        "cost signs",
        lambda seed: [statistics.sign_flip_p_value(VALUES, replicates=9_999, seed=seed)],
    ),
    "change_points_of_counts": (
        "count changes",
        lambda seed: [
            point.p_value
            for point in statistics.change_points_of_counts([3, 9], [10, 10], alpha=0.9, seed=seed)
        ],
    ),
    "change_points_of_estimates": (
        "estimate changes",
        lambda seed: [
            point.p_value
            for point in statistics.change_points_of_estimates(
                [0.0, 1.0], [0.5, 0.5], alpha=0.9, seed=seed
            )
        ],
    ),
}


@pytest.mark.parametrize("name", DRAWS)
def test_the_seed_decides(name: str) -> None:
    """Equal integers give equal numbers, those of the named stream; others give others."""
    stream, numbers = DRAWS[name]
    found = numbers(seed=7)
    assert numbers(seed=7) == found
    assert numbers(seed=generator(7, stream)) == found
    assert numbers(seed=8) != found


@pytest.mark.parametrize("name", DRAWS)
def test_a_generator_is_used_as_it_is(name: str) -> None:
    _, numbers = DRAWS[name]
    rng = np.random.default_rng(7)
    found = numbers(seed=rng)
    assert numbers(seed=np.random.default_rng(7)) == found
    assert rng.bit_generator.state != np.random.default_rng(7).bit_generator.state
    assert numbers(seed=rng) != found


def test_the_permutation_test_has_the_streams_of_pairs() -> None:
    """It exchanges models, and takes the standard error of the paired bootstrap."""
    exchanged = statistics.swap_resample(JOINT, 999, generator(7, "exchange"))
    resampled = statistics.paired_resample(JOINT, 500, generator(7, "spread"), smoothing=1.0)
    macro_f1 = partial(f1, average="macro")
    expected = studentized_p_value(
        macro_f1(JOINT.confusion_b()) - macro_f1(JOINT.confusion_a()),
        *(macro_f1(b) - macro_f1(a) for a, b in (resampled, exchanged)),
    )
    found = statistics.permutation_test(JOINT, "f1_macro", replicates=999, seed=7)
    assert found.p_value == expected
    other = statistics.permutation_test(JOINT, "f1_macro", replicates=999, seed=8)
    assert other.p_value != expected


def test_a_generator_is_returned_unchanged() -> None:
    rng = np.random.default_rng(0)
    for stream in STREAMS:
        assert generator(rng, stream) is rng


@pytest.mark.parametrize("seed", [0, 1, 42, 2**40])
def test_streams_differ(seed: int) -> None:
    drawn = {stream: generator(seed, stream).random(8) for stream in STREAMS}
    for one, other in combinations(drawn.values(), 2):
        assert (one != other).all()
    for numbers in drawn.values():
        assert (numbers != np.random.default_rng(seed).random(8)).all()


def test_what_a_stream_stands_for_never_changes() -> None:
    """Published results name a seed, so the numbers behind the names stay."""
    assert dict(STREAMS) == {
        "model": (1, 0),
        "pair": (2, 0, 1),
        "spread": (3, 1),
        "exchange": (3, 0, 1),
        "losses": (4,),
        "calibration": (4, 1),
        "seeds": (5,),
        "costs": (6,),
        "cost signs": (6, 1),
        "count changes": (7,),
        "estimate changes": (7, 1),
        "average precision": (8,),
        "shown samples": (9,),
    }
