"""Write the page of the simulated rates, as Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.validity.page_text import CLAIMS, INTRODUCTION, NOTES, OTHER_LIMITS
from benchmarks.validity.simulation import DRAWS, Cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

WORST = 2
"""Populations of each claim and interval in the last tables."""


@dataclass(frozen=True)
class Row:
    """A claim, an interval or a power by one method, over its populations."""

    subject: str
    method: str
    nominal: float
    cells: list[Cell]

    @cached_property
    def worst_first(self) -> list[Cell]:
        """The cells, those with the worst rates first."""
        is_claim = self.cells[0].kind == "claim"
        return sorted(self.cells, key=lambda cell: cell.rate, reverse=is_claim)

    @property
    def failing(self) -> int:
        """The number of populations in which the rate is worse than nominal."""
        return sum(cell.fails for cell in self.cells)

    @property
    def title(self) -> str:
        """The subject, with a capital letter, and the method."""
        return f"{capital(self.subject)} ({self.method})"


def page(cells: list[Cell]) -> str:
    """Return the page of these cells."""
    claims, intervals, powers = (
        [cell for cell in cells if cell.kind == kind] for kind in ("claim", "interval", "power")
    )
    few = sum(cell.draws < DRAWS for cell in cells)
    lines = [
        "# Validity",
        "",
        INTRODUCTION.format(
            cells=f"{len(cells):,}",
            failing=sum(cell.fails for cell in (*claims, *intervals)),
            tested=f"{len(claims) + len(intervals):,}",
            fewer=f" In {few} populations, fewer than {DRAWS:,} are left." if few else "",
        ),
        "",
        "## Claims",
        "",
        CLAIMS,
        "",
        *summary("claim", rows(claims, folded)),
        "",
        "## Intervals",
        "",
        "How often the interval contains the true value.",
        "",
        *summary("interval", rows(intervals, folded)),
        "",
        "## Power",
        "",
        "How often evalkit says what is true. Where it states a power, the last column compares.",
        "",
        *power(rows(powers, lambda cell: cell.subject)),
        "",
        "## What fails",
        "",
        *failures([*rows(claims, folded), *rows(intervals, folded)]),
        "",
        OTHER_LIMITS,
        "",
        "## Worst populations",
        "",
        f"The {WORST} worst populations of each claim and interval. `--json FILE` writes all.",
        "",
        *details("claim", rows(claims, lambda cell: cell.subject)),
        "",
        *details("interval", rows(intervals, lambda cell: cell.subject)),
    ]
    return "\n".join(lines) + "\n"


def folded(cell: Cell) -> str:
    """Return the subject without the metric after a colon."""
    return cell.subject.split(":")[0]


def rows(cells: Iterable[Cell], subject: Callable[[Cell], str]) -> list[Row]:
    """Return the rows in the order of the cells; a subject stands in one place."""
    found: dict[str, dict[tuple[str, float], list[Cell]]] = {}
    for cell in cells:
        # The nominal values of powers differ by population.
        nominal = 0.0 if cell.kind == "power" else cell.nominal
        methods = found.setdefault(subject(cell), {})
        methods.setdefault((cell.method, nominal), []).append(cell)
    return [
        Row(name, *key, each) for name, methods in found.items() for key, each in methods.items()
    ]


def summary(kind: str, found: list[Row]) -> Iterator[str]:
    """Yield the table of the worst and median rates."""
    yield f"| {kind} | method | nominal | worst | median | populations | failing |"
    yield "|---|---|---:|---:|---:|---:|---:|"
    for row in found:
        worst = percent(row.worst_first[0].rate)
        values = (
            capital(row.subject),
            row.method,
            percent(row.nominal),
            f"**{worst}**" if row.failing else worst,
            percent(median(cell.rate for cell in row.cells)),
            str(len(row.cells)),
            str(row.failing or ""),
        )
        yield f"| {' | '.join(values)} |"


def power(found: list[Row]) -> Iterator[str]:
    """Yield the table of power; where it is stated, with the largest distance from that."""
    yield "| statement | method | lowest | highest | populations | farthest from the stated power |"
    yield "|---|---|---:|---:|---:|---:|"
    for row in found:
        distances = [cell.rate - cell.nominal for cell in row.cells if cell.nominal]
        farthest = max(distances, key=abs, default=None)
        lowest, highest = row.worst_first[0].rate, row.worst_first[-1].rate
        values = (
            capital(row.subject),
            row.method,
            percent(lowest),
            percent(highest),
            str(len(row.cells)),
            "" if farthest is None else f"{signed(farthest)} points",
        )
        yield f"| {' | '.join(values)} |"


def failures(found: list[Row]) -> Iterator[str]:
    """Yield one paragraph for each claim or interval that fails, with its note.

    Raises
    ------
    ValueError
        If the text has no note on one that fails.
    """
    failing = [row for row in found if row.failing]
    unexplained = [row.title for row in failing if (row.subject, row.method) not in NOTES]
    if unexplained:
        raise ValueError(
            f"No note in page_text.py on what fails: {'; '.join(unexplained)}. "
            "Add what evalkit does about it."
        )
    for row in failing:
        worst = row.worst_first[0]
        bound = "at most" if worst.kind == "claim" else "at least"
        metric = worst.subject.removeprefix(row.subject).removeprefix(": ")
        where = spaced(f"{metric}, {worst.population}" if metric else worst.population)
        yield (
            f"- **{row.title}.** {percent(worst.rate)} instead of {bound} {percent(row.nominal)} "
            f"({where}). Failing populations: {row.failing} of {len(row.cells)}. "
            f"{NOTES[row.subject, row.method]}"
        )


def details(kind: str, found: list[Row]) -> Iterator[str]:
    """Yield the table of the worst populations."""
    yield f"| {kind} | population | rate |"
    yield "|---|---|---:|"
    for title, same in groupby(found, key=lambda row: row.title):
        worst = [cell for row in same for cell in row.worst_first[:WORST]]
        for k, cell in enumerate(worst):
            rate = percent(cell.rate)
            shown = f"**{rate}**" if cell.fails else rate
            yield f"| {'' if k else title} | {spaced(cell.population)} | {shown} |"


def capital(text: str) -> str:
    """Return the text with a capital letter."""
    return text[:1].upper() + text[1:]


def spaced(text: str) -> str:
    """Return the text with a space before each percent sign, as in the rest of the page."""
    return re.sub(r"(\d)%", r"\1 %", text)


def percent(rate: float) -> str:
    """Return a rate in percent."""
    return f"{100 * rate:.1f} %"


def signed(rate: float) -> str:
    """Return a difference of rates in percentage points."""
    return f"{100 * rate:+.1f}".replace("-", "−")
