"""HTML of small results for the output cells of notebooks.

Each view is one ``div`` without scripts, with a style sheet that applies to such views only. Text
has the colour of the surrounding page and lines a part of it, so that a view follows the theme of
JupyterLab, VS Code or an exported page, light or dark. Where styles are removed, as in notebooks
that are not trusted, plain tables remain.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from evalkit.tabular import printable_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SHADES = 8
"""Levels of the background of a shaded cell."""
STRONGEST = 0.42
"""The opacity of the strongest one; text of both themes keeps a contrast of 4.5:1 on it."""
_SCOPE = ".evalkit-view" * 3
"""Repeated, to precede JupyterLab's rules for tables."""
_FAINT = "color-mix(in srgb,currentColor 18%,transparent)"
_SOFT = "color-mix(in srgb,currentColor 72%,transparent)"
_RULES = {
    "": "max-width:100%;overflow-x:auto;font-size:14px;line-height:1.4;"
    "font-variant-numeric:tabular-nums lining-nums",
    "p": f"margin:4px 0;color:{_SOFT};font-size:12.5px;max-width:60em",
    "p.headline": "color:inherit;font-size:16px;font-weight:600",
    "table": "border-collapse:collapse;margin:8px 0;border:0;table-layout:auto;width:auto",
    "caption": f"text-align:left;caption-side:top;padding:2px 0;color:{_SOFT};font-size:12.5px",
    "tr,thead": "background:none;border:0",
    "th,td": f"padding:4px 0 4px 20px;border:0;border-bottom:1px solid {_FAINT};"
    "text-align:right;vertical-align:baseline;white-space:nowrap;font-weight:400;background:none;"
    "max-width:none",
    "thead th": f"vertical-align:bottom;color:{_SOFT};font-size:12.5px",
    "tr>:first-child": "text-align:left;padding-left:0",
    "small": f"color:{_SOFT};font-size:12px;margin-left:4px",
    "bdi": "display:inline-block;max-width:18em;overflow:hidden;text-overflow:ellipsis;"
    "vertical-align:bottom",
}


def name_html(name: str) -> str:
    """Return a name that is untrusted input, isolated and cut by the style sheet if it is long.

    >>> name_html("<b>")
    '<bdi title="&lt;b&gt;">&lt;b&gt;</bdi>'
    """
    text = escape(printable_cell(name))
    return f'<bdi title="{text}">{text}</bdi>'


def text_html(text: str) -> str:
    """Return escaped text on one line."""
    return escape(printable_cell(text))


def figure_html(value: str, interval: str = "") -> str:
    """Return a number with its interval, which is smaller.

    >>> figure_html("91.9", "91.0–92.7")
    '91.9 <small>91.0–92.7</small>'
    """
    small = f" <small>{escape(interval)}</small>" if interval else ""
    return f"{escape(value)}{small}"


def table_html(heads: Sequence[str], rows: Iterable[Iterable[str]], *, caption: str = "") -> str:
    """Return a table of cells that are HTML already; the first cell of a row is its head."""
    titled = f"<caption>{caption}</caption>" if caption else ""
    head = "".join(f'<th scope="col">{cell}</th>' for cell in heads)
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in others)}</tr>'
        for first, *others in rows
    )
    return f"<table>{titled}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def view_html(
    kind: str, *parts: str, headline: str = "", notes: Iterable[str] = (), css: str = ""
) -> str:
    """Return a view: a headline, parts that are HTML already, and notes below them.

    Parameters
    ----------
    kind : name of the view. A style sheet applies to all outputs of a notebook, so that rules that
        not every view has contain this name.
    parts : tables and other HTML.
    headline, notes : text, escaped here.
    css : more rules, of which each selector begins with ``&`` for the views of this kind.
    """
    rules = "".join(f"{_selectors(key)}{{{value}}}" for key, value in _RULES.items())
    head = f'<p class="headline">{text_html(headline)}</p>' if headline else ""
    below = "".join(f"<p>{text_html(note)}</p>" for note in notes)
    style = rules + css.replace("&", f"{_SCOPE}.evalkit-{kind}")
    return (
        f'<div class="evalkit-view evalkit-{kind}"><style>{style}</style>{head}{"".join(parts)}'
        f"{below}</div>"
    )


def _selectors(key: str) -> str:
    return ",".join(f"{_SCOPE} {each}".strip() for each in key.split(","))


def shade_rules() -> str:
    """Return the rules of the shaded cells, from ``.s1`` to the strongest."""
    return "".join(
        f"& td.s{level}{{background:rgba(48,128,208,{STRONGEST * level / SHADES:.2f})}}"
        for level in range(1, SHADES + 1)
    )
