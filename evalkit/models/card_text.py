"""A checkpoint's card as one JSON text, for formats that keep arrays by themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import FileFormatError
from evalkit.models.fields import to_fields

if TYPE_CHECKING:
    from pathlib import Path

    from evalkit.training.checkpoint import Checkpoint

KEY = "evalkit"
_ARRAYS = ("weights", "normalisation", "training_state")


def to_text(checkpoint: Checkpoint) -> str:
    """Return every field but the arrays, as JSON with sorted keys."""
    fields = {name: value for name, value in to_fields(checkpoint).items() if name not in _ARRAYS}
    return json.dumps(fields, sort_keys=True, ensure_ascii=False, default=_plain)


def from_text(text: str, path: Path) -> dict[str, Any]:
    """Return the fields that `to_text` wrote, without arrays.

    Raises
    ------
    FileFormatError
        If it is no JSON object.
    """
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"a model's card must be JSON; that of {path} is not") from error
    if not isinstance(fields, dict):
        raise FileFormatError(f"a model's card must be a JSON object; that of {path} is not")
    return fields


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(type(value).__name__)
