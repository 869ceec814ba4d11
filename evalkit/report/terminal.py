"""The short table and the verdict for a terminal: plain text, aligned, safe in a pipe."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from evalkit.compare.phrasing import confidence_text, percent, percent_range

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalkit.compare.comparison import Comparison
    from evalkit.compare.results import Estimate

LONGEST_NAME = 32


def summary_text(comparison: Comparison) -> str:
    """Return the verdict and a row a model: accuracy and macro averages in percent, intervals."""
    columns = {
        "accuracy, %": "accuracy",
        "macro precision, %": "precision_macro",
        "macro recall, %": "recall_macro",
        **{f"macro F{beta:g}, %": f"f_beta_macro[{beta:g}]" for beta in comparison.settings.betas},
    }
    rows = [["model", *columns]]
    rows += [
        [shown_name(model.name), *(estimate_text(model.overall[key]) for key in columns.values())]
        for model in comparison.models
    ]
    confidence = confidence_text(comparison.settings.confidence)
    verdict = comparison.verdict
    return "\n".join(
        [
            shown(verdict.headline),
            shown(verdict.lede),
            "",
            *aligned(rows),
            "",
            f"in brackets: {confidence} intervals".replace("\N{NO-BREAK SPACE}", " "),
            *_groups(comparison, columns),
        ]
    )


def _groups(comparison: Comparison, columns: Mapping[str, str]) -> list[str]:
    """Return the lines of the groups: the mean over runs with its interval and its spread."""
    if not comparison.groups:
        return []
    rows = [["group", "runs", *columns]]
    for group in comparison.groups:
        cells = [group.metrics[key] for key in columns.values()]
        rows.append(
            [
                shown_name(group.name),
                str(len(group.runs)),
                *(
                    estimate_text(cell.mean)
                    + (
                        ""
                        if cell.standard_deviation is None
                        else f" ±{percent(group.factor * cell.standard_deviation)}"
                    )
                    for cell in cells
                ),
            ]
        )
    warnings = [
        f"{shown_name(group.name)}: {group.warning}" for group in comparison.groups if group.warning
    ]
    factor = comparison.settings.factor
    return [
        "",
        *aligned(rows),
        "",
        f"in brackets: intervals over seeds and samples; ±: {factor:g} standard deviations",
        *warnings,
    ]


def estimate_text(estimate: Estimate) -> str:
    """Return a value in percent with its interval, or why there is none."""
    if estimate.value is None:
        return f"n/a ({estimate.undefined})" if estimate.undefined else "n/a"
    if estimate.low is None or estimate.high is None:
        return percent(estimate.value)
    return f"{percent(estimate.value)} [{percent_range(estimate.low, estimate.high)}]"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines: the first column to the left, the others to the right.

    >>> aligned([["a", "1.0"], ["bcd", "10.0"]])
    ['a     1.0', 'bcd  10.0']
    """
    widths = [max(_width(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell + " " * (width - _width(cell)) if i == 0 else " " * (width - _width(cell)) + cell
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def shown_name(name: str) -> str:
    """Return a name short enough for a column."""
    name = shown(name)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def shown(text: str) -> str:
    r"""Return text without the characters by which a name could command a terminal.

    >>> shown("a\x1b[2Jb\u202e")
    'a�[2Jb�'
    """
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in {"Cc", "Cf", "Cs"} else c
        for c in text
    )


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    wide = sum(unicodedata.east_asian_width(c) in {"W", "F"} for c in text)
    combining = sum(unicodedata.combining(c) > 0 for c in text)
    return len(text) + wide - combining
