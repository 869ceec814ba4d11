"""Laws that every metric in the catalog keeps."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import evalkit
from evalkit.errors import UndefinedMetricWarning
from evalkit.metrics.catalog import CATALOG
from evalkit.metrics.confusion import ConfusionMatrix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

COUNT_KEYS = [key for key, metric in CATALOG.items() if metric.needs == "counts"]
CLASS_KEYS = [key for key in COUNT_KEYS if CATALOG[key].by_class]
PROBABILITY_KEYS = [key for key, metric in CATALOG.items() if metric.needs == "probabilities"]
AVERAGES = ("micro", "macro", "weighted")

few = settings(max_examples=25)
seeds = st.integers(0, 2**32 - 1)


@pytest.fixture(autouse=True)
def undefined_values_are_expected() -> Iterator[None]:
    """Small random samples leave some metrics undefined; laws hold for what is put there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        yield


@st.composite
def label_pairs(draw: st.DrawFn) -> tuple[int, NDArray[np.int64], NDArray[np.int64]]:
    """A number of classes, and actual and predicted labels among them."""
    n_classes = draw(st.integers(2, 5))
    label = st.integers(0, n_classes - 1)
    pairs = np.array(draw(st.lists(st.tuples(label, label), min_size=1, max_size=40)))
    return n_classes, pairs[:, 0], pairs[:, 1]


@st.composite
def forecasts(draw: st.DrawFn) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Labels in which each of K classes occurs twice, and distinct probabilities."""
    n_classes, n, seed = draw(st.integers(2, 4)), draw(st.integers(0, 20)), draw(seeds)
    rng = np.random.default_rng(seed)
    actual = np.concatenate([np.arange(n_classes).repeat(2), rng.integers(0, n_classes, n)])
    scores = rng.random((len(actual), n_classes)) + 0.01
    return actual, scores / scores.sum(axis=1, keepdims=True)


def values(matrix: ConfusionMatrix, key: str) -> Any:
    """A count metric, and its averages where it has them; NaN where undefined."""
    metric = getattr(matrix, key)
    found = [np.ravel(metric(zero_division=np.nan))]
    if CATALOG[key].by_class:
        found += [np.ravel(metric(average=a, zero_division=np.nan)) for a in AVERAGES]
    return np.concatenate(found)


def probability_value(key: str, actual: Any, scores: Any, **options: Any) -> float:
    """A probability metric of K columns; average precision takes its classes from the labels."""
    if scores.shape[1] == 2 and key in ("average_precision", "roc_auc"):
        scores = scores[:, 1]
    elif key != "average_precision":
        options.setdefault("labels", range(scores.shape[1]))
    if key == "top_k_accuracy":
        options["k"] = 1
    return float(getattr(evalkit, key)(actual, scores, **options))


def same(first: Any, second: Any, tolerance: float = 1e-12) -> None:
    np.testing.assert_allclose(first, second, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("key", COUNT_KEYS)
class TestCountMetrics:
    """One class a family of laws; each runs for every metric that counts answer."""

    @few
    @given(drawn=label_pairs(), seed=seeds)
    def test_order_of_samples_changes_nothing(self, key: str, drawn: Any, seed: int) -> None:
        n_classes, actual, predicted = drawn
        order = np.random.default_rng(seed).permutation(len(actual))
        matrix = ConfusionMatrix.from_predictions(actual, predicted, classes=range(n_classes))
        shuffled = ConfusionMatrix.from_predictions(
            actual[order], predicted[order], classes=range(n_classes)
        )
        same(values(matrix, key), values(shuffled, key), 0)

    @few
    @given(drawn=label_pairs(), seed=seeds)
    def test_names_and_their_order_change_only_order(self, key: str, drawn: Any, seed: int) -> None:
        n_classes, actual, predicted = drawn
        order = np.random.default_rng(seed).permutation(n_classes)
        names = np.array([f"class {k}" for k in range(n_classes)])
        matrix = ConfusionMatrix.from_predictions(actual, predicted, classes=range(n_classes))
        renamed = ConfusionMatrix.from_predictions(
            names[actual], names[predicted], classes=names[order]
        )
        before, after = values(matrix, key), values(renamed, key)
        if CATALOG[key].by_class:
            before = np.concatenate([before[:n_classes][order], before[n_classes:]])
        same(before, after)

    @few
    @given(drawn=label_pairs(), seed=seeds)
    def test_integer_weights_are_repetition(self, key: str, drawn: Any, seed: int) -> None:
        n_classes, actual, predicted = drawn
        weights = np.random.default_rng(seed).integers(0, 4, len(actual))
        weights[0] += 1
        weighted = ConfusionMatrix.from_predictions(
            actual, predicted, classes=range(n_classes), sample_weight=weights
        )
        repeated = ConfusionMatrix.from_predictions(
            actual.repeat(weights), predicted.repeat(weights), classes=range(n_classes)
        )
        same(values(weighted, key), values(repeated, key), 0)

    @few
    @given(drawn=label_pairs(), factor=st.sampled_from([1e-6, 0.5, 3.0, 1e9]))
    def test_scaling_weights_changes_nothing(self, key: str, drawn: Any, factor: float) -> None:
        n_classes, actual, predicted = drawn
        counts = ConfusionMatrix.from_predictions(
            actual, predicted, classes=range(n_classes)
        ).counts
        same(values(ConfusionMatrix(counts), key), values(ConfusionMatrix(counts * factor), key))

    @few
    @given(seed=seeds)
    def test_leading_axes_are_a_loop(self, key: str, seed: int) -> None:
        counts = np.random.default_rng(seed).integers(0, 5, (2, 3, 4, 4))
        metric: Callable[..., Any] | None = CATALOG[key].of_counts
        assert metric is not None
        for options in [{}, *({"average": a} for a in AVERAGES if CATALOG[key].by_class)]:
            looped = [[metric(inner, **options) for inner in outer] for outer in counts]
            same(metric(counts, **options), looped)

    @few
    @given(drawn=label_pairs())
    def test_bounds_hold(self, key: str, drawn: Any) -> None:
        n_classes, actual, predicted = drawn
        matrix = ConfusionMatrix.from_predictions(actual, predicted, classes=range(n_classes))
        found = values(matrix, key)
        found = found[~np.isnan(found)]
        assert (found >= CATALOG[key].low).all()
        assert (found <= CATALOG[key].high).all()

    @few
    @given(drawn=label_pairs())
    def test_perfect_predictions_reach_the_better_end(self, key: str, drawn: Any) -> None:
        n_classes, actual, _ = drawn
        matrix = ConfusionMatrix.from_predictions(actual, actual, classes=range(n_classes))
        found = values(matrix, key)
        best = CATALOG[key].high if CATALOG[key].higher_is_better else CATALOG[key].low
        same(found[~np.isnan(found)], best, 0)

    @few
    @given(drawn=label_pairs())
    def test_the_function_of_labels_is_the_method(self, key: str, drawn: Any) -> None:
        _, actual, predicted = drawn
        matrix = ConfusionMatrix.from_predictions(actual, predicted)
        metric = getattr(evalkit, key)
        if CATALOG[key].by_class:
            for average in (None, *AVERAGES):
                same(
                    metric(actual, predicted, average=average, zero_division=np.nan),
                    getattr(matrix, key)(average=average, zero_division=np.nan),
                    0,
                )
        else:
            same(metric(actual, predicted), getattr(matrix, key)(zero_division=0.0), 0)


@pytest.mark.parametrize("key", CLASS_KEYS)
@few
@given(drawn=label_pairs(), seed=seeds)
def test_chosen_labels_are_chosen_values(key: str, drawn: Any, seed: int) -> None:
    """A subset of labels, in any order, picks the values of those classes."""
    n_classes, actual, predicted = drawn
    chosen = np.random.default_rng(seed).permutation(n_classes)[: n_classes // 2 + 1]
    every = getattr(evalkit, key)(actual, predicted, labels=range(n_classes), zero_division=np.nan)
    some = getattr(evalkit, key)(actual, predicted, labels=chosen, zero_division=np.nan)
    same(every[chosen], some, 0)


@pytest.mark.parametrize("key", [*COUNT_KEYS, "hamming_loss"])
def test_kinds_of_input_agree_and_are_not_changed(key: str, labels_of: Any) -> None:
    """Lists, arrays, pandas, Arrow, polars and tensors give one number, and stay as they were."""
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    torch = pytest.importorskip("torch")
    actual, predicted, _ = labels_of()
    metric = getattr(evalkit, key)
    expected = metric(actual, predicted)
    names = np.array(["ant", "bird", "cat", "dog"])
    numbers: list[Callable[[Any], Any]] = [
        np.ndarray.tolist,
        np.float32,
        np.int8,
        pd.Series,
        pd.Categorical,
        pyarrow.array,
        polars.Series,
        torch.tensor,
    ]
    of_names: list[Callable[[Any], Any]] = [
        np.ndarray.tolist,
        np.asarray,
        pd.Series,
        pd.Categorical,
        pyarrow.array,
        polars.Series,
    ]
    kept = actual.copy(), predicted.copy()
    for kind in numbers:
        same(metric(kind(actual), kind(predicted)), expected, 0)
    for kind in of_names:
        same(metric(kind(names[actual]), kind(names[predicted])), expected, 0)
    assert np.array_equal(kept, (actual, predicted))


@pytest.mark.parametrize("key", PROBABILITY_KEYS)
class TestProbabilityMetrics:
    """Each law runs for every metric that needs probabilities."""

    @few
    @given(drawn=forecasts(), seed=seeds)
    def test_order_of_samples_changes_nothing(self, key: str, drawn: Any, seed: int) -> None:
        actual, scores = drawn
        order = np.random.default_rng(seed).permutation(len(actual))
        same(
            probability_value(key, actual, scores),
            probability_value(key, actual[order], scores[order]),
        )

    @few
    @given(drawn=forecasts(), seed=seeds)
    def test_order_of_classes_changes_nothing(self, key: str, drawn: Any, seed: int) -> None:
        actual, scores = drawn
        order = np.random.default_rng(seed).permutation(scores.shape[1])
        if scores.shape[1] == 2:
            order = np.arange(2)  # which of two is positive matters
        moved = np.argsort(order)[actual]
        same(
            probability_value(key, actual, scores), probability_value(key, moved, scores[:, order])
        )

    @few
    @given(drawn=forecasts(), seed=seeds)
    def test_integer_weights_are_repetition(self, key: str, drawn: Any, seed: int) -> None:
        actual, scores = drawn
        weights = np.random.default_rng(seed).integers(0, 4, len(actual))
        weights[: 2 * scores.shape[1]] += 1
        same(
            probability_value(key, actual, scores, sample_weight=weights),
            probability_value(key, actual.repeat(weights), scores.repeat(weights, axis=0)),
        )

    @few
    @given(drawn=forecasts(), factor=st.sampled_from([1e-6, 0.5, 3.0, 1e9]))
    def test_scaling_weights_changes_nothing(self, key: str, drawn: Any, factor: float) -> None:
        actual, scores = drawn
        weights = np.linspace(0.5, 1.5, len(actual))
        same(
            probability_value(key, actual, scores, sample_weight=weights),
            probability_value(key, actual, scores, sample_weight=weights * factor),
        )

    @few
    @given(drawn=forecasts())
    def test_bounds_hold(self, key: str, drawn: Any) -> None:
        found = probability_value(key, *drawn)
        assert CATALOG[key].low <= found <= CATALOG[key].high

    def test_kinds_of_input_agree_and_are_not_changed(
        self, key: str, probabilities_of: Any
    ) -> None:
        polars, torch = pytest.importorskip("polars"), pytest.importorskip("torch")
        actual, scores, _ = probabilities_of()
        expected = probability_value(key, actual, scores)
        kept = actual.copy(), scores.copy()
        for kind in (pd.DataFrame, polars.DataFrame, torch.tensor):
            same(probability_value(key, actual.tolist(), kind(scores)), expected, 0)
        assert np.array_equal(kept[0], actual)
        assert np.array_equal(kept[1], scores)


@few
@given(seed=seeds)
def test_multilabel_averages_agree_with_their_definitions(seed: int) -> None:
    """Samples average rows, macro averages columns, micro pools: for each metric by class."""
    rng = np.random.default_rng(seed)
    actual, predicted = rng.random((2, 12, 4)) < 0.5
    for key in CLASS_KEYS:
        metric = getattr(evalkit, key)

        def value(first: Any, second: Any, metric: Any = metric, **options: Any) -> Any:
            return metric(first, second, zero_division=np.nan, **options)

        rows = [
            value(row, other, average="binary", pos_label=True)
            for row, other in zip(actual, predicted, strict=True)
            if len({*row, *other}) == 2
        ]
        if len(rows) == len(actual):
            same(value(actual, predicted, average="samples"), np.nanmean(rows))
        pooled = value(actual.ravel(), predicted.ravel(), average="binary", pos_label=True)
        same(value(actual, predicted, average="micro"), pooled)
