"""Counts that are kept: what was counted is not read again, and what changed is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import evalkit
from evalkit import scale
from evalkit.counts import batches, partitions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by the name of each file that is counted."""
    found: list[str] = []
    honest = batches.aligned_batches

    def watched(pieces: Any, plan: Any) -> Any:
        found.append(pieces[0][0].file.address.rsplit("/", 1)[1])
        return honest(pieces, plan)

    monkeypatch.setattr(partitions, "aligned_batches", watched)
    return found


def test_yesterday_is_all_that_is_read(
    data: Any, folders: list[Path], read: list[str], tmp_path: Path
) -> None:
    """A file that joins the folder is read alone, and the total is that of all files."""
    state = tmp_path / "counts.json"
    last = folders[0] / "2.parquet"
    away = tmp_path / "2.parquet"
    last.rename(away)
    before = scale.evaluate(folders[0], state=state)
    assert sorted(read) == ["0.parquet", "1.parquet"]
    away.rename(last)
    read.clear()
    after = scale.evaluate(folders[0], state=state)
    assert read == ["2.parquet"]
    assert before.confusion_matrix.total == 2_000
    expected = data.evaluations()[0].confusion_matrix.counts
    assert np.array_equal(after.confusion_matrix.counts, expected)
    read.clear()
    again = evalkit.compare([scale.evaluate(folders[0], state=state)], replicates=50)
    assert not read
    whole = evalkit.compare([scale.evaluate(folders[0])], replicates=50)
    assert again.to_json() == whole.to_json()


def test_a_changed_file_is_counted_anew(
    data: Any, folders: list[Path], read: list[str], tmp_path: Path
) -> None:
    """What a file held before it changed is not in the total."""
    state = tmp_path / "counts.json"
    scale.evaluate(folders[0], state=state)
    read.clear()
    data.frames[0].iloc[:10].to_parquet(folders[0] / "1.parquet", index=False)
    assert scale.evaluate(folders[0], state=state).confusion_matrix.total == 2_010
    assert read == ["1.parquet"]


def test_another_plan_starts_anew(folders: list[Path], read: list[str], tmp_path: Path) -> None:
    """Counts by other columns are not mixed in."""
    state = tmp_path / "counts.json"
    scale.evaluate(folders[0], state=state)
    read.clear()
    scale.evaluate(folders[0], state=state, slice_by=["region"])
    assert len(read) == 3


def test_a_stopped_count_goes_on(
    folders: list[Path], read: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was counted before the interruption is kept."""
    state = tmp_path / "counts.json"
    watched: Any = partitions.aligned_batches  # type: ignore[attr-defined]  # patched by `read`

    def interrupted(pieces: Any, plan: Any) -> Any:
        if pieces[0][0].file.address.endswith("2.parquet"):
            raise KeyboardInterrupt
        return watched(pieces, plan)

    with monkeypatch.context() as patched:
        patched.setattr(partitions, "aligned_batches", interrupted)
        with pytest.raises(KeyboardInterrupt):
            scale.evaluate(folders[0], state=state)
    read.clear()
    assert scale.evaluate(folders[0], state=state).confusion_matrix.total == 3_000
    assert read == ["2.parquet"]


@pytest.mark.parametrize("content", ["", "[]", '{"schema": "other", "schema_version": 1}'])
def test_another_file_is_not_overwritten(content: str, folders: list[Path], tmp_path: Path) -> None:
    """A file that is no state is refused and untouched."""
    state = tmp_path / "notes.json"
    state.write_text(content, encoding="utf-8")
    with pytest.raises(evalkit.EvalkitError, match="Not a state of evalkit"):
        scale.evaluate(folders[0], state=state)
    assert state.read_text(encoding="utf-8") == content
