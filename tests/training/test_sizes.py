from __future__ import annotations

import numpy as np
import pytest

from evalkit.errors import TrainingError
from evalkit.training.architecture import Architecture
from evalkit.training.numpy_network import Network
from evalkit.training.sizes import match_parameters, parameter_count


def test_one_hidden_layer_matches_the_formula() -> None:
    """n = d_h (d + 1) + m (d_h + 1) for d inputs, d_h hidden units and m classes."""
    for d, d_h, m in ((3072, 128, 10), (64, 1, 2), (1, 7, 3)):
        assert parameter_count(Architecture(d, (d_h,), m)) == d_h * (d + 1) + m * (d_h + 1)


def test_count_of_a_large_network() -> None:
    """3072-512-256-10 by hand: 1,573,376 and 131,328 and 2,570.

    The 1,707,264 that is sometimes quoted leaves out the ten biases of the outputs.
    """
    assert parameter_count(Architecture(3072, (512, 256), 10)) == 1_573_376 + 131_328 + 2_570


@pytest.mark.parametrize("options", [{}, {"batch_norm": True}, {"residual": True}])
def test_count_equals_the_length_of_the_parameter_vector(options: dict[str, bool]) -> None:
    """The count equals the length of the parameter vector."""
    architecture = Architecture(9, (4, 4, 4), 3, **options)  # type: ignore[arg-type]  # bools
    assert parameter_count(architecture) == Network(architecture).parameters.size


def test_layers_to_match_a_large_network() -> None:
    """Six layers of 120 after one of 512 are closest to 1,707,264, with or without the biases."""

    def deep(layers: int) -> Architecture:
        return Architecture(3072, (512, *[120] * layers), 10)

    for count in (1_707_264, 1_707_274):
        differences = [abs(parameter_count(deep(n)) - count) for n in range(1, 30)]
        assert match_parameters(count, deep) == deep(1 + int(np.argmin(differences))) == deep(6)


@pytest.mark.parametrize("count", [1, 100, 6_543, 2_000_000])
def test_no_other_width_is_closer(count: int) -> None:
    """A search over all widths up to 2,000 finds no closer count."""

    def wide(width: int) -> Architecture:
        return Architecture(64, (width,), 10)

    found = abs(parameter_count(match_parameters(count, wide)) - count)
    best = min(abs(parameter_count(wide(width)) - count) for width in range(1, 2_000))
    assert found <= best


def test_invalid_counts_and_families_raise() -> None:
    """A count below 1, or a family whose size does not increase, raises."""
    with pytest.raises(TrainingError, match="parameter count is 0, expected at least 1"):
        match_parameters(0, lambda n: Architecture(2, (n,), 2))
    with pytest.raises(TrainingError, match="must increase with the size"):
        match_parameters(1000, lambda _: Architecture(2, (), 2))
