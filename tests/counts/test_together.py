"""Counted or read: the same numbers, from every kind of file."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import evalkit
from evalkit import scale
from evalkit.statistics.estimates import Difference, Estimate

if TYPE_CHECKING:
    from pathlib import Path

Data = Any
"""What the fixture of that name in conftest holds."""


def joint(evaluations: list[Any]) -> list[Any]:
    """Return the joint counts of the first two models, which all paired statistics come from."""
    pair = evalkit.compare(evaluations, replicates=50).pairs[0]
    assert pair.paired
    return [pair.both_right, pair.both_wrong, pair.only_first, pair.only_second, pair.mcnemar]


def test_counted_models_are_paired_as_samples_are(data: Data, folders: list[Path]) -> None:
    """Every count metric, interval and test is the same to the last digit."""
    counted = evalkit.compare(scale.evaluate_together(folders), replicates=200)
    read = evalkit.compare(data.evaluations(), replicates=200)
    assert counted.classes == read.classes
    assert counted.n_samples == read.n_samples
    for ours, theirs in zip(counted.models, read.models, strict=True):
        assert ours.overall == theirs.overall
        assert ours.per_class == theirs.per_class
    (mine,), (other,) = counted.pairs, read.pairs
    assert mine.overall == other.overall
    assert mine.per_class == other.per_class
    assert mine.mcnemar == other.mcnemar


def width(found: Any) -> float:
    """Return how wide an estimate's interval is."""
    return float(found.high - found.low)


@pytest.mark.parametrize("kind", ["file", "folder", "glob", "list", "url", "csv"])
def test_every_kind_of_address(data: Data, folders: list[Path], kind: str, tmp_path: Path) -> None:
    """A data set is what its rows are, not how it is written."""
    frame = data.frames[0]
    single = tmp_path / "single.parquet"
    frame.to_parquet(single, index=False)
    text = tmp_path / "single.csv"
    frame.to_csv(text, index=False)
    dataset: Any = {
        "file": single,
        "folder": folders[0],
        "glob": f"{folders[0]}/*.parquet",
        "list": sorted(folders[0].iterdir()),
        "url": single.as_uri(),
        "csv": text,
    }[kind]
    found = scale.evaluate(dataset)
    expected = data.evaluations()[0]
    assert found.classes == expected.classes
    assert np.array_equal(found.confusion_matrix.counts, expected.confusion_matrix.counts)
    assert found.predictions is None


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param(lambda codes: codes.astype(np.int8), id="int8"),
        pytest.param(lambda codes: codes.astype(np.int64) - 1, id="negative int64"),
        pytest.param(lambda codes: codes.astype(np.int64) * 1_000_003, id="wide int64"),
        pytest.param(lambda codes: codes.astype(np.float64), id="whole float64"),
        pytest.param(lambda codes: codes > 1, id="bool"),
        pytest.param(lambda codes: pd.Categorical(np.array(["b", "a", "c", "d"])[codes]), id="cat"),
    ],
)
def test_every_kind_of_label(labels: Any, tmp_path: Path) -> None:
    """Counts are those of the same labels read whole, in the same order of classes."""
    from evalkit.compare.from_files import evaluations_from_files

    rng = np.random.default_rng(3)
    path = tmp_path / "labels.parquet"
    columns = {name: labels(rng.integers(0, 4, 500)) for name in ("y_true", "y_pred")}
    pd.DataFrame(columns).to_parquet(path, index=False)
    found, (expected,) = scale.evaluate(path), evaluations_from_files([str(path)])
    assert found.classes == expected.classes
    assert np.array_equal(found.confusion_matrix.counts, expected.confusion_matrix.counts)


@pytest.mark.parametrize(
    ("classes", "models"), [(2, 1), (40, 1), (40, 2), (300, 1), (300, 2), (5, 4)]
)
def test_any_number_of_classes_and_models(classes: int, models: int, tmp_path: Path) -> None:
    """Bytes, tables and sorted cells count alike."""
    rng = np.random.default_rng(classes)
    columns = {
        name: rng.integers(0, classes, 4_000).astype(np.int16)
        for name in ("y_true", *(f"pred_{i}" for i in range(models)))
    }
    path = tmp_path / "wide.parquet"
    pd.DataFrame(columns).to_parquet(path, index=False)
    found = scale.evaluate_together([path])
    for i, evaluation in enumerate(found):
        expected = evalkit.confusion_matrix(
            columns["y_true"], columns[f"pred_{i}"], labels=[int(c) for c in evaluation.classes]
        )
        assert np.array_equal(evaluation.confusion_matrix.counts, expected)
    if models == 4:
        right = np.stack([columns[f"pred_{i}"] == columns["y_true"] for i in range(4)], axis=1)
        omnibus = evalkit.compare(found, replicates=50).omnibus
        assert omnibus is not None
        assert omnibus.statistic == pytest.approx(evalkit.statistics.cochran_q(right).statistic)


def test_rows_in_another_order_are_joined_by_id(data: Data, tmp_path: Path) -> None:
    """Ids tell which rows belong together; order does not."""
    pytest.importorskip("duckdb")
    first, second = data.frames
    first.to_parquet(tmp_path / "a.parquet", index=False)
    second.sample(frac=1, random_state=1).to_parquet(tmp_path / "b.parquet", index=False)
    found = scale.evaluate_together([tmp_path / "a.parquet", tmp_path / "b.parquet"])
    assert joint(found) == joint(data.evaluations())


def test_an_fsspec_address(data: Data) -> None:
    """Any file system that fsspec knows will do, here one in memory, of twenty files."""
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    parts = np.array_split(np.arange(len(data.frames[0])), 20)
    for i, rows in enumerate(parts):
        with memory.open(f"/evalkit-tests/part-{i:02}.parquet", "wb") as file:
            data.frames[0].iloc[rows].to_parquet(file, index=False)
    expected = data.evaluations()[0].confusion_matrix.counts
    for address in ("memory://evalkit-tests", "memory://evalkit-tests/part-*.parquet"):
        found = scale.evaluate(address)
        assert np.array_equal(found.confusion_matrix.counts, expected)
    with pytest.raises(evalkit.EvalkitError, match="No Parquet or CSV files found"):
        scale.evaluate("memory://evalkit-tests/none-*.parquet")


def test_a_long_file_is_cut_between_its_row_groups() -> None:
    """Partitions cover each row once, whatever else lies in the data set."""
    from evalkit.counts import partitions
    from evalkit.counts.files import File

    long = File("long", "parquet", "1", (1 << 20,) * 100)
    short = File("short", "parquet", "1", (1_000,))
    alone = partitions.partitions_of([[long]])
    together = partitions.partitions_of([[short, long]])
    assert together[1:] == alone
    ends = [(p.pieces[0][0].start, p.pieces[0][0].stop) for p in alone]
    assert ends[0][0] == 0
    assert ends[-1][1] == 100 << 20
    assert all(a[1] == b[0] for a, b in pairwise(ends))
    assert 4 <= len(alone) <= partitions.MOST_PIECES


@pytest.mark.parametrize(("wrong", "told"), [("twice", "unique"), ("missing", "2,999 match")])
def test_ids_must_match_one_to_one(data: Data, wrong: str, told: str, tmp_path: Path) -> None:
    """An id that stands twice, or is not there, is refused; no number is made of the others."""
    pytest.importorskip("duckdb")
    first, second = data.frames
    first.to_parquet(tmp_path / "a.parquet", index=False)
    shuffled = second.sample(frac=1, random_state=1).reset_index(drop=True)
    shuffled.loc[0, "id"] = shuffled.loc[1, "id"] if wrong == "twice" else "nobody"
    shuffled.to_parquet(tmp_path / "b.parquet", index=False)
    with pytest.raises(evalkit.EvalkitError, match=told):
        scale.evaluate_together([tmp_path / "a.parquet", tmp_path / "b.parquet"])


def test_sources_need_not_be_cut_alike(data: Data, tmp_path: Path) -> None:
    """Files and row groups of other lengths pair row by row all the same."""
    one = data.write(tmp_path / "one", parts=2, row_group_size=170)[0]
    other = data.write(tmp_path / "other", parts=5, row_group_size=91)[1]
    assert joint(scale.evaluate_together([one, other])) == joint(data.evaluations())


def test_other_actual_labels_are_refused(data: Data, tmp_path: Path) -> None:
    """Models on other samples are not compared; both are named."""
    first, second = data.frames
    first.drop(columns="id").to_parquet(tmp_path / "a.parquet", index=False)
    second.drop(columns="id").iloc[::-1].to_parquet(tmp_path / "b.parquet", index=False)
    with pytest.raises(evalkit.EvalkitError, match=r"actual labels.*a\.parquet.*b\.parquet"):
        scale.evaluate_together([tmp_path / "a.parquet", tmp_path / "b.parquet"])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda f: f.assign(y_pred=f["y_pred"].where(f.index != 7)), "y_pred.*1 missing.*7"),
        (lambda f: f.drop(columns=["y_pred", *[c for c in f if c.startswith("proba")]]), "y_pred"),
        (lambda f: f.assign(sample_weight=-1.0), "must be zero or more"),
        (lambda f: f.assign(proba_cat=3.0), r"outside \[0, 1\]"),
        (lambda f: f.iloc[:0], "rows"),
    ],
)
def test_bad_data_is_refused_by_name(data: Data, change: Any, told: str, tmp_path: Path) -> None:
    """One line says the rule, the fact and the file."""
    path = tmp_path / "bad.parquet"
    change(data.frames[0]).to_parquet(path, index=False)
    with pytest.raises(evalkit.EvalkitError, match=told) as refusal:
        scale.evaluate(path)
    assert "bad.parquet" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_undeclared_label_is_refused(data: Data, folders: list[Path]) -> None:
    """Declared classes are the schema, and no label is dropped silently."""
    with pytest.raises(evalkit.EvalkitError, match=r"Unknown label.*fox.*cat.*dog.*eel"):
        scale.evaluate(folders[0], columns={}, classes=("cat", "dog", "eel"))


def test_weights_that_are_whole_count_as_copies(data: Data, tmp_path: Path) -> None:
    """A weight of three is three samples to the counts; intervals know that it is one."""
    rng = np.random.default_rng(1)
    weight = rng.integers(0, 4, len(data.frames[0]))
    frames = [frame.assign(sample_weight=weight) for frame in data.frames]
    for name, frame in zip("ab", frames, strict=True):
        frame.to_parquet(tmp_path / f"{name}.parquet", index=False)
    found = scale.evaluate_together([tmp_path / "a.parquet", tmp_path / "b.parquet"])
    repeated = frames[0].loc[frames[0].index.repeat(weight)]
    expected = evalkit.confusion_matrix(repeated["y_true"], repeated["y_pred"])
    assert np.array_equal(found[0].confusion_matrix.counts, expected)
    read = evalkit.compare(data.evaluations_weighted(weight))
    counted = evalkit.compare(found)
    for i in range(2):
        mine, other = (c.models[i].overall["f_beta_macro[1]"] for c in (counted, read))
        assert mine.value == pytest.approx(other.value)
        assert width(mine) == pytest.approx(width(other), rel=0.1)
    ours, theirs = (c.pairs[0].overall["accuracy"] for c in (counted, read))
    assert ours.value == pytest.approx(theirs.value)
    assert ours.p_value == pytest.approx(theirs.p_value, abs=0.05)
    assert width(ours) == pytest.approx(width(theirs), rel=0.1)


def test_costs_of_counted_weights_are_those_of_samples(data: Data, tmp_path: Path) -> None:
    """Mean and difference are the same, their intervals and test nearly, in either order."""
    rng = np.random.default_rng(1)
    weight = rng.exponential(size=len(data.frames[0])).round(3)
    for name, frame in zip("ab", data.frames, strict=True):
        frame.assign(sample_weight=weight).to_parquet(tmp_path / f"{name}.parquet", index=False)
    found = scale.evaluate_together([tmp_path / "a.parquet", tmp_path / "b.parquet"])
    price = np.round(5 * rng.random((4, 4)), 1)
    np.fill_diagonal(price, 0)
    for order in (slice(None), slice(None, None, -1)):
        read = evalkit.compare(data.evaluations_weighted(weight)[order], costs=price).costs
        counted = evalkit.compare(found[order], costs=price).costs
        assert read is not None
        assert counted is not None
        mine, others = (
            [*(model.expected for model in each.models), *each.pairs] for each in (counted, read)
        )
        for ours, theirs in zip(mine, others, strict=True):
            assert isinstance(ours, Estimate | Difference)
            assert isinstance(theirs, Estimate | Difference)
            assert ours.value == pytest.approx(theirs.value, rel=1e-12)
            assert width(ours) == pytest.approx(width(theirs), rel=0.1)
        assert counted.pairs[0].p_value == pytest.approx(read.pairs[0].p_value, abs=0.05)


def test_costs_of_counted_groups_are_refused(folders: list[Path]) -> None:
    """Intervals as of independent samples would be too narrow, and there is nothing better."""
    found = scale.evaluate_together(folders, cluster_by="patient")
    with pytest.raises(evalkit.EvalkitError, match="Leave the groups out"):
        evalkit.compare(found, replicates=50, costs=1 - np.eye(4))


@pytest.mark.parametrize("of_both", [False, True])
def test_other_weights_are_refused(data: Data, of_both: bool, tmp_path: Path) -> None:
    """Weights of one model alone, or other ones, are not dropped silently."""
    first, second = data.frames
    first.assign(sample_weight=2).to_parquet(tmp_path / "a.parquet", index=False)
    (second.assign(sample_weight=3) if of_both else second).to_parquet(
        tmp_path / "b.parquet", index=False
    )
    with pytest.raises(evalkit.EvalkitError, match="different sample weights"):
        scale.evaluate_together([tmp_path / "a.parquet", tmp_path / "b.parquet"])


def test_groups_are_resampled_whole(data: Data, folders: list[Path]) -> None:
    """Intervals of grouped samples agree with those of the groups themselves."""
    counted = evalkit.compare(
        scale.evaluate_together(folders, cluster_by="patient"), replicates=2_000
    )
    read = evalkit.compare(data.evaluations(groups="patient"), replicates=2_000)
    assert counted.sampling.groups is not None
    assert 0.8 * 400 < counted.sampling.groups <= 400
    pairs: list[tuple[Any, Any]] = [
        (counted.models[0].overall["accuracy"], read.models[0].overall["accuracy"]),
        (counted.pairs[0].overall["accuracy"], read.pairs[0].overall["accuracy"]),
    ]
    for ours, theirs in pairs:
        assert ours.value == pytest.approx(theirs.value)
        assert width(ours) == pytest.approx(width(theirs), rel=0.1)
