"""Measure what the pictures of a report cost: 400 thumbnails from arrays.

python -m benchmarks.thumbnails

Per size of image: the time of reading, reducing and encoding, the format, and its size in the page.
Images are smooth with some noise, so that they compress like photographs.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from evalkit.predictions.inputs import Inputs
from evalkit.report.samples import BUDGET
from evalkit.report.sprites import make_sprite

if TYPE_CHECKING:
    from numpy.typing import NDArray

IMAGES = 400
ROUNDS = 3
SHAPES = ((8, 8), (28, 28), (32, 32, 3), (96, 96, 3), (224, 224, 3))


def images(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return images of one shape: waves in each colour, with noise."""
    rng = np.random.default_rng(0)
    height, width = shape[:2]
    colours = shape[2] if len(shape) == 3 else 1
    down, across = np.linspace(0, 1, height), np.linspace(0, 1, width)
    made = np.empty((IMAGES, height, width, colours), np.uint8)
    for i in range(IMAGES):
        for colour in range(colours):
            a, b, c = rng.normal(0, 6, 3)
            waves = 127 + 100 * np.cos(a * down[:, None] + b * across + c)
            made[i, :, :, colour] = np.clip(waves + rng.normal(0, 8, waves.shape), 0, 255)
    return made.reshape(IMAGES, *shape)


def main() -> None:
    """Print one line per size of image."""
    for shape in SHAPES:
        inputs = Inputs.of_array(images(shape), shape)
        best = float("inf")
        for _ in range(ROUNDS):
            started = time.perf_counter()
            pixels = [each for each in inputs.images(range(IMAGES)) if not isinstance(each, str)]
            sprite = make_sprite(pixels, BUDGET)
            best = min(best, time.perf_counter() - started)
        assert sprite is not None
        form = sprite.address[len("data:image/") : sprite.address.index(";")]
        size = " x ".join(map(str, shape))
        print(
            f"{size:>13}  {best:6.3f} s  {form:>4}  {len(sprite.address) / 1000:6.0f} kB  "
            f"{len(sprite.places)} of {IMAGES} images"
        )


if __name__ == "__main__":
    main()
