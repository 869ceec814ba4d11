"""The page as HTML: its order, its sizes, its bytes, and that names never become markup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

import evalkit
from evalkit.compare.comparison import Comparison
from evalkit.errors import InputError
from evalkit.report.render import render_html
from evalkit.report.sections import SECTIONS, posterior
from evalkit.report.subject import Subject

Compare = Callable[..., Comparison]

TEN = tuple(f"class {i}" for i in range(10))


class Skeleton(HTMLParser):
    """Collects what a page is made of: tags with the names of their attributes, and texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self.texts: list[str] = []
        self.ids: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # A name that may be cut has its full text as a title.
        self.tags[tag, tuple(name for name, _ in attrs if name != "title")] += 1
        self.ids += [value for name, value in attrs if name == "id" and value]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_sections_stand_in_reading_order(two_models_html: str) -> None:
    """Verdict, summary, findings, matrices … provenance; the others where they are known."""
    wanted = [
        stem
        for stem, *_ in SECTIONS
        if stem not in {"seeds", "posterior", "errors", "slices", "costs", "landscape"}
    ]
    assert wanted[0] == "summary"
    assert wanted[-1] == "provenance"
    assert [i for i in Skeleton(two_models_html).ids if i in wanted] == wanted


def test_sections_without_content_are_left_out(make_comparison: Compare) -> None:
    """One model without probabilities or history: no disagreement, no probabilities, no curves."""
    comparison = make_comparison(("alone",), probabilities=False, history=False)
    ids = set(Skeleton(render_html(comparison)).ids)
    assert not ids & {"disagreement", "probability", "training"}
    assert {"summary", "confusion", "classes", "beta", "provenance"} <= ids


def test_ids_are_unique(two_models_html: str) -> None:
    """No two elements share an id."""
    ids = Skeleton(two_models_html).ids
    assert len(set(ids)) == len(ids)


def test_ten_classes_stay_within_the_sizes(make_comparison: Compare) -> None:
    """Under 2.2 MB with the plotting library inside, under 200 kB without it."""
    comparison = make_comparison(classes=TEN, n=3000)
    assert len(render_html(comparison).encode()) < 2_200_000
    assert len(render_html(comparison, plotly="none").encode()) < 200_000


def test_more_samples_make_no_larger_page(make_comparison: Compare) -> None:
    """A hundred times the samples change digits, not the size."""
    few, many = (len(render_html(make_comparison(n=n), plotly="none")) for n in (1_000, 100_000))
    assert many < 1.1 * few


def test_equal_inputs_give_equal_bytes() -> None:
    """Two comparisons of the same predictions and seed render to the same bytes."""
    first, second = (
        render_html(
            evalkit.compare(
                [
                    evalkit.evaluate([0, 1, 2, 2, 1], predicted, name=name)
                    for name, predicted in (("a", [0, 1, 2, 1, 1]), ("b", [0, 2, 2, 1, 1]))
                ],
                replicates=100,
            )
        )
        for _ in range(2)
    )
    assert first == second


def test_the_date_comes_from_outside(
    two_models: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``SOURCE_DATE_EPOCH`` is the only date a page can hold."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert "<dt>Date</dt>" not in render_html(two_models, plotly="none")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert "2023-11-14" in render_html(two_models, plotly="none")


def test_names_never_become_markup(
    make_comparison: Compare, hostile_comparison: Comparison
) -> None:
    """The elements and attributes of a page do not depend on its names."""
    plain = make_comparison(("first", "second"), tuple("abcdefgh"), dataset="data")
    tame = Skeleton(render_html(plain, title="a title", plotly="none")).tags
    wild = Skeleton(render_html(hostile_comparison, title="<img src=x>", plotly="none")).tags
    # Shortened names are listed in full; sentences set apart the names that need it.
    extra = {key: n for key, n in (wild - tame).items() if key[0] not in {"bdi", "div", "dt", "dd"}}
    assert extra == {("dl", ("class",)): 1, ("details", ()): 1, ("summary", ()): 1}


def test_long_names_stand_in_full_once(hostile_comparison: Comparison) -> None:
    """A hundred thousand letters are reachable, and are not repeated wherever the name is."""
    texts = "".join(Skeleton(render_html(hostile_comparison, plotly="none")).texts)
    assert texts.count("x" * 100_000) == 2
    assert "x" * 59 + "…" in texts


def test_undefined_values_say_why(make_comparison: Compare) -> None:
    """A class that is never predicted has no precision: "n/a" and the reason, not zero."""
    html = render_html(make_comparison(never=2), plotly="none")
    assert "n/a</span> <small>never predicted</small>" in html


def test_plotly_is_one_of_three(two_models: Comparison) -> None:
    """Another value is refused by name."""
    with pytest.raises(InputError, match="inline, cdn or none"):
        render_html(two_models, plotly="remote")  # type: ignore[arg-type]


def test_a_note_on_several_models_stands_once(two_models: Comparison) -> None:
    """What was noticed in two files is told once, with the names of both."""
    noted = replace(
        two_models,
        warnings=("alpha: Labels differ.", "beta: Labels differ.", "Samples differ."),
        notes=("alpha: Read 'y' as y_true.", "beta: Read 'y' as y_true."),
    )
    text = "".join(Skeleton(render_html(noted, plotly="none")).texts)
    assert text.count("alpha, beta: Labels differ.") == text.count("Samples differ.") == 1
    assert text.count("alpha, beta: Read 'y' as y_true.") == text.count("Read 'y' as") == 1


def test_equivalence_is_claimed_only_where_it_is_tested() -> None:
    """Of matrices alone no equivalence is tested, and the page says so."""
    matrices = [[[60, 20], [15, 70]], [[65, 15], [10, 75]]]
    evaluations = [
        evalkit.Evaluation(name=name, confusion_matrix=evalkit.ConfusionMatrix(counts))
        for name, counts in zip("ab", matrices, strict=True)
    ]
    html = render_html(evalkit.compare(evaluations, replicates=50, margin=0.02), plotly="none")
    assert "Equivalence is not tested" in html
    assert "Two one-sided tests" not in html


def test_findings_name_two_of_many_models(make_comparison: Compare) -> None:
    """With five models, findings on single models are on the two best."""
    comparison = make_comparison(tuple("abcde"), replicates=50)
    found = {finding.kind: finding for finding in comparison.findings}
    worst = comparison.models[comparison.ranking[-1]].name
    for kind in ("classes", "calibration", "training"):
        assert set(found[kind].numbers) <= set("abcde") - {worst}
        assert "Only the 2 best of 5 models are named here." in found[kind].text


def test_practical_equivalence_of_many_pairs_starts_with_the_leader() -> None:
    """Of ten models the nine pairs with the most accurate one stand open, the others folded."""
    rng = np.random.default_rng(0)
    actual = rng.integers(0, 3, 200)
    comparison = evalkit.compare(
        [
            evalkit.evaluate(
                actual, np.where(rng.random(200) < 0.5 + 0.04 * i, actual, 0), name=f"model-{i}"
            )
            for i in range(10)
        ],
        replicates=20,
        rope=0.01,
    )
    section = posterior.collect(Subject(comparison))
    assert section is not None
    leader = comparison.models[comparison.ranking[0]].name
    assert [leader in (row.first, row.second) for row in section.rows] == [True] * 9
    assert not any(leader in (row.first, row.second) for row in section.folded)
    assert len(section.folded) == 36
