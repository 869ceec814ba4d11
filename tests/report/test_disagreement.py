"""The disagreement of two models: shares that add up, and any pair of many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from evalkit.report.render import render_html
from evalkit.report.sections.disagreement import collect
from evalkit.report.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.compare.comparison import Comparison


def test_shares_add_up_to_the_gap(two_models: Comparison) -> None:
    """The printed terms sum to the printed gap, but for their rounding."""
    content = collect(Subject(two_models))
    assert content is not None
    (pair,) = content.pairs
    total = sum(float(row.share.replace("−", "-")) for row in pair.shares)
    assert total == pytest.approx(float(pair.gap.replace("−", "-")), abs=0.005 * len(pair.shares))
    sizes = [abs(row.share_number) for row in pair.shares]
    assert sizes == sorted(sizes, reverse=True)


def test_samples_add_up(two_models: Comparison) -> None:
    """Both, one, the other and neither are all of the samples."""
    content = collect(Subject(two_models))
    assert content is not None
    agreement = content.pairs[0].agreement
    assert agreement is not None
    parts = (agreement.both_right, agreement.only_first, agreement.only_second)
    assert sum(int(part.replace(",", "")) for part in (*parts, agreement.both_wrong)) == 600


@pytest.mark.browser
def test_one_pair_at_a_time(
    open_page: Callable[..., Any], make_comparison: Callable[..., Comparison]
) -> None:
    """With three models the reader chooses a pair; the two most accurate stand first."""
    comparison = make_comparison(("one", "two", "three"), probabilities=False, replicates=50)
    page = open_page(render_html(comparison, plotly="none")).page
    shown = page.locator("#disagreement details.pair:visible")
    assert shown.count() == 1
    leading = comparison.leading_pair
    assert shown.get_attribute("data-pair") == str(comparison.pairs.index(leading))
    page.get_by_role("combobox", name="In detail", exact=True).select_option(label="two − one")
    assert shown.get_attribute("data-pair") == "0"
    assert shown.locator("table[data-name=class-shares]").is_visible()


def test_many_pairs_have_details_with_the_best_model_only(
    make_comparison: Callable[..., Comparison],
) -> None:
    """Eleven models are 55 pairs: all are rows of the table, ten have details."""
    comparison = make_comparison(tuple(f"model-{i}" for i in range(11)), replicates=20)
    content = collect(Subject(comparison))
    assert content is not None
    assert len(content.pairs) == 55
    best = comparison.ranking[0]
    others = {(pair.first.position, pair.second.position) for pair in content.detailed}
    assert others == {(min(best, i), max(best, i)) for i in range(11) if i != best}
    assert content.detailed[0] is content.pairs[0]
