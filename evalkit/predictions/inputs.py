"""What a person can look at of each sample: an image, a text or some columns of a table.

Inputs are aligned with the samples like every other column, and decoded only when asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from evalkit.columns import is_missing
from evalkit.errors import DataError, InputError
from evalkit.predictions.images import SUFFIXES, ArrayImages, EncodedImages, require_pillow
from evalkit.predictions.slices import are_whole, value_name
from evalkit.reading.source import shown
from evalkit.tabular import terminal_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Kind = Literal["image", "text", "table"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LONGEST_TEXT = 10_000
LONGEST_CELL = 500
MOST_COLUMNS = 50


@dataclass(frozen=True, eq=False)
class Texts:
    """(n,) texts; None for no text."""

    held: NDArray[Any]

    def __len__(self) -> int:
        return len(self.held)


@dataclass(frozen=True, eq=False)
class Columns:
    """Columns of a table by name, each (n,)."""

    held: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(next(iter(self.held.values())))


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a person can look at, one entry per sample.

    Attributes
    ----------
    kind : ``"image"``, ``"text"`` or ``"table"``.
    source : where entries come from.
    rows : (n,) the entry of each sample, or None if sample i has entry i.

    Examples
    --------
    >>> inputs, note = Inputs.guessed(["good", "bad", "dull"])
    >>> inputs.kind, note, inputs.take(np.array([2, 0])).texts([0])
    ('text', 'The inputs were read as texts.', ['dull'])
    """

    kind: Kind
    source: ArrayImages | EncodedImages | Texts | Columns = field(repr=False)
    rows: NDArray[np.intp] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.source) if self.rows is None else len(self.rows)

    def take(self, rows: NDArray[np.intp]) -> Inputs:
        """Return the entries of the samples at `rows`, in that order; nothing is decoded."""
        return replace(self, rows=np.asarray(rows) if self.rows is None else self.rows[rows])

    def images(self, rows: Sequence[int]) -> list[NDArray[np.uint8] | str]:
        """Return the images of some samples, at most 192 pixels high and wide.

        Returns
        -------
        For each an array (h, w) or (h, w, 3), or the reason why there is none, for example
        ``"file not found"``.

        Raises
        ------
        InputError
            If the inputs are not images.
        MissingExtraError
            If images have to be decoded and Pillow is not installed.
        """
        self._require("image")
        assert isinstance(self.source, ArrayImages | EncodedImages)
        return self.source.decoded(self._places(rows))

    def texts(self, rows: Sequence[int]) -> list[str]:
        """Return the texts of some samples, cut after 10,000 characters.

        Raises
        ------
        InputError
            If the inputs are not texts.
        """
        self._require("text")
        assert isinstance(self.source, Texts)
        return [_text(self.source.held[row], LONGEST_TEXT) for row in self._places(rows)]

    def tables(self, rows: Sequence[int]) -> list[Mapping[str, str]]:
        """Return column → value of some samples, each cut after 500 characters.

        Raises
        ------
        InputError
            If the inputs are not columns of a table.
        """
        self._require("table")
        assert isinstance(self.source, Columns)
        whole = {name: are_whole(held) for name, held in self.source.held.items()}
        return [
            {
                name: _text(held[row], LONGEST_CELL, is_whole=whole[name])
                for name, held in self.source.held.items()
            }
            for row in self._places(rows)
        ]

    def columns(self, name: str, rows: Sequence[int]) -> dict[str, list[str]]:
        """Return what a table can hold of some samples: texts, cells or paths of images.

        `name` is that of the column of texts and paths.
        """
        if self.kind == "text":
            return {name: self.texts(rows)}
        if self.kind == "table":
            listed = self.tables(rows)
            assert isinstance(self.source, Columns)
            return {column: [each[column] for each in listed] for column in self.source.held}
        if isinstance(self.source, EncodedImages):
            held = [self.source.held[row] for row in self._places(rows)]
            return {name: [str(e) if isinstance(e, str | Path) else "" for e in held]}
        return {}

    @classmethod
    def of_array(cls, pixels: NDArray[Any], shape: tuple[int, ...], white: float = 255) -> Inputs:
        """Return images of a shape (h, w), (h, w, 3) or (3, h, w) from an array (n, …)."""
        return cls("image", ArrayImages(pixels, shape, white))

    @classmethod
    def guessed(cls, given: Any, kind: Kind | None = None) -> tuple[Inputs, str]:
        """Return inputs of any kind, and a sentence on what they were read as.

        Parameters
        ----------
        given : images as an array (n, h, w), (n, h, w, 3) or (n, 3, h, w) of ``uint8`` or of
            floats in [0, 1], Pillow images, arrays, encoded bytes or paths; texts; or a DataFrame.
        kind : the kind, if it is known.

        Raises
        ------
        InputError
            If it is ambiguous or none of these.
        """
        return _Guess(given, kind).inputs()

    def _places(self, rows: Sequence[int]) -> list[int]:
        chosen = np.asarray(rows, dtype=np.intp)
        return (chosen if self.rows is None else self.rows[chosen]).tolist()  # type: ignore[no-any-return]

    def _require(self, kind: Kind) -> None:
        if self.kind != kind:
            raise InputError(f"The inputs are of the kind {self.kind}, not {kind}.")


def checked_inputs(given: Any, n_samples: int) -> tuple[dict[str, Inputs], tuple[str, ...]]:
    """Return name → inputs, and a sentence for each guess.

    Parameters
    ----------
    given : inputs as `Inputs.guessed` takes, or name → inputs. A name ``"image"``, ``"text"`` or
        ``"table"`` says what they are.
    n_samples : n.

    Raises
    ------
    InputError
        If inputs are ambiguous, or there are more or fewer than samples.
    """
    if given is None:
        return {}, ()
    named = given if isinstance(given, Mapping) else {None: given}
    found: dict[str, Inputs] = {}
    notes = []
    for name, each in named.items():
        if isinstance(each, Inputs):
            inputs = each
        else:
            inputs, note = Inputs.guessed(each, name if name in KINDS else None)
            if name not in KINDS:
                notes.append(note)
        if len(inputs) != n_samples:
            raise InputError(
                f"Lengths differ: inputs has {len(inputs):,} entries for {n_samples:,} samples."
            )
        found[inputs.kind if name is None else str(name)] = inputs
    return found, tuple(notes)


def shown_columns(
    held: Mapping[str, NDArray[Any]],
    show: Sequence[tuple[Kind, tuple[str, ...]]],
    path: Path,
    folder: str | None = None,
) -> dict[str, Inputs]:
    """Return the inputs in columns of a prediction file, by the names of the columns.

    Parameters
    ----------
    held : the columns of the file; entries of `show` with others are left out.
    show : kinds and columns, as in ``[("image", ("path",))]``.
    path : the file, relative to whose folder paths are.
    folder : another folder that paths are relative to.

    Raises
    ------
    DataError
        If a column does not hold what it should.
    """
    root = path.parent if folder is None else Path(folder)
    found: dict[str, Inputs] = {}
    for kind, columns in show:
        if not all(name in held for name in columns):
            continue
        if kind == "table":
            found[", ".join(columns)] = Inputs(
                kind, Columns({name: held[name] for name in columns})
            )
            continue
        (name,) = columns
        column, what = held[name], f"{shown(name)} of {path}"
        if kind == "text":
            _require_text(column, what)
            found[name] = Inputs(kind, Texts(column))
        elif column.ndim > 1 or column.dtype.kind in "biuf":
            try:
                found[name] = _of_array(column, what)
            except InputError as error:
                raise DataError(str(error)) from error
        else:
            require_pillow()
            found[name] = Inputs(kind, EncodedImages(column, root))
    return found


def show_spec(text: str) -> tuple[Kind, tuple[str, ...]]:
    """Return the kind and the columns of ``KIND=COLUMN`` or ``table=COLUMN,COLUMN``.

    >>> show_spec("image=path"), show_spec("table=age,site")
    (('image', ('path',)), ('table', ('age', 'site')))
    """
    name, _, rest = text.partition("=")
    kind = next((each for each in KINDS if each == name), None)
    if kind is None or not rest:
        raise InputError(
            f"Not a column to show: {text!r}. Write image=COLUMN, text=COLUMN or "
            "table=COLUMN,COLUMN."
        )
    columns = tuple(dict.fromkeys(rest.split(","))) if kind == "table" else (rest,)
    if len(columns) > MOST_COLUMNS or "" in columns:
        raise InputError(
            f"Not columns to show: {text!r}. Name 1 to {MOST_COLUMNS} columns, separated by commas."
        )
    return kind, columns


class _Guess:
    """Decides what inputs are, and says so."""

    def __init__(self, given: Any, kind: Kind | None) -> None:
        self._given, self._kind = given, kind

    def inputs(self) -> tuple[Inputs, str]:
        given = self._given
        if hasattr(given, "to_pandas"):
            given = given.to_pandas()
        if hasattr(given, "columns") and hasattr(given, "iloc"):
            return self._table(given)
        if hasattr(given, "detach"):
            given = given.detach().cpu().numpy()
        if isinstance(given, str | bytes):
            raise InputError("inputs is one text. Pass one entry per sample.")
        if isinstance(given, set | frozenset):
            raise InputError("inputs is a set, which has no order. Pass a list.")
        array = given if isinstance(given, np.ndarray) else _objects(given)
        if array.dtype.kind in "biuf":
            if self._kind not in (None, "image"):
                raise InputError(f"inputs are numbers, not of the kind {self._kind}.")
            inputs = _of_array(array, "inputs")
            return inputs, f"The inputs were read as images of {_size(inputs)} pixels."
        if array.ndim != 1:
            raise InputError(f"inputs has shape {array.shape}. Pass one entry per sample.")
        return self._of_objects(array)

    def _table(self, frame: Any) -> tuple[Inputs, str]:
        if self._kind not in (None, "table"):
            raise InputError(f"inputs is a DataFrame, not of the kind {self._kind}.")
        names = list(map(str, frame.columns))
        if len(set(names)) < len(names) or not 0 < len(names) <= MOST_COLUMNS:
            raise InputError(
                f"inputs has {len(names)} columns. Pass 1 to {MOST_COLUMNS} columns with different "
                "names."
            )
        held = {name: frame.iloc[:, i].to_numpy() for i, name in enumerate(names)}
        return Inputs("table", Columns(held)), "The inputs were read as columns of a table."

    def _of_objects(self, array: NDArray[Any]) -> tuple[Inputs, str]:
        if array.dtype.kind == "O":
            array = array.copy()
            array[[is_missing(each) for each in array.tolist()]] = None
        known = [each for each in array.tolist() if each is not None]
        are_texts = all(isinstance(each, str) for each in known)
        are_images = [
            hasattr(each, "convert") or isinstance(each, bytes | Path | np.ndarray)
            for each in known
        ]
        named = [isinstance(e, str) and e.lower().endswith(SUFFIXES) for e in known]
        kind = self._kind
        if kind is None and known:
            if all(are_images) or (are_texts and all(named)):
                kind = "image"
            elif are_texts and not any(named):
                kind = "text"
        if kind == "text" and are_texts:
            return Inputs("text", Texts(array)), "The inputs were read as texts."
        if kind == "image" and all(
            a or isinstance(e, str) for a, e in zip(are_images, known, strict=True)
        ):
            require_pillow()
            # Its caller names the files, so they may lie anywhere.
            inputs = Inputs("image", EncodedImages(array, Path(), is_confined=False))
            is_path = known and isinstance(known[0], str | Path)
            return inputs, f"The inputs were read as {'paths of ' if is_path else ''}images."
        fault = "some texts are names of images" if are_texts else "their types differ"
        if not known:
            fault = "all are missing"
        raise InputError(
            f"inputs are ambiguous: {fault}. Pass inputs={{'image': …}}, {{'text': …}} or "
            "{'table': …} with a DataFrame."
        )


def _objects(given: Any) -> NDArray[Any]:
    """Return a list as an array: of numbers where it is one of equal arrays, of objects else."""
    if hasattr(given, "to_numpy"):
        return np.asarray(given.to_numpy())
    try:
        listed = list(given)
    except TypeError:
        raise InputError(
            f"inputs is of the type {type(given).__name__}. Pass one entry per sample."
        ) from None
    shapes = {np.shape(each) for each in listed if isinstance(each, np.ndarray)}
    if len(shapes) == 1 and all(isinstance(each, np.ndarray) for each in listed):
        return np.stack(listed)
    if listed and not isinstance(listed[0], str | bytes | Path) and not hasattr(listed[0], "size"):
        try:
            numbers = np.asarray(listed)
        except ValueError:
            numbers = np.empty(0, object)
        if numbers.dtype.kind in "biuf":
            return numbers
    array = np.empty(len(listed), object)
    for i, each in enumerate(listed):  # at once, NumPy would decode every image of Pillow
        array[i] = each
    return array


def _of_array(array: NDArray[Any], what: str) -> Inputs:
    """Return images of an array (n, h, w), (n, h, w, 3) or (n, 3, h, w).

    Raises
    ------
    InputError
        If the shape is another one or ambiguous, or values are not ``uint8`` or in [0, 1].
    """
    if array.ndim == 4 and (array.shape[3] == 1) != (array.shape[1] == 1):
        array = array.squeeze(3 if array.shape[3] == 1 else 1)
    shape = array.shape[1:]
    is_colour = len(shape) == 3 and (shape[2] == 3) != (shape[0] == 3)
    is_grey = len(shape) == 2 and shape[1] not in (3, 4)
    if not (is_colour or is_grey) or 0 in shape:
        raise InputError(
            f"{what} has shape {array.shape}, which is not clearly that of images: expected "
            "(n, height, width) or (n, height, width, 3). Reshape it, or pass a DataFrame."
        )
    if array.dtype == np.uint8 or array.dtype.kind == "b":
        return Inputs.of_array(array, shape, 255 if array.dtype == np.uint8 else 1)
    if array.dtype.kind != "f":
        raise InputError(
            f"{what} holds {array.dtype}. Images are of uint8, or floats in [0, 1]. Convert it "
            "with .astype('uint8')."
        )
    if array.size and not (array.min() >= 0 and array.max() <= 1):
        raise InputError(
            f"{what} has values outside [0, 1], or none. Images of floats range from 0 (black) to "
            "1 (white). Rescale them."
        )
    return Inputs.of_array(array, shape, 1)


def _size(inputs: Inputs) -> str:
    assert isinstance(inputs.source, ArrayImages)
    shape = inputs.source.shape
    height, width = shape[1:] if len(shape) == 3 and shape[2] != 3 else shape[:2]
    return f"{height} × {width}"


def _require_text(column: NDArray[Any], what: str) -> None:
    first = next((each for each in column.tolist() if each is not None), "")
    if column.ndim != 1 or column.dtype.kind not in "OU" or not isinstance(first, str):
        raise DataError(f"Not text: {what} holds {column.dtype}. Use --show table=COLUMN.")


def _text(value: Any, longest: int, *, is_whole: bool = True) -> str:
    """Return a value as bounded text without control characters; empty for no value."""
    text = value if isinstance(value, str) else "" if value is None else None
    if text is None:
        plain = value.item() if isinstance(value, np.generic) else value
        text = value_name(plain, is_whole=is_whole)
    return terminal_text(text[:longest]) + ("…" if len(text) > longest else "")
