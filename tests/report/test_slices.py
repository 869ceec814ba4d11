"""The section of slices: weak ones first, every slice in a table, names as text."""

from __future__ import annotations

from typing import Any

import numpy as np

import evalkit
from evalkit.report.render import render_html
from evalkit.report.sections.slices import collect
from evalkit.report.subject import Subject


def compared(slices: dict[str, Any], weight: Any = None) -> Any:
    """Return two models that are right less often in the west."""
    rng = np.random.default_rng(0)
    n = len(next(iter(slices.values())))
    actual = rng.integers(0, 3, n)
    west = np.array([value == "west" for value in next(iter(slices.values()))])
    return evalkit.compare(
        [
            evalkit.evaluate(
                actual,
                np.where(rng.random(n) < 0.9 - 0.3 * west, actual, (actual + 1) % 3),
                name=name,
                slices=slices,
                sample_weight=weight,
            )
            for name in "ab"
        ],
        replicates=50,
    )


REGIONS = np.array(["north", "south", "west"])[np.arange(1_500) % 3]


def test_weak_slices_come_first() -> None:
    """Both models' west is listed as weak, with the difference from the rest; nothing else is."""
    content = collect(Subject(compared({"region": REGIONS})))
    assert content is not None
    assert {(row.name, row.model.name) for row in content.weak} == {
        ("region: west", "a"),
        ("region: west", "b"),
    }
    (table,) = content.tables
    assert [row.name for row in table.rows] == ["north", "south", "west"]
    assert [cell.is_weak for cell in table.rows[2].cells] == [True, True]
    assert sum(int(row.samples) for row in table.rows if row.samples.isdigit()) == 1_500
    assert len(table.metrics) == 3 * 2


def test_the_page_shows_the_numbers_of_the_table() -> None:
    """Each slice's accuracy stands on the page as `slices` has it."""
    comparison = compared({"region": REGIONS, "half": np.arange(1_500) % 2})
    page = render_html(comparison, plotly="none")
    assert "region × half" in page
    table = comparison.slices()
    for value in table[table["metric"] == "accuracy"]["value"]:
        assert f"{100 * value:.1f}" in page


def test_hostile_values_are_text() -> None:
    """A value of a column is shown, never run."""
    values = np.where(REGIONS == "west", "<img src=x onerror=alert(1)>", "{{7*7}}")
    page = render_html(compared({"</script><b>": values}), plotly="none")
    assert "<img src=x" not in page
    assert "</script><b>" not in page
    assert "{{7*7}}" in page


def test_no_slices_no_section() -> None:
    """Without columns there is nothing to show."""
    plain = evalkit.compare([evalkit.evaluate([0, 1], [0, 1])], replicates=2)
    assert collect(Subject(plain)) is None


def test_weighted_samples_are_said_to_lack_some_intervals() -> None:
    """The page has their tests, accuracies with intervals, and says which metrics have none."""
    comparison = compared({"region": REGIONS}, np.full(1_500, 2.0))
    content = collect(Subject(comparison))
    assert content is not None
    assert {row.model.name for row in content.weak} == {"a", "b"}
    assert content.dependent == "weighted"
    assert all(cell.accuracy.interval for row in content.tables[0].rows for cell in row.cells)
    page = render_html(comparison, plotly="none")
    assert "Of weighted samples, averages over classes have no intervals in slices" in page


def test_small_slices_are_too_small_to_tell() -> None:
    """A slice below the size that a gap of ten points needs says so, a weak one does not."""
    regions = REGIONS.copy()
    regions[:60] = "tiny"
    comparison = compared({"region": regions})
    content = collect(Subject(comparison))
    assert content is not None
    rows = {row.name: row for row in content.tables[0].rows}
    needed = max(m.needed for s in comparison.slice_results for m in s.models)
    assert 60 < int(rows["tiny"].needed.replace(",", "")) <= needed
    assert rows["west"].needed == ""
    page = render_html(comparison, plotly="none")
    assert f"too small to tell: needs about {rows['tiny'].needed}" in page


def test_gaps_and_other_metrics_are_shown() -> None:
    """The worst metrics have a row each, and every gap of the comparison has one."""
    comparison = compared({"region": REGIONS})
    content = collect(Subject(comparison))
    assert content is not None
    weak = sum(t.is_weak for s in comparison.slice_results for m in s.models for t in m.tests)
    assert len(content.metrics) + content.more_metrics == weak > 0
    assert {row.metric for row in content.metrics} >= {"Recall"}
    assert len(content.gaps) == len(comparison.slice_gaps) == 2 * 3 * 3
    assert "Equalized odds" in render_html(comparison, plotly="none")


def test_slices_of_other_classes_are_not_called_small() -> None:
    """A slice whose classes do not occur outside it cannot be compared, however large it is."""
    actual = np.arange(3_000) % 3
    model = evalkit.evaluate(
        actual, (actual + (np.arange(3_000) % 7 == 0)) % 3, slices={"s": actual}
    )
    page = evalkit.compare([model], replicates=50).to_html(plotly="none")
    assert "No slice could be tested: the classes of a slice do not occur outside it." in page
