"""Probabilities: printed points lie on the curves, and a class can be chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from evalkit.report.sections.probability import FALSE_POSITIVE_RATES, collect
from evalkit.report.subject import Subject
from evalkit.statistics import proportion_interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.compare.comparison import Comparison


def test_printed_points_are_reached_by_the_curve(two_models: Comparison) -> None:
    """Each printed recall is the highest that the curve reaches at that false positive rate."""
    content = collect(Subject(two_models))
    assert content is not None
    for k, of_class in enumerate(content.curves):
        for row, model in zip(of_class.rows, two_models.models, strict=True):
            assert model.probability is not None
            curve = model.probability.roc[k]
            assert curve is not None
            for rate, printed in zip(FALSE_POSITIVE_RATES, row.true_positive_rates, strict=True):
                best = max(y for x, y in zip(curve.x, curve.y, strict=True) if x <= rate)
                assert float(printed) == pytest.approx(100 * best, abs=0.051)


@pytest.mark.browser
def test_a_class_is_drawn_with_its_band(
    open_page: Callable[..., Any], two_models: Comparison, two_models_html: str
) -> None:
    """One class: its curve, and around each point Wilson's interval of that recall."""
    opened = open_page(two_models_html)
    opened.draw_everything()
    page = opened.page
    page.get_by_role("combobox", name="Class", exact=True).select_option(label="deer")
    traces = page.evaluate("document.getElementById('probability-roc').data")
    line = next(trace for trace in traces if trace.get("meta", {}).get("model") == 0)
    assert line["meta"]["what"] == "deer"
    support = two_models.support[2]
    i = len(line["x"]) // 2
    low, high = proportion_interval(line["y"][i] / 100 * support, support)
    assert line["customdata"][i] == pytest.approx([100 * float(low), 100 * float(high)], abs=0.01)
