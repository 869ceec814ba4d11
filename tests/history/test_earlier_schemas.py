"""Results files that earlier versions of evalkit wrote are read, judged, shown and followed."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from evalkit.compare.json import SCHEMA_VERSION, read_results
from evalkit.gate import check
from evalkit.history.series import read_history

EARLIER = Path(__file__).with_name("earlier")
VERSIONS = range(1, SCHEMA_VERSION)


@pytest.fixture(params=VERSIONS, ids=lambda version: f"schema {version}")
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Two models with probabilities on the same 120 samples, as that version wrote them."""
    path = tmp_path / "results.json"
    packed = EARLIER / f"schema-{request.param}.json.gz"
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    assert json.loads(path.read_text())["schema_version"] == request.param
    return path


def test_every_number_is_read(file: Path) -> None:
    plain, comparison = json.loads(file.read_text()), read_results(file)
    for written, model in zip(plain["models"], comparison.models, strict=True):
        assert model.counts.tolist() == written["counts"]
        for key, estimate in written["overall"].items():
            read = model.overall[key]
            assert (read.value, read.low, read.high) == tuple(
                estimate[name] for name in ("value", "low", "high")
            )
        assert len(model.class_curves) == (3 if plain["schema_version"] >= 3 else 0)
    (pair,) = comparison.pairs
    assert pair.overall["accuracy"].p_value == plain["pairs"][0]["overall"]["accuracy"]["p_value"]
    assert comparison.from_dict(comparison.to_dict()) == comparison


def test_what_follows_from_the_counts_is_completed(file: Path) -> None:
    """The shares of the difference in macro F add up to it, and every class has a leader."""
    (pair,) = read_results(file).pairs
    for key, shares in pair.macro_f_share.items():
        assert sum(shares) == pytest.approx(pair.overall[key].value)
    assert len(pair.class_leads) == 3


def test_the_gate_judges_what_the_file_holds(file: Path) -> None:
    """Limits of counts are made anew, those of losses extended from the interval of the file."""
    comparison = read_results(file)
    (pair,) = comparison.pairs
    drops = ("accuracy", "f1_macro", "log_loss")
    checks = check(f"{file}::b", f"{file}::a", max_drop=dict.fromkeys(drops, 1.0)).checks
    found = dict(zip(drops, checks, strict=True))
    # The pair is b − a: a drop has the opposite sign, save that of a loss.
    loss, accuracy = pair.probability["log_loss"], pair.overall["accuracy"]
    assert accuracy.value is not None
    assert found["accuracy"].value == pytest.approx(-accuracy.value)
    assert found["accuracy"].method == "gamma limits, paired by sample"
    assert found["f1_macro"].method in ("independent samples", "gamma limits, paired by block")
    assert found["log_loss"].method == "paired by sample, approximate"
    for each in found.values():
        assert each.low is not None
        assert each.value is not None
        assert each.high is not None
        assert each.low < each.value < each.high
    (alone,) = check(f"{file}::b", f"{file}::a", max_drop={"log_loss": 1.0}).checks
    assert (alone.low, alone.high) == pytest.approx((loss.low, loss.high))


def test_history_follows_it(file: Path) -> None:
    history = read_history([file, file])
    accuracy = read_results(file).models[0].overall["accuracy"]
    assert [point.estimate for point in history.series[0].points] == [accuracy] * 2


def test_its_report_is_made(file: Path) -> None:
    page = read_results(file).to_html(plotly="none")
    assert "a has the higher accuracy" in page
    assert "b − a: −20.0\N{NO-BREAK SPACE}points" in page
    assert "75.7–88.9" in page
