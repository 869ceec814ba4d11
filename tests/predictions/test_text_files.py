"""Text files as other programs write them are read alike, whole and in batches."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from evalkit import scale
from evalkit.errors import DataError, EvalkitError, FileFormatError, UnsafeFileError
from evalkit.predictions import is_predictions_file, read_predictions
from evalkit.predictions.options import ReadOptions

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "y_true,y_pred,site\n" + "cat,cat,a\ndog,cat,b\ndog,dog,a\nship,ship,b\n" * 3
COUNTS = [[3, 0, 0], [3, 3, 0], [0, 0, 3]]


def quoted(text: str, separator: str) -> str:
    rows = [line.split(",") for line in text.splitlines()]
    return "".join(separator.join(f'"{cell}"' for cell in row) + "\n" for row in rows)


def zipped(**members: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("_", "."), text)
    return file.getvalue()


FILES = {
    "bom.csv": TEXT.encode("utf-8-sig"),
    "semicolons.csv": TEXT.replace(",", ";").encode(),
    "tabs.tsv": TEXT.replace(",", "\t").encode(),
    "bars.txt": TEXT.replace(",", "|").encode(),
    "blanks.txt": TEXT.replace(",", " ").encode(),
    "quoted-blanks.txt": quoted(TEXT, " ").encode(),
    "quoted-semicolons.csv": quoted(TEXT, ";").encode(),
    "excel.csv": ("sep=;\r\n" + TEXT.replace(",", ";").replace("\n", "\r\n")).encode("utf-8-sig"),
    "comment.csv": ('# run "3, a\n#\n\n' + TEXT).encode(),
    "blank.csv": ("\n\n" + TEXT).encode(),
    "utf-16.csv": TEXT.encode("utf-16"),
    "utf-16-be.txt": b"\xfe\xff" + TEXT.replace(",", "\t").encode("utf-16-be"),
    "a.csv.gz": gzip.compress(TEXT.encode()),
    "a.csv.bz2": bz2.compress(TEXT.encode()),
    "a.csv.xz": lzma.compress(TEXT.encode()),
    "utf-16.csv.gz": gzip.compress(TEXT.encode("utf-16")),
    "a.csv.zip": zipped(a_csv=TEXT),
}


@pytest.mark.parametrize("name", FILES)
def test_one_table_in_many_forms(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Separators, encodings and packing change no count, in memory or in batches."""
    path = tmp_path / name
    path.write_bytes(FILES[name])
    assert is_predictions_file(path)
    found = read_predictions(path)
    assert found.classes == ("cat", "dog", "ship")
    assert found.others["site"].tolist() == ["a", "b", "a", "b"] * 3
    pytest.importorskip("pyarrow")
    monkeypatch.setattr("evalkit.counts.datasets.MOST_ROWS", 0)
    streamed = scale.evaluate(path, slice_by=["site"])
    assert streamed.confusion_matrix.counts.tolist() == COUNTS
    assert streamed.notes == found.notes


def test_zstandard(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    path = tmp_path / "a.csv.zst"
    path.write_bytes(pa.compress(TEXT.encode(), codec="zstd", asbytes=True))
    assert read_predictions(path).classes == ("cat", "dog", "ship")


def test_names_of_rows_as_r_writes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`write.table` leaves out the heading of the first column; batches refuse it in one line."""
    path = tmp_path / "a.txt"
    path.write_text('"truth" "pred"\n"1" "a" "a"\n"2" "b" "a"\n')
    found = read_predictions(path)
    assert found.actual.tolist() == [0, 1]
    assert found.others[""].tolist() == ["1", "2"]
    assert any("names of the rows" in note for note in found.notes)
    pytest.importorskip("pyarrow")
    monkeypatch.setattr("evalkit.counts.datasets.MOST_ROWS", 0)
    with pytest.raises(FileFormatError, match=r"streamed.*heading for every column"):
        scale.evaluate(path)


def test_several_blanks_between_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are one separator in memory, which batches cannot do."""
    path = tmp_path / "a.txt"
    path.write_text(TEXT.replace(",", "   "))
    assert read_predictions(path).classes == ("cat", "dog", "ship")
    pytest.importorskip("pyarrow")
    monkeypatch.setattr("evalkit.counts.datasets.MOST_ROWS", 0)
    with pytest.raises(FileFormatError, match=r"streamed.*exactly one separator"):
        scale.evaluate(path)


def test_what_is_guessed_about_the_form_is_said(tmp_path: Path) -> None:
    for name, notes in (("bars.txt", 1), ("comment.csv", 1), ("tabs.tsv", 0), ("a.csv.gz", 0)):
        (tmp_path / name).write_bytes(FILES[name])
        assert len(read_predictions(tmp_path / name).notes) == notes


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (zipped(a_csv=TEXT, b_csv=TEXT), r"2 tables \(a.csv, b.csv\)"),
        (gzip.compress(TEXT.encode())[:-12], "damaged"),
        (gzip.compress(b"PAR1" + bytes(100)), "compressed binary file"),
        (b"\xff\xfe" + TEXT.encode("utf-16-le")[:-1], "not UTF-16"),
    ],
    ids=["two tables", "cut short", "binary", "half a letter"],
)
def test_packed_files_are_refused_for_their_own_reason(
    content: bytes, said: str, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(EvalkitError, match=said) as refusal:
        read_predictions(tmp_path / "a")
    assert "\n" not in str(refusal.value)


def test_unpacking_is_bounded(tmp_path: Path) -> None:
    """A few kilobytes do not become a gigabyte, and the head of the file is read at once."""
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress((TEXT + "a,a\n" * 12_500_000).encode(), 9))
    assert is_predictions_file(path)
    with pytest.raises(UnsafeFileError, match="unpacks to more than"):
        read_predictions(path)


def test_batches_say_what_they_cannot_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guesses that need all values are refused with the option that settles them."""
    pytest.importorskip("pyarrow")
    monkeypatch.setattr("evalkit.counts.datasets.MOST_ROWS", 0)
    path = tmp_path / "a.csv"
    path.write_text("y_true,y_pred,p_age,p_size\na,a,1,2\nb,b,3,4\n")
    with pytest.raises(DataError, match=r"--column proba_age=p_age .* or --no-proba"):
        scale.evaluate(path)
    reading = ReadOptions(probabilities=False)
    assert len(scale.evaluate_together([path], reading=reading)) == 1
    path.write_text("y_true,y_prob\na,0.1\nb,0.9\n")
    with pytest.raises(DataError, match="column for each class"):
        scale.evaluate_together([path], reading=ReadOptions(positive="b"))


@pytest.mark.parametrize(
    "options", [{"fold_case": True}, {"renamed": {"Cat": "cat", "DOG": "dog"}}]
)
def test_batches_apply_the_options_for_labels(
    options: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyarrow")
    pd.DataFrame({"y_true": ["cat", "dog"] * 9, "y_pred": ["Cat", "DOG"] * 9}).to_parquet(
        tmp_path / "a.parquet"
    )
    expected = read_predictions(tmp_path / "a.parquet", ReadOptions(**options))  # type: ignore[arg-type]
    monkeypatch.setattr("evalkit.counts.datasets.MOST_ROWS", 0)
    (found,) = scale.evaluate_together(
        [tmp_path / "a.parquet"],
        reading=ReadOptions(**options),  # type: ignore[arg-type]
    )
    assert found.classes == expected.classes == ("cat", "dog")
    np.testing.assert_array_equal(found.confusion_matrix.counts, [[9, 0], [0, 9]])
