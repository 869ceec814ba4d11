"""The rule language: what prints parses back, and what is wrong is pointed at."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from evalkit.gate.grammar import parse_allowance, parse_rule
from evalkit.gate.rules import Rule
from evalkit.metrics.quantities import Quantity
from evalkit.reading.tokens import RuleError

CLASSES = st.text(min_size=1, max_size=20)
BY_CLASS = st.sampled_from(["recall", "precision", "f1", "specificity", "f_beta[0.5]"])
WHOLE = st.sampled_from(["accuracy", "f1_macro", "f_beta[2.0]_weighted", "matthews_corrcoef"])
QUANTITIES = st.one_of(
    st.builds(Quantity, WHOLE, is_drop=st.booleans()),
    st.builds(Quantity, BY_CLASS, CLASSES, is_drop=st.booleans()),
    st.builds(Quantity, BY_CLASS, every_class=st.just(True), is_drop=st.booleans()),
)
RULES = st.builds(
    Rule,
    QUANTITIES,
    st.sampled_from([">=", "<=", ">", "<"]),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda bound: bound + 0.0),
)


def refusal(text: str) -> RuleError | None:
    """Return why a text is no rule, None where it is one."""
    try:
        parse_rule(text)
    except RuleError as error:
        return error
    return None


@given(RULES)
def test_a_rule_that_prints_parses_back(rule: Rule) -> None:
    assert parse_rule(str(rule)) == rule


@given(RULES, st.sampled_from(["", " ", "\t", "  "]))
def test_white_space_between_tokens_is_free(rule: Rule, space: str) -> None:
    spread = f"{space}{rule.quantity}{space}{rule.comparator}{space}{rule.bound!r}{space}"
    assert parse_rule(spread) == rule


@given(st.text(max_size=60))
def test_any_text_is_a_rule_or_a_refusal_of_one_line(text: str) -> None:
    """Nothing crashes, and the place lies within the text."""
    error = refusal(text)
    if error is not None:
        assert 0 <= error.column <= len(text)
        assert len(str(error).splitlines()) == 1


@given(RULES, st.data())
def test_a_mutilated_rule_is_refused_or_still_a_rule(rule: Rule, data: st.DataObject) -> None:
    text = str(rule)
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, len(text)))
    error = refusal(text[:start] + text[stop:])
    assert error is None or "\n" not in str(error)


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("recall >= 0.9", 0, r"recall\[cat\]"),
        ("recall[cat >= 0.9", 11, "expected ] after the class"),
        ("recal[cat] >= 0.9", 0, "did you mean recall"),
        ("f2_macro >= 0.9", 0, "did you mean f1_macro"),
        ("top_k_accuracy <= 1", 0, "Use a metric of counts"),
        ("accuracy[cat] > 0", 8, "one value for all classes"),
        ("f1_macro[cat] > 0", 8, "one value for all classes"),
        ("accuracy = 1", 9, ">=, <=, > or <"),
        ("accuracy >= high", 12, "expected a number"),
        ("accuracy >= 0.9 and", 16, "expected the end of the rule"),
        ("accuracy", 8, "The rule ends early"),
        ("accuracy >= 1e999", 12, "not finite"),
        ("f_beta > 0.5", 7, "after f_beta"),
        ("f_beta[0][cat] > 0.5", 7, "The β of f_beta is 0, expected 0.001 to 1000"),
        ('recall["cat] > 0.5', 7, "does not end with a quote"),
        ("recall[] > 0.5", 7, "Expected a class"),
        ("drop(accuracy >= 1", 14, r"expected \) at the end of drop"),
        ("accuracy ≥ 0.9", 9, "Unexpected character"),
        ("", 0, "expected a metric"),
    ],
)
def test_errors_point_at_the_place(text: str, column: int, said: str) -> None:
    with pytest.raises(RuleError, match=said) as caught:
        parse_rule(text)
    assert caught.value.column == column
    assert caught.value.pointed == f"{text}\n{' ' * column}^"
    assert f"{text[:column]}^{text[column:]}" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("recall[cat]>=90%", "recall[cat] >= 0.9"),
        ('recall["fire truck"] > .5', 'recall["fire truck"] > 0.5'),
        ("recall[3] < 1", "recall[3] < 1.0"),
        ("f_beta_macro[2] >= 0.5", "f_beta[2.0]_macro >= 0.5"),
        ("drop( f1[ * ] ) <= -1e-2", "drop(f1[*]) <= -0.01"),
    ],
)
def test_what_may_be_written_in_several_ways(text: str, rule: str) -> None:
    assert str(parse_rule(text)) == rule


def test_an_allowance_is_a_rule_about_a_drop() -> None:
    assert parse_allowance("recall[cat] = 2%") == parse_rule("drop(recall[cat]) <= 0.02")
    with pytest.raises(RuleError, match="METRIC=NUMBER"):
        parse_allowance("f1_macro < 0.01")
