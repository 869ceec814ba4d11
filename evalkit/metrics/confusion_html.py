"""A confusion matrix in a notebook: a shaded table, or the most confused pairs of many classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.notebook_html import (
    SHADES,
    figure_html,
    name_html,
    shade_rules,
    table_html,
    view_html,
)
from evalkit.phrasing import count as count_text, percent, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.metrics.cells import Cells
    from evalkit.metrics.count.marginals import CountArray

MOST_SHOWN = 30
"""A matrix with more classes is shown by its most confused pairs."""
MOST_WITH_SHARES = 12
"""With more classes, only the counts stand in the cells; the shading shows the shares."""
LISTED_PAIRS = 15
LONGEST_HEAD = 4
"""Longer names at the head of many columns are turned."""
_RULES = (
    "& .matrix th,& .matrix td{padding:4px 8px}& .matrix td{text-align:right;border:0}"
    "& .matrix tbody th{border:0}& .matrix thead th{text-align:right}"
    "& .matrix thead bdi{max-width:9em}& .matrix .axis{text-align:left}"
    "& .matrix tr>:first-child{padding-left:0}& .matrix .right{font-weight:600}"
    "& .turned bdi{writing-mode:vertical-rl;transform:rotate(180deg);max-width:none;"
    "max-height:12em}& .matrix small{font-weight:400}"
)


def matrix_html(classes: Sequence[Any], cells: Cells, support: CountArray) -> str:
    """Return a confusion matrix as HTML for a notebook.

    Parameters
    ----------
    classes : the ordered names of the K classes.
    cells : the cells that are not zero.
    support : (K,) the number of samples of each actual class.
    """
    names = [str(name) for name in classes]
    on_diagonal = cells.rows == cells.columns
    right, total = float(cells.counts[on_diagonal].sum()), float(np.sum(support))
    headline = f"Confusion matrix of {plural(len(names), 'class', 'classes')}"
    if total:
        headline += f": accuracy {percent(right / total)} %, "
        headline += f"{count_text(right)} of {count_text(total)}"
    if len(names) > MOST_SHOWN:
        body, note = _pairs(names, cells, support, ~on_diagonal)
        return view_html(
            "confused-pairs",
            body,
            headline=headline,
            notes=[note],
            css="& th:nth-child(2),& td:nth-child(2){text-align:left}",
        )
    return view_html(
        "confusion",
        _table(names, cells, support),
        headline=headline,
        notes=[
            "Rows: actual class. Columns: predicted class. "
            + (
                "Small figures: share of the actual class, %."
                if len(names) <= MOST_WITH_SHARES
                else "Shading: share of the actual class."
            )
        ],
        css=_RULES + shade_rules(),
    )


def _table(names: Sequence[str], cells: Cells, support: CountArray) -> str:
    n_classes = len(names)
    counts = np.zeros((n_classes, n_classes), cells.counts.dtype)
    counts[cells.rows, cells.columns] = cells.counts
    turned = ' class="turned"' if n_classes > 6 and max(map(len, names)) > LONGEST_HEAD else ""
    heads = "".join(f'<th scope="col">{name_html(name)}</th>' for name in names)
    rows = "".join(
        f'<tr><th scope="row">{name_html(names[i])}</th>'
        + "".join(_cell(counts[i, j], support[i], i == j, n_classes) for j in range(n_classes))
        + f"<td>{count_text(support[i])}</td></tr>"
        for i in range(n_classes)
    )
    return (
        '<table class="matrix"><thead>'
        f'<tr><th scope="col" rowspan="2" class="axis">Actual</th><th scope="colgroup" class="axis"'
        f' colspan="{n_classes}">Predicted</th><th scope="col" rowspan="2">Support</th></tr>'
        f"<tr{turned}>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _cell(number: Any, support: float, is_right: bool, n_classes: int) -> str:
    share = float(number / support) if support else 0.0
    level = int(np.ceil(share * SHADES))
    classes = [*(["right"] if is_right else []), *([f"s{level}"] if level else [])]
    shown = percent(share) if number and n_classes <= MOST_WITH_SHARES else ""
    marked = f' class="{" ".join(classes)}"' if classes else ""
    return f"<td{marked}>{figure_html(count_text(float(number)), shown)}</td>"


def _pairs(names: Sequence[str], cells: Cells, support: CountArray, errors: Any) -> tuple[str, str]:
    """Return the table of the pairs with the largest counts, and a note on the others."""
    rows, columns, counts = cells.rows[errors], cells.columns[errors], cells.counts[errors]
    largest = np.argsort(-counts, kind="stable")[:LISTED_PAIRS]
    shown = [
        (
            name_html(names[rows[k]]),
            name_html(names[columns[k]]),
            count_text(float(counts[k])),
            count_text(float(support[rows[k]])),
            percent(float(counts[k] / support[rows[k]])),
        )
        for k in largest
    ]
    heads = ("Actual", "Predicted as", "Samples", "Support", "Share of the actual class, %")
    note = (
        f"{len(shown)} of {plural(len(counts), 'pair')} of classes that are confused. "
        "to_frame() returns the matrix."
        if len(shown)
        else "No sample is misclassified."
    )
    table = table_html(heads, shown, caption="Most confused pairs") if shown else ""
    return table, note
