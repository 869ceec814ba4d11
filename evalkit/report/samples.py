"""The samples that the page shows, with their inputs within the budget of the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import escape

from evalkit.errors import MissingExtraError
from evalkit.phrasing import count, joined, plural
from evalkit.report.names import shortened, visible
from evalkit.report.sprites import Place, Sprite, make_sprite

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from evalkit.compare.comparison import Comparison
    from evalkit.compare.records import Gallery, ShownSample
    from evalkit.predictions.inputs import Inputs
    from evalkit.report.sprites import Pixels

BUDGET = 1_000_000
"""The inputs of all samples take at most so many bytes of the page."""
LONGEST_TEXT = 2_000
LONGEST_VALUE = 120
FIRST = 240
"""So many characters of a text are shown before it is unfolded."""
MOST_VALUES = 12
NO_PILLOW = 'Images are not shown: Pillow is not installed. Run: pip install "evalkit[images]"'


@dataclass(frozen=True)
class ShownInput:
    """What is shown of one sample in one of the inputs; one of its fields has content.

    Attributes
    ----------
    place : of its thumbnail.
    reason : why there is no thumbnail.
    text, rest : the start of a text, and what is unfolded.
    values : names and values of the columns of a table.
    """

    place: Place | None = None
    reason: str = ""
    text: str = ""
    rest: str = ""
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Samples:
    """All samples of the page.

    Attributes
    ----------
    lists : the galleries about models.
    cells : the galleries of cells.
    rows : position of each sample of a gallery → the sample, those of the lists first.
    inputs : position of a sample → what is shown of it.
    sprite : the thumbnails.
    embedded : what of the data set the page contains: ``"212 images"``.
    notes : what was left out, and why.
    """

    lists: tuple[Gallery, ...]
    cells: tuple[Gallery, ...]
    rows: Mapping[int, ShownSample]
    inputs: Mapping[int, tuple[ShownInput, ...]]
    sprite: Sprite | None = None
    embedded: str = ""
    notes: tuple[str, ...] = ()

    @property
    def statement(self) -> str:
        """The sentence that says what of the data set the page contains."""
        ids = plural(len(self.rows), "id")
        if not self.embedded:
            return f"This page contains {ids} of samples, and no inputs."
        return f"This page contains {self.embedded} of the data set."

    def style(self) -> str:
        """Return the rules of the style sheet that cut thumbnails from their picture."""
        if self.sprite is None:
            return ""
        sprite, scale = self.sprite, self.sprite.scale
        wide, high = (side * scale for side in sprite.tile)
        first = sprite.places[0]
        return (
            f".shot{{--w:{first.width};--h:{first.height};width:calc(var(--w)*{scale}px);"
            f"height:calc(var(--h)*{scale}px);image-rendering:"
            f"{'pixelated' if scale > 1 else 'auto'};"
            f"background:url({sprite.address}) calc(var(--x)*{-wide}px) calc(var(--y)*{-high}px)"
            f"/{sprite.width * scale}px {sprite.height * scale}px}}"
        )

    def place_style(self, place: Place) -> str:
        """Return the properties that say where a thumbnail lies."""
        assert self.sprite is not None
        first = self.sprite.places[0]
        size = f";--w:{place.width};--h:{place.height}"
        same = (place.width, place.height) == (first.width, first.height)
        return f"--x:{place.column};--y:{place.row}{'' if same else size}"


def collect_samples(comparison: Comparison) -> Samples:
    """Return the samples of a comparison with their inputs."""
    lists = tuple(each for each in comparison.galleries if each.key != "cell")
    cells = tuple(each for each in comparison.galleries if each.key == "cell")
    rows = {sample.row: sample for each in lists for sample in each.samples}
    # Of each cell the first sample comes before any second one, as they were selected.
    for place in range(max((len(each.samples) for each in cells), default=0)):
        for each in cells:
            if place < len(each.samples):
                rows.setdefault(each.samples[place].row, each.samples[place])
    if not rows or not comparison.inputs:
        return Samples(lists, cells, rows, {})
    return _Collector(comparison.inputs, tuple(rows)).samples(lists, cells, rows)


class _Collector:
    """Reads the inputs of some samples."""

    def __init__(self, inputs: Mapping[str, Inputs], rows: tuple[int, ...]) -> None:
        self._inputs, self._rows = inputs, rows
        self._notes: list[str] = []
        self._embedded: list[str] = []
        self._shown: dict[int, list[ShownInput]] = {row: [] for row in rows}

    def samples(
        self,
        lists: tuple[Gallery, ...],
        cells: tuple[Gallery, ...],
        rows: Mapping[int, ShownSample],
    ) -> Samples:
        """Return the samples, with texts and tables before images get what the budget leaves."""
        held = sum(len(each.samples) for each in lists)
        spent = self._add_words(1 + held / len(rows))
        sprite = self._add_images(BUDGET - spent)
        # Pictures stand above the words, which were read first.
        inputs = {
            row: tuple(sorted(shown, key=lambda each: not (each.place or each.reason)))
            for row, shown in self._shown.items()
            if shown
        }
        return Samples(
            lists, cells, rows, inputs, sprite, joined(self._embedded), tuple(self._notes)
        )

    # --- texts and tables ------------------------------------------------------------------

    def _add_words(self, times: float) -> int:
        """Add texts and values, cut to the budget; return the bytes that they take.

        Parameters
        ----------
        times : how often a sample is on the page, on average.
        """
        texts = [each.texts(self._rows) for each in self._inputs.values() if each.kind == "text"]
        tables = [each.tables(self._rows) for each in self._inputs.values() if each.kind == "table"]
        has_images = any(each.kind == "image" for each in self._inputs.values())
        budget = BUDGET // 2 if has_images else BUDGET
        longest = LONGEST_TEXT
        while True:
            cut = [[_text(text, longest) for text in column] for column in texts]
            values = [[_values(table, longest) for table in column] for column in tables]
            pieces = [
                *(piece for column in cut for text in column for piece in (text.text, text.rest)),
                *(
                    piece
                    for column in values
                    for each in column
                    for pair in each.values
                    for piece in pair
                ),
            ]
            spent = int(times * sum(len(escape(piece).encode()) for piece in pieces))
            if spent <= budget or longest <= 1:
                break
            longest = max(1, min(longest - 1, int(0.95 * longest * budget / spent)))
        for column in (*cut, *values):
            for row, each in zip(self._rows, column, strict=True):
                self._shown[row].append(each)
        self._say_words(texts, tables, longest)
        return spent

    def _say_words(
        self,
        texts: Sequence[Sequence[str]],
        tables: Sequence[Sequence[Mapping[str, str]]],
        longest: int,
    ) -> None:
        for column in texts:
            self._embedded.append(plural(len(column), "text"))
            if n_cut := sum(len(text) > longest for text in column):
                self._notes.append(
                    f"{plural(n_cut, 'text is', 'texts are')} cut after {count(longest)} "
                    "characters."
                )
        for table in tables:
            names = len(table[0])
            self._embedded.append(
                f"{plural(min(names, MOST_VALUES), 'column')} of {plural(len(table), 'sample')}"
            )
            if names > MOST_VALUES:
                self._notes.append(f"The first {MOST_VALUES} of {names} columns are shown.")

    # --- images ----------------------------------------------------------------------------

    def _add_images(self, budget: int) -> Sprite | None:
        """Add the thumbnails, or why there are none; return them."""
        columns = [each for each in self._inputs.values() if each.kind == "image"]
        if not columns:
            return None
        pixels: list[Pixels] = []
        try:
            import PIL  # noqa: F401  encodes thumbnails

            # Sample by sample, so that a budget that is spent does not leave out a whole column.
            decoded = [*zip(*(each.images(self._rows) for each in columns), strict=True)]
            pixels = [each for own in decoded for each in own if not isinstance(each, str)]
            sprite = make_sprite(pixels, budget) if pixels else None
        except (ImportError, MissingExtraError):
            self._notes.append(NO_PILLOW)
            return None
        places = iter(() if sprite is None else sprite.places)
        kept = 0 if sprite is None else len(sprite.places)
        for row, own in zip(self._rows, decoded, strict=True):
            self._shown[row].extend(_picture(each, places) for each in own)
        if kept:
            self._embedded.append(plural(kept, "image"))
        if left_out := len(pixels) - kept:
            self._notes.append(
                f"{plural(left_out, 'image is', 'images are')} left out, because all inputs may "
                f"take {BUDGET // 1_000_000} MB of the page."
            )
        missing = len(decoded) * len(columns) - len(pixels)
        if missing:
            self._notes.append(f"{plural(missing, 'image')} could not be read.")
        return sprite


def _picture(image: Pixels | str, places: Iterator[Place]) -> ShownInput:
    if isinstance(image, str):
        return ShownInput(reason=f"No image: {visible(image)}")
    place = next(places, None)
    return ShownInput(place, "" if place else "Image left out")


def _text(text: str, longest: int) -> ShownInput:
    """Return a text in two parts, divided between words."""
    text = visible(shortened(text, longest))
    if len(text) <= FIRST * 5 // 4:
        return ShownInput(text=text)
    end = text.rfind(" ", FIRST // 2, FIRST)
    end = FIRST if end < 0 else end
    return ShownInput(text=text[:end], rest=text[end:].lstrip())


def _values(table: Mapping[str, str], longest: int) -> ShownInput:
    longest = min(longest, LONGEST_VALUE)
    return ShownInput(
        values=tuple(
            (visible(shortened(name)), visible(shortened(value, longest)))
            for name, value in list(table.items())[:MOST_VALUES]
        )
    )
