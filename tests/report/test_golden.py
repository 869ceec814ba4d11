"""Whole pages, compared with those that were looked at and kept; see golden/README.md."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import evalkit
from evalkit.report.render import render_html
from evalkit.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.compare.comparison import Comparison

GOLDEN = Path(__file__).with_name("golden")
RENEW = os.environ.get("EVALKIT_RENEW_GOLDEN") == "1"
ACTUAL = ("cat", "cat", "cat", "dog", "dog", "emu", "emu", "emu", "cat", "dog") * 3
FIRST = ("cat", "cat", "dog", "dog", "cat", "emu", "emu", "dog", "cat", "dog") * 3
SECOND = ("cat", "cat", "cat", "dog", "dog", "emu", "emu", "dog", "emu", "dog") * 3


def pages() -> dict[str, Callable[[], Comparison]]:
    """The comparisons by the name of the page: few classes, few samples, few replicates."""

    def compared(*evaluations: evalkit.Evaluation) -> Comparison:
        return evalkit.compare(evaluations, replicates=100, seed=0)

    def named(names: dict[str, str], *models: str) -> Comparison:
        return compared(
            *(
                evalkit.evaluate(
                    [names[label] for label in ACTUAL],
                    [names[label] for label in predicted],
                    classes=list(names.values()),
                    name=model,
                )
                for model, predicted in zip(models, (FIRST, SECOND), strict=False)
            )
        )

    animals = {name: name for name in ("cat", "dog", "emu")}
    markup = "</script><img src=x onerror=alert(1)>"
    hostile = {"cat": markup, "dog": "{{7*7}}%{z}", "emu": "\u202eemu\x00" + "x" * 200}
    chances = [0.9, 0.7, 0.6, 0.4, 0.2, 0.1, 0.8, 0.55, 0.3, 0.35]
    return {
        "one-model": lambda: named(animals, "alone"),
        "two-models": lambda: named(animals, "first", "second"),
        "two-classes": lambda: compared(
            *(
                evalkit.evaluate(
                    [1, 1, 1, 0, 0, 0, 1, 0, 0, 1],
                    y_proba=[[1 - p, p] for p in stated],
                    classes=(0, 1),
                    name=name,
                )
                for name, stated in (
                    ("first", chances),
                    ("second", [1 - abs(p - 0.95) for p in chances]),
                )
            )
        ),
        "hostile-names": lambda: named(hostile, markup, "\u202egnp.exe</title>"),
    }


def scrubbed(html: str) -> str:
    """Return a page without what varies while the page stays the same."""
    html = re.sub(r"sha256-[A-Za-z0-9+/=]{44}", "sha256-…", html)
    # Compressed bytes depend on the zlib at hand; their contents have tests of their own.
    html = re.sub(r'(type="application/octet-stream"[^>]*>)[^<]*', r"\1…", html)
    # Scripts and styles are files that a reviewer reads as they are.
    html = re.sub(r"<style>.*?</style>", "<style>…</style>", html, flags=re.DOTALL)
    html = re.sub(r"<script>.*?</script>", "<script>…</script>", html, flags=re.DOTALL)
    return html.replace(__version__, "VERSION")


@pytest.mark.parametrize("name", pages())
def test_golden(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is the one that was kept, character by character, once scrubbed."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    html = scrubbed(render_html(pages()[name](), plotly="none"))
    golden = GOLDEN / f"{name}.html"
    if RENEW:
        golden.write_text(html, encoding="utf-8", newline="\n")
    assert html.splitlines() == golden.read_text(encoding="utf-8").splitlines(), (
        f"{golden.name} differs: see {GOLDEN.name}/README.md"
    )
