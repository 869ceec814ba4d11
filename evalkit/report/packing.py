"""Text as the page carries what is too long to lie open in it: gzipped, in base64."""

from __future__ import annotations

import base64
import gzip

LEVEL = 6
"""Beyond it the plotting library takes half as long again and comes out 0.2 % smaller."""


def packed(text: str) -> str:
    """Return text gzipped and in base64; equal texts give equal results.

    >>> gzip.decompress(base64.b64decode(packed("cat"))).decode()
    'cat'
    """
    compressed = gzip.compress(text.encode("utf-8", "replace"), compresslevel=LEVEL, mtime=0)
    return base64.b64encode(compressed).decode()
