"""Count the messages of a serialised protobuf before it is parsed.

An empty message takes two bytes in a file and hundreds in memory.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_RUNS = {
    _VARINT: rb"[\x80-\xff]{0,9}[\x00-\x7f]",
    _FIXED64: rb"[\x00-\xff]{8}",
    _FIXED32: rb"[\x00-\xff]{4}",
}


def require_few_messages(content: bytes, descriptor: Any, most: int) -> None:
    """Raise if a protobuf of the type `descriptor` holds more than `most` messages and strings.

    Raises
    ------
    ValueError
        If it does, or is malformed.
    """
    left = most
    waiting = [(0, len(content), descriptor)]
    while waiting:
        at, end, kind = waiting.pop()
        fields = kind.fields_by_number
        while at < end:
            tag, after = _varint(content, at, end)
            number, wire = tag >> 3, tag & 7
            if wire in _RUNS:
                # Trees have millions of numbers in a row, each with the same tag.
                run = _run(content[at:after], _RUNS[wire]).match(content, at, end)
                if run is None:
                    raise ValueError("a number is cut short")
                at = run.end()
                continue
            if wire != _BYTES:
                raise ValueError(f"wire type {wire} is not supported")
            left -= 1
            if left < 0:
                raise ValueError(f"it has more than {most:,} messages and strings")
            length, after = _varint(content, after, end)
            at = after + length
            if at > end:
                raise ValueError("a field is longer than its message")
            field = fields.get(number)
            if field is not None and field.message_type is not None:
                waiting.append((after, at, field.message_type))


@cache
def _run(tag: bytes, value: bytes) -> re.Pattern[bytes]:
    """Return the pattern of consecutive numbers with a tag."""
    return re.compile(b"(?:" + re.escape(tag) + value + b")+", re.DOTALL)


def _varint(content: bytes, at: int, end: int) -> tuple[int, int]:
    """Return the integer at a position, and the position after it."""
    value = shift = 0
    while at < end and shift < 64:
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("a number is cut short")
