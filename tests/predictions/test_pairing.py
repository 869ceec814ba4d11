"""Rows are paired by the ids that files share under any name, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import evalkit
from evalkit import scale
from evalkit.compare.from_files import evaluations_from_files
from evalkit.errors import IncompatibleError
from evalkit.predictions.options import ReadOptions

if TYPE_CHECKING:
    from pathlib import Path

N = 300
RNG = np.random.default_rng(0)
# Sorted by class, so that permuted rows within a class agree with the others by position.
ACTUAL = np.sort(RNG.integers(0, 3, N))
FIRST, SECOND = (np.where(RNG.random(N) < p, ACTUAL, RNG.integers(0, 3, N)) for p in (0.7, 0.8))
ORDER = np.concatenate([RNG.permutation(np.flatnonzero(k == ACTUAL)) for k in range(3)])
ONLY = (
    int(((FIRST == ACTUAL) & (SECOND != ACTUAL)).sum()),
    int(((FIRST != ACTUAL) & (SECOND == ACTUAL)).sum()),
)


def write(folder: Path, first: dict[str, Any], second: dict[str, Any], order: Any = ORDER) -> Any:
    """Write two tables with columns of their own, the second in another order of rows."""
    for name, predicted, columns, rows in (
        ("a", FIRST, first, np.arange(N)),
        ("b", SECOND, second, order),
    ):
        table = pd.DataFrame({"y_true": ACTUAL, "y_pred": predicted, **columns})
        table.iloc[rows].to_csv(folder / f"{name}.csv", index=False)
    return [str(folder / "a.csv"), str(folder / "b.csv")]


def only(files: list[str], **options: Any) -> tuple[int, int]:
    """Return how many samples only the first, and only the second model has right."""
    found = evaluations_from_files(files, reading=ReadOptions(**options))
    (pair,) = evalkit.compare(found, replicates=20).pairs
    assert pair.only_first is not None
    assert pair.only_second is not None
    return int(pair.only_first), int(pair.only_second)


IDS = [f"img_{i:04}" for i in range(N)]


@pytest.mark.parametrize("names", [("ID", "id"), ("ImageId", "image_id"), ("Sample ID", "uid")])
def test_ids_of_other_spellings(names: tuple[str, str], tmp_path: Path) -> None:
    assert only(write(tmp_path, {names[0]: IDS}, {names[1]: IDS})) == ONLY


@pytest.mark.parametrize("column", ["filename", "", "Unnamed: 0", "text", "number"])
def test_a_shared_column_of_unique_values(column: str, tmp_path: Path) -> None:
    """It is taken as the ids where the order of rows differs, and that is said."""
    values = list(range(1000, 1000 + N)) if column == "number" else IDS
    files = write(tmp_path, {column: values}, {column: values})
    assert only(files) == ONLY
    notes = [note for each in evaluations_from_files(files) for note in each.notes]
    assert len(notes) == 2
    assert all("read as id" in note for note in notes)
    assert only(files, columns={"id": ""}) != ONLY
    assert only(files, columns={"id": column} if column else {}) == ONLY


def test_a_shared_column_in_one_order_changes_nothing(tmp_path: Path) -> None:
    files = write(tmp_path, {"filename": IDS}, {"filename": IDS}, order=np.arange(N))
    assert [note for each in evaluations_from_files(files) for note in each.notes] == []
    assert only(files) == ONLY


def test_other_samples_are_refused(tmp_path: Path) -> None:
    """Where some of the values differ, the rows are of other samples."""
    files = write(tmp_path, {"file": IDS}, {"file": [*IDS[:-9], *(f"new {i}" for i in range(9))]})
    with pytest.raises(IncompatibleError, match=r"--column id=file .* or --column id="):
        only(files)


def test_a_rank_is_no_id(tmp_path: Path) -> None:
    """Actual labels that agree row by row, and not by the column, leave two readings."""
    ranks = [{"rank": np.random.default_rng(i).permutation(N)} for i in range(2)]
    files = write(tmp_path, ranks[0], ranks[1], order=np.arange(N))
    with pytest.raises(IncompatibleError, match="agree row by row, but not by 'rank'"):
        only(files)
    assert only(files, columns={"id": ""}) == ONLY


@pytest.mark.parametrize("digits", [3, 16])
def test_scores_are_no_ids(digits: int, tmp_path: Path) -> None:
    scores = [{"conf": np.random.default_rng(i).random(N).round(digits)} for i in range(2)]
    assert only(write(tmp_path, scores[0], scores[1], order=np.arange(N))) == ONLY


def test_a_name_of_ids_with_repeated_values(tmp_path: Path) -> None:
    """Several rows of one image are no samples of that id."""
    images = {"image_id": np.arange(N) // 3}
    assert only(write(tmp_path, images, images, order=np.arange(N))) == ONLY


def test_batches_refuse_rows_in_another_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streamed rows are paired by position only if shared unique names agree in the first rows."""
    pytest.importorskip("pyarrow")
    monkeypatch.setattr("evalkit.counts.datasets.MOST_ROWS", 0)
    files = write(tmp_path, {"file": IDS}, {"file": IDS})
    with pytest.raises(IncompatibleError, match=r"paired by position: 'file'.*--column id=file"):
        scale.evaluate_together(files)
    same = write(tmp_path, {"file": IDS}, {"file": IDS}, order=np.arange(N))
    assert len(scale.evaluate_together(same)) == 2
