"""The picture of the summary: every model, in order, where its numbers are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import evalkit
from evalkit.compare.comparison import Comparison
from evalkit.report.forest import UNFOLDED, Forest, forest
from evalkit.report.render import render_html
from evalkit.report.subject import Subject

Compare = Callable[..., Comparison]


def drawn(comparison: Comparison) -> Forest:
    """The picture of a comparison."""
    return forest(Subject(comparison))


def test_every_model_is_drawn_by_rank(make_comparison: Compare) -> None:
    """All panels have all models in the order of the ranking, the differences from the first."""
    comparison = make_comparison(("bad", "good", "best"), n=2000)
    picture = drawn(comparison)
    names = [comparison.models[i].name for i in comparison.ranking]
    for panel in picture.panels:
        assert [lane.shown.name for lane in panel.lanes] == names
    assert picture.reference == names[0]
    leader, *others = picture.panels[0].lanes
    assert leader.gap is None
    best = comparison.ranking[0]
    for position, lane in zip(comparison.ranking[1:], others, strict=True):
        assert lane.gap is not None
        own, leading = (comparison.models[i].overall["accuracy"].value for i in (position, best))
        assert own is not None
        assert leading is not None
        assert lane.gap.figure.number == pytest.approx(own - leading)
        assert lane.gap.figure.leads == comparison.gap(position, best).significant


@pytest.mark.parametrize("which", ["two", "fraud", "costs", "seeds", "alone", "hostile"])
def test_dots_stand_between_their_whiskers(
    which: str,
    make_comparison: Compare,
    hostile_comparison: Comparison,
    rare_class: Compare,
    three_groups: Comparison,
) -> None:
    """On every axis: low ≤ value ≤ high, all of them and the ticks on the axis."""
    made: dict[str, Callable[[], Comparison]] = {
        "two": make_comparison,
        "fraud": rare_class,
        "costs": lambda: rare_class(costs=((0, 1), (20, 0))),
        "seeds": lambda: three_groups,
        "alone": lambda: make_comparison(("alone",)),
        "hostile": lambda: hostile_comparison,
    }
    for panel in drawn(made[which]()).panels:
        assert 1 <= len(panel.axis.ticks) <= 6
        places = [tick.place for tick in panel.axis.ticks]
        for lane in panel.lanes:
            assert lane.value is not None
            assert lane.low is not None
            assert lane.high is not None
            assert lane.low <= lane.value <= lane.high
            places += [lane.low, lane.high, *lane.runs]
        assert 0 <= min(places) <= max(places) <= 100


def test_of_two_classes_the_positive_one_is_drawn(rare_class: Compare) -> None:
    """Beside accuracy stand recall, precision and average precision of the rarer class."""
    picture = drawn(rare_class())
    assert [panel.measure.plain for panel in picture.panels] == [
        "Accuracy, %",
        'Recall of "1", %',
        'Precision of "1", %',
        'Average precision of "1", %',
    ]


def test_with_costs_the_cheapest_model_is_first(rare_class: Compare) -> None:
    """The first panel is the expected cost, where lower is better and the leader is cheaper."""
    comparison = rare_class(costs=((0, 1), (20, 0)))
    panel = drawn(comparison).panels[0]
    values = [lane.figure.number for lane in panel.lanes]
    assert values[0] is not None
    assert values == sorted(values, key=lambda value: value or 0.0)
    assert panel.direction == "lower is better"
    assert panel.lanes[1].gap is not None
    assert panel.lanes[1].gap.figure.value.startswith("+")


def test_groups_are_drawn_with_their_runs(three_groups: Comparison) -> None:
    """A row is a group, its dot the mean over its runs, which stand beside it; none is the best."""
    picture = drawn(three_groups)
    assert picture.of_groups
    panel = picture.panels[0]
    assert {lane.shown.name for lane in panel.lanes} == {"adam", "sgd", "lion"}
    for lane in panel.lanes:
        assert len(lane.runs) == 4
        assert lane.value == pytest.approx(np.mean(lane.runs), abs=0.02)


def test_the_baseline_is_drawn_only_where_it_is_near(
    make_comparison: Compare, rare_class: Compare
) -> None:
    """At 3 % fraud the majority class stands on the axis; far away, an arrow points to it."""
    near = drawn(rare_class()).panels[0].base
    assert near is not None
    assert near.place is not None
    far = drawn(make_comparison(n=3000)).panels[0].base
    assert far is not None
    assert far.place is None
    assert far.label.startswith("← majority class")
    assert far.x == 0


def test_one_model_is_compared_with_the_majority_class(make_comparison: Compare) -> None:
    """A single model has no leader to differ from; its difference is from the baseline."""
    comparison = make_comparison(("alone",))
    picture = drawn(comparison)
    assert picture.reference == "majority class"
    assert comparison.baseline is not None
    gap = picture.panels[0].lanes[0].gap
    assert gap is not None
    assert gap.figure.number == comparison.baseline.gaps[0].value


def test_fifty_models_are_all_there() -> None:
    """The first rows are shown, the others folded under their number; none is left out."""
    rng = np.random.default_rng(0)
    actual = rng.integers(0, 3, 200)
    names = [f"model-{i:02d}" for i in range(50)]
    comparison = evalkit.compare(
        [
            evalkit.evaluate(
                actual, np.where(rng.random(200) < 0.4 + 0.01 * i, actual, 0), name=name
            )
            for i, name in enumerate(names)
        ],
        replicates=10,
    )
    picture = drawn(comparison)
    assert picture.folded == 50 - UNFOLDED
    html = render_html(comparison, plotly="none")
    assert f"<summary>{50 - UNFOLDED} more models</summary>" in html
    primary = html[: html.index("All metrics in a table")]
    for name in names:
        assert primary.count(f'<span class="name" title="{name}">') == len(picture.panels)
