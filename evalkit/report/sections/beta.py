"""Section on F-β by β: macro F of each model, or mean of each group, and which one leads."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from evalkit.phrasing import beta_text, percent
from evalkit.report.printed import Printed, span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.compare.records import BetaCurve, Lead, PairResult
    from evalkit.report.subject import ShownModel, Subject

LISTED_CLASSES = 100
PRINTED_STEP = 4
"""The table shows every fourth β of the grid: 0.1, 0.16, 0.25, 0.4, 0.63, 1 …"""


@dataclass(frozen=True)
class BetaRow:
    """Macro F of each model, or the mean of each group, at one β."""

    beta: str
    figures: tuple[Printed, ...]


@dataclass(frozen=True)
class LeadRow:
    """A range of β and the model with the higher macro F."""

    low: str
    high: str
    leader: ShownModel | None
    supported: bool


@dataclass(frozen=True)
class ClassRow:
    """The models with the higher F of one class below and above the β where the lead changes."""

    name: str
    beta: str
    below: ShownModel | None
    above: ShownModel | None


@dataclass(frozen=True)
class PairLeads:
    """The ranges of β for two models."""

    first: ShownModel
    second: ShownModel
    rows: tuple[LeadRow, ...]


@dataclass(frozen=True)
class Beta:
    """The content of the section.

    `shown` are the models, or the groups if all models are runs of groups; `factor` then is the
    number of standard deviations beside a mean. `pair` are the models of `by_class`.
    """

    shown: tuple[ShownModel, ...]
    factor: str
    rows: tuple[BetaRow, ...]
    leads: tuple[PairLeads, ...]
    pair: tuple[ShownModel, ShownModel] | None
    by_class: tuple[ClassRow, ...]
    least: str
    most: str
    confidence: str
    steps: int
    start: int


def collect(subject: Subject) -> Beta | None:
    """Return the section, or None where no model has a curve."""
    curves = [model.beta_curve for model in subject.comparison.models]
    grid = curves[0].betas
    if not grid:
        return None
    groups = subject.comparison.groups if subject.is_of_groups else ()
    pairs = () if groups else subject.pairs_by_interest()
    return Beta(
        shown=subject.groups if groups else subject.models,
        factor=f"{subject.comparison.settings.factor:g}" if groups else "",
        rows=tuple(
            BetaRow(
                beta_text(grid[i]),
                tuple(
                    _mean([curves[run] for run in group.runs], i, group.factor) for group in groups
                )
                or tuple(_printed(curve, i) for curve in curves),
            )
            for i in range(0, len(grid), PRINTED_STEP)
        ),
        leads=tuple(
            PairLeads(
                subject.models[pair.first],
                subject.models[pair.second],
                tuple(_lead_row(subject, lead) for lead in pair.leads),
            )
            for pair in pairs
            if pair.leads
        ),
        pair=(subject.models[pairs[0].first], subject.models[pairs[0].second]) if pairs else None,
        by_class=_by_class(subject, pairs[0]) if pairs else (),
        least=beta_text(grid[0]),
        most=beta_text(grid[-1]),
        confidence=subject.confidence,
        steps=len(grid),
        start=min(range(len(grid)), key=lambda i: abs(grid[i] - 1.0)),
    )


def _by_class(subject: Subject, pair: PairResult) -> tuple[ClassRow, ...]:
    """Return one row per class for two models, sorted by β; no change last."""
    leads = pair.class_leads
    listed = sorted(range(len(leads)), key=lambda k: (leads[k].beta or math.inf, k))
    models: dict[int | None, ShownModel | None] = dict(enumerate(subject.models))
    return tuple(
        ClassRow(
            subject.classes[k],
            "" if leads[k].beta is None else beta_text(leads[k].beta or 0.0),
            models.get(leads[k].below),
            models.get(leads[k].above),
        )
        for k in listed[:LISTED_CLASSES]
    )


def _printed(curve: BetaCurve, i: int) -> Printed:
    value, low, high = curve.values[i], curve.low[i], curve.high[i]
    if value is None or low is None or high is None:
        return Printed("n/a", "")
    return Printed(percent(value), span(low, high, "percent"), number=value)


def _mean(curves: Sequence[BetaCurve], i: int, factor: float) -> Printed:
    """Return the mean over runs at one β, with its spread."""
    values = [value for curve in curves if (value := curve.values[i]) is not None]
    if not values:
        return Printed("n/a", "")
    spread = f"±{percent(factor * stdev(values))}" if len(values) > 1 else ""
    return Printed(percent(fmean(values)), spread, number=fmean(values))


def _lead_row(subject: Subject, lead: Lead) -> LeadRow:
    return LeadRow(
        beta_text(lead.beta_low),
        beta_text(lead.beta_high),
        None if lead.leader is None else subject.models[lead.leader],
        lead.supported,
    )
