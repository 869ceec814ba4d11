"""Two models to gate, of known errors on the same samples, and the files that hold them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import evalkit
from evalkit.compare.evaluation import Evaluation

if TYPE_CHECKING:
    from pathlib import Path

MakePair = Callable[..., tuple[Evaluation, Evaluation]]
CLASSES = ("cat", "dog", "fire truck")


@pytest.fixture
def make_pair() -> MakePair:
    """Baseline and candidate: the candidate has `lost` more and `won` fewer of n samples wrong."""

    def make(
        *, n: int = 3_000, wrong: int = 300, lost: int = 0, won: int = 0, **options: Any
    ) -> tuple[Evaluation, Evaluation]:
        actual = np.arange(n) % 3
        rows = np.random.default_rng(0).permutation(n)
        baseline = actual.copy()
        baseline[rows[:wrong]] = (actual[rows[:wrong]] + 1) % 3
        candidate = baseline.copy()
        candidate[rows[:won]] = actual[rows[:won]]
        missed = rows[wrong : wrong + lost]
        candidate[missed] = (actual[missed] + 2) % 3
        names = np.array(CLASSES)
        made = [
            evalkit.evaluate(names[actual], names[each], classes=CLASSES, name=name, **options)
            for name, each in (("candidate", candidate), ("baseline", baseline))
        ]
        return made[0], made[1]

    return make


@pytest.fixture
def save() -> Callable[[Evaluation, Path], Path]:
    """Write an evaluation as results.json."""

    def write(evaluation: Evaluation, path: Path) -> Path:
        evalkit.compare([evaluation], replicates=20).save_json(path)
        return path

    return write
