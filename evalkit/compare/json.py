"""Write and read results.json, the comparison as plain values."""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from evalkit.compare import records
from evalkit.compare.comparison import Comparison
from evalkit.compare.pair_result import class_leads, macro_f_shares, of_uncorrected
from evalkit.compare.summary import Known, recorded_questions, summary_metric
from evalkit.datasets.dataset import DatasetIdentity
from evalkit.errors import FileFormatError
from evalkit.metrics.catalog import lookup
from evalkit.metrics.count.marginals import Marginals
from evalkit.metrics.quantities import COST
from evalkit.predictions import Sampling
from evalkit.reading.source import open_source, printable
from evalkit.reading.values import json_cost, read_json
from evalkit.statistics.bayes import Posterior
from evalkit.statistics.calibration import Calibration
from evalkit.statistics.estimates import Difference, Estimate
from evalkit.tabular import json_text

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

SCHEMA = "evalkit.results"
SCHEMA_VERSION = 5
"""Version 2 added the fingerprint of the samples and the blocks of each model, used to pair files;
version 3 added the F-β curves by class; version 4 the corrections of intervals and tests; version
5 the primary metric, the metrics beside it, and the baseline."""
LARGEST = 1e12
"""Largest valid number, apart from counts."""
LATER_FIELDS: Mapping[str, Any] = {
    "average_precision": (),
    "calibration": None,
    "class_curves": (),
    "class_leads": (),
    "improvement": {},
    "interquartile": None,
    "landscape": None,
    "adjusted": Difference(None),
    "effect": 0.0,
    "metric": "accuracy",
    "positive": None,
    "macro_f_share": {},
    "needed": None,
    "tests": (),
    "posterior": None,
    "rope": None,
    "show": 0,
}
"""Fields that earlier versions do not have, and their defaults."""
PARTS = {"slices": "slice_results", "summary": "summary_metrics"}
"""Keys of the file → fields with a different name."""
EARLIER_PARTS = {"leader_accuracy": "leader_estimate"}
"""Keys of earlier versions → keys of this one."""


def to_plain(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as dicts, lists, strings, numbers and None."""
    from evalkit.version import __version__

    samples = comparison.samples
    support = next((each.actual for each in samples.blocks if each is not None), None)
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "evalkit_version": __version__,
        "settings": _plain(comparison.settings),
        "dataset": None if comparison.dataset is None else comparison.dataset.to_plain(),
        "classes": list(comparison.classes),
        "n_samples": comparison.n_samples,
        "samples": None
        if samples.fingerprint is None
        else {
            "fingerprint": samples.fingerprint,
            "block_support": None if support is None else _plain(support),
        },
        "sampling": _plain(comparison.sampling),
        "support": _plain(comparison.support),
        "verdict": _plain(comparison.verdict),
        "findings": _plain(comparison.findings),
        "models": [
            {**_plain(model), "blocks": _blocks(blocks)}
            for model, blocks in zip(comparison.models, samples.blocks, strict=True)
        ],
        "pairs": _plain(comparison.pairs),
        "omnibus": _plain(comparison.omnibus),
        "summary": _plain(comparison.summary_metrics),
        "baseline": _plain(comparison.baseline),
        "leader_estimate": _plain(comparison.leader_estimate),
        "groups": _plain(comparison.groups),
        "group_pairs": _plain(comparison.group_pairs),
        "costs": _plain(comparison.costs),
        "slices": _plain(comparison.slice_results),
        "slice_search": _plain(comparison.slice_search),
        "slice_gaps": _plain(comparison.slice_gaps),
        "galleries": _plain(comparison.galleries),
        "label_check": _plain(comparison.label_check),
        "notes": list(comparison.notes),
        "warnings": list(comparison.warnings),
    }


def to_json(comparison: Comparison) -> str:
    """Return `to_plain` as JSON, one entry per line; equal inputs give equal bytes."""
    lines = [f"{json_text(key)}: {json_text(value)}" for key, value in to_plain(comparison).items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def is_results(head: bytes) -> bool:
    """Return whether a file that starts with these bytes contains results."""
    return f'"{SCHEMA}"'.encode() in head


def read_results(path: str | os.PathLike[str]) -> Comparison:
    """Return the comparison in a results.json of this schema or an earlier one.

    Raises
    ------
    FileFormatError
        If it is not JSON, was not written by evalkit, is damaged, or has a later schema.
    """
    with open_source(path) as source:
        content = source.read()
        source.require_room(json_cost(content))
    try:
        plain = read_json(content)
    except ValueError as error:
        raise FileFormatError(f"{path} is not JSON: {printable(str(error))}") from error
    return from_plain(plain, where=str(path))


def from_plain(plain: Any, where: str = "The dict") -> Comparison:
    """Return the comparison from the result of `to_plain`, of this version or an earlier one.

    Fields that an earlier version does not have are empty. The types of all fields are checked, and
    that intervals contain their value and that blocks add up to the counts.

    Raises
    ------
    FileFormatError
        If it was not written by evalkit, is damaged, or has a later schema.
    """
    if not isinstance(plain, Mapping) or plain.get("schema") != SCHEMA:
        raise FileFormatError(
            f"{where} does not have the schema {SCHEMA}. Use a file of evalkit report --json."
        )
    version = plain.get("schema_version")
    if type(version) is not int or not 1 <= version <= SCHEMA_VERSION:
        raise FileFormatError(
            f"{where} has schema version {printable(str(version))}, expected 1 to "
            f"{SCHEMA_VERSION}. Install the version of evalkit that wrote it, or a later one."
        )
    try:
        return _comparison(plain)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise FileFormatError(f"{where} is damaged: {printable(repr(error))}") from error


def _comparison(plain: Mapping[str, Any]) -> Comparison:
    wanted = (
        *("classes", "n_samples", "support", "settings", "sampling", "omnibus"),
        *("notes", "warnings"),
    )
    parts = (
        "models",
        "pairs",
        "groups",
        "group_pairs",
        "costs",
        "slices",
        "slice_search",
        "slice_gaps",
        "galleries",
        "label_check",
        "summary",
        "baseline",
        "leader_estimate",
    )
    plain = {EARLIER_PARTS.get(key, key): value for key, value in plain.items()}
    hints = _hints(Comparison)
    held = {
        PARTS.get(key, key): _read(hints[PARTS.get(key, key)], plain[key])
        for key in (*wanted, *parts)
        if key in plain
    }
    for key in ("pairs", "notes", "warnings"):
        held.setdefault(key, ())
    held.setdefault("omnibus", None)
    held.setdefault("support", tuple(_sums(held["models"])))
    dataset = plain.get("dataset")
    comparison = Comparison(
        **held,
        dataset=None if dataset is None else DatasetIdentity.from_plain(dataset),
        identity=_identity(plain, held["models"]),
    )
    _check(comparison)
    if plain["schema_version"] < 4:
        pairs = of_uncorrected(comparison.pairs, comparison.settings.alpha)
        comparison = replace(comparison, pairs=pairs)
    if not all(pair.macro_f_share and pair.class_leads for pair in comparison.pairs):
        pairs = tuple(_completed(comparison, pair) for pair in comparison.pairs)
        comparison = replace(comparison, pairs=pairs)
    return comparison if comparison.summary_metrics else _with_summary(comparison)


def _with_summary(comparison: Comparison) -> Comparison:
    """Return a comparison of an earlier version with the summary that its records answer."""
    asked = recorded_questions(
        comparison.models, comparison.costs, comparison.positive, comparison.settings.betas
    )
    known = Known(
        comparison.models,
        comparison.pairs,
        comparison.support,
        costs=comparison.costs,
        groups=comparison.groups,
        group_pairs=comparison.group_pairs,
    )
    summary = tuple(summary_metric(each, known, comparison.settings) for each in asked)
    return replace(comparison, summary_metrics=summary)


def _completed(comparison: Comparison, pair: records.PairResult) -> records.PairResult:
    """Return a pair with the fields that an earlier version does not have, from the counts."""
    positions = pair.first, pair.second
    first, second = (Marginals.of(comparison.models[i].counts) for i in positions)
    return replace(
        pair,
        macro_f_share=pair.macro_f_share or macro_f_shares((first, second), comparison.settings),
        class_leads=pair.class_leads or class_leads(positions, (first, second)),
    )


def _sums(models: tuple[records.ModelResult, ...]) -> list[float]:
    return [float(n) for n in models[0].counts.sum(axis=1)]


def _check(comparison: Comparison) -> None:
    """Refuse invalid counts, and lengths that do not match the classes."""
    k = len(comparison.classes)
    if comparison.n_samples <= 0 or not comparison.models:
        raise ValueError("no samples or no models")
    for model in comparison.models:
        if model.counts.shape != (k, k):
            raise ValueError(f"counts have shape {model.counts.shape} for {k} classes")
        if not (np.isfinite(model.counts).all() and model.counts.min() >= 0):
            raise ValueError("counts are negative or not finite")
        lengths = {len(values) for values in model.per_class.values()}
        if model.probability is not None:
            lengths.add(len(model.probability.auc))
            lengths.add(len(model.probability.average_precision) or k)
        if lengths - {k}:
            raise ValueError(f"per_class has {lengths} values for {k} classes")
    for each in comparison.summary_metrics:
        if (len(each.models), len(each.pairs)) != (len(comparison.models), len(comparison.pairs)):
            raise ValueError(f"the summary of {each.metric} does not match the models")
        if each.of_class is not None and not 0 <= each.of_class < k:
            raise ValueError(f"the summary of {each.metric} refers to a missing class")
        if each.metric != COST:
            lookup(each.metric)
    for pair in comparison.pairs:
        if not {pair.first, pair.second} <= set(range(len(comparison.models))):
            raise ValueError("a pair refers to a missing model")
        lengths = {len(values) for values in pair.per_class.values()}
        if lengths - {k}:
            raise ValueError(f"per_class of a pair has {lengths} values for {k} classes")
    if 1 - comparison.settings.confidence == 1:
        raise ValueError(f"confidence is {comparison.settings.confidence}")


def _identity(
    plain: Mapping[str, Any], models: tuple[records.ModelResult, ...]
) -> records.SampleIdentity:
    samples = plain.get("samples") or {}
    support = samples.get("block_support")
    blocks = [model.get("blocks") for model in plain["models"]]
    fingerprint = samples.get("fingerprint")
    if fingerprint is not None and not isinstance(fingerprint, str):
        raise TypeError("fingerprint is not a string")
    return records.SampleIdentity(
        fingerprint,
        tuple(
            None if support is None or each is None else _read_blocks(support, each, model.counts)
            for each, model in zip(blocks, models, strict=True)
        ),
    )


def _read_blocks(support: Any, blocks: Mapping[str, Any], counts: NDArray[Any]) -> Marginals:
    """Return the marginals of the blocks; refuse blocks that do not add up to the counts."""
    actual, true_positive, predicted = (
        np.array(values) for values in (support, blocks["true_positive"], blocks["predicted"])
    )
    if not (actual.ndim == 2 and actual.shape == true_positive.shape == predicted.shape):
        raise ValueError("blocks have different shapes")
    whole = Marginals.of(counts)
    for parts, sums in (
        (actual, whole.actual),
        (true_positive, whole.true_positive),
        (predicted, whole.predicted),
    ):
        if parts.shape[1:] != sums.shape or not np.allclose(parts.sum(axis=0), sums):
            raise ValueError("blocks do not add up to the counts")
    return Marginals(true_positive, actual, predicted, actual.sum(axis=-1))


def _blocks(blocks: Marginals | None) -> dict[str, Any] | None:
    if blocks is None:
        return None
    return {
        "true_positive": _plain(blocks.true_positive),
        "predicted": _plain(blocks.predicted),
    }


@lru_cache(maxsize=64)
def _hints(record: type) -> dict[str, Any]:
    """Return the types of the fields of a record."""
    from numpy.typing import NDArray

    from evalkit.training.landscape import Landscape

    names = {
        **vars(records),
        "Any": Any,
        "Calibration": Calibration,
        "Difference": Difference,
        "Estimate": Estimate,
        "Landscape": Landscape,
        "Mapping": Mapping,
        "NDArray": NDArray,
        "Posterior": Posterior,
        "Sampling": Sampling,
        "np": np,
        "DatasetIdentity": DatasetIdentity,
        "Evaluation": object,
        "Inputs": object,
        "Counts": object,
    }
    return get_type_hints(record, localns=names)


def _read(kind: Any, value: Any) -> Any:
    """Return a plain value converted to the declared type of a field.

    Raises
    ------
    TypeError, ValueError, KeyError
        If it has another type, a number is not finite or too large, or a field is missing.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        (kind,) = (each for each in arguments if each is not type(None))
        return _read(kind, value)
    if kind is Any:
        return value
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise TypeError(f"expected a list, got {type(value).__name__}")
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple(_read(arguments[0], each) for each in value)
        return tuple(_read(each, item) for each, item in zip(arguments, value, strict=True))
    if origin is Mapping:
        return {_read(arguments[0], k): _read(arguments[1], v) for k, v in value.items()}
    if origin is np.ndarray:
        return _counts(value)
    if is_dataclass(kind):
        return _record(kind, value)
    return _scalar(kind, value)


def _record(kind: Any, value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise TypeError(f"expected an object, got {type(value).__name__}")
    hints, held = _hints(kind), {}
    for each in fields(kind):
        if each.name in value:
            held[each.name] = _read(hints[each.name], value[each.name])
        elif each.name in LATER_FIELDS:
            held[each.name] = LATER_FIELDS[each.name]
    if kind in (Estimate, Difference):
        unknown = value.keys() - held.keys()
        if unknown:
            raise ValueError(f"unknown field: {min(unknown)}")
    if kind is Estimate:
        ends = [end for key in ("low", "value", "high") if (end := held.get(key)) is not None]
        if ends != sorted(ends):
            raise ValueError(f"the interval does not contain its value: {ends}")
    return kind(**held)


def _scalar(kind: Any, value: Any) -> Any:
    if kind is float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"expected a number, got {type(value).__name__}")
        if not abs(value) <= LARGEST:
            raise ValueError(f"number out of range: {value:.3g}")
        return value  # An integer stays an integer, so that writing it gives the same text.
    if kind is int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"expected an integer, got {type(value).__name__}")
        if not abs(value) < 1 << 53:
            raise ValueError("an integer has more than 53 bits")
        return value
    if kind in (str, bool):
        if not isinstance(value, kind):
            raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
        return value
    raise TypeError(f"unsupported type {kind}")


def _counts(value: Any) -> NDArray[Any]:
    counts = np.array(value)
    if counts.dtype.kind not in "if" or counts.ndim != 2:
        raise ValueError(f"counts have type {counts.dtype} and shape {counts.shape}")
    return counts


def _plain(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, np.ndarray):
        # A matrix of 1,000 classes has a million cells; tolist converts them fast.
        return value.tolist() if value.dtype.kind in "biu" else _plain(value.tolist())
    if isinstance(value, int | np.integer):
        return int(value)
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return {str(key): _plain(item) for key, item in value.items()}
