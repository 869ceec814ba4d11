from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evalkit.compare.costs import read_costs
from evalkit.errors import EvalkitError

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = ("cat", "dog, wet")


@pytest.mark.parametrize(
    "text",
    [
        "0,1\n10,0\n",
        ',cat,"dog, wet"\ncat,0,1\n"dog, wet",10,0\n',
        '\ufeffactual,"dog, wet",cat\r\n"dog, wet",0,10\r\n\r\ncat, 1 ,0',
    ],
)
def test_names_in_any_order_or_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "costs.csv").write_text(text, encoding="utf-8")
    assert read_costs(tmp_path / "costs.csv", CLASSES).tolist() == [[0, 1], [10, 0]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"0,1\n", "2 rows of 2 numbers"),
        (b"0,1\n10\n", "2 rows of 1 or 2 cells"),
        (b"0,one\n10,0\n", "'one' for actual cat, predicted dog"),
        (b"0,inf\n10,0\n", "'inf'"),
        (b",cat,bird\ncat,0,1\nbird,1,0\n", "Unknown class 'bird' among the predicted classes"),
        (b",cat,cat\ncat,0,1\ncat,1,0\n", "Class 'dog, wet' is not named exactly once"),
        (b"\xff\xfe0\x00", "UTF-8"),
        (b"", "empty"),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "costs.csv").write_bytes(content)
    with pytest.raises(EvalkitError, match=message):
        read_costs(tmp_path / "costs.csv", CLASSES)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvalkitError, match=r"nowhere\.csv"):
        read_costs(tmp_path / "nowhere.csv", CLASSES)
