"""Text from files, escaped for each output, and tables in Markdown, LaTeX and HTML.

Names of files, models, classes, columns and slices are untrusted: they may contain escape
sequences, line breaks, formulas or markup. Each output has one function here: terminal, CSV, JSON,
Markdown, LaTeX, HTML, XML, and annotations of GitHub Actions.
"""

from __future__ import annotations

import io
import json
import re
import unicodedata
from html import escape
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    Rows = Sequence[Sequence[str]]

_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "−": "$-$",
    "–": "--",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}


_BIDIRECTIONAL = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_UNSAFE = re.compile(
    f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff{_BIDIRECTIONAL}]"
)
_REPLACED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_NONCHARACTERS = range(0xFDD0, 0xFDF0)
_ROW_ARGUMENT = re.compile(r"^( *)([\[*])")
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def printable_cell(text: str) -> str:
    r"""Return text on one line, with control and format characters replaced.

    >>> printable_cell("a\x1b[2Jb\u202e\u2028c")
    'a�[2Jb��c'
    """
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    if text.isprintable():
        return text
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_replaced(c) else c for c in text)


def _is_replaced(character: str) -> bool:
    code = ord(character)
    return (
        unicodedata.category(character) in _REPLACED
        or code & 0xFFFE == 0xFFFE
        or code in _NONCHARACTERS
    )


def terminal_text(text: str) -> str:
    r"""Return text of several lines, with the characters replaced that control a terminal.

    >>> terminal_text("o\x1b]0;own\x07.html\nnext")
    'o�]0;own�.html\nnext'
    """
    return text if text.isascii() and text.isprintable() else _UNSAFE.sub("�", text)


def csv_cell(text: str) -> str:
    """Return text with a quote before it if a spreadsheet would evaluate it as a formula.

    >>> csv_cell("=1+1"), csv_cell("-1"), csv_cell("cat")
    ("'=1+1", '-1', 'cat')
    """
    runs = _FORMULA.match(text) and not _NUMBER.fullmatch(text)
    return f"'{text}" if runs else text


def write_csv(frame: pd.DataFrame, file: BinaryIO, *, with_header: bool = True) -> None:
    """Write a table as CSV to an open file; cells that a spreadsheet would evaluate get a quote."""
    import csv

    text = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="")
    writer = csv.writer(text, lineterminator="\n")
    if with_header:
        writer.writerow(csv_cell(str(name)) for name in frame.columns)
    columns = [
        [csv_cell(each) if isinstance(each, str) else each for each in frame[name].tolist()]
        for name in frame.columns
    ]
    writer.writerows(zip(*columns, strict=True))
    text.flush()
    text.detach()


def json_text(value: Any, *, separators: tuple[str, str] | None = None) -> str:
    r"""Return a value as JSON on one line; characters that control a terminal are escaped.

    >>> print(json_text({"class": "é\x9b\u2028"}))
    {"class": "é\u009b\u2028"}
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=separators)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def xml_text(text: str) -> str:
    """Return text on one line without the characters that XML 1.0 forbids.

    The caller's XML library escapes markup.
    """
    return printable_cell(text)


def annotation_text(text: str) -> str:
    """Return the message of an annotation of GitHub Actions.

    >>> annotation_text("50 %")
    '50 %25'
    """
    return printable_cell(text).replace("%", "%25")


def annotation_property(text: str) -> str:
    """Return a property of an annotation of GitHub Actions.

    >>> annotation_property("recall: a,b")
    'recall%3A a%2Cb'
    """
    return annotation_text(text).replace(":", "%3A").replace(",", "%2C")


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
    return latex_tabular(*([latex_cell(cell) for cell in cells] for cells in (heads, *rows)))


def latex_tabular(heads: Sequence[str], *rows: Sequence[str]) -> str:
    """Return a ``tabular`` of cells that are LaTeX already."""
    head, *body = (" & ".join(cells) + r" \\" for cells in (heads, *rows))
    return "\n".join(
        [
            rf"\begin{{tabular}}{{l{'r' * (len(heads) - 1)}}}",
            r"\toprule",
            head,
            r"\midrule",
            *body,
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
    # After the end of a row, a bracket or a star would belong to the command that ends it.
    return _ROW_ARGUMENT.sub(r"\1{\2}", written)


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
