"""What was sampled together, as one of a fixed number of units that every partition agrees on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

UNITS = 1024
"""Groups are spread over so many units, drawn whole: the variance stays unbiased."""


def unit_codes(groups: pa.Array) -> tuple[NDArray[np.int64], int]:
    """Return the unit of each row, by a hash of its group, and the number of units.

    The hash is of the value alone, so that a group falls into one unit wherever its rows lie.
    """
    import pandas as pd

    encoded = groups.dictionary_encode() if not hasattr(groups, "dictionary") else groups
    hashes = pd.util.hash_array(
        np.array([str(name) for name in encoded.dictionary.to_pylist()], dtype=object),
        categorize=False,
    )
    of_name = np.append((hashes % UNITS).astype(np.int64), 0)
    codes = encoded.indices.fill_null(len(hashes)).to_numpy(zero_copy_only=False)
    units: NDArray[np.int64] = of_name[codes]
    return units, UNITS
