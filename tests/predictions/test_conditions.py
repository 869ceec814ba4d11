"""Conditions on samples: their meaning, by a slow evaluation in Python, and their errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from evalkit.predictions.conditions import MOST_NESTED, flags_of, parse_condition
from evalkit.predictions.outcomes import Outcomes
from evalkit.predictions.slices import SliceValues
from evalkit.reading.tokens import LONGEST_RULE, RuleError

CLASSES = ("cat", "dog", "fire truck")
N = 60


def outcomes() -> Outcomes:
    rng = np.random.default_rng(0)
    actual = rng.integers(0, 3, N)
    table = rng.dirichlet(np.ones(3), N)
    return Outcomes(
        CLASSES,
        ("A", "model b"),
        actual,
        (table.argmax(axis=1), rng.integers(0, 3, N)),
        (table, None),
        slices={
            "site": SliceValues.of(rng.choice(["north", "south"], N), "site", N),
            "agree": SliceValues.of(rng.choice(["yes", "no"], N), "agree", N),
        },
    )


SAMPLES = outcomes()

# The text of a test, and the same test in Python for one row of `SAMPLES`.
TESTS: dict[str, Any] = {
    "wrong(A)": lambda i: SAMPLES.predicted[0][i] != SAMPLES.actual[i],
    'right("model b")': lambda i: SAMPLES.predicted[1][i] == SAMPLES.actual[i],
    'actual = "fire truck"': lambda i: SAMPLES.actual[i] == 2,
    "actual = cat": lambda i: SAMPLES.actual[i] == 0,
    "predicted(A) = dog": lambda i: SAMPLES.predicted[0][i] == 1,
    "confidence(A) > 0.6": lambda i: SAMPLES.tables[0][i].max() > 0.6,  # type: ignore[index]
    "confidence(A)<=60%": lambda i: SAMPLES.tables[0][i].max() <= 0.6,  # type: ignore[index]
    "agree": lambda i: SAMPLES.predicted[0][i] == SAMPLES.predicted[1][i],
    "site = north": lambda i: value("site", i) == "north",
    '"agree" = "yes"': lambda i: value("agree", i) == "yes",
}


def value(column: str, row: int) -> Any:
    held = SAMPLES.slices[column]
    return held.values[held.codes[row]]


@pytest.mark.parametrize("text", TESTS)
def test_each_test_means_what_it_says(text: str) -> None:
    expected = [bool(TESTS[text](i)) for i in range(N)]
    assert flags_of(SAMPLES, text).tolist() == expected
    assert 0 < sum(expected) < N


EXPRESSIONS = st.recursive(
    st.sampled_from(list(TESTS)).map(lambda text: (text, TESTS[text])),
    lambda inner: st.one_of(
        inner.map(lambda e: (f"not ({e[0]})", lambda i: not e[1](i))),
        st.tuples(inner, inner).map(
            lambda p: (f"({p[0][0]}) and ({p[1][0]})", lambda i: p[0][1](i) and p[1][1](i))
        ),
        st.tuples(inner, inner).map(
            lambda p: (f"({p[0][0]}) or ({p[1][0]})", lambda i: p[0][1](i) or p[1][1](i))
        ),
    ),
    max_leaves=8,
)


@given(EXPRESSIONS)
def test_expressions_mean_what_python_makes_of_them(expression: tuple[str, Any]) -> None:
    text, slow = expression
    assert flags_of(SAMPLES, text).tolist() == [bool(slow(i)) for i in range(N)]


def test_and_binds_more_tightly_than_or_and_not_most() -> None:
    for text, same in (
        ("agree or wrong(A) and actual = cat", "agree or (wrong(A) and actual = cat)"),
        ("not agree and wrong(A)", "(not agree) and wrong(A)"),
        ("not not agree", "agree"),
    ):
        assert flags_of(SAMPLES, text).tolist() == flags_of(SAMPLES, same).tolist()


def test_without_a_condition_any_model_is_wrong() -> None:
    either = 'wrong(A) or wrong("model b")'
    assert flags_of(SAMPLES, None).tolist() == flags_of(SAMPLES, either).tolist()


def test_columns_that_are_asked_for() -> None:
    text = 'wrong(A) and (site = 3 or not "week day" = x) and site = 4'
    assert parse_condition(text).columns == ("site", "week day")


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 0, "The condition ends early, expected a test"),
        ("wrong", 5, r"The condition ends early, expected \(MODEL\) after wrong"),
        ("wrong A", 6, r"Found 'A', expected \(MODEL\) after wrong"),
        ("wrong(A", 7, r"expected \) after the model"),
        ("wrong()", 6, "Found '\\)', expected the name of a model"),
        ("wrong(A) right(A)", 9, "Found 'right', expected and, or, or the end"),
        ("wrong(A) and", 12, "ends early, expected a test"),
        ("(agree", 6, r"expected \) after the condition"),
        ("actual cat", 7, "Found 'cat', expected = CLASS after actual"),
        ("actual = ", 9, "expected a name, a number or a quoted text"),
        ("actual != cat", 7, "write not before a test"),
        ("confidence(A) = 0.9", 14, "expected >=, <=, > or <"),
        ("confidence(A) > high", 16, "expected a number"),
        ("confidence(A) > 90", 16, "A confidence is at most 1. Write 0.9 or 90%"),
        ("confidence(A) > 101%", 16, "A confidence is at most 1"),
        ('actual = "cat', 9, "quoted text does not end"),
        ("wrong(C)", 6, "Unknown model C: available: A, model b"),
        ('predicted(A) = "fire trck"', 15, "Unknown class fire trck: did you mean fire truck"),
        ("sit = north", 0, "Unknown test or slice column sit: did you mean site"),
        ("site = west", 7, "Unknown value of site west"),
        ('confidence("model b") > 0.5', 11, "model b has no probabilities"),
    ],
)
def test_an_error_marks_its_place(text: str, column: int, said: str) -> None:
    with pytest.raises(RuleError, match=said) as caught:
        flags_of(SAMPLES, text)
    assert caught.value.column == column
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["(" * 600, "not " * 400, "(" * 400 + "agree" + ")" * 400])
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(RuleError, match=f"nested more than {MOST_NESTED} deep"):
        parse_condition(text)


def test_long_conditions_are_refused_and_wide_ones_are_not() -> None:
    with pytest.raises(RuleError, match="longer than"):
        parse_condition("agree or " * LONGEST_RULE)
    assert flags_of(SAMPLES, "agree" + " or agree" * 200).sum() > 0


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        flags_of(SAMPLES, text)
    except RuleError as error:
        assert "\n" not in str(error)  # noqa: PT017  both ways are right
