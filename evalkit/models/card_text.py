"""Serialise the card of a checkpoint as JSON, for formats that store arrays separately."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import FileFormatError
from evalkit.models.fields import to_fields
from evalkit.reading.source import shown
from evalkit.reading.values import json_cost, read_json

if TYPE_CHECKING:
    from evalkit.reading.source import Source
    from evalkit.training.checkpoint import Checkpoint

KEY = "evalkit"
_ARRAYS = ("weights", "normalisation", "training_state")


def to_text(checkpoint: Checkpoint) -> str:
    """Return all fields except the arrays, as JSON with sorted keys."""
    fields = {name: value for name, value in to_fields(checkpoint).items() if name not in _ARRAYS}
    return json.dumps(fields, sort_keys=True, ensure_ascii=False, default=_plain)


def from_text(text: str, source: Source) -> dict[str, Any]:
    """Return the fields written by `to_text`, without arrays.

    Raises
    ------
    FileFormatError
        If the text is not a JSON object.
    """
    try:
        content = text.encode()
        source.require_room(json_cost(content))
        fields = read_json(content)
    except ValueError as error:
        raise FileFormatError(
            f"The model card of {source.path} is not valid JSON: {shown(error)}."
        ) from error
    if not isinstance(fields, dict):
        raise FileFormatError(f"The model card of {source.path} is not a JSON object.")
    return fields


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(type(value).__name__)
