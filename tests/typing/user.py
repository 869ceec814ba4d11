"""What a user's type checker sees of an installed evalkit; `.ci/run` checks it from outside."""

from __future__ import annotations

from typing import assert_type

import numpy as np
import pandas as pd

import evalkit

actual, predicted = ["cat", "dog"], ["cat", "cat"]
a = evalkit.evaluate(actual, predicted, name="a")
b = evalkit.evaluate(actual, actual, name="b")
assert_type(a, evalkit.Evaluation)
comparison = evalkit.compare([a, b], betas=(0.5, 2.0), confidence=0.9)
assert_type(comparison, evalkit.Comparison)
assert_type(comparison.summary(), pd.DataFrame)
assert_type(comparison.verdict.headline, str)
matrix = evalkit.ConfusionMatrix.from_predictions(actual, predicted)
assert_type(matrix + matrix, evalkit.ConfusionMatrix)
low, high = evalkit.statistics.proportion_interval(8, 10)
interval = evalkit.statistics.bootstrap_interval(np.eye(2, dtype=int), "f1_macro")
assert_type(float(interval.estimate), float)
assert_type(comparison.models[0].overall["accuracy"].value, float | None)
assert_type(comparison.leading_pair.overall["accuracy"].p_adjusted, float | None)
assert_type([finding.title for finding in comparison.findings], list[str])
assert_type(a.to_frame(), pd.DataFrame)
decision = evalkit.gate.check(a, b, max_drop={"accuracy": 0.01}, rules=["recall[cat] >= 0.9"])
assert_type([check.reason for check in decision.checks], list[str])
collector = evalkit.integrations.ConfusionCollector(("cat", "dog"))
collector.update(np.eye(2), [0, 1])
assert_type(collector.compute(), evalkit.ConfusionMatrix)


def from_file() -> None:
    counted = evalkit.scale.evaluate("predictions.parquet", slice_by=["region"])
    assert_type(counted, evalkit.Evaluation)
