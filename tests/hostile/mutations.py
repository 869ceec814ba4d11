"""Seeded mutations of valid files: flipped bits, deleted and repeated bytes, extreme numbers."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

_NUMBERS = [
    *(struct.pack("<I", n) for n in (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)),
    *(struct.pack("<Q", n) for n in (0, 1, 10**12, (1 << 63) - 1, (1 << 64) - 1)),
    *(b"\x00", b"\xff", b".", b"(", b"c", b"R", b'"', b"\n", b"{", b","),
]


def mutated(content: bytes, generator: np.random.Generator, count: int) -> Iterator[bytes]:
    """Yield `count` copies of `content`, each with one to four mutations."""
    for _ in range(count):
        changed = bytearray(content)
        for _ in range(int(generator.integers(1, 5))):
            at = int(generator.integers(0, max(1, len(changed))))
            kind = generator.integers(0, 5)
            if kind == 0 and changed:
                changed[at] ^= 1 << int(generator.integers(0, 8))
            elif kind == 1:
                number = _NUMBERS[int(generator.integers(0, len(_NUMBERS)))]
                changed[at : at + len(number)] = number
            elif kind == 2:
                del changed[at : at + int(generator.integers(1, 30))]
            elif kind == 3:
                end = at + int(generator.integers(1, 30))
                changed[at:at] = changed[at:end]
            else:
                del changed[at:]
        yield bytes(changed)
