"""The policy in the head allows the page's own scripts by hash and nothing else."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from html import unescape
from typing import TYPE_CHECKING

import plotly.graph_objects as go
import pytest

from evalkit.report.plotly_bundle import plotly_bundle
from evalkit.report.policy import content_security_policy
from evalkit.report.render import render_html

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison

SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL)


def policy_of(html: str) -> dict[str, list[str]]:
    """The directives of a page's policy."""
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert found is not None
    return {
        name: sources
        for name, *sources in (part.split() for part in unescape(found[1]).split("; "))
    }


def test_known_hash() -> None:
    """The hash of ``alert(1)`` is the one that OpenSSL gives."""
    assert "sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=" in content_security_policy(
        ["alert(1)"]
    )


@pytest.mark.parametrize("plotly", ["inline", "cdn", "none"])
def test_policy_allows_exactly_the_scripts(two_models: Comparison, plotly: str) -> None:
    """Each script that runs has its hash or its address in the policy, and nothing else has."""
    html = render_html(two_models, plotly=plotly)  # type: ignore[arg-type]
    texts = [match["text"] for match in SCRIPT.finditer(html) if "type=" not in match["attributes"]]
    inline = [text for text in texts if text]
    assert len(inline) == 2
    carried = re.search(r'id="page-script">([^<]*)<', html)
    assert carried is not None
    inline.append(gzip.decompress(base64.b64decode(carried[1])).decode())
    expected = {
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in [*inline, *([plotly_bundle().source] if plotly == "inline" else [])]
    }
    if plotly == "cdn":
        expected.add(plotly_bundle().address)
    directives = policy_of(html)
    assert set(directives["script-src"]) == expected
    assert directives["default-src"] == ["'none'"]
    assert not {"connect-src", "frame-src", "object-src"} & set(directives)


def test_cdn_has_integrity(two_models: Comparison) -> None:
    """The one address that ``--plotly cdn`` names carries the hash of the installed bundle."""
    html = render_html(two_models, plotly="cdn")
    digest = base64.b64encode(hashlib.sha256(plotly_bundle().source.encode()).digest()).decode()
    assert f'integrity="sha256-{digest}" crossorigin="anonymous"' in html


def test_cdn_is_what_plotly_itself_refers_to(two_models: Comparison) -> None:
    """Address and hash are those that plotly writes into its own pages, where it writes a hash."""
    html = go.Figure().to_html(include_plotlyjs="cdn")
    theirs = dict(re.findall(r'(src|integrity)="([^"]*(?:cdn\.plot\.ly|sha256-)[^"]*)"', html))
    ours = render_html(two_models, plotly="cdn")
    assert {"src"} <= set(theirs)
    assert all(f'{name}="{value}"' in ours for name, value in theirs.items())
