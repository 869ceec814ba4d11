"""Metrics by name are the functions they name, and functions of matrices are told apart."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from evalkit.metrics import count
from evalkit.metrics.catalog import CATALOG
from evalkit.statistics.count_metric import bind_metric, count_metric

COUNTS = np.array([[8, 2, 1], [1, 9, 0], [2, 2, 5]])


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("accuracy", count.accuracy),
        ("recall", count.recall),
        ("precision_weighted", partial(count.precision, average="weighted")),
        ("f_beta[0.5]", partial(count.f_beta, beta=0.5)),
        ("f_beta[10]_macro", partial(count.f_beta, beta=10.0, average="macro")),
        ("f_beta[inf]_micro", partial(count.f_beta, beta=np.inf, average="micro")),
    ],
)
def test_names(name: str, function: Any) -> None:
    np.testing.assert_array_equal(count_metric(name)(COUNTS), function(COUNTS))


@pytest.mark.parametrize("key", [m.key for m in CATALOG.values() if m.of_counts is not None])
def test_every_count_metric_of_the_catalog_reads_marginals(key: str) -> None:
    assert not bind_metric(key, COUNTS).dense


@pytest.mark.parametrize(
    "function",
    [
        lambda counts: counts[..., 0, 1],
        lambda counts: counts.sum(axis=(-1, -2)),
        lambda counts: np.linalg.matrix_rank(counts),
        lambda counts: np.asarray(counts, dtype=float)[..., 0, 0],
    ],
)
def test_functions_of_matrices(function: Any) -> None:
    bound = bind_metric(function, COUNTS)
    assert bound.dense
    assert bound.of_replicates(np.stack([COUNTS] * 5)).shape == (5,)


def test_where_the_axis_of_replicates_stands() -> None:
    stacked = np.stack([COUNTS] * 3)
    for beta, axis, shape in ((1.0, 0, (3, 3)), ((0.5, 1.0, 2.0), 1, (3, 3, 3))):
        bound = bind_metric(partial(count.f_beta, beta=beta), COUNTS)
        assert bound.axis == axis
        assert bound.of_replicates(stacked).shape == shape
