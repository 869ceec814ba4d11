"""Hostile results.json, settings and cost matrices: impossible numbers, text, depth and length."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import numpy as np

import evalkit

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTILE: tuple[Any, ...] = (
    10**400,
    float("inf"),
    "\ud800",
    "x" * 100_000,
    [[[]]],
    {"a": 1},
    -(10**15),
)


def results() -> dict[str, bytes]:
    """Return files with results by name; every field of one of them is replaced in turn."""
    rng = np.random.default_rng(0)
    actual = rng.integers(0, 2, 40)
    evaluation = evalkit.evaluate(
        np.array(["a", "b"])[actual],
        y_proba=rng.dirichlet([1, 1], 40),
        classes=["a", "b"],
        name="m",
    )
    plain = json.loads(json.dumps(evalkit.compare([evaluation]).to_dict()))
    places = list(_places(plain))
    start = b'{"schema": "evalkit.results", "schema_version": 4, "x": '
    made = {
        f"field-{i}.json": json.dumps(_changed(plain, place, HOSTILE[i % len(HOSTILE)])).encode()
        for i, place in enumerate(places)
    }
    return made | {
        "lists.json": start + b"[" + b"[]," * 4_000_000 + b"[]]}",
        "objects.json": start + b"[" + b'{"":0},' * 2_000_000 + b"[]]}",
        "deep.json": start + b"[" * 200_000 + b"]" * 200_000 + b"}",
        "digits.json": start + b"9" * 100_000 + b"}",
        "cut-short.json": json.dumps(plain).encode()[:-40],
        "latin-1.json": start + b'"\xff"}',
        "list.json": b"[1]",
    }


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of fields with a fixed type, those of the first model included."""
    if isinstance(value, dict):
        for key in ("classes", "n_samples", "support", "settings", "sampling", "models"):
            if key in value:
                yield (*place, key)
                yield from _places(value[key], (*place, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for key in ("name", "counts", "overall", "per_class"):
            if key in value[0]:
                yield (*place, 0, key)


def _changed(plain: dict[str, Any], place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    found = copy.deepcopy(plain)
    node: Any = found
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = value
    return found


def settings() -> dict[str, bytes]:
    """Return settings of a gate by name."""
    return {
        "alpha.toml": b"[gate]\nalpha = " + b"9" * 4_000,
        "digits.toml": b"[gate]\nalpha = " + b"9" * 5_000,
        "infinity.toml": b"[gate]\nalpha = inf",
        "drop.toml": b"[gate.max-drop]\naccuracy = " + b"9" * 400,
        "dotted.toml": b".".join([b"a"] * 100_000) + b" = 1",
        "dotted-header.toml": b"[" + b" . ".join([b'"a"'] * 40_000) + b"]",
        "deep.toml": b"[gate]\nx = " + b"[" * 50_000,
        "long.toml": b"[gate]\nrules = [" + b"'accuracy >= 0.5'," * 100_000 + b"]",
        "rule.toml": b"[gate]\nrules = ['accuracy >= " + b"9" * 4_000 + b"']",
        "brackets.toml": b"[gate]\nrules = ['" + b"(" * 1_000 + b"']",
        "utf-16.toml": "[gate]\n".encode("utf-16"),
        "surrogate.toml": b"[gate]\nbaseline = '\xed\xa0\x80'",
        "tables.toml": b"[[gate]]\n" * 20_000,
    }


def costs() -> dict[str, bytes]:
    """Return cost matrices for two classes by name."""
    return {
        "digits.csv": b"0,1\n" + b"9" * 400 + b",0\n",
        "infinity.csv": b"0,inf\n1,0",
        "large.csv": b"0,1e308\n1e308,0",
        "commas.csv": b"," * 20_000_000,
        "lines.csv": b"\n" * 20_000_000,
        "quoted.csv": b'"' + b"x " * 3_000_000,
        "field.csv": b"0,1\n" + b"x" * 200_000 + b",0",
        "latin-1.csv": b"\xff,1\n0,1",
        "nul.csv": b"0,1\0\n1,0",
        "other-names.csv": b',a,"b\nc"\na,0,1\n"b\nc",1,0',
    }
