"""Headline, letters, findings and the set of the best say what the corrected pairs say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import beta

import evalkit
from evalkit.compare.comparison import Comparison
from evalkit.statistics import holm, mcnemar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.compare.evaluation import Evaluation


def binary(right: np.ndarray, name: str) -> Evaluation:
    actual = np.arange(len(right)) % 2
    return evalkit.evaluate(actual, np.where(right, actual, 1 - actual), name=name, classes=[0, 1])


def matrix(name: str, rows: Sequence[Sequence[int]]) -> Evaluation:
    return evalkit.Evaluation(
        name=name, confusion_matrix=evalkit.ConfusionMatrix(rows, classes=("a", "b"))
    )


def apart_but_for_the_leader() -> Comparison:
    """A is right wherever B is and on 14 samples more; L has the highest accuracy by 2."""
    rng = np.random.default_rng(5)
    a = rng.random(1_000) < 0.7
    b = a.copy()
    b[np.flatnonzero(a)[:14]] = False
    best = np.zeros(1_000, bool)
    best[np.random.default_rng(7).permutation(1_000)[: a.sum() + 2]] = True
    return evalkit.compare([binary(best, "L"), binary(a, "A"), binary(b, "B")], replicates=20)


def test_a_significant_pair_without_the_leader_is_named() -> None:
    comparison = apart_but_for_the_leader()
    verdict = comparison.verdict
    assert verdict.headline.endswith("no significant difference from A and B; A is ahead of B")
    assert verdict.leader is None
    assert not verdict.significant
    assert verdict.best == comparison.best == (0, 1)
    omnibus = next(f for f in comparison.findings if f.kind == "omnibus")
    assert omnibus.numbers["significant_pairs"] == 1
    letters = [set(model.letters) for model in comparison.models]
    assert letters[0] & letters[1]
    assert letters[0] & letters[2]
    assert not letters[1] & letters[2]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31), spread=st.sampled_from([0.0, 0.05, 0.2]))
def test_no_sentence_contradicts_the_pairs(seed: int, spread: float) -> None:
    rng = np.random.default_rng(seed)
    shared = rng.random(200)
    runs = [
        np.where(rng.random(200) < 0.5, shared, rng.random(200)) < 0.8 + spread * rng.uniform(-1, 1)
        for _ in range(4)
    ]
    comparison = evalkit.compare(
        [binary(r, f"m{i}") for i, r in enumerate(runs)], replicates=20, betas=(1.0,)
    )
    significant = [p for p in comparison.pairs if p.overall["accuracy"].significant]
    expected = holm([mcnemar((a & ~b).sum(), (b & ~a).sum()).p_exact for a, b in _pairs(runs)])
    for pair, p in zip(comparison.pairs, expected, strict=True):
        assert pair.overall["accuracy"].p_adjusted == pytest.approx(p, rel=1e-12)
        shared_letter = set(comparison.models[pair.first].letters) & set(
            comparison.models[pair.second].letters
        )
        assert bool(shared_letter) != pair.overall["accuracy"].significant
    headline = comparison.verdict.headline
    assert headline.startswith("No significant difference") == (not significant)
    beaten = {p.first if (p.overall["accuracy"].value or 0) > 0 else p.second for p in significant}
    assert set(comparison.best) == set(range(4)) - beaten
    leader = comparison.verdict.leader
    assert (leader is not None) == comparison.verdict.significant == (len(comparison.best) == 1)
    assert (leader is not None) == ("accuracy of 4 models: " in headline)
    text = next(f.text for f in comparison.findings if f.kind == "omnibus")
    assert text.startswith("No pair") == (not significant)


def _pairs(runs: list[np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(runs[i], runs[j]) for i in range(len(runs)) for j in range(i + 1, len(runs))]


def test_matrices_alone_are_tested() -> None:
    """99 % against 50 % of 10,000 samples each is significant, and the lede says how."""
    comparison = evalkit.compare(
        [matrix("A", [[4950, 50], [50, 4950]]), matrix("B", [[2500, 2500], [2500, 2500]])],
        replicates=200,
    )
    assert comparison.verdict.significant
    assert comparison.verdict.leader == 0
    assert "treated as independent" in comparison.verdict.lede
    pair = comparison.pairs[0]
    assert all(d.significant for d in pair.per_class["recall"])
    assert {d.test for d in pair.per_class["precision"]} == {"Fisher's exact"}
    assert pair.overall["f_beta_macro[1]"].significant


def test_intervals_never_contradict_their_tests() -> None:
    """The interval contains 0 exactly where the p-value of the test is at least 1 − confidence."""
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(12):
        actual = rng.integers(0, 3, 60)
        codes = [np.where(rng.random(60) < p, actual, rng.integers(0, 3, 60)) for p in (0.5, 0.75)]
        paired = [evalkit.evaluate(actual, each, classes=[0, 1, 2]) for each in codes]
        alone = [evalkit.Evaluation("m", each.confusion_matrix) for each in paired]
        for models in (paired, alone):
            pair = evalkit.compare(models, replicates=100).pairs[0]
            found = [*pair.overall.values()]
            for each in pair.per_class.values():
                found += each
            for difference in found:
                if difference.value is None:
                    continue
                assert difference.low is not None
                assert difference.high is not None
                assert difference.p_value is not None
                excludes = difference.low > 0 or difference.high < 0
                assert excludes == (difference.p_value < 1 - 0.95)
                assert difference.low <= difference.value <= difference.high
                seen.add((difference.test, excludes))
    assert len(seen) == 10, seen


def test_the_leader_has_an_interval_for_its_selection() -> None:
    """Clopper and Pearson's interval at 1 − α / 3, by SciPy; and the page says so."""
    comparison = apart_but_for_the_leader()
    found = comparison.leader_estimate
    assert found is not None
    assert found.value == comparison.models[0].overall["accuracy"].value
    assert found.value is not None
    hits = round(found.value * 1_000)
    tail = 0.05 / 3 / 2
    assert found.low == pytest.approx(beta.ppf(tail, hits, 1_001 - hits), rel=1e-9)
    assert found.high == pytest.approx(beta.isf(tail, hits + 1, 1_000 - hits), rel=1e-9)
    html = comparison.to_html(plotly="none")
    assert re.search("its interval is not corrected for this selection; corrected, it is", html)
    assert Comparison.from_dict(comparison.to_dict()).leader_estimate == found
    older = {k: v for k, v in comparison.to_dict().items() if k != "leader_estimate"}
    assert Comparison.from_dict({**older, "schema_version": 3}).leader_estimate is None


def test_two_models_have_no_such_interval() -> None:
    pair = [binary(np.arange(50) % 5 > each, str(each)) for each in (0, 1)]
    assert evalkit.compare(pair, replicates=20).leader_estimate is None


def test_equivalence_is_corrected_for_all_pairs() -> None:
    """The p-values of three pairs are Holm's, and only they make a claim."""
    rng = np.random.default_rng(1)
    right = rng.random(400) < 0.95
    models = [binary(right ^ (rng.random(400) < 0.01), f"m{i}") for i in range(3)]
    comparison = evalkit.compare(models, margin=0.02, replicates=20)
    tests = [pair.equivalence for pair in comparison.pairs]
    raw = [test.p_value for test in tests if test is not None and test.p_value is not None]
    assert [t.p_adjusted for t in tests if t is not None] == pytest.approx(holm(raw).tolist())
    assert [t.significant for t in tests if t is not None] == (holm(raw) < 0.05).tolist()
    plain = comparison.to_dict()
    for pair in plain["pairs"]:
        pair["equivalence"] |= {"p_adjusted": None, "significant": True}
    older = Comparison.from_dict({**plain, "schema_version": 3})
    assert [pair.equivalence for pair in older.pairs] == tests
    assert not any(pair.leads for pair in older.pairs)
    finding = next(f for f in comparison.findings if f.kind == "equivalence")
    leading = comparison.leading_pair.equivalence
    assert leading is not None
    assert finding.numbers["p_value"] == leading.p_adjusted


def test_a_lead_over_beta_agrees_with_the_table() -> None:
    """No supported lead contains a β of the table where the difference is not significant."""
    rng = np.random.default_rng(2)
    supported = 0
    for _ in range(15):
        actual = rng.integers(0, 3, 150)
        codes = [
            np.where(rng.random(150) < p, actual, rng.integers(0, 3, 150)) for p in (0.6, 0.7, 0.8)
        ]
        comparison = evalkit.compare(
            [evalkit.evaluate(actual, each, classes=[0, 1, 2]) for each in codes], replicates=200
        )
        for pair in comparison.pairs:
            for lead in pair.leads:
                supported += lead.supported
                for beta_ in comparison.settings.betas:
                    if lead.supported and lead.beta_low <= beta_ <= lead.beta_high:
                        gap = pair.overall[f"f_beta_macro[{beta_:g}]"]
                        assert gap.significant
                        assert gap.value is not None
                        assert lead.leader == (pair.second if gap.value > 0 else pair.first)
    assert supported > 5
