"""Suspected label errors: planted ones are found, and the verdict is recomputed without them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.stats import binomtest

import evalkit
from evalkit.compare.label_errors import MOST_RANKED, suspected_labels
from evalkit.predictions.outcomes import Outcomes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.compare.comparison import Comparison
    from evalkit.compare.records import LabelCheck

N, K = 2_000, 5


def planted(seed: int = 0) -> tuple[NDArray[Any], NDArray[Any], list[NDArray[Any]]]:
    """Labels of which 5 % are wrong, which those are, and the probabilities of two models."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, K, N)
    labels = truth.copy()
    flipped = rng.choice(N, N // 20, replace=False)
    labels[flipped] = (truth[flipped] + rng.integers(1, K, len(flipped))) % K
    tables = []
    for _ in range(2):
        scores = rng.normal(size=(N, K)) + 3 * np.eye(K)[truth]
        proba = np.exp(scores)
        tables.append(proba / proba.sum(axis=1, keepdims=True))
    return labels, flipped, tables


def outcomes(labels: NDArray[Any], tables: list[NDArray[Any]], *, proba: bool = True) -> Outcomes:
    return Outcomes(
        tuple(map(str, range(K))),
        ("a", "b")[: len(tables)],
        labels,
        tuple(table.argmax(axis=1) for table in tables),
        tuple(table if proba else None for table in tables),
    )


def test_thresholds_are_mean_confidences() -> None:
    """The definition of confident learning, written out for one sample at a time."""
    labels, _, tables = planted()
    flags, evidence = suspected_labels(outcomes(labels, tables))
    assert evidence is not None
    thresholds = [[t[labels == j, j].mean() for j in range(K)] for t in tables]
    for i in range(N):
        chosen = {int(t[i].argmax()) for t in tables}
        expected = len(chosen) == 1 and labels[i] not in chosen
        if expected:
            (j,) = chosen
            expected = all(
                t[i, j] >= bounds[j] for t, bounds in zip(tables, thresholds, strict=True)
            )
        assert flags[i] == expected
        assert evidence[i] == pytest.approx(1 - np.mean([t[i, labels[i]] for t in tables]))


def test_planted_errors_are_ranked_first() -> None:
    """Of 5 % wrong labels, 20 ranked at random would hold one; at least 18 of the first 20 are."""
    labels, flipped, tables = planted()
    comparison = compared(labels, tables)
    (gallery,) = (each for each in comparison.galleries if each.key == "suspected_labels")
    assert len(gallery.samples) == 20
    assert sum(sample.row in flipped for sample in gallery.samples) >= 18
    check = checked(comparison)
    assert check.n_suspected == gallery.n_samples
    assert check.by_probability


def test_agreement_without_probabilities_is_weak() -> None:
    labels, _, tables = planted()
    flags, evidence = suspected_labels(outcomes(labels, tables, proba=False))
    assert evidence is None
    first, second = (table.argmax(axis=1) for table in tables)
    assert flags.tolist() == ((first == second) & (first != labels)).tolist()
    alone, _ = suspected_labels(outcomes(labels, tables[:1], proba=False))
    assert not alone.any()


def test_a_class_without_labels_is_never_suspected() -> None:
    tables = [np.tile([0.05, 0.05, 0.9, 0.0, 0.0], (4, 1))]
    flags, _ = suspected_labels(outcomes(np.array([0, 0, 1, 1]), tables))
    assert not flags.any()


def compared(
    labels: NDArray[Any], tables: list[NDArray[Any]], *, proba: bool = True, **options: Any
) -> Comparison:
    models = [
        evalkit.evaluate(
            labels,
            table.argmax(axis=1),
            y_proba=table if proba else None,
            classes=range(K),
            name=name,
        )
        for name, table in zip("ab", tables, strict=False)
    ]
    return evalkit.compare(models, show=20, replicates=200, **options)


def checked(comparison: Comparison) -> LabelCheck:
    assert comparison.label_check is not None
    return comparison.label_check


def one_sided(only_a: int, only_b: int) -> tuple[Any, list[Any], list[Any]]:
    """Labels and two models of which one alone is right for so many samples, and the other."""
    n = 400
    actual = np.arange(n) % 3
    a, b = actual.copy(), actual.copy()
    b[:only_a] = (actual[:only_a] + 1) % 3
    a[only_a : only_a + only_b] = (actual[only_a : only_a + only_b] + 2) % 3
    # Both agree against the label of a few more.
    both = slice(only_a + only_b, only_a + only_b + 7)
    a[both] = b[both] = (actual[both] + 1) % 3
    return actual, a.tolist(), b.tolist()


@pytest.mark.parametrize(("only_a", "only_b"), [(30, 10), (25, 5), (12, 50), (9, 1)])
def test_decisive_labels_are_counted_as_mcnemars_test_has_them(only_a: int, only_b: int) -> None:
    """With k labels replaced, b − k and c + k samples are right by one model alone."""
    actual, a, b = one_sided(only_a, only_b)
    comparison = evalkit.compare(
        [evalkit.evaluate(actual, a, name="a"), evalkit.evaluate(actual, b, name="b")], show=12
    )
    most, least = max(only_a, only_b), min(only_a, only_b)
    p_values = [binomtest(most - k, most + least).pvalue for k in range(most + 1)]
    expected = next(k for k, p in enumerate(p_values) if p > 0.05)
    check = checked(comparison)
    assert (check.n_decisive, check.decisive_at) == (most, expected)
    assert check.pair == (0, 1)
    assert check.metric == "accuracy"
    assert (check.n_suspected, check.ranked, check.by_probability) == (7, 7, False)


@pytest.mark.parametrize(("only_a", "only_b"), [(25, 10), (30, 10)])
def test_a_verdict_on_many_models_keeps_its_correction(only_a: int, only_b: int) -> None:
    """With six pairs, p = 0.017 before correction is not significant, and p = 0.002 is."""
    actual, a, b = one_sided(only_a, only_b)
    worse = [(k + 1) % 3 if i % 3 else k for i, k in enumerate(a)]
    evaluations = [
        evalkit.evaluate(actual, each, name=name)
        for name, each in (("a", a), ("b", b), ("c", worse), ("d", worse))
    ]
    comparison = evalkit.compare(evaluations, show=12)
    gap, check = comparison.gap(0, 1), checked(comparison)
    assert gap.p_value is not None
    assert gap.p_adjusted is not None
    factor = gap.p_adjusted / gap.p_value
    assert factor > 1
    p_values = [
        factor * binomtest(only_a - k, only_a + only_b).pvalue for k in range(only_a - only_b + 1)
    ]
    decisive = next(k for k, p in enumerate(p_values) if p >= 0.05)
    assert check.decisive_at == (decisive or None)
    assert check.changed_at is None


def test_labels_that_all_models_contradict_leave_a_verdict_on_accuracy() -> None:
    """Every model gains the same samples, so that differences and McNemar's test stay."""
    labels, _, tables = planted()
    tables[1] = np.roll(tables[1], 1, axis=0) * 0.2 + tables[1] * 0.8
    for proba in (True, False):
        check = checked(compared(labels, tables, proba=proba))
        assert check.ranked == MOST_RANKED
        assert check.changed_at is None


def test_labels_that_all_models_contradict_can_change_a_verdict_on_f1() -> None:
    """Model b finds more of the rare class; with more samples of it, which both find, less so."""
    actual = np.arange(600) % 2
    actual[:20] = 2
    a, b = actual.copy(), actual.copy()
    a[:8] = 0
    b[200:212] = 1 - b[200:212]
    a[100:120] = b[100:120] = 2

    def of(labels: NDArray[Any]) -> Comparison:
        models = [evalkit.evaluate(labels, p, name=n) for n, p in (("a", a), ("b", b))]
        return evalkit.compare(models, show=20, replicates=2_000, metric="f1_macro")

    comparison = of(actual)
    assert comparison.primary.pairs[0].significant
    check = checked(comparison)
    assert check.metric == "f1_macro"
    assert check.changed_at is not None
    (gallery,) = (each for each in comparison.galleries if each.key == "suspected_labels")
    rows = [sample.row for sample in gallery.samples]
    for k in (check.changed_at - 1, check.changed_at):
        labels = actual.copy()
        labels[rows[:k]] = 2
        p_value = of(labels).primary.pairs[0].p_value
        assert p_value is not None
        assert (p_value > 0.05) == (k == check.changed_at)


def test_no_verdict_on_one_model_weights_or_losses() -> None:
    labels, _, tables = planted()
    assert checked(compared(labels, tables[:1])).pair is None
    weighted = [
        evalkit.evaluate(
            labels, y_proba=t, classes=range(K), name=n, sample_weight=np.linspace(1, 2, N)
        )
        for n, t in zip("ab", tables, strict=True)
    ]
    check = checked(evalkit.compare(weighted, show=5, replicates=50))
    assert (check.pair, check.metric, check.changed_at, check.decisive_at) == (None, "", None, None)
    assert check.n_suspected > 0
    assert checked(compared(labels, tables, metric="log_loss")).pair is None
    runs = [
        evalkit.evaluate(labels, t.argmax(axis=1), name=f"{group}{i}", group=group)
        for group in "ab"
        for i, t in enumerate(tables)
    ]
    assert checked(evalkit.compare(runs, show=5, replicates=50)).pair is None


def test_the_number_is_the_smallest() -> None:
    """With one label fewer the verdict holds, and with that number it has changed."""
    actual, a, b = one_sided(40, 12)
    evaluations = [evalkit.evaluate(actual, a, name="a"), evalkit.evaluate(actual, b, name="b")]
    at = checked(evalkit.compare(evaluations, show=12)).decisive_at
    assert at is not None
    significant = []
    for k in (at - 1, at):
        labels = actual.copy()
        labels[:k] = np.array(b)[:k]
        pair = evalkit.compare(
            [evalkit.evaluate(labels, a, name="a"), evalkit.evaluate(labels, b, name="b")]
        ).pairs[0]
        significant.append(pair.overall["accuracy"].significant)
    assert significant == [True, False]
