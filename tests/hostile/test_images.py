"""Hostile images and paths: each is an array of bounded size or a reason, at a bounded cost."""

from __future__ import annotations

import io
import os
import struct
import sys
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evalkit.predictions.images import LARGEST_SIDE, MOST_PIXELS, EncodedImages
from evalkit.predictions.inputs import Inputs
from tests.hostile.limits import SECONDS, allowed, limited

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

Image = pytest.importorskip("PIL.Image")


def picture(height: int = 40, width: int = 60) -> NDArray[np.uint8]:
    found = np.zeros((height, width, 3), np.uint8)
    found[: height // 2, :, 0] = 250
    return found


def encoded(image: Any, form: str = "PNG", **options: Any) -> bytes:
    content = io.BytesIO()
    image.save(content, form, **options)
    return content.getvalue()


def saved(form: str = "PNG", **options: Any) -> bytes:
    return encoded(Image.fromarray(picture()), form, **options)


def decoded(content: Any) -> Any:
    held = np.empty(1, object)
    held[0] = content
    (found,) = Inputs("image", EncodedImages(held)).images([0])
    return found


def chunk(kind: bytes, content: bytes) -> bytes:
    sum_ = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + sum_


def png(width: int, height: int, content: bytes = b"", *before: bytes) -> bytes:
    """A grey PNG of 8 bits with a header that may say anything."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *before, chunk(b"IDAT", content), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def zeros(count: int) -> bytes:
    return zlib.compress(b"\0" * count, 9)


BOMBS: dict[str, Callable[[], bytes]] = {
    "header of 10 billion pixels": lambda: png(100_000, 100_000, zeros(1_000)),
    "header of 2 GB": lambda: png(2**31 - 1, 2**31 - 1, zeros(1_000)),
    "more pixels than allowed": lambda: png(6_001, 6_000, zeros(6_002 * 6_000)),
    "header of a JPEG": lambda: saved("JPEG").replace(
        struct.pack(">HH", 40, 60), struct.pack(">HH", 65_500, 65_500)
    ),
    "text that unpacks to 64 MB": lambda: png(
        4, 4, zeros(20), chunk(b"zTXt", b"a\0\0" + zeros(64 << 20))
    ),
    "profile that unpacks to 64 MB": lambda: png(
        4, 4, zeros(20), chunk(b"iCCP", b"a\0\0" + zeros(64 << 20))
    ),
    "data of another size": lambda: png(4, 4, zeros(64 << 20)),
    "too little data": lambda: png(500, 500, zeros(10)),
    "GIF": lambda: saved("GIF"),
    "TIFF": lambda: saved("TIFF"),
    "BMP": lambda: saved("BMP"),
    "program of PostScript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nquit\n",
    "page": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
    "text": lambda: b"name:x:0:0:somebody\n",
    "nothing": lambda: b"",
    "the largest that is allowed": lambda: encoded(
        Image.new("RGBA", (6_000, MOST_PIXELS // 6_000), (9, 9, 9, 100)), compress_level=1
    ),
    "the largest palette": lambda: encoded(
        Image.new("P", (6_000, MOST_PIXELS // 6_000)), compress_level=1, transparency=0
    ),
    "the largest of 16 bits": lambda: encoded(
        Image.new("I;16", (6_000, MOST_PIXELS // 6_000), 300), compress_level=1
    ),
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is measured by /proc")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_little(name: str) -> None:
    """Two seconds and 300 MB beyond ten times the size, as any untrusted file."""
    content = BOMBS[name]()
    decoded(saved())  # what is imported does not count

    def act() -> dict[str, Any]:
        found = decoded(content)
        shape = None if isinstance(found, str) else list(found.shape)
        return {"outcome": "read", "message": found if shape is None else "", "shape": shape}

    (outcome,) = limited([act], len(content))
    assert outcome["outcome"] == "read", outcome
    assert outcome["seconds"] <= SECONDS, outcome
    assert outcome["growth"] <= allowed(len(content)), outcome
    assert "\n" not in outcome["message"]
    if name.startswith("the largest"):
        assert max(outcome["shape"]) <= LARGEST_SIDE
    elif "unpacks" not in name and "another size" not in name:
        assert outcome["shape"] is None, outcome


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_cut_and_changed_files_are_read_or_explained(form: str) -> None:
    """No error but that of the reason leaves the decoder, whatever its bytes are."""
    content = saved(form)
    rng = np.random.default_rng(7)
    changed = [content[: len(content) * i // 20] for i in range(20)]
    for _ in range(150):
        bytes_ = np.frombuffer(content, np.uint8).copy()
        places = rng.integers(0, len(bytes_), rng.integers(1, 6))
        bytes_[places] = rng.integers(0, 256, len(places))
        changed.append(bytes_.tobytes())
    for each in changed:
        found = decoded(each)
        if isinstance(found, str):
            assert found
            assert found.isprintable()
        else:
            assert found.dtype == np.uint8
            assert max(found.shape) <= LARGEST_SIDE
    assert isinstance(decoded(content[: len(content) // 2]), str)


def test_a_rotated_photo_is_upright() -> None:
    """Orientation 6 is a camera that was turned: the red upper half is stored at the left."""
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.fromarray(np.ascontiguousarray(np.rot90(picture())))
    found = decoded(encoded(turned, "JPEG", exif=exif, quality=95))
    assert found.shape == (40, 60, 3)
    assert found[5, 30, 0] > 200 > 100 > found[35, 30, 0]


def test_a_damaged_rotation_is_none() -> None:
    content = saved("JPEG", exif=b"Exif\0\0" + b"II*\0\xff\xff\xff\x7f" + b"\x12\x01" * 40)
    assert decoded(content).shape == (40, 60, 3)


MODES: dict[str, tuple[Any, tuple[int, ...], int]] = {
    "bits": (Image.new("1", (6, 4), 1), (4, 6), 255),
    "grey": (Image.new("L", (6, 4), 77), (4, 6), 77),
    "16 bits": (Image.new("I;16", (6, 4), 257 * 77), (4, 6), 77),
    "grey with alpha": (Image.new("LA", (6, 4), (0, 0)), (4, 6, 3), 255),
    "transparent": (Image.new("RGBA", (6, 4), (0, 0, 0, 0)), (4, 6, 3), 255),
    "half": (Image.new("RGBA", (6, 4), (0, 0, 0, 128)), (4, 6, 3), 127),
    "palette": (Image.new("RGB", (6, 4), (9, 9, 9)).quantize(4), (4, 6, 3), 9),
}


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_is_grey_or_in_colours_on_white(mode: str) -> None:
    image, shape, value = MODES[mode]
    found = decoded(encoded(image))
    assert found.shape == shape
    assert abs(int(found.flat[0]) - value) <= 1
    assert decoded(image).tolist() == found.tolist()  # also without a file


def test_four_colours_of_print_are_three() -> None:
    found = decoded(encoded(Image.new("CMYK", (6, 4), (0, 0, 0, 0)), "JPEG"))
    assert found.shape == (4, 6, 3)
    assert found.min() > 250


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_shown(form: str) -> None:
    frames = [Image.new("RGB", (6, 4), (value, 0, 0)) for value in (200, 100, 0)]
    content = encoded(frames[0], form, save_all=True, append_images=frames[1:], lossless=True)
    assert abs(int(decoded(content)[0, 0, 0]) - 200) <= 2


def test_nothing_of_a_file_is_passed_on_but_pixels() -> None:
    """Text, profiles and positions in a photo stay in its file."""
    from PIL import PngImagePlugin

    told = PngImagePlugin.PngInfo()
    told.add_text("place", "51.5 N")
    found = decoded(encoded(Image.fromarray(picture()), pnginfo=told, icc_profile=b"x" * 200))
    assert type(found) is np.ndarray
    assert found.tolist() == picture().tolist()


def test_all_images_of_a_call_share_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalkit.predictions.images.TOTAL_PIXELS", 5_000)
    held = np.array([saved()] * 4, dtype=object)
    found = Inputs("image", EncodedImages(held)).images(range(4))
    assert [isinstance(each, str) for each in found] == [False, False, True, True]
    assert found[2] == "too many pixels in all"


# Paths


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of a prediction file, with images inside and a secret outside."""
    inside = tmp_path / "inside"
    (inside / "sub").mkdir(parents=True)
    (inside / "sub" / "a.png").write_bytes(saved())
    (tmp_path / "secret.png").write_bytes(saved())
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b.png").write_bytes(saved())
    (inside / "link.png").symlink_to(tmp_path / "secret.png")
    (inside / "way").symlink_to(tmp_path / "elsewhere")
    (inside / "loop.png").symlink_to(inside / "loop.png")
    (inside / "good.png").symlink_to(inside / "sub" / "a.png")
    (inside / "empty.png").touch()
    (inside / "text.png").write_text("root:x:0:0")
    os.mkfifo(inside / "pipe.png")
    return inside


OUTSIDE = "outside the folder of the images"
PATHS = {
    "sub/a.png": "",
    "sub/../sub/a.png": "",
    "good.png": "",
    "/etc/passwd": OUTSIDE,
    "/dev/zero": OUTSIDE,
    "../secret.png": OUTSIDE,
    "sub/../../secret.png": OUTSIDE,
    "../none.png": OUTSIDE,
    "link.png": OUTSIDE,
    "way/b.png": OUTSIDE,
    "none.png": "file not found",
    "sub": "file not found",
    "pipe.png": "file not found",
    "empty.png": "an empty file",
    "text.png": "not a PNG, JPEG or WebP image",
    "http://localhost/a.png": "a URL, which is not read",
    "file:///etc/passwd": "a URL, which is not read",
    "data:image/png;base64,AAAA": "a URL, which is not read",
    "a\0b.png": "an invalid path",
    "": "no image",
}


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes")
@pytest.mark.parametrize("path", PATHS)
def test_only_images_inside_the_folder_are_read(path: str, folder: Path) -> None:
    """A file outside is refused alike whether it exists, so that none can be probed."""
    (found,) = Inputs("image", EncodedImages(np.array([path], object), folder)).images([0])
    assert (found if isinstance(found, str) else "") == PATHS[path]


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes")
@pytest.mark.parametrize("path", ["loop.png", "x" * 5_000, "sub/" * 2_000 + "a.png", "\ud800.png"])
def test_paths_that_cannot_be_are_explained(path: str, folder: Path) -> None:
    (found,) = Inputs("image", EncodedImages(np.array([path], object), folder)).images([0])
    assert found in ("an invalid path", "file not found")


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes")
def test_a_link_to_the_folder_itself_is_the_folder(folder: Path, tmp_path: Path) -> None:
    """The person named the folder, so that a link on the way to it is theirs."""
    (tmp_path / "named").symlink_to(folder)
    held = np.array(["sub/a.png", str(folder / "sub" / "a.png")], object)
    for found in Inputs("image", EncodedImages(held, tmp_path / "named")).images([0, 1]):
        assert not isinstance(found, str)
