"""One way to read ``[NAME=]FILE`` for every command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evalkit.errors import InputError
from evalkit.predictions import parse_address, parse_group

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "name", "path"),
    [
        ("numpy.pkl", "numpy", "numpy.pkl"),
        ("mine=numpy.pkl", "mine", "numpy.pkl"),
        ("runs/day=1.csv", "day=1", "runs/day=1.csv"),
        ("runs/day=1/", "day=1", "runs/day=1/"),
        ("mine=runs/day=1.csv", "mine", "runs/day=1.csv"),
        ("preds/b/*.parquet", "b", "preds/b/*.parquet"),
        ("b=s3://bucket/day=1", "b", "s3://bucket/day=1"),
        ("s3://bucket/day=1", "day=1", "s3://bucket/day=1"),
        ("=numpy.pkl", "=numpy", "=numpy.pkl"),
        ("mine=python:package.module:make", "mine", "python:package.module:make"),
    ],
)
def test_a_name_holds_no_path_separator(text: str, name: str, path: str) -> None:
    """What stands before an equals sign is a name only where it cannot be a folder."""
    address = parse_address(text)
    assert (address.name, address.path) == (name, path)
    assert address.is_named == (path != text)


def test_a_file_that_exists_is_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file or folder whose own name holds an equals sign is taken as it is."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "day=1.csv").touch()
    (tmp_path / "day=2").mkdir()
    assert parse_address("day=1.csv").path == "day=1.csv"
    assert parse_address("day=2").path == "day=2"
    assert parse_address("day=3.csv") == ("3.csv", "day", True, None)


def test_a_model_of_a_file(tmp_path: Path) -> None:
    """``FILE::MODEL`` names a model only where it is asked for, and no file is called so."""
    assert parse_address("a=b.json::m", with_model=True) == ("b.json", "a", True, "m")
    assert parse_address("runs/day=1.json::m", with_model=True).model == "m"
    assert parse_address("b.json::m").path == "b.json::m"
    odd = tmp_path / "b::m"
    odd.touch()
    assert parse_address(str(odd), with_model=True).model is None


def test_groups_have_a_name_and_files(tmp_path: Path) -> None:
    """A pattern in the folder of a partition is not a name."""
    folder = tmp_path / "seed=1"
    folder.mkdir()
    (folder / "a.pkl").touch()
    assert parse_group(f"mine={folder}/*.pkl") == ("mine", (str(folder / "a.pkl"),))
    with pytest.raises(InputError, match="NAME=GLOB"):
        parse_group(f"{folder}/*.pkl")
