"""The scripts in examples/ run: on digits and for an epoch, where CIFAR-10 takes minutes."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.mark.torch
def test_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.setattr(sys, "argv", ["defaults.py", "digits", "--output", str(tmp_path / "out")])
    runpy.run_path(str(EXAMPLES / "defaults.py"), run_name="__main__")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "numpy.pkl",
        "report.html",
        "torch.pt",
    ]


def test_two_networks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The deep network is the one that comes closest to the wide one's parameters."""
    options = ["--output", str(tmp_path), "--epochs", "1", "--seeds", "1", "2"]
    monkeypatch.setattr(sys, "argv", ["two_networks.py", "digits", *options])
    runpy.run_path(str(EXAMPLES / "two_networks.py"), run_name="__main__")
    said = capsys.readouterr().out
    assert "wide: 64–512–256–10, 167,178 parameters" in said
    assert "deep: 64–512–120–120–120–120–120–120–10, 168,650 parameters" in said
    assert "Mean training curves" in (tmp_path / "report.html").read_text()


def test_best_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ["--output", str(tmp_path), "--epochs", "1", "--backend", "numpy"]
    monkeypatch.setattr(sys, "argv", ["best_network.py", "digits", *options])
    runpy.run_path(str(EXAMPLES / "best_network.py"), run_name="__main__")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best.pkl", "report.html"]
