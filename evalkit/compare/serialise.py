"""A comparison as plain values: results.json, with a schema version and a fixed order of keys."""

from __future__ import annotations

import json
import math
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.compare.sample_identity import sample_blocks, sample_fingerprint

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison
    from evalkit.compare.evaluation import Evaluation

SCHEMA = "evalkit.results"
SCHEMA_VERSION = 2
"""Version 2 added the samples' fingerprint and each model's blocks, by which files are paired."""


def to_plain(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as dicts, lists, strings, numbers and None."""
    from evalkit.version import __version__

    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "evalkit_version": __version__,
        "settings": _plain(comparison.settings),
        "dataset": None if comparison.dataset is None else comparison.dataset.to_plain(),
        "classes": list(comparison.classes),
        "n_samples": comparison.n_samples,
        "samples": _samples(comparison.evaluations[0]),
        "sampling": _plain(comparison.sampling),
        "support": _plain(comparison.support),
        "verdict": _plain(comparison.verdict),
        "findings": _plain(comparison.findings),
        "models": [
            {**_plain(model), "blocks": _blocks(evaluation)}
            for model, evaluation in zip(comparison.models, comparison.evaluations, strict=True)
        ],
        "pairs": _plain(comparison.pairs),
        "omnibus": _plain(comparison.omnibus),
        "groups": _plain(comparison.groups),
        "group_pairs": _plain(comparison.group_pairs),
        "costs": _plain(comparison.costs),
        "slices": _plain(comparison.slice_results),
        "notes": list(comparison.notes),
    }


def to_json(comparison: Comparison) -> str:
    """Return `to_plain` as JSON text, a line an entry; equal inputs give equal bytes."""
    lines = [
        f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False, allow_nan=False)}"
        for key, value in to_plain(comparison).items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _samples(evaluation: Evaluation) -> dict[str, Any] | None:
    """Return what tells the samples from others, and the support of each class in each block."""
    fingerprint = sample_fingerprint(evaluation)
    if fingerprint is None:
        return None
    blocks = sample_blocks(evaluation)
    return {
        "fingerprint": fingerprint,
        "block_support": None if blocks is None else _plain(blocks.actual),
    }


def _blocks(evaluation: Evaluation) -> dict[str, Any] | None:
    blocks = sample_blocks(evaluation)
    if blocks is None:
        return None
    return {
        "true_positive": _plain(blocks.true_positive),
        "predicted": _plain(blocks.predicted),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, np.ndarray):
        # A matrix of 1,000 classes has a million cells: the interpreter need not see each.
        return value.tolist() if value.dtype.kind in "biu" else _plain(value.tolist())
    if isinstance(value, int | np.integer):
        return int(value)
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return {str(key): _plain(item) for key, item in value.items()}
