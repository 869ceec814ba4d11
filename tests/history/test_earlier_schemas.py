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


def test_the_gate_judges_the_intervals_of_the_file(file: Path) -> None:
    (pair,) = read_results(file).pairs
    rules = {"accuracy": "accuracy", "f1_macro": "f_beta_macro[1]", "log_loss": None}
    decision = check(f"{file}::b", f"{file}::a", max_drop=dict.fromkeys(rules, 1.0))
    for found, key in zip(decision.checks, rules.values(), strict=True):
        stored = pair.probability["log_loss"] if key is None else pair.overall[key]
        assert stored.value is not None
        assert stored.low is not None
        assert stored.high is not None
        # The pair is b − a: a drop has the opposite sign, save that of a loss.
        ends = (stored.low, stored.high) if key is None else (-stored.high, -stored.low)
        assert (found.low, found.high) == pytest.approx(ends)
        assert found.method == "paired by sample"


def test_history_follows_it(file: Path) -> None:
    history = read_history([file, file])
    accuracy = read_results(file).models[0].overall["accuracy"]
    assert [point.estimate for point in history.series[0].points] == [accuracy] * 2


def test_its_report_is_made(file: Path) -> None:
    page = read_results(file).to_html(plotly="none")
    assert "a leads by 20.0 points of accuracy" in page
    assert "75.7–88.9" in page
