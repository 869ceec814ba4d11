"""Check numbers and text of untrusted files before they are computed with or shown."""

from __future__ import annotations

import json
import math
from typing import Any

MAX_INTEGER_BITS = 256
"""The state of a random generator has integers of 128 bits; nothing that is read needs more."""
MAX_NAME = 10_000
"""Characters of a class, an id or a column."""
MAX_CLASSES = 20_000
_MAX_DEPTH = 100
_BYTES_OF_ARRAY, _BYTES_OF_OBJECT, _BYTES_OF_VALUE = 64, 232, 56


def checked_number(value: float) -> float:
    """Return a finite number; an integer has at most 256 bits, so a float can hold it.

    Raises
    ------
    ValueError
        If the number is larger, infinite or NaN.

    Examples
    --------
    >>> checked_number(10**400)
    Traceback (most recent call last):
    ValueError: a number has more than 256 bits
    """
    if isinstance(value, int):
        if value.bit_length() > MAX_INTEGER_BITS:
            raise ValueError(f"a number has more than {MAX_INTEGER_BITS} bits")
    elif not math.isfinite(value):
        raise ValueError(f"a number is {value}")
    return value


def checked_text(text: str) -> str:
    r"""Return text that can be written in UTF-8: without halves of surrogate pairs.

    Raises
    ------
    ValueError
        If the text holds one.

    Examples
    --------
    >>> checked_text("caf\u00e9")
    'café'
    """
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValueError("a text contains half of a surrogate pair") from error
    return text


def checked_plain(value: Any, depth: int = 0) -> Any:
    """Return plain data after checking every number and every text in it.

    Raises
    ------
    ValueError
        As `checked_number` and `checked_text`, or if the data is nested more than 100 levels deep.
    """
    if depth > _MAX_DEPTH:
        raise ValueError(f"a value is nested more than {_MAX_DEPTH} levels deep")
    if isinstance(value, dict):
        for key, item in value.items():
            checked_plain(key, depth + 1)
            checked_plain(item, depth + 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            checked_plain(item, depth + 1)
    elif isinstance(value, (int, float)):
        checked_number(value)
    elif isinstance(value, str):
        checked_text(value)
    return value


def json_cost(content: bytes) -> int:
    """Return about how many bytes the values of a JSON text take in memory, before parsing it."""
    return (
        _BYTES_OF_ARRAY * content.count(b"[")
        + _BYTES_OF_OBJECT * content.count(b"{")
        + _BYTES_OF_VALUE * content.count(b",")
        + len(content)
    )


def read_json(content: bytes) -> Any:
    """Return the value of a JSON text in UTF-8.

    Raises
    ------
    ValueError
        If it is not JSON, is nested too deeply, or contains half of a surrogate pair.
    """
    try:
        value = json.loads(content.decode("utf-8-sig"))
        # Raw bytes cannot hold halves of surrogate pairs, escapes can.
        if b"\\ud" in content or b"\\uD" in content:
            checked_text(json.dumps(value, ensure_ascii=False))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return value
