"""The data of the page's scripts: names, counts and estimates as compact JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.report.ordering import order_by_confusion
from evalkit.report.sections.classes import MOST_ROWS, class_axis, full_name, leads
from evalkit.report.sections.confusion import MOST_CELLS, shown_classes
from evalkit.report.terms import term
from evalkit.statistics.intervals import critical_value
from evalkit.tabular import json_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evalkit.compare.records import BetaCurve, PairResult
    from evalkit.report.samples import Samples, ShownInput
    from evalkit.report.subject import Subject
    from evalkit.statistics.estimates import Estimate

DENSE_CLASSES = 60
"""Up to this many classes all cells are written; beyond it, only those that are not zero."""
DIGITS = 5
PROBABILITY_PLACES = 3
"""Probabilities of samples are shown in percent with one decimal place."""
PRINTED_DIGITS = 7
"""Of estimates, which scripts print: rounding twice must not change the printed decimal."""
BAND_UNITS = 10_000
"""Ends of intervals are written as integers in units of 1 / `BAND_UNITS`."""


def page_data(subject: Subject) -> dict[str, Any]:
    """Return the data of the scripts as plain values."""
    comparison = subject.comparison
    matrices = [np.asarray(model.counts) for model in comparison.models]
    return {
        **_block(subject),
        **_unlisted(subject),
        "classes": list(subject.classes),
        "models": [
            {"name": model.name, "css": model.css, "slot": model.slot, "dash": model.mark.dash}
            for model in subject.models
        ],
        "groups": [group.name for group in subject.groups],
        **(
            {"groupRuns": [list(group.runs) for group in comparison.groups]}
            if subject.is_of_groups
            else {}
        ),
        "support": [exact(n) for n in comparison.support],
        "samples": comparison.n_samples,
        **({} if comparison.positive is None else {"positive": comparison.positive}),
        "z": rounded(critical_value(comparison.settings.confidence)),
        "counts": [_counts(matrix) for matrix in matrices],
        "similar": order_by_confusion(matrices),
        "axis": [class_axis(subject).low, class_axis(subject).high],
        "terms": [{"key": key, "label": term(key).plain} for key in comparison.models[0].per_class],
        "estimates": {
            key: [[_triple(e) for e in model.per_class[key]] for model in comparison.models]
            for key in comparison.models[0].per_class
        },
        "betas": [rounded(beta) for beta in comparison.models[0].beta_curve.betas],
        "curves": [_curve(model.beta_curve) for model in comparison.models],
        "pairs": [_pair(pair) for pair in comparison.pairs],
        "leadingPair": (
            comparison.pairs.index(subject.pairs_by_interest()[0]) if comparison.pairs else None
        ),
    }


def _block(subject: Subject) -> dict[str, Any]:
    """Return, of many classes, those of the matrices."""
    return {"block": shown_classes(subject)} if subject.n_classes > MOST_CELLS else {}


def _unlisted(subject: Subject) -> dict[str, Any]:
    """Return, of many classes, what the rows that scripts add need besides the estimates.

    Per metric and model: the classes in which the model leads, and the reasons of undefined values.
    """
    if subject.n_classes <= MOST_ROWS:
        return {}
    models = subject.comparison.models
    names = {k: full_name(subject, k) for k in range(subject.n_classes)}
    return {
        "fullNames": {k: name for k, name in names.items() if name not in ("", subject.classes[k])},
        "leads": {
            key: [
                [k for k in range(subject.n_classes) if leads(subject, position, key, k)]
                for position in range(len(models))
            ]
            for key in models[0].per_class
        },
        "reasons": {
            key: [
                {k: e.undefined for k, e in enumerate(model.per_class[key]) if e.value is None}
                for model in models
            ]
            for key in models[0].per_class
        },
    }


def class_bands(subject: Subject) -> list[list[Any]]:
    """Return for each model and class the ends of the intervals of F-β; None if undefined."""
    return [
        [
            None if None in curve.low else [_steps(curve.low), _steps(curve.high)]
            for curve in model.class_curves
        ]
        for model in subject.comparison.models
    ]


def samples_data(subject: Subject) -> dict[str, Any]:
    """Return the samples of all lists and cells, for the scripts that show and copy them.

    A list or a cell has the positions of its samples in the lists of ids, classes and inputs.
    """
    samples = subject.samples
    place = {row: i for i, row in enumerate(samples.rows)}
    held = list(samples.rows.values())
    return {
        "ids": [sample.id for sample in held],
        "actual": [sample.actual for sample in held],
        "predicted": [sample.predicted for sample in held],
        "probability": [
            [None if p is None else round(p, PROBABILITY_PLACES) for p in sample.probability]
            for sample in held
        ],
        "inputs": [
            [_shown_input(samples, shown) for shown in samples.inputs.get(sample.row, ())]
            for sample in held
        ],
        "lists": [[place[each.row] for each in gallery.samples] for gallery in samples.lists],
        "cells": [
            [
                *(gallery.model, gallery.actual, gallery.predicted, gallery.n_samples),
                [place[each.row] for each in gallery.samples],
            ]
            for gallery in samples.cells
        ],
    }


def _shown_input(samples: Samples, shown: ShownInput) -> dict[str, Any]:
    if shown.place is not None:
        return {"at": samples.place_style(shown.place)}
    parts = {"reason": shown.reason, "values": shown.values, "text": shown.text, "rest": shown.rest}
    return {name: part for name, part in parts.items() if part}


def rounded(value: float | None, digits: int = DIGITS) -> float | int | None:
    """Return a number rounded for charts; None if it is not finite."""
    if value is None or not math.isfinite(value):
        return None
    short = float(f"{value:.{digits}g}")
    return int(short) if short.is_integer() else short


def exact(number: float) -> float | int:
    """Return a count as an integer, or a sum of weights with six decimals."""
    return int(number) if number.is_integer() else round(number, 6)


def as_json(value: Any) -> str:
    """Return a value as JSON without spaces."""
    return json_text(value, separators=(",", ":"))


def _counts(matrix: NDArray[Any]) -> Any:
    if len(matrix) <= DENSE_CLASSES:
        return [exact(float(n)) for n in matrix.ravel()]
    used = np.flatnonzero(matrix)
    return {
        "gaps": np.diff(used, prepend=0).tolist(),
        "values": [exact(float(n)) for n in matrix.ravel()[used]],
    }


def _triple(estimate: Estimate) -> list[Any] | None:
    if estimate.value is None:
        return None
    return [rounded(each, PRINTED_DIGITS) for each in (estimate.value, estimate.low, estimate.high)]


def _curve(curve: BetaCurve) -> dict[str, Any]:
    return {
        "values": [rounded(value) for value in curve.values],
        "low": [rounded(value) for value in curve.low],
        "high": [rounded(value) for value in curve.high],
    }


def _steps(ends: Sequence[float | None]) -> list[int]:
    """Return ends of intervals so that summing twice gives them in units of 1 / `BAND_UNITS`."""
    units = np.rint(np.asarray(ends, np.float64) * BAND_UNITS).astype(np.int64)
    steps: list[int] = np.diff(units, n=2, prepend=[0, 0]).tolist()
    return steps


def _pair(pair: PairResult) -> dict[str, Any]:
    return {
        "first": pair.first,
        "second": pair.second,
        "leads": [
            [rounded(lead.beta_low), rounded(lead.beta_high), lead.leader, lead.supported]
            for lead in pair.leads
        ],
    }
