"""plotly.js from the installed plotly package."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from evalkit.report.packing import packed
from evalkit.report.policy import script_hash


@dataclass(frozen=True)
class PlotlyBundle:
    """plotly.js as text, compressed for the page, and its address on the network.

    Attributes
    ----------
    source : the script itself.
    packed : the script as gzip in base64; equal sources give equal bytes.
    address : the address of this version in plotly's content delivery network.
    integrity : the hash that browsers check. It is the hash of the installed file, as in plotly's
        own ``to_html(include_plotlyjs="cdn")``.
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
