"""Which samples are selected to look at, and that they are those that the counts count."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import evalkit
from evalkit import scale
from evalkit.compare.comparison import Comparison
from evalkit.compare.records import MOST_SHOWN
from evalkit.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from evalkit.compare.evaluation import Evaluation
    from evalkit.compare.records import Gallery

N, K = 600, 4


def tables(seed: int, n: int = N, k: int = K) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Labels, the same each time, and probabilities that favour them."""
    actual = np.arange(n) % k
    scores = np.random.default_rng(seed).exponential(size=(n, k)) + 1.2 * np.eye(k)[actual]
    return actual, scores / scores.sum(axis=1, keepdims=True)


def model(seed: int, *, proba: bool = True, n: int = N, k: int = K, **more: Any) -> Evaluation:
    actual, table = tables(seed, n, k)
    predicted = table.argmax(axis=1)
    return evalkit.evaluate(
        actual,
        predicted,
        y_proba=table if proba else None,
        classes=range(k),
        name=f"m{seed}",
        **more,
    )


def compared(*models: Evaluation, show: int = 12, **options: Any) -> Comparison:
    return evalkit.compare(models, show=show, replicates=50, **options)


def named(comparison: Comparison, key: str) -> list[Gallery]:
    return [each for each in comparison.galleries if each.key == key]


TWO = compared(model(0), model(1))


def test_cells_count_what_the_matrices_count() -> None:
    for gallery in named(TWO, "cell"):
        assert gallery.model is not None
        assert gallery.actual is not None
        assert gallery.predicted is not None
        cell = TWO.models[gallery.model].counts[gallery.actual, gallery.predicted]
        assert gallery.n_samples == cell
        assert len(gallery.samples) == min(cell, 12)
        for sample in gallery.samples:
            assert sample.actual == gallery.actual
            assert sample.predicted[gallery.model] == gallery.predicted
    occurring = sum(int((each.counts > 0).sum()) for each in TWO.models)
    assert len(named(TWO, "cell")) == occurring


def test_lists_count_what_the_pair_counts() -> None:
    pair = TWO.pairs[0]
    errors = {g.model: g.n_samples for g in named(TWO, "confident_errors")}
    assert errors == {i: N - int(each.counts.trace()) for i, each in enumerate(TWO.models)}
    alone = {g.model: g.n_samples for g in named(TWO, "only_wrong")}
    assert alone == {0: pair.only_second, 1: pair.only_first}
    assert named(TWO, "all_wrong")[0].n_samples == pair.both_wrong
    assert named(TWO, "unsure")[0].n_samples == pair.both_right


def test_samples_are_of_the_kind_that_their_list_says() -> None:
    for sample in named(TWO, "only_wrong")[0].samples:
        assert sample.predicted[0] != sample.actual == sample.predicted[1]
    for sample in named(TWO, "all_wrong")[0].samples:
        assert sample.actual not in sample.predicted
    for sample in named(TWO, "unsure")[0].samples:
        assert set(sample.predicted) == {sample.actual}


def test_the_most_confident_errors_come_first() -> None:
    for i, gallery in enumerate(named(TWO, "confident_errors")):
        actual, table = tables(i)
        wrong = table.argmax(axis=1) != actual
        top = np.sort(table.max(axis=1)[wrong])[::-1][:12]
        found = [sample.probability[i] for sample in gallery.samples]
        np.testing.assert_allclose(np.array(found, float), top, atol=1e-6)
    unsure = [sum(map(float, s.probability)) for s in named(TWO, "unsure")[0].samples]  # type: ignore[arg-type]
    assert unsure == sorted(unsure)


def test_probabilities_are_of_the_predicted_class() -> None:
    for sample in TWO.galleries[0].samples:
        for i, probability in enumerate(sample.probability):
            assert probability == round(float(tables(i)[1][sample.row].max()), 6)


def test_the_leader_alone_of_many_models() -> None:
    many = compared(*(model(i) for i in range(4)))
    (gallery,) = named(many, "only_wrong")
    leader = many.ranking[0]
    assert gallery.model == leader
    for sample in gallery.samples:
        wrong = [code != sample.actual for code in sample.predicted]
        assert wrong == [i == leader for i in range(4)]


def test_one_model_has_no_list_of_several() -> None:
    assert {each.key for each in compared(model(0)).galleries} <= {
        *("confident_errors", "unsure", "suspected_labels", "cell"),
    }


def test_the_order_of_rows_does_not_matter_with_ids() -> None:
    """Also without probabilities: the random order belongs to the ids."""
    ids = np.array([f"s{i:04}" for i in range(N)])
    order = np.random.default_rng(5).permutation(N)
    for proba in (True, False):
        found = []
        for rows in (np.arange(N), order):
            models = []
            for seed in (0, 1):
                actual, table = tables(seed)
                models.append(
                    evalkit.evaluate(
                        actual[rows],
                        table.argmax(axis=1)[rows],
                        y_proba=table[rows] if proba else None,
                        classes=range(K),
                        ids=ids[rows],
                    )
                )
            galleries = compared(*models).galleries
            found.append([[sample.id for sample in each.samples] for each in galleries])
        assert found[0] == found[1]


def test_without_probabilities_the_first_rows_are_not_chosen() -> None:
    """Under a random order, all 12 of 300 errors are in the first half with probability 2⁻¹²."""
    found = compared(model(0, proba=False))
    rows = [sample.row for sample in named(found, "confident_errors")[0].samples]
    assert max(rows) > N / 2
    assert rows != sorted(rows)
    assert not named(found, "unsure")
    again = compared(model(0, proba=False), seed=1)
    assert [s.row for s in named(again, "confident_errors")[0].samples] != rows


def test_equal_inputs_and_seeds_give_equal_bytes() -> None:
    assert compared(model(0), model(1)).to_json() == TWO.to_json()


def test_at_most_400_samples_are_selected() -> None:
    """Of 2,500 cells each gets a sample before any gets a second one, errors first."""
    large = compared(*(model(i, n=20_000, k=50) for i in (0, 1)))
    rows = {sample.row for each in large.galleries for sample in each.samples}
    assert len(rows) == MOST_SHOWN
    sizes = {len(each.samples) for each in named(large, "cell")}
    assert max(sizes) <= 12
    assert all(len(each.samples) <= 12 for each in large.galleries)
    hundred = compared(model(0), model(1), show=100)
    assert len({s.row for each in hundred.galleries for s in each.samples}) == MOST_SHOWN


def test_a_limit_holds_for_each_list() -> None:
    three = compared(model(0), model(1), show=3)
    assert max(len(each.samples) for each in three.galleries) == 3
    assert three.settings.show == 3


@pytest.mark.parametrize("show", [-1, 401, 2.5, "a"])
def test_a_limit_out_of_range_is_refused(show: Any) -> None:
    with pytest.raises(InputError, match="Invalid number of samples to show"):
        compared(model(0), show=show)


def test_nothing_is_selected_unless_there_is_something_to_show() -> None:
    """Ids of a person's samples go into no file that nobody asked for."""
    plain = evalkit.compare([model(0), model(1)], replicates=50)
    assert (plain.galleries, plain.label_check, plain.settings.show) == ((), None, 0)
    shown = evalkit.compare([model(0, inputs=["a"] * N), model(1)], replicates=50)
    assert shown.settings.show == 12
    assert shown.galleries


def test_results_hold_ids_and_no_inputs() -> None:
    secret = [f"secret {i}" for i in range(N)]
    found = compared(model(0, inputs=secret, ids=[f"s{i}" for i in range(N)]))
    text = found.to_json()
    assert "secret" not in text
    assert '"s' in text
    again = Comparison.from_dict(json.loads(text))
    assert again == found
    assert again.galleries == found.galleries
    assert again.inputs == {}


def test_weights_and_groups_leave_numbers_of_samples() -> None:
    weighted = compared(
        *(model(i, sample_weight=np.linspace(1, 2, N), groups=np.arange(N) // 3) for i in (0, 1))
    )
    assert [each.n_samples for each in weighted.galleries] == [
        each.n_samples for each in TWO.galleries
    ]


def test_the_weakest_slice_shows_its_errors() -> None:
    actual, _ = tables(0)
    site = np.where(np.arange(N) < 200, "north", "south")
    predicted = np.where((site == "north") & (np.arange(N) % 2 == 0), (actual + 1) % K, actual)
    weak = evalkit.evaluate(
        actual, predicted, classes=range(K), slices={"site": site, "half": np.arange(N) % 5}
    )
    found = compared(weak)
    (gallery,) = named(found, "weakest_slice")
    assert gallery.slice is not None
    assert "north" in found.slice_results[gallery.slice].values
    assert gallery.n_samples <= 100
    assert all(sample.row < 200 for sample in gallery.samples)


def test_counts_alone_have_no_samples(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    actual, table = tables(0)
    lines = "\n".join(f"{a},{p}" for a, p in zip(actual, table.argmax(axis=1), strict=True))
    (tmp_path / "a.csv").write_text(f"y_true,y_pred\n{lines}\n")
    streamed = scale.evaluate(tmp_path / "a.csv", state=tmp_path / "state.json")
    assert compared(streamed).galleries == ()
    rows = evalkit.evaluate(list(map(str, actual)), list(map(str, actual)), name="rows")
    assert compared(rows, streamed).galleries == ()
