"""Training curves: a line a model, or one mean line with its band a group of runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import evalkit
from evalkit.report.figures.training import figures
from evalkit.report.render import render_html
from evalkit.report.sections.training import collect
from evalkit.report.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.compare.comparison import Comparison

EPOCHS = 6
CURVES = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")


@pytest.fixture(scope="module")
def grouped() -> Comparison:
    """Two groups of three runs and a model of its own, each with a history of six epochs."""
    rng = np.random.default_rng(0)
    actual = rng.integers(0, 3, 300)
    evaluations = []
    for name, group in [
        *((f"{g}-{i}", g) for g in ("wide", "deep") for i in range(3)),
        ("own", None),
    ]:
        history = tuple(
            {
                "epoch": epoch,
                **{key: float(rng.random()) for key in CURVES},
                "seconds": 1.0,
            }
            for epoch in range(1, EPOCHS + 1)
        )
        predicted = np.where(rng.random(300) < 0.8, actual, rng.integers(0, 3, 300))
        evaluation = evalkit.evaluate(actual, predicted, name=name)
        evaluations.append(replace(evaluation, group=group, history=history, best_epoch=4))
    return evalkit.compare(evaluations, replicates=50)


@pytest.mark.parametrize(
    ("chart", "key", "scale"),
    [("training-loss", "validation_loss", 1), ("training-accuracy", "validation_accuracy", 100)],
)
def test_a_group_is_its_mean_and_band(
    grouped: Comparison, chart: str, key: str, scale: int
) -> None:
    """The line is NumPy's mean over the runs; the band NumPy's deviation times the factor."""
    traces = figures(Subject(grouped))[chart]["traces"]
    factor = grouped.settings.factor
    for position, group in enumerate(grouped.groups):
        runs = np.array([[row[key] for row in grouped.models[run].history] for run in group.runs])
        mean, spread = runs.mean(axis=0), runs.std(axis=0, ddof=1)
        (drawn,) = (
            trace
            for trace in traces
            if trace.get("meta", {}).get("group") == position
            and trace["meta"]["y"].startswith("validation")
        )
        assert drawn["y"] == pytest.approx(scale * mean, abs=0.006)
        low, high = np.array(drawn["customdata"]).T
        assert low == pytest.approx(scale * (mean - factor * spread), abs=0.006)
        assert high == pytest.approx(scale * (mean + factor * spread), abs=0.006)
        band = [*high, *low[::-1]]
        assert any(trace.get("fill") and trace["y"] == band for trace in traces)


def test_runs_of_a_group_are_not_drawn_again(grouped: Comparison) -> None:
    """Only the model without a group has lines of its own; tables hold means and every run."""
    traces = figures(Subject(grouped))["training-loss"]["traces"]
    assert {trace["meta"]["model"] for trace in traces if "model" in trace.get("meta", {})} == {6}
    content = collect(Subject(grouped))
    assert content is not None
    assert [model.name for model in content.alone] == ["own"]
    assert [len(trained.rows) for trained in content.groups] == [EPOCHS, EPOCHS]
    assert len(content.models) == 7
    html = render_html(grouped, plotly="none")
    assert f"±{grouped.settings.factor:g} standard deviations" in html
    assert html.count('data-name="mean-history"') == 2


@pytest.mark.browser
def test_the_mean_is_read_by_key(open_page: Callable[..., Any], grouped: Comparison) -> None:
    """Arrow keys on the chart say the group, the mean and the band."""
    opened = open_page(render_html(grouped))
    chart = opened.page.locator("#training-loss")
    chart.scroll_into_view_if_needed()
    chart.locator(".main-svg").first.wait_for(state="attached")
    chart.focus()
    opened.page.keyboard.press("ArrowDown")
    said = opened.page.locator("#announcement").text_content()
    assert said.startswith("wide, epoch")
    assert "loss, nats, mean" in said
    assert opened.is_quiet, opened.messages
