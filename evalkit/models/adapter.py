"""What a file format gives: how to recognise a file, to load it, and to tell what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.models.inspection import Inspection
    from evalkit.models.predictor import Predictor
    from evalkit.reading.source import Source


@dataclass(frozen=True)
class Adapter:
    """One format of model files.

    Another package adds a format by an entry point of the group ``evalkit.adapters`` that names
    an instance of this class; evalkit's own formats are asked first.

    Attributes
    ----------
    format : the format, for people.
    recognises : tells from an open file's content, never from its ending, and runs nothing.
    load : makes the predictor; raises an `EvalkitError` for a bad file, and runs nothing in it.
    inspect : tells what the file holds, and runs nothing in it.
    """

    format: str
    recognises: Callable[[Source], bool]
    load: Callable[[Source], Predictor]
    inspect: Callable[[Source], Inspection]
