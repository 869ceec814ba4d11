"""Section β: macro F-β of each model over β, and which model leads for which β."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.phrasing import beta_text, percent
from evalkit.report.printed import Printed, span

if TYPE_CHECKING:
    from evalkit.compare.records import BetaCurve, Lead
    from evalkit.report.subject import ShownModel, Subject

LISTED_CLASSES = 100
PRINTED_STEP = 4
"""The table shows every fourth β of the grid: 0.1, 0.16, 0.25, 0.4, 0.63, 1 …"""


@dataclass(frozen=True)
class BetaRow:
    """Macro F of each model at one β."""

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
    """The content of the section."""

    models: tuple[ShownModel, ...]
    rows: tuple[BetaRow, ...]
    leads: tuple[PairLeads, ...]
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
    return Beta(
        models=subject.models,
        rows=tuple(
            BetaRow(beta_text(grid[i]), tuple(_printed(curve, i) for curve in curves))
            for i in range(0, len(grid), PRINTED_STEP)
        ),
        leads=tuple(
            PairLeads(
                subject.models[pair.first],
                subject.models[pair.second],
                tuple(_lead_row(subject, lead) for lead in pair.leads),
            )
            for pair in subject.pairs_by_interest()
            if pair.leads
        ),
        by_class=_by_class(subject),
        least=beta_text(grid[0]),
        most=beta_text(grid[-1]),
        confidence=subject.confidence,
        steps=len(grid),
        start=min(range(len(grid)), key=lambda i: abs(grid[i] - 1.0)),
    )


def _by_class(subject: Subject) -> tuple[ClassRow, ...]:
    """Return one row per class for the two most accurate models, sorted by β; no change last."""
    if not subject.comparison.pairs:
        return ()
    leads = subject.comparison.leading_pair.class_leads
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


def _lead_row(subject: Subject, lead: Lead) -> LeadRow:
    return LeadRow(
        beta_text(lead.beta_low),
        beta_text(lead.beta_high),
        None if lead.leader is None else subject.models[lead.leader],
        lead.supported,
    )
