"""Thumbnails of many images in one picture, from which the page cuts each."""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

LARGEST_SIDE = 96
"""Thumbnails have at most so many pixels in height and width, on the screen as well."""
BLOCK = 8
"""JPEG compresses blocks of this size; thumbnails start at blocks, so that none blurs another."""
QUALITIES = (88, 75, 60)
ALWAYS_EXACT = 100_000
"""A PNG of at most so many bytes is taken even where a JPEG is smaller."""
MOST_EXACT = 2_000_000
"""Sheets of more values are not tried as PNG: it takes long, and photographs become large."""


@dataclass(frozen=True)
class Place:
    """Where a thumbnail lies in its sheet: column and row of its tile, and its size in pixels."""

    column: int
    row: int
    width: int
    height: int


@dataclass(frozen=True)
class Sprite:
    """Thumbnails in one picture.

    Attributes
    ----------
    address : the picture as a ``data:`` URI.
    width, height : of the picture in pixels.
    tile : width and height of the tiles.
    scale : so many pixels of the screen, in each direction, show one pixel of a thumbnail.
    places : of the thumbnails, in the order given.
    """

    address: str
    width: int
    height: int
    tile: tuple[int, int]
    scale: int
    places: tuple[Place, ...]


def make_sprite(images: Sequence[Pixels], most_bytes: int) -> Sprite | None:
    """Return the thumbnails of the first images that fit into a number of bytes.

    The picture is a PNG or a JPEG, whichever is smaller; equal images give equal bytes. Small
    images keep their pixels, and the page enlarges them.

    Parameters
    ----------
    images : each (h, w) or (h, w, 3).
    most_bytes : largest length of the ``data:`` URI.

    Returns
    -------
    None if not even one image fits.
    """
    thumbnails = [thumbnail(image) for image in images]
    kept = len(thumbnails)
    while kept:
        sheet, tile = _sheet(thumbnails[:kept])
        media_type, content = _encoded(sheet, most_bytes * 3 // 4)
        if (length := len(content) * 4 // 3 + 100) <= most_bytes:
            break
        kept = min(kept - 1, int(0.95 * kept * most_bytes / length))
    else:
        return None
    columns = sheet.shape[1] // tile[0]
    largest = max(max(each.shape[:2]) for each in thumbnails[:kept])
    return Sprite(
        address=f"data:image/{media_type};base64,{base64.b64encode(content).decode()}",
        width=sheet.shape[1],
        height=sheet.shape[0],
        tile=tile,
        scale=max(1, LARGEST_SIDE // largest),
        places=tuple(
            Place(i % columns, i // columns, each.shape[1], each.shape[0])
            for i, each in enumerate(thumbnails[:kept])
        ),
    )


def thumbnail(image: Pixels) -> Pixels:
    """Return an image of at most 96 pixels in height and width.

    >>> thumbnail(np.zeros((192, 100), np.uint8)).shape, thumbnail(np.ones((8, 8), np.uint8)).shape
    ((96, 50), (8, 8))
    """
    if max(image.shape[:2]) <= LARGEST_SIDE:
        return image
    from PIL import Image

    reduced = Image.fromarray(image)
    reduced.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.BOX)
    return np.asarray(reduced, dtype=np.uint8)


def _sheet(thumbnails: Sequence[Pixels]) -> tuple[Pixels, tuple[int, int]]:
    """Return all thumbnails in a grid of equal tiles, and the width and height of a tile."""
    high, wide = (
        -(-max(each.shape[axis] for each in thumbnails) // BLOCK) * BLOCK for axis in (0, 1)
    )
    columns = math.ceil(math.sqrt(len(thumbnails) * high / wide))
    rows = -(-len(thumbnails) // columns)
    is_grey = all(each.ndim == 2 for each in thumbnails)
    sheet = np.zeros((rows * high, columns * wide, *(() if is_grey else (3,))), np.uint8)
    for i, each in enumerate(thumbnails):
        top, left = i // columns * high, i % columns * wide
        pixels = each if is_grey or each.ndim == 3 else np.repeat(each[:, :, None], 3, axis=2)
        # The edge is repeated up to the next block; a sharp end would disturb the block before it.
        padding = [(0, -side % BLOCK) for side in pixels.shape[:2]] + [(0, 0)] * (pixels.ndim - 2)
        padded = np.pad(pixels, padding, mode="edge")
        sheet[top : top + padded.shape[0], left : left + padded.shape[1]] = padded
    return sheet, (wide, high)


def _encoded(sheet: Pixels, most_bytes: int) -> tuple[str, bytes]:
    """Return the format and the content of the smaller picture, PNG or JPEG.

    JPEG has its best quality that fits, or else its lowest.
    """
    from PIL import Image

    picture = Image.fromarray(sheet)
    exact = None
    if sheet.size <= MOST_EXACT:
        exact = _saved(picture, "PNG", optimize=True)
        if len(exact) <= min(ALWAYS_EXACT, most_bytes):
            return "png", exact
    for quality in QUALITIES:
        lossy = _saved(picture, "JPEG", quality=quality, subsampling=0)
        if len(lossy) <= most_bytes:
            break
    return ("png", exact) if exact and len(exact) <= len(lossy) else ("jpeg", lossy)


def _saved(picture: Any, form: str, **options: Any) -> bytes:
    held = io.BytesIO()
    picture.save(held, form, **options)
    return held.getvalue()
