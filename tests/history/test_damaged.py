"""Results that were damaged, at any place and in any way, are refused or still read."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import EvalkitError
from evalkit.gate import check
from evalkit.history.page import history_html
from evalkit.history.series import read_history
from evalkit.history.terminal import history_table

WriteRuns = Callable[..., list[Path]]
BAD: tuple[Any, ...] = (
    None,
    "x",
    -1,
    0,
    1e308,
    float("nan"),
    [],
    {},
    True,
    "\ud800",
    10**30,
    [[1]],
    0.5,
)
READ = ("schema", "settings", "dataset", "classes", "n_samples", "samples", "sampling", "models")


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document; of a list the first three entries."""
    yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, (*path, key))
    elif isinstance(value, list):
        for i, each in enumerate(value[:3]):
            yield from places(each, (*path, i))


@pytest.mark.parametrize("seed", range(4))
def test_any_damage_is_refused_or_read(write_runs: WriteRuns, tmp_path: Path, seed: int) -> None:
    (whole,) = write_runs([{"a": 800, "b": 700}])
    plain = {key: each for key, each in json.loads(whole.read_text()).items() if key in READ}
    rng, damaged = random.Random(seed), tmp_path / "damaged.json"
    everywhere = [path for path in places(plain) if path]
    for _ in range(20):
        changed = copy.deepcopy(plain)
        *path, last = rng.choice(everywhere)
        parent = changed
        for key in path:
            parent = parent[key]
        if rng.random() < 0.3:
            del parent[last]
        else:
            parent[last] = rng.choice(BAD)
        damaged.write_text(json.dumps(changed))
        for ask in (
            lambda: check(f"{damaged}::b", f"{whole}::a", max_drop={"f1_macro": 0.01}),
            lambda: check(f"{damaged}::b", rules=["recall[*] > 0.5"]),
            lambda: history_html(read_history([whole, damaged])).encode(),
            lambda: str(history_table(read_history([damaged]))),
        ):
            with suppress(EvalkitError):
                ask()  # anything but an error raised on purpose fails the test
