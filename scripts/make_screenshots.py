"""Make the pictures of the documentation, light and dark: docs/pictures/*.png.

    python -m scripts.make_screenshots [NAME ...]      # needs Playwright, Pillow and Chromium

Without names all pictures are made. A picture shows a part of a report or the output of a command.
The reports come from examples/, from the scripts in docs/gallery/, and from the code on the pages
in docs/how-to/, which runs in an empty folder.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from contextlib import chdir
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PIL import Image
from playwright.sync_api import Error, sync_playwright

from docs._ext import gallery
from scripts.page_code import run_page
from scripts.terminal_picture import terminal_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, FloatRect

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
COLOURS = 128
MARGIN = 20
WAIT = 1_500
"""Milliseconds in which charts are drawn after they came into view."""

BOX = """([selector, margin]) => {
  const part = document.querySelector(selector);
  if (!part) throw new Error(`There is no ${selector}.`);
  const contents = document.createRange();
  contents.selectNodeContents(part);
  // The box of an element that is laid out as its contents is empty.
  const shown = part.getBoundingClientRect().height ? part : contents;
  scrollBy(0, shown.getBoundingClientRect().top - margin);
  const box = shown.getBoundingClientRect();
  return [box.x, box.y, box.width, box.height];
}"""
"""Scrolls to an element, and returns its box."""


@dataclass(frozen=True)
class Picture:
    """A picture of the documentation.

    Attributes
    ----------
    name : its file is ``docs/pictures/{name}-{theme}.png``.
    source : ``examples/NAME``, ``gallery/NAME`` or ``how-to/NAME``.
    show : a CSS selector of the part of the report; without it, the output of the command.
    file : the report that the page or the command wrote.
    command : a command that runs in the folder of the page.
    width : of the window.
    height : the picture is cropped to this height.
    """

    name: str
    source: str
    show: str = ""
    file: str = "report.html"
    command: str = ""
    width: int = 1000
    height: int = 620


WANTED = (
    Picture("report", "examples/digits", "body", width=1400, height=900),
    Picture("digits", "gallery/digits", "#content"),
    Picture("fraud", "gallery/fraud", "#content"),
    Picture("hundred-classes", "gallery/hundred_classes", "#confusion", height=900),
    Picture("seeds", "gallery/seeds", "#content"),
    Picture("slices", "gallery/slices", "#slices"),
    Picture("errors", "gallery/errors", "#errors", height=800),
    Picture("prediction-files", "how-to/prediction-files", command="evalkit evaluate model.csv"),
    Picture("from-scikit-learn", "how-to/from-scikit-learn", "#content"),
    Picture("training-loops", "gallery/digits", "#training"),
    Picture("untrusted-files", "how-to/untrusted-files", command="evalkit inspect model.pkl"),
    Picture("compare-two-models", "how-to/compare-two-models", "#content"),
    Picture("many-seeds", "gallery/seeds", "#seeds"),
    Picture("groups-and-strata", "how-to/groups-and-strata", "#content"),
    Picture("costs", "how-to/costs", "#costs"),
    Picture("a-thousand-classes", "how-to/a-thousand-classes", "#confusion", height=900),
    Picture("notebooks", "how-to/notebooks", "body", file="notebook.html", height=700),
    Picture(
        "a-gate-in-ci",
        "how-to/a-gate-in-ci",
        command="evalkit gate candidate.json --baseline main.json --max-drop f1_macro=0.01"
        " --rule 'recall[ship] >= 0.9'",
    ),
    Picture(
        "history",
        "how-to/a-gate-in-ci",
        "body",
        file="history.html",
        command="evalkit history main.json candidate.json --output history.html",
    ),
    Picture(
        "plan-a-test-set",
        "how-to/plan-a-test-set",
        command="evalkit plan --accuracy 0.9 --difference 0.01",
    ),
    Picture(
        "a-cluster", "how-to/a-cluster", command="evalkit report 'predictions/*.parquet' --force"
    ),
)


@cache
def folder_of(source: str) -> Path:
    """Return a folder with what the source writes; it is made once."""
    kind, name = source.split("/")
    if kind == "examples":
        return ROOT / "examples"
    folder = Path(tempfile.mkdtemp())
    if kind == "gallery":
        gallery.run(ROOT / "docs" / "gallery" / f"{name}.py", folder)
    else:
        with chdir(folder):
            run_page(ROOT / "docs" / f"{source}.md")
    return folder


def page_of(picture: Picture, theme: Theme) -> tuple[Path, str]:
    """Return the HTML file and the selector that the picture shows."""
    folder = folder_of(picture.source)
    kind, name = picture.source.split("/")
    if picture.command:
        terminal = terminal_page(picture.command, folder, theme)
        if not picture.show:
            return terminal, "main"
    return folder / (picture.file if kind == "how-to" else f"{name}.html"), picture.show


def photographs(browser: Browser, picture: Picture) -> Iterator[tuple[Theme, bytes]]:
    """Yield the picture as PNG in each theme; a report is opened once."""
    page = browser.new_page(viewport={"width": picture.width, "height": picture.height})
    opened = None
    try:
        for theme in THEMES:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            path, selector = page_of(picture, theme)
            if path != opened:
                page.goto(path.as_uri())
                opened = path
            page.evaluate(BOX, [selector, MARGIN])
            page.wait_for_timeout(WAIT)
            x, y, width, height = page.evaluate(BOX, [selector, MARGIN])
            left, top = max(x - MARGIN, 0), max(y - MARGIN, 0)
            right = min(x + width + MARGIN, picture.width)
            bottom = min(y + height + MARGIN, picture.height)
            clip: FloatRect = {"x": left, "y": top, "width": right - left, "height": bottom - top}
            yield theme, page.screenshot(clip=clip)
    finally:
        page.close()


def small(png: bytes) -> Image.Image:
    """Return the picture with a palette, which makes its file small."""
    return (
        Image.open(io.BytesIO(png))
        .convert("RGB")
        .quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    )


def main(names: list[str]) -> int:
    """Make the pictures of these names, or all; return the number of those that failed."""
    unknown = set(names) - {picture.name for picture in WANTED}
    if unknown:
        print(f"Unknown pictures: {', '.join(sorted(unknown))}.", file=sys.stderr)
        return 2
    failed = 0
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for picture in WANTED:
            if names and picture.name not in names:
                continue
            try:
                for theme, png in photographs(browser, picture):
                    small(png).save(PICTURES / f"{picture.name}-{theme}.png", optimize=True)
            except Error as error:
                failed += 1
                print(f"{picture.name}: {str(error).splitlines()[0]}", file=sys.stderr)
        browser.close()
    sizes = [path.stat().st_size for path in PICTURES.glob("*.png")]
    print(f"{len(sizes)} files, {sum(sizes) / 1e6:.2f} MB, {failed} failed")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
