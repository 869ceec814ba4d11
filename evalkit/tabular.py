"""Tables in Markdown, LaTeX and HTML, with escaped cells."""

from __future__ import annotations

import re
import unicodedata
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    Rows = Sequence[Sequence[str]]

_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}


def printable_cell(text: str) -> str:
    r"""Return text on one line, with control characters replaced.

    >>> printable_cell("a\x1b[2Jb\u202e")
    'a�[2Jb�'
    """
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in {"Cc", "Cf", "Cs"} else c
        for c in text
    )


def markdown_table(heads: Sequence[str], rows: Rows) -> str:
    r"""Return a table in Markdown; columns after the first are right-aligned.

    >>> print(markdown_table(["class", "n"], [["a|b", "10"]]))
    | class | n |
    |---|--:|
    | a\|b | 10 |
    """
    lines = [[markdown_cell(cell) for cell in row] for row in [heads, *rows]]
    ruler = "|---" + "|--:" * (len(heads) - 1) + "|"
    written = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([written[0], ruler, *written[1:]])


def markdown_cell(text: str) -> str:
    r"""Return text escaped for Markdown and HTML.

    >>> markdown_cell("a|b <img> *c* @team"), markdown_cell("recall[cat]")
    ('a\\|b &lt;img&gt; \\*c\\* @\u200bteam', 'recall\\[cat\\]')
    """
    plain = escape(printable_cell(text), quote=False)
    # A zero-width space after @ prevents mentions on GitHub.
    plain = re.sub(r"@(?=\w)", "@\u200b", plain)
    return re.sub(r"([\\`*_\[\]|~#!])", r"\\\1", plain)


def latex_table(heads: Sequence[str], rows: Rows) -> str:
    r"""Return a LaTeX ``tabular`` for the package booktabs.

    >>> print(latex_table(["class", "n"], [["a_b", "10"]]))
    \begin{tabular}{lr}
    \toprule
    class & n \\
    \midrule
    a\_b & 10 \\
    \bottomrule
    \end{tabular}
    """

    def line(cells: Sequence[str]) -> str:
        return " & ".join(map(latex_cell, cells)) + r" \\"

    return "\n".join(
        [
            rf"\begin{{tabular}}{{l{'r' * (len(heads) - 1)}}}",
            r"\toprule",
            line(heads),
            r"\midrule",
            *map(line, rows),
            r"\bottomrule",
            r"\end{tabular}",
        ]
    )


def latex_cell(text: str) -> str:
    r"""Return text escaped for LaTeX.

    >>> latex_cell("50 % of a_b")
    '50 \\% of a\\_b'
    """
    written = "".join(_LATEX.get(character, character) for character in printable_cell(text))
    # After the end of a row, a bracket would start an optional argument.
    return f"{{[}}{written[1:]}" if written.startswith("[") else written


def html_table(heads: Sequence[str], rows: Rows, *, caption: str = "") -> str:
    """Return a table in HTML; the first cell of each row is its header.

    >>> html_table(["class", "n"], [["<b>", "10"]])
    '<table><thead><tr><th scope="col">class</th><th scope="col">n</th></tr></thead>...
    """
    head = "".join(f'<th scope="col">{_html_cell(cell)}</th>' for cell in heads)
    body = "".join(
        f'<tr><th scope="row">{_html_cell(row[0])}</th>'
        + "".join(f"<td>{_html_cell(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    titled = f"<caption>{_html_cell(caption)}</caption>" if caption else ""
    return f"<table>{titled}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _html_cell(text: str) -> str:
    return escape(printable_cell(text))
