"""The values of slice columns in a batch: names as they are, numbers in bins."""

from __future__ import annotations

import json
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import DataError
from evalkit.predictions.slices import MISSING, MOST_VALUES, value_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from evalkit.scale.plan import SliceColumn

    Codes = NDArray[np.integer[Any]]

PREFIX = "slice|"


def slice_codes(
    batch: pa.RecordBatch, columns: Sequence[SliceColumn]
) -> Iterator[tuple[str, Codes, list[str]]]:
    """Yield for each column, and for each two crossed, a key, codes, and what completes the key.

    Key and completion together are ``slice|[columns]|[values]``, both JSON.
    """
    found = [(each.name, *_values(batch.column(each.name), each)) for each in columns]
    for name, codes, values in found:
        yield f"{PREFIX}{json.dumps([name])}|", codes, [json.dumps([value]) for value in values]
    for (one, ours, first), (other, theirs, second) in combinations(found, 2):
        _require_few(len(first) * len(second), f"{one} and {other}")
        codes = ours.astype(np.int64) * len(second) + theirs
        labels = [json.dumps([a, b]) for a in first for b in second]
        yield f"{PREFIX}{json.dumps([one, other])}|", codes, labels


def parsed_slice(key: str) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Return the columns, the values and the name of the table of a slice's key."""
    decoder = json.JSONDecoder()
    columns, end = decoder.raw_decode(key, len(PREFIX))
    values, end = decoder.raw_decode(key, end + 1)
    return tuple(columns), tuple(values), key[end + 1 :]


def _values(column: pa.Array, wanted: SliceColumn) -> tuple[Codes, list[str]]:
    import pyarrow as pa

    if wanted.edges:
        numbers = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        codes = np.searchsorted(np.array(wanted.edges), numbers, side="right")
        codes[np.isnan(numbers)] = len(wanted.edges) + 1
        return codes, [*wanted.labels(), MISSING]
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    names = [value_name(value) for value in encoded.dictionary.to_pylist()]
    _require_few(len(names), wanted.name)
    distinct = list(dict.fromkeys([*names, MISSING]))
    table = np.array([distinct.index(name) for name in [*names, MISSING]], dtype=np.int64)
    codes = table[encoded.indices.fill_null(len(names)).to_numpy(zero_copy_only=False)]
    return codes, distinct


def _require_few(values: int, what: str) -> None:
    if values > MOST_VALUES:
        raise DataError(
            f"slices are by at most {MOST_VALUES:,} values; {what} has {values:,}: "
            "bin it, as in --slice-by age:18,40,65"
        )
