"""``evalkit report`` on folders, globs and engines; refusals in one line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from evalkit.commands.evaluate import evaluate
from evalkit.commands.report import report
from evalkit.errors import EvalkitError
from evalkit.scale import LARGE, is_counted

if TYPE_CHECKING:
    from pathlib import Path


def run(*words: str) -> Any:
    """Run the command; what it raises is raised."""
    result = CliRunner().invoke(report, [*words, "--plotly", "none"])
    if isinstance(result.exception, EvalkitError):
        raise result.exception
    return result


def test_folders_are_counted(folders: list[Path], tmp_path: Path) -> None:
    """Folders, globs and an engine give the numbers of the files themselves."""
    found = []
    spellings = [
        [str(folder) for folder in folders],
        [f"{folder.name}={folder}/*.parquet" for folder in folders],
        ["--engine", "arrow", *(str(folder) for folder in folders)],
    ]
    for words in spellings:
        page, numbers = tmp_path / "r.html", tmp_path / "r.json"
        result = run(*words, "--output", str(page), "--json", str(numbers), "--slice-by", "region")
        assert result.exit_code == 0, result.output
        assert ">Slices<" in page.read_text(encoding="utf-8")
        found.append(json.loads(numbers.read_text(encoding="utf-8")))
    assert found[0] == found[1] == found[2]
    assert found[0]["n_samples"] == 3_000
    assert found[0]["pairs"][0]["paired"]


def test_evaluate_counts_a_folder(folders: list[Path], tmp_path: Path) -> None:
    """`evaluate` reads folders with the options of `report`, and prints the same numbers."""
    pages = ["--output", str(tmp_path / "r.html"), "--plotly", "none"]
    words = ["--engine", "arrow", "--slice-by", "region", "--cluster-by", "patient"]
    found = []
    for command, more in ((evaluate, []), (report, pages)):
        numbers = tmp_path / f"{command.name}.json"
        result = CliRunner().invoke(
            command, [str(folders[0]), *words, *more, "--json", str(numbers)]
        )
        assert result.exit_code == 0, result.output
        found.append(numbers.read_bytes())
    assert found[0] == found[1]
    with pytest.raises(EvalkitError, match="--data applies to model files"):
        raise CliRunner().invoke(evaluate, [str(folders[0]), "--data", "digits"]).exception  # type: ignore[misc]


def test_slices_of_small_files(data: Any, tmp_path: Path) -> None:
    """Files that are read whole are sliced too, and need the column in one of them alone."""
    first, second = data.frames
    first.to_csv(tmp_path / "a.csv", index=False)
    second.drop(columns=["region", "age"]).to_csv(tmp_path / "b.csv", index=False)
    numbers = tmp_path / "r.json"
    result = run(
        *(str(tmp_path / f"{name}.csv") for name in "ab"),
        *("--slice-by", "region", "--slice-by", "age:50"),
        *("--output", str(tmp_path / "r.html"), "--json", str(numbers)),
    )
    assert result.exit_code == 0, result.output
    slices = json.loads(numbers.read_text(encoding="utf-8"))["slices"]
    assert [s["values"] for s in slices[:4]] == [["north"], ["south"], ["< 50"], ["≥ 50"]]
    assert len(slices) == 2 + 2 + 4


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--stratify-by", "region"], "Stratified samples cannot be streamed"),
        (["--data", "digits"], "--data applies to model files"),
        (["--landscape"], "--landscape applies to model files"),
        (["--slice-by", "nothing"], "no column nothing"),
        (["--slice-by", "age:old"], "COLUMN:EDGE,EDGE"),
        (
            ["--scheduler", "tcp://127.0.0.1:9", "--engine", "arrow"],
            "The engine arrow has no scheduler",
        ),
    ],
)
def test_refusals(words: list[str], told: str, folders: list[Path], tmp_path: Path) -> None:
    """What cannot be done is said in one line, and nothing is written."""
    page = tmp_path / "r.html"
    with pytest.raises(EvalkitError, match=told) as refusal:
        run(*map(str, folders), "--output", str(page), *words)
    assert "\n" not in str(refusal.value)
    assert not page.exists()


def test_a_large_file_is_counted(tmp_path: Path) -> None:
    """From a stated size on a table is counted rather than read."""
    small, large = tmp_path / "small.parquet", tmp_path / "large.parquet"
    small.write_bytes(b"PAR1")
    with large.open("wb") as file:
        file.truncate(LARGE)
    assert not is_counted([str(small)])
    assert is_counted([str(small), f"big={large}"])


def test_a_model_is_no_data_set(folders: list[Path], tmp_path: Path) -> None:
    """A file that is neither Parquet nor CSV is told what to become."""
    model = tmp_path / "model.pkl"
    model.write_bytes(b"\x80\x05\x95")
    with pytest.raises(EvalkitError, match="evalkit predict"):
        run(str(folders[0]), str(model), "--output", str(tmp_path / "r.html"))


@pytest.mark.parametrize("option", [(), ("--cluster-by", "patient")])
def test_the_page_says_how_counted_samples_were_drawn(
    option: tuple[str, ...], folders: list[Path], tmp_path: Path
) -> None:
    """Groups that were counted are drawn as units of them, and no area claims an interval."""
    page = tmp_path / "r.html"
    result = run(*map(str, folders), "--output", str(page), *option)
    assert result.exit_code == 0, result.output
    text = page.read_text(encoding="utf-8")
    assert ("units, over which groups are spread" in text) == bool(option)
    assert ("those of AUC" in text) != bool(option)
