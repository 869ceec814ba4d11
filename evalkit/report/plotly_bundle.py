"""The plotting library that the installed plotly package carries, packed for the page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from evalkit.report.packing import packed
from evalkit.report.policy import script_hash


@dataclass(frozen=True)
class PlotlyBundle:
    """plotly.js as text, as the page carries it, and where the same text lies on the network.

    Attributes
    ----------
    source : the script itself.
    packed : the script gzipped and in base64; equal sources give equal bytes.
    address : where plotly's own network serves this version.
    integrity : the hash that a browser checks it against. It is that of the installed file: the
        network serves the same bytes, as plotly's own ``to_html(include_plotlyjs="cdn")`` relies
        on, which writes this very address and hash.
    """

    source: str
    packed: str
    address: str
    integrity: str


@lru_cache(maxsize=1)
def plotly_bundle() -> PlotlyBundle:
    """Return the bundle of the installed plotly package."""
    from plotly.offline import get_plotlyjs, get_plotlyjs_version

    source = get_plotlyjs()
    return PlotlyBundle(
        source=source,
        packed=packed(source),
        address=f"https://cdn.plot.ly/plotly-{get_plotlyjs_version()}.min.js",
        integrity=script_hash(source),
    )
