"""Thumbnails in one picture: all of them there, small enough, and equal bytes for equal images."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalkit.report.sprites import LARGEST_SIDE, Sprite, make_sprite, thumbnail

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
MANY = 1_000_000


def sheet_of(sprite: Sprite) -> Pixels:
    """The picture as its browser decodes it."""
    content = base64.b64decode(sprite.address.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(content)))


def cut(sprite: Sprite, i: int) -> Pixels:
    """One thumbnail, cut at its place as the style sheet does it."""
    place, (wide, high) = sprite.places[i], sprite.tile
    top, left = place.row * high, place.column * wide
    return sheet_of(sprite)[top : top + place.height, left : left + place.width]


def noise(seed: int, *shape: int) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def smooth(n: int, side: int) -> list[Pixels]:
    """Colour images without sharp edges, as photographs are."""
    ramp = np.linspace(0, 1, side)
    waves = [
        np.stack([np.outer(np.cos(i + ramp * j), np.sin(ramp * 3 + j)) for j in (1, 2, 3)], axis=2)
        for i in range(n)
    ]
    return [(127 + 120 * each).astype(np.uint8) for each in waves]


@pytest.mark.parametrize("shape", [(8, 8), (28, 28), (32, 32, 3), (20, 96), (5, 3, 3)])
def test_small_images_keep_their_pixels(shape: tuple[int, ...]) -> None:
    images = [noise(i, *shape) // 16 * 16 for i in range(7)]
    sprite = make_sprite(images, MANY)
    assert sprite is not None
    assert sprite.address.startswith("data:image/png;base64,")
    for i, image in enumerate(images):
        np.testing.assert_array_equal(cut(sprite, i), image)


def test_images_of_several_sizes_and_colours() -> None:
    """Grey images among colour images are grey, and each has its own size."""
    images = [noise(0, 9, 30), noise(1, 31, 4, 3), noise(2, 16, 16)]
    sprite = make_sprite(images, MANY)
    assert sprite is not None
    np.testing.assert_array_equal(cut(sprite, 1), images[1])
    for i in (0, 2):
        np.testing.assert_array_equal(cut(sprite, i), np.repeat(images[i][:, :, None], 3, axis=2))


def test_no_thumbnail_is_drawn_larger_than_it_may_be() -> None:
    """At most 96 pixels of the screen, in whole steps, so that pixels stay squares."""
    for side in (1, 5, 8, 28, 32, 48, 50, 96, 192):
        sprite = make_sprite([noise(0, side, side)], MANY)
        assert sprite is not None
        assert sprite.places[0].width * sprite.scale <= LARGEST_SIDE
        assert sprite.places[0].width * (sprite.scale + 1) > LARGEST_SIDE or side > LARGEST_SIDE


def test_a_large_image_keeps_its_mean_and_its_proportions() -> None:
    image = noise(0, 192, 96, 3)
    reduced = thumbnail(image)
    assert reduced.shape == (96, 48, 3)
    assert reduced.mean() == pytest.approx(image.mean(), abs=0.6)


def test_photographs_become_jpeg_close_to_the_original() -> None:
    images = [np.clip(each + noise(0, 96, 96, 3) // 16, 0, 255) for each in smooth(60, 96)]
    sprite = make_sprite([each.astype(np.uint8) for each in images], MANY)
    assert sprite is not None
    assert sprite.address.startswith("data:image/jpeg;base64,")
    errors = [np.abs(cut(sprite, i).astype(int) - images[i]).mean() for i in range(60)]
    assert max(errors) < 5


@pytest.mark.parametrize("most", [4_000, 40_000, 400_000])
def test_the_budget_holds(most: int) -> None:
    """Noise does not compress; as many images as fit are kept, the first ones."""
    images = [noise(i, 32, 32, 3) for i in range(300)]
    sprite = make_sprite(images, most)
    assert sprite is not None
    assert len(sprite.address) <= most
    assert 0 < len(sprite.places) <= len(images)


def test_nothing_fits_into_nothing() -> None:
    assert make_sprite([noise(0, 32, 32)], 50) is None


def test_equal_images_give_equal_bytes() -> None:
    for images in (smooth(30, 96), [noise(i, 8, 8) for i in range(30)]):
        first, second = (make_sprite([each.copy() for each in images], MANY) for _ in range(2))
        assert first == second
