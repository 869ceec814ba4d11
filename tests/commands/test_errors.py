"""``evalkit errors`` and the options of ``evalkit report`` for inputs to show."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evalkit import cli

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., tuple[int, str, str]]

N = 90
QUICK = ("--plotly", "none", "--force")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command line in a folder with two prediction files of three classes."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    actual = rng.integers(0, 3, N)
    names = np.array(["cat", "=1+1", "fire truck"])
    for model in "AB":
        predicted = np.where(rng.random(N) < 0.7, actual, 0)
        rows = "\n".join(
            f"{i},{names[a]},{names[p]},review {i},{'ns'[i % 2]}"
            for i, (a, p) in enumerate(zip(actual, predicted, strict=True))
        )
        Path(f"{model}.csv").write_text(f"id,y_true,y_pred,review,site\n{rows}\n")

    def call(*words: object) -> tuple[int, str, str]:
        code = 0
        try:
            cli.main([str(word) for word in words])
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, *capsys.readouterr()

    return call


def test_errors_are_printed_and_counted(run: Run) -> None:
    code, out, err = run("errors", "A.csv", "--where", "wrong(A) and site = n")
    assert (code, err) == (0, "")
    head, *_, last = out.splitlines()
    assert head.split() == ["id", "actual", "predicted_A", "site"]
    assert last.endswith(f" of {N} samples.")
    assert int(last.split()[0]) == len(out.splitlines()) - 3


def test_many_errors_are_cut_on_the_terminal_only(run: Run) -> None:
    code, out, _ = run("errors", "A.csv", "B.csv", "--where", "agree or not agree")
    assert code == 0
    assert len(out.splitlines()) < 30
    assert f"{N} of {N} samples, the first 20 above. --output FILE writes all." in out
    code, out, _ = run("errors", "A.csv", "B.csv", "--where", "agree or not agree", "--limit", 3)
    assert f"{N} of {N} samples, the first 3 above." in out
    words = ("errors", "A.csv", "--where", "agree", "--limit", 3, "--output", "e.csv")
    assert run(*words)[1] == f"{N} of {N} samples, the first 3 written: e.csv\n"


def test_a_file_of_errors_has_no_formula(run: Run) -> None:
    code, out, err = run("errors", "A.csv", "B.csv", "--slice-by", "site", "--output", "e.csv")
    assert (code, err) == (0, "")
    head, *rows = Path("e.csv").read_text().splitlines()
    assert head == "id,actual,predicted_A,predicted_B,site"
    assert out == f"{len(rows)} of {N} samples: e.csv\n"
    assert any(",'=1+1," in row for row in rows)
    assert not any(",=" in row for row in rows)


def test_texts_and_cells_are_listed_on_request(run: Run) -> None:
    words = ("--show", "text=review", "--show", "table=site,id", "--where", "wrong(A)")
    table = Path("A.csv").read_text()
    Path("long.csv").write_text(table.replace("review 7", "a " * 500))
    code, out, _ = run("errors", "long.csv", "--where", "agree", *words[:2])
    assert code == 0
    assert max(map(len, out.splitlines())) < 200
    assert "a a…" in out
    assert run("errors", "A.csv", *words, "--output", "e.csv")[0] == 0
    head, *rows = Path("e.csv").read_text().splitlines()
    assert head == "id,actual,predicted_A,review,site"
    for row in rows:
        ident, *_, review, site = row.split(",")
        assert (review, site) == (f"review {ident}", "ns"[int(ident) % 2])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "No model was given"),
        (("A.csv", "--where", "wrong(B)"), "Unknown model B: available: A (column 7, marked ^)"),
        (("A.csv", "--where", "wrong("), "marked ^): wrong(^"),
        (("A.csv", "--where", "week = 3"), "has no column week"),
        (("A.csv", "--engine", "arrow"), "Use --output"),
        (("none.csv",), "File not found: none.csv"),
        (("A.csv", "--output", "A.csv", "--force"), "is the input"),
        (("A.csv", "--output", "B.csv"), "was not written by evalkit"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    words: tuple[str, ...], said: str, run: Run, tmp_path: Path
) -> None:
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    code, out, err = run("errors", *words)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_streamed_errors_are_the_same(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    where = ("--where", "wrong(A) and right(B) and site = n")
    assert run("errors", "A.csv", "B.csv", *where, "--output", "whole.csv")[0] == 0
    for name in "AB":
        Path(name).mkdir()
        Path(f"{name}.csv").rename(f"{name}/part.csv")
    code, out, _ = run("errors", "A=A", "B=B", *where, "--output", "streamed.csv")
    assert code == 0
    assert out.endswith(f" of {N} samples: streamed.csv\n")
    assert Path("streamed.csv").read_bytes() == Path("whole.csv").read_bytes()
    _, out, _ = run("errors", "A=A", "B=B", *where, "--limit", 1, "--output", "first.csv")
    assert out == "stopped at the limit of 1: first.csv\n"


@pytest.mark.parametrize("engine", ["arrow", "dask"])
def test_streamed_errors_replace_no_input(run: Run, engine: str) -> None:
    pytest.importorskip("pyarrow")
    if engine == "dask":
        pytest.importorskip("dask")
    Path("A").mkdir()
    part = Path("A.csv").rename("A/part.csv")
    before = part.read_bytes()
    for words, said in (
        (("--output", str(part), "--force"), "The output A/part.csv is the input A/part.csv"),
        (("--output", "e.csv", "--show", "text=review"), "--show applies to files that are read"),
    ):
        code, _, err = run("errors", "A=A", "--engine", engine, *words)
        assert code == 2
        assert said in err
    assert [*Path("A").iterdir()] == [part]
    assert part.read_bytes() == before
    assert not Path("e.csv").exists()


# evalkit report --show


def galleries(run: Run, *words: str) -> list[dict[str, Any]]:
    code, _, err = run("report", *words, *QUICK, "--json", "r.json")
    assert code == 0, err
    found: list[dict[str, Any]] = json.loads(Path("r.json").read_text())["galleries"]
    return found


def test_only_what_is_asked_for_is_shown(run: Run) -> None:
    assert galleries(run, "A.csv", "B.csv") == []
    found = galleries(run, "A.csv", "B.csv", "--show", "text=review", "--show-limit", "2")
    assert {"confident_errors", "only_wrong", "all_wrong", "cell"} <= {g["key"] for g in found}
    assert max(len(each["samples"]) for each in found) == 2
    assert galleries(run, "A.csv", "--show-limit", "5")
    assert "review" not in Path("r.json").read_text()


def test_bad_options_are_one_line(run: Run) -> None:
    for words, said in (
        (("--show", "review"), "Write image=COLUMN, text=COLUMN or table=COLUMN,COLUMN"),
        (("--show", "text=revew"), "Did you mean 'review'?"),
        (("--show", "text=review", "--no-show"), "--no-show contradicts"),
        (("--show", "text=review", "--show-limit", "0"), "--show-limit"),
        (("--show", "text=review", "--show-folder", "none"), "--show-folder"),
    ):
        code, _, err = run("report", "A.csv", *words, *QUICK)
        assert code == 2
        assert said in err
        assert len(err.splitlines()) == 1


def test_images_without_pillow_name_the_extra(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    code, _, err = run("report", "A.csv", "--show", "image=review", *QUICK)
    assert code == 2
    assert 'Run: pip install "evalkit[images]"' in err
    assert len(err.splitlines()) == 1


def test_streamed_rows_have_no_inputs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow")
    monkeypatch.setattr("evalkit.counts.datasets.MOST_ROWS", 10)
    code, _, err = run("report", "A.csv", "--engine", "arrow", "--show", "text=review", *QUICK)
    assert code == 2
    assert "keeps only counts and no inputs" in err
