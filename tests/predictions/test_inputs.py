"""What inputs are read as, how they stay aligned, and that nothing is decoded before it is due."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import evalkit
from evalkit.compare.from_files import evaluations_from_files
from evalkit.datasets.dataset import Dataset, ImageLayout
from evalkit.errors import DataError, InputError
from evalkit.predictions import Predictions
from evalkit.predictions.files import write_predictions
from evalkit.predictions.images import LARGEST_SIDE
from evalkit.predictions.inputs import Inputs, show_spec
from evalkit.predictions.options import ReadOptions

if TYPE_CHECKING:
    from numpy.typing import NDArray

Image = pytest.importorskip("PIL.Image")
N = 6


def pictures(n: int = N) -> NDArray[np.uint8]:
    """Images of which each has its own colour."""
    found = np.zeros((n, 8, 10, 3), np.uint8)
    found[:] = np.arange(n)[:, None, None, None] * 20
    return found


def kind_of(given: Any) -> str:
    return Inputs.guessed(given)[0].kind


def first_pixels(inputs: Inputs, rows: list[int]) -> list[Any]:
    return [each if isinstance(each, str) else int(each.flat[0]) for each in inputs.images(rows)]


ARRAYS = {
    "grey": pictures()[..., 0],
    "colours": pictures(),
    "one channel last": pictures()[..., :1],
    "one channel first": np.moveaxis(pictures()[..., :1], 3, 1),
    "channels first": np.moveaxis(pictures(), 3, 1),
    "floats": pictures() / np.float32(255),
    "list of arrays": list(pictures()),
    "nested lists": (pictures()[..., 0] / 255).tolist(),
    "Pillow": [Image.fromarray(each) for each in pictures()],
}


@pytest.mark.parametrize("form", ARRAYS)
def test_images_in_memory_have_the_same_pixels(form: str) -> None:
    inputs, note = Inputs.guessed(ARRAYS[form])
    assert inputs.kind == "image"
    assert "images" in note
    assert first_pixels(inputs, [4, 1]) == [80, 20]
    (one,) = inputs.images([2])
    assert not isinstance(one, str)
    assert one.shape[:2] == (8, 10)
    assert one.dtype == np.uint8


@pytest.mark.parametrize(
    "given",
    [
        np.zeros((N, 64), np.uint8),
        np.zeros((N, 3, 8, 3), np.uint8),
        np.zeros((N, 8, 8, 4), np.uint8),
        np.zeros((N, 8, 3), np.uint8),
        np.zeros((N, 0, 8), np.uint8),
        np.zeros((N, 8, 8), np.int64),
        np.full((N, 8, 8), 2.0),
        np.full((N, 8, 8), np.nan),
        ["a.png", "a review"],
        ["text", 3],
        [{"a": 1}],
        "one text",
        {"a", "set"},
        [None, None],
        7,
        pd.DataFrame(),
    ],
)
def test_what_is_ambiguous_is_refused(given: Any) -> None:
    """Rows of 64 numbers may be images of 8 × 8 or features; only a data set can say."""
    with pytest.raises(InputError, match="input"):
        Inputs.guessed(given)


def test_texts_paths_and_tables_are_told_apart() -> None:
    assert kind_of(["good", "bad", None]) == "text"
    assert kind_of(["good", float("nan"), pd.NA]) == "text"
    assert kind_of(pd.Series(["a.png", None], dtype="string")) == "image"
    assert kind_of(["a.png", "b.JPEG"]) == "image"
    assert kind_of([Path("a"), Path("b")]) == "image"
    assert kind_of(pd.Series(["good", "bad"])) == "text"
    assert kind_of(pd.DataFrame({"age": [1]})) == "table"


def test_a_named_kind_settles_it() -> None:
    texts = ["a.png", "a review"]
    found = evalkit.evaluate([0, 1], [0, 1], inputs={"text": texts}).predictions
    assert found is not None
    assert found.inputs["text"].texts([0, 1]) == texts


def test_inputs_have_one_entry_per_sample() -> None:
    with pytest.raises(InputError, match="Lengths differ: inputs has 3 entries for 2 samples"):
        evalkit.evaluate([0, 1], [0, 1], inputs=["a", "b", "c"])


def test_the_guess_is_a_note() -> None:
    found = evalkit.evaluate([0, 1], [0, 1], inputs=np.zeros((2, 5, 7)))
    assert "The inputs were read as images of 5 × 7 pixels." in found.notes


def test_taking_rows_takes_inputs_along() -> None:
    rows = np.array([5, 0, 0, 3])
    whole = Predictions.from_labels(np.zeros(N, int), np.zeros(N, int), inputs=pictures())
    taken = whole.take(rows).take(np.array([3, 0]))
    assert first_pixels(taken.inputs["image"], [0, 1]) == [60, 100]


def test_matching_by_id_matches_inputs() -> None:
    """The second model's inputs, in its own order, are shown for the right samples."""
    actual, order = np.arange(N) % 2, np.array([3, 1, 5, 0, 4, 2])
    ids = np.array([f"s{i}" for i in range(N)])
    a = evalkit.evaluate(actual, actual, ids=ids, name="a")
    b = evalkit.evaluate(
        actual[order], actual[order], ids=ids[order], name="b", inputs=pictures()[order]
    )
    inputs = evalkit.compare([a, b]).inputs["image"]
    assert first_pixels(inputs, list(range(N))) == [20 * i for i in range(N)]


def test_arrays_of_different_sizes_are_images() -> None:
    inputs, _ = Inputs.guessed([np.zeros((3, 4)), np.ones((5, 6)), np.zeros(7), None])
    small, large, flat, none = inputs.images(range(4))
    assert (small.shape, large.shape) == ((3, 4), (5, 6))  # type: ignore[union-attr]
    assert (str(flat)[:21], none) == ("an array of shape (7,", "no image")


def test_a_damaged_image_of_pillow_is_a_reason(tmp_path: Path) -> None:
    Image.fromarray(pictures()[1]).save(tmp_path / "cut.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:-30])
    closed = Image.new("L", (2, 2))
    closed.close()
    inputs, _ = Inputs.guessed(
        [Image.open(tmp_path / "cut.png"), closed, Image.new("La", (2, 2)), Image.new("L", (0, 2))]
    )
    *reasons, empty = inputs.images(range(4))
    assert [str(each)[:15] for each in reasons] == ["a damaged image"] * 3
    assert empty == "an image without pixels"


def test_floats_of_pillow_range_from_black_to_white() -> None:
    given = np.linspace(0, 1, 20, dtype=np.float32).reshape(4, 5)
    (one,) = Inputs.guessed([Image.fromarray(given)])[0].images([0])
    assert (np.min(one), np.max(one)) == (0, 255)


def test_large_images_are_reduced_by_the_mean() -> None:
    large = np.zeros((1, 500, 1000), np.uint8)
    large[0, :, 500:] = 200
    (one,) = Inputs.guessed(large)[0].images([0])
    assert not isinstance(one, str)
    assert max(one.shape) <= LARGEST_SIDE
    assert one[:, 0].max() == 0
    assert one[:, -1].min() == 200
    assert abs(float(one.mean()) - 100) < 1.5


def test_data_sets_of_images_know_their_layout() -> None:
    digits = evalkit.load_dataset("digits")
    assert digits.images == ImageLayout((8, 8), white=16)
    assert Dataset.__dataclass_fields__["images"].default is None


def test_texts_are_bounded_and_plain() -> None:
    inputs, _ = Inputs.guessed(["x" * 20_000, "a\x1b[2Jb\u202e\ud800c\nd", None])
    long, odd, none = inputs.texts([0, 1, 2])
    assert long == "x" * 10_000 + "…"
    assert odd == "a�[2Jb��c\nd"
    assert none == ""


def test_cells_of_a_table_are_text() -> None:
    frame = pd.DataFrame({"age": [3, 4], "share": [0.5, None], "site": ["n", "y" * 600]})
    first, second = Inputs.guessed(frame)[0].tables([0, 1])
    assert first == {"age": "3", "share": "0.5", "site": "n"}
    assert second["share"] == "missing"
    assert second["site"] == "y" * 500 + "…"


# Files


def png(value: int) -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.full((4, 6, 3), value, np.uint8)).save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    for i in range(N):
        (tmp_path / "images" / f"{i}.png").write_bytes(png(20 * i))
    rows = [f"s{i},{'ab'[i % 2]},a,images/{i}.png,review {i},{i}" for i in range(N)]
    (tmp_path / "a.csv").write_text("id,y_true,y_pred,path,review,age\n" + "\n".join(rows))
    (tmp_path / "b.csv").write_text(
        "id,y_true,y_pred\n" + "\n".join(f"s{i},{'ab'[i % 2]},b" for i in reversed(range(N)))
    )
    return tmp_path


def read(path: Path, *show: str, **options: Any) -> Predictions:
    reading = ReadOptions(show=tuple(map(show_spec, show)), **options)
    found = evaluations_from_files([str(path)], reading=reading)[0].predictions
    assert found is not None
    return found


def test_columns_of_a_file_are_shown(folder: Path) -> None:
    inputs = read(folder / "a.csv", "image=path", "text=review", "table=age,id").inputs
    assert first_pixels(inputs["path"], [3, 0]) == [60, 0]
    assert inputs["review"].texts([1]) == ["review 1"]
    assert inputs["age, id"].tables([2]) == [{"age": "2", "id": "s2"}]


def test_a_file_without_the_column_is_compared_with_one_that_has_it(folder: Path) -> None:
    reading = ReadOptions(show=(("image", ("path",)),))
    models = evaluations_from_files([f"{folder}/b.csv", f"{folder}/a.csv"], reading=reading)
    inputs = evalkit.compare(models).inputs["path"]
    assert first_pixels(inputs, list(range(N))) == [20 * i for i in reversed(range(N))]


def test_a_missing_column_is_one_line(folder: Path) -> None:
    with pytest.raises(DataError, match=r"has no column 'pat' to show\. Did you mean 'path'\?"):
        read(folder / "a.csv", "image=pat")


@pytest.mark.parametrize("text", ["image", "image=", "picture=path", "table=a,,b", "=path"])
def test_a_wrong_option_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="to show"):
        show_spec(text)


def test_numbers_are_no_text(folder: Path) -> None:
    np.savez(folder / "c.npz", y_true=["a", "b"], y_pred=["a", "a"], age=[1, 2])
    with pytest.raises(DataError, match="Not text: 'age'"):
        read(folder / "c.npz", "text=age")


def test_images_of_the_truth_file_are_shown(folder: Path) -> None:
    """The file with the actual labels often names the images, too; rows are matched by id."""
    (folder / "runs").mkdir()
    (folder / "runs" / "p.csv").write_text("id,y_pred\ns4,a\ns2,a\n")
    reading = {"truth": f"{folder}/a.csv", "columns": {"y_true": "y_true"}}
    found = read(folder / "runs" / "p.csv", "image=path", **reading)
    assert first_pixels(found.inputs["path"], [0, 1]) == [80, 40]


def test_a_matrix_has_no_column_to_show(folder: Path) -> None:
    (folder / "m.csv").write_text(",a,b\na,3,1\nb,1,3\n")
    with pytest.raises(DataError, match="m is no prediction file, which --show names columns of"):
        evaluations_from_files([f"{folder}/m.csv"], reading=ReadOptions(show=(("text", ("t",)),)))


def test_arrays_in_npz_are_images(folder: Path) -> None:
    y = np.array(list("ababab"))
    np.savez(folder / "c.npz", y_true=y, y_pred=y, picture=pictures())
    assert first_pixels(read(folder / "c.npz", "image=picture").inputs["picture"], [5]) == [100]
    with pytest.raises(evalkit.errors.FileFormatError, match="--show image=picture"):
        read(folder / "c.npz")


def test_arrays_and_encoded_images_in_parquet(folder: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    y = list("ababab")
    encoded = [png(20 * i) for i in range(N)]
    table = pa.table(
        {
            "y_true": y,
            "y_pred": y,
            "nested": pictures().tolist(),
            "encoded": pa.array(encoded, pa.binary()),
            "struct": [{"bytes": each, "path": "x.png"} for each in encoded],
            "ragged": [[[0] * (i + 1)] * 4 for i in range(N)],
            "flat": pictures().reshape(N, -1).tolist(),
        }
    )
    small = table["nested"].cast(pa.list_(pa.list_(pa.list_(pa.uint8()))))
    table = table.append_column("small", small)
    parquet.write_table(table, folder / "c.parquet")
    for column in ("nested", "small", "encoded", "struct"):
        inputs = read(folder / "c.parquet", f"image={column}").inputs[column]
        assert first_pixels(inputs, [5, 1]) == [100, 20], column
    with pytest.raises(evalkit.errors.FileFormatError, match="Images differ in size"):
        read(folder / "c.parquet", "image=ragged")
    with pytest.raises(evalkit.errors.FileFormatError, match="Not images: 'flat'"):
        read(folder / "c.parquet", "image=flat")


def test_written_predictions_hold_no_inputs(folder: Path) -> None:
    found = read(folder / "a.csv", "image=path")
    write_predictions(found, folder / "out.csv")
    assert read(folder / "out.csv").inputs == {}


def test_nothing_is_read_before_it_is_asked_for(folder: Path) -> None:
    inputs = read(folder / "a.csv", "image=path").inputs["path"]
    for i in range(1, N):
        (folder / "images" / f"{i}.png").unlink()
    assert first_pixels(inputs, [0, 1]) == [0, "file not found"]
