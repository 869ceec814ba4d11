"""Colours can be read and told apart, by everyone and in both themes."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, get_args

import numpy as np
import pytest

from evalkit.report.palette import (
    DIVERGING_LEVELS,
    MARKS,
    PAPER,
    SEQUENTIAL_LEVELS,
    Theme,
    contrast,
    diverging,
    legible_ink,
    sequential,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
VISION = {
    "common": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
# Ottosson 2020, Oklab.
TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
THEMES: tuple[Theme, ...] = get_args(Theme)


def oklab(colour: str, vision: NDArray[np.float64]) -> NDArray[np.float64]:
    """A colour as an eye with this vision sees it."""
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen: NDArray[np.float64] = TO_OKLAB @ np.cbrt(TO_CONES @ np.clip(vision @ linear, 0, 1))
    return seen


@pytest.mark.parametrize("theme", THEMES)
def test_models_stand_out_from_the_paper(theme: Theme) -> None:
    """Each model's colour has a contrast of 3:1 (WCAG 1.4.11)."""
    assert all(contrast(getattr(mark, theme), PAPER[theme]) >= 3 for mark in MARKS)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("vision", VISION)
def test_models_stay_apart(theme: Theme, vision: str) -> None:
    """Eight colours differ visibly under each kind of colour blindness, and every shape differs."""
    seen = [oklab(getattr(mark, theme), VISION[vision]) for mark in MARKS]
    assert min(float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2)) > 0.08
    assert len({mark.shape for mark in MARKS}) == len(MARKS)


@pytest.mark.parametrize("theme", THEMES)
def test_digits_are_legible_on_every_level(theme: Theme) -> None:
    """Text in a cell has a contrast of 4.5:1 at each level of both scales."""
    levels = [sequential(i / (SEQUENTIAL_LEVELS - 1)) for i in range(SEQUENTIAL_LEVELS)]
    levels += [
        diverging(i / DIVERGING_LEVELS, theme)
        for i in range(-DIVERGING_LEVELS, DIVERGING_LEVELS + 1)
    ]
    assert min(contrast(legible_ink(level), level) for level in levels) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_zero_is_the_paper(theme: Theme) -> None:
    """No difference has no colour, in either theme."""
    assert diverging(0, theme) == PAPER[theme]


@pytest.mark.parametrize("vision", VISION)
def test_the_scale_rises_in_lightness(vision: str) -> None:
    """Cividis goes from dark to light for every eye."""
    lightness = [oklab(sequential(i / 31), VISION[vision])[0] for i in range(32)]
    assert np.all(np.diff(lightness) > 0)
