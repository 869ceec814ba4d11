"""Encode labels as integer codes, without sorting."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

BLOCK = 1 << 15
MAX_HASHED = 1 << 12
"""Largest number of distinct strings for which the perfect hash table fits into the cache."""


class _Codes(dict[Any, int]):
    """Map each new key to the next integer."""

    def __missing__(self, key: Any) -> int:
        code = self[key] = len(self)
        return code


def codes_of_objects(labels: Sequence[Any] | NDArray[Any]) -> tuple[NDArray[np.intp], list[Any]]:
    """Return a code for each label, and the distinct labels in order of first appearance.

    Raises
    ------
    TypeError
        If a label is not hashable.
    """
    known = _Codes()
    codes = np.fromiter(map(known.__getitem__, labels), np.intp, len(labels))
    return codes, list(known)


def codes_of_text(texts: NDArray[np.str_]) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return a code for each element of a fixed-width string array, and the distinct strings.

    A table maps the hash of a string to a code. Each element is then compared with the string
    of its code, so hash collisions are detected.
    """
    if not len(texts):
        return np.empty(0, dtype=np.uint16), ()
    known: list[str] = texts[:1].tolist()
    table = _PerfectHash(known, texts.dtype)
    codes = np.empty(len(texts), dtype=np.uint16)
    for start in range(0, len(texts), BLOCK):
        block = texts[start : start + BLOCK]
        words = _words(block)
        found, matches = table.look_up(words)
        if not matches.all():
            unseen = block[~matches].tolist()
            known.extend(dict.fromkeys(unseen))
            if len(known) > MAX_HASHED:
                wide, objects = codes_of_objects(texts.tolist())
                return wide, tuple(objects)
            table = _PerfectHash(known, texts.dtype)
            found, _ = table.look_up(words)
        codes[start : start + BLOCK] = found
    return codes, tuple(known)


class _PerfectHash:
    """Multiply-add hash table without collisions between the known strings."""

    def __init__(self, known: list[str], dtype: np.dtype[Any]) -> None:
        self.words = _words(np.asarray(known, dtype=dtype))
        rng = np.random.default_rng(0)
        bits = max(8, 2 * int(np.ceil(np.log2(len(self.words) + 1))) - 2)
        for attempt in count():
            odd = rng.integers(1 << 63, size=self.words.shape[1], dtype=np.uint64)
            self.multipliers = np.bitwise_or(odd, np.uint64(1))
            self.shift = np.uint64(64 - min(bits + attempt // 8, 24))
            slots = self._slots(self.words)
            if len(np.unique(slots)) == len(slots):
                break
        self.table = np.zeros(1 << int(64 - self.shift), dtype=np.uint16)
        self.table[slots] = np.arange(len(slots))

    def _slots(self, words: NDArray[np.uint64]) -> NDArray[np.int64]:
        mixed: NDArray[np.uint64] = words[:, 0] * self.multipliers[0]
        for column in range(1, words.shape[1]):
            mixed += words[:, column] * self.multipliers[column]
        mixed ^= mixed >> np.uint64(32)
        mixed *= np.uint64(0x9E3779B97F4A7C15)
        mixed >>= self.shift
        return mixed.view(np.int64)

    def look_up(self, words: NDArray[np.uint64]) -> tuple[NDArray[np.uint16], NDArray[np.bool_]]:
        """Return the candidate code of each row, and whether the row equals that string."""
        codes = self.table[self._slots(words)]
        matches = self.words[codes, 0] == words[:, 0]
        for column in range(1, words.shape[1]):
            matches &= self.words[codes, column] == words[:, column]
        return codes, matches


def _words(texts: NDArray[np.str_]) -> NDArray[np.uint64]:
    """Return the strings as rows of 64-bit words; odd widths are zero-padded."""
    native = np.ascontiguousarray(texts, dtype=texts.dtype.newbyteorder("="))
    points = native.view(np.uint32).reshape(len(texts), -1)
    if points.shape[1] % 2:
        points = np.pad(points, ((0, 0), (0, 1)))
    return np.ascontiguousarray(points).view(np.uint64)
