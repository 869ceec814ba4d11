"""Images to look at, decoded to arrays when asked for, from arrays, Pillow images and files.

Image files are untrusted: only PNG, JPEG and WebP are read, the number of pixels is checked before
they are decoded, and nothing of a file is passed on but its pixels.
"""

from __future__ import annotations

import io
import os
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.columns import is_missing
from evalkit.errors import EvalkitError, FileFormatError, MissingExtraError
from evalkit.reading.source import open_source, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

LARGEST_SIDE = 192
"""Larger images are reduced to this many pixels in height and width."""
MOST_PIXELS = 36_000_000
"""Images of more pixels are not decoded."""
MOST_BYTES = 64 << 20
TOTAL_PIXELS = 1_500_000_000
"""Images of one call are decoded up to so many pixels, before their reduction."""
FORMATS = ("PNG", "JPEG", "WEBP")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
_LONGEST_REASON = 120
_WHITE = (255, 255, 255, 255)


@dataclass(frozen=True, eq=False)
class ArrayImages:
    """Images in an array (n, …), each of `shape` (h, w), (h, w, 3) or (3, h, w).

    Attributes
    ----------
    pixels : (n, …) numbers from 0 to `white`.
    shape : the shape of one image.
    white : the value of white.
    """

    pixels: NDArray[Any]
    shape: tuple[int, ...]
    white: float = 255

    def __len__(self) -> int:
        return len(self.pixels)

    def decoded(self, rows: Sequence[int]) -> list[Pixels | str]:
        """Return the images at rows as arrays."""
        return [self._decoded(row) for row in rows]

    def _decoded(self, row: int) -> Pixels:
        one = self.pixels[row].reshape(self.shape)
        if one.ndim == 3 and one.shape[0] == 3 and one.shape[2] != 3:
            one = np.moveaxis(one, 0, 2)
        if one.dtype != np.uint8 or self.white != 255:
            scaled = np.nan_to_num(one.astype(np.float64)) * (255 / self.white)
            one = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
        return _reduced(np.ascontiguousarray(one))


@dataclass(frozen=True, eq=False)
class EncodedImages:
    """Images as Pillow images, bytes of image files, or paths of image files.

    Attributes
    ----------
    held : (n,) objects; None for no image.
    folder : the folder that paths are relative to.
    is_confined : whether only files inside `folder` are read.
    """

    held: NDArray[Any]
    folder: Path = Path()
    is_confined: bool = True

    def __len__(self) -> int:
        return len(self.held)

    def decoded(self, rows: Sequence[int]) -> list[Pixels | str]:
        """Return the images at rows as arrays, and the reason in place of one that is not there."""
        require_pillow()
        left = TOTAL_PIXELS
        found: list[Pixels | str] = []
        for row in rows:
            try:
                pixels, cost = self._decoded(self.held[row], left)
                left -= cost
                found.append(pixels)
            except _NoImageError as reason:
                found.append(str(reason))
        return found

    def _decoded(self, held: Any, left: int) -> tuple[Pixels, int]:
        if isinstance(held, np.ndarray):  # comparing an array gives an array
            return _array_alone(held), held.size
        if is_missing(held) or held == "":
            raise _NoImageError("no image")
        if isinstance(held, bytes | bytearray | memoryview):
            return decode(io.BytesIO(bytes(held)), left)
        if isinstance(held, str | os.PathLike):
            return self._of_file(held, left)
        if hasattr(held, "convert"):
            with _reasons():  # it may be closed, or its file damaged
                return _of_pillow(held, left)
        raise _NoImageError(f"{type(held).__name__} is not an image")

    def _of_file(self, path: str | os.PathLike[str], left: int) -> tuple[Pixels, int]:
        text = os.fspath(path)
        if "://" in text or text.startswith("data:"):
            raise _NoImageError("a URL, which is not read")
        try:
            place = (self.folder / text).resolve()
            if self.is_confined and not place.is_relative_to(self.folder.resolve()):
                raise _NoImageError("outside the folder of the images")
            if not place.is_file():
                raise _NoImageError("file not found")
            with open_source(place) as source:
                if source.size > MOST_BYTES:
                    raise _NoImageError(f"a file of more than {MOST_BYTES >> 20} MB")
                return decode(source, left)
        except (OSError, ValueError, RuntimeError) as error:
            raise _NoImageError("an invalid path") from error
        except FileFormatError as error:
            empty = "File is empty" in str(error)
            raise _NoImageError("an empty file" if empty else "cannot be read") from error


class _NoImageError(Exception):
    """There is no image; the text is the reason."""


def require_pillow() -> None:
    """Raise `MissingExtraError` if Pillow is not installed."""
    try:
        import PIL  # noqa: F401  only whether it is there
    except ImportError:
        raise MissingExtraError.for_extra("images", "showing images", package="Pillow") from None


def decode(file: Any, left: int = TOTAL_PIXELS) -> tuple[Pixels, int]:
    """Return the first frame of an image file as an array, and the pixels that it took to decode.

    Raises
    ------
    _NoImageError
        If it is damaged, of another format, or has too many pixels.
    """
    from PIL import Image

    with _reasons(), Image.open(file, formats=FORMATS) as image:
        return _of_pillow(image, left)


@contextmanager
def _reasons() -> Iterator[None]:
    """Raise `_NoImageError` for whatever Pillow raises, and ignore its warnings."""
    from PIL import UnidentifiedImageError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damaged metadata, and of sizes that are checked below
        try:
            yield
        except (_NoImageError, EvalkitError):
            raise
        except UnidentifiedImageError as error:
            raise _NoImageError("not a PNG, JPEG or WebP image") from error
        except Exception as error:  # decoders raise errors of every kind
            reason = printable(str(error))[:_LONGEST_REASON] or type(error).__name__
            raise _NoImageError(f"a damaged image: {reason}") from error


def _of_pillow(image: Any, left: int) -> tuple[Pixels, int]:
    """Return an image of Pillow upright, grey or in colours, on white."""
    from PIL import Image, ImageOps

    width, height = image.size
    if not width * height:
        raise _NoImageError("an image without pixels")
    if width * height > MOST_PIXELS:
        raise _NoImageError(f"{width:,} × {height:,} pixels, more than {MOST_PIXELS:,}")
    if getattr(image, "format", None) == "JPEG":
        # The decoder of JPEG can skip detail, so that large photos cost little.
        image.draft(image.mode, (2 * LARGEST_SIDE, 2 * LARGEST_SIDE))
        width, height = image.size
    if width * height > left:
        raise _NoImageError("too many pixels in all")
    image.load()
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    if image.mode == "P" and (step := max(image.size) // (8 * LARGEST_SIDE)) > 1:
        # In colours it would have four times the bytes; of a large image some pixels are enough.
        size = tuple(max(1, side // step) for side in image.size)
        image = image.resize(size, Image.Resampling.NEAREST)
    if image.mode == "P" or "transparency" in image.info or image.mode in ("LA", "PA", "La"):
        image = image.convert("RGBA")
    factor = max(1, max(image.size) // (2 * LARGEST_SIDE))
    if factor > 1 and image.mode not in ("1", "P"):
        image = image.reduce(factor)
    if image.mode in ("RGBA", "RGBa"):
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, _WHITE), image)
    image = image.convert("L" if image.mode in ("1", "L") else "RGB")
    image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    with suppress(Exception):  # a damaged rotation is none
        image = ImageOps.exif_transpose(image)
    return np.asarray(image, dtype=np.uint8), width * height


def _eight_bits(image: Any) -> Any:
    """Return an image of 16 or 32 bits per pixel with 8; Pillow would cut off bright values.

    Floats of at most 1 range from 0 (black) to 1 (white), as in arrays.
    """
    from PIL import Image

    # Of a large image some rows and columns are enough.
    step = max(1, max(image.size) // (2 * LARGEST_SIDE))
    values = np.nan_to_num(np.asarray(image)[::step, ::step].astype(np.float64))
    largest = float(values.max(initial=0))
    white = 1.0 if image.mode == "F" and largest <= 1 else max(65535.0, largest)
    return Image.fromarray(np.clip(values * (255 / white), 0, 255).astype(np.uint8))


def _array_alone(one: NDArray[Any]) -> Pixels:
    """Return one array of a list of arrays of different sizes."""
    is_image = one.ndim == 2 or (one.ndim == 3 and one.shape[2] == 3)
    if not is_image or not one.size:
        raise _NoImageError(f"an array of shape {one.shape}, expected (h, w) or (h, w, 3)")
    if one.dtype == np.uint8:
        return _reduced(one)
    if one.dtype.kind not in "bf":
        raise _NoImageError(f"an array of {one.dtype}, expected uint8 or floats in [0, 1]")
    scaled = np.nan_to_num(one.astype(np.float64)) * 255
    return _reduced(np.clip(np.rint(scaled), 0, 255).astype(np.uint8))


def _reduced(one: Pixels) -> Pixels:
    """Return an image of at most `LARGEST_SIDE` pixels each way, the mean of blocks of a larger."""
    height, width = one.shape[:2]
    factor = -(-max(height, width) // LARGEST_SIDE)
    if factor == 1:
        return one
    # Blocks at the edges are completed by their last rows and columns.
    padding = [(0, -height % factor), (0, -width % factor), (0, 0)][: one.ndim]
    whole = np.pad(one, padding, mode="edge")
    # Adding views of the array is ten times as fast as NumPy's mean over blocks.
    total = np.zeros((-(-height // factor), -(-width // factor), *one.shape[2:]), np.uint32)
    for top in range(factor):
        for left in range(factor):
            total += whole[top::factor, left::factor]
    reduced: Pixels = np.rint(total / factor**2).astype(np.uint8)
    return reduced
