"""A history follows each model by name and finds the change that was put in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evalkit.compare.json import read_results
from evalkit.errors import EvalkitError, FileFormatError, InputError
from evalkit.history.series import _shared_blocks, read_history
from evalkit.history.terminal import change_sentences, history_table
from evalkit.statistics import change_points_of_blocks

WriteRuns = Callable[..., list[Path]]


def test_a_change_is_found_in_the_model_that_changed(write_runs: WriteRuns) -> None:
    """Six runs: a goes from 80 to 90 per cent at the fourth, b stays."""
    right = [720, 722, 719, 810, 812, 809]
    history = read_history(write_runs([{"a": n, "b": 720} for n in right]))
    changes = {
        (one.model, one.metric): [i for i, p in enumerate(one.points) if p.change]
        for one in history.series
    }
    assert changes == {
        ("a", "accuracy"): [3],
        ("b", "accuracy"): [],
        ("a", "f_beta_macro[1]"): [3],
        ("b", "f_beta_macro[1]"): [],
    }
    told = list(change_sentences(history))
    assert told[0].startswith(
        "Accuracy of a from run-03 on: 80.0 % before, 90.0 % after, p < 0.001"
    )
    text = str(history_table(history))
    assert text.count("◆ 90.0 [") == 2
    assert len({line.find("[") for line in text.splitlines() if line.startswith("run-0")}) == 1


def test_points_are_those_of_the_files(write_runs: WriteRuns) -> None:
    files = write_runs([{"a": 700}, {"a": 750}])
    history = read_history(files, metrics=["recall_macro"])
    for path, point in zip(files, history.series[0].points, strict=True):
        held = json.loads(path.read_text())["models"][0]["overall"]["recall_macro"]
        assert (point.estimate.value, point.estimate.low) == (held["value"], held["low"])


def test_one_model_a_file_is_one_series_whatever_its_name(write_runs: WriteRuns) -> None:
    history = read_history(write_runs([{"monday": 700}, {"tuesday": 700}]))
    assert history.models == ("model",)
    assert [p.estimate.value is None for p in history.series[0].points] == [False, False]


def test_a_model_that_is_not_in_every_run_has_gaps(write_runs: WriteRuns) -> None:
    runs = [{"a": 720, "b": 720}, {"a": 720, "c": 720}, {"a": 720, "b": 810}]
    history = read_history(write_runs(runs))
    assert history.models == ("a", "b", "c")
    b = history.series[1]
    assert [p.estimate.value is None for p in b.points] == [False, True, False]
    assert [p.change is not None for p in b.points] == [False, False, True]


def test_other_samples_are_told(write_runs: WriteRuns, tmp_path: Path) -> None:
    files = write_runs([{"a": 720}, {"a": 720}])
    plain = json.loads(files[1].read_text())
    plain["samples"]["fingerprint"] = "other"
    files[1].write_text(json.dumps(plain))
    assert "run-01 was evaluated on other samples than run-00" in read_history(files).notes[0]


def test_what_is_no_history_is_refused(write_runs: WriteRuns, tmp_path: Path) -> None:
    files = write_runs([{"a": 720}])
    with pytest.raises(InputError, match="at least one"):
        read_history([])
    with pytest.raises(InputError, match="did you mean accuracy"):
        read_history(files, metrics=["acuracy"])
    (tmp_path / "other").mkdir()
    plain = json.loads(files[0].read_text())
    plain["settings"]["confidence"] = 0.9
    other = tmp_path / "other" / "x.json"
    other.write_text(json.dumps(plain))
    with pytest.raises(InputError, match=r"confidence levels of the files differ: 0.9, 0.95"):
        read_history([*files, other])
    del plain["models"][0]["overall"]["accuracy"]["value"]
    other.write_text(json.dumps(plain))
    with pytest.raises(FileFormatError, match="damaged"):
        read_history([other])
    with pytest.raises(EvalkitError, match="nowhere"):
        read_history([tmp_path / "nowhere.json"])


def test_a_large_change_of_few_errors_is_found_on_the_same_samples(write_runs: WriteRuns) -> None:
    """Blocks alone miss it at every look; the counts, with half of α, do not."""
    files = write_runs([{"a": 899}] * 8 + [{"a": 893}] * 8)
    (series,) = read_history(files, metrics=["accuracy"]).series
    (change,) = [i for i, point in enumerate(series.points) if point.change is not None]
    assert change == 8
    runs = [(result, result.models[0]) for result in map(read_results, files)]
    blocks = _shared_blocks("accuracy", runs)
    assert blocks is not None
    assert change_points_of_blocks(blocks, sequential=True) == ()
