"""Tables as text: what other tools read back from them, and names that stay text."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given, strategies as st

from evalkit.tabular import html_table, latex_cell, markdown_table, printable_cell

CELLS = st.lists(st.lists(st.text(max_size=12), min_size=3, max_size=3), min_size=1, max_size=4)


class Cells(HTMLParser):
    """The texts of a table's cells, row by row, and every element's name."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.names.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        self.rows[-1][-1] += data


@given(CELLS)
def test_a_parser_of_html_reads_the_cells_back(rows: list[list[str]]) -> None:
    parser = Cells()
    parser.feed(html_table(["a", "b", "c"], rows))
    parser.close()
    assert parser.rows[1:] == [[printable_cell(cell) for cell in row] for row in rows]
    assert parser.names == {"table", "thead", "tbody", "tr", "th", "td"}


@given(CELLS)
def test_markdown_has_a_line_a_row_and_as_many_bars(rows: list[list[str]]) -> None:
    lines = markdown_table(["a", "b", "c"], rows).split("\n")
    assert len(lines) == len(rows) + 2
    assert all(len(line.replace("\\\\", "").replace("\\|", "").split("|")) == 5 for line in lines)
    assert "<" not in "".join(lines)


def test_latex_takes_every_special_character_for_text() -> None:
    assert latex_cell("a&b_c%d#e$f{g}") == r"a\&b\_c\%d\#e\$f\{g\}"
    assert latex_cell("\\input{x}~^") == (
        r"\textbackslash{}input\{x\}\textasciitilde{}\textasciicircum{}"
    )
    assert latex_cell("[2] a") == "{[}2] a"
