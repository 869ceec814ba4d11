"""Tests of the limits on untrusted files: the budget, numbers, text, arrays, lines and pages."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.errors import EvalkitError, FileFormatError
from evalkit.reading import budget, lines
from evalkit.reading.npy import read_npy
from evalkit.reading.source import Source, open_source
from evalkit.reading.values import checked_number, checked_plain, checked_text, json_cost, read_json


def source(content: bytes) -> Source:
    return Source(io.BytesIO(content), Path("a file"), len(content))


def test_a_file_may_unpack_to_ten_times_its_size_and_the_budget() -> None:
    """What a file unpacks beyond ten times its size counts against the budget, once."""
    file = source(bytes(1_000))
    file.unpack(10_000)
    file.unpack(budget.BUDGET)
    with pytest.raises(FileFormatError, match="Too much content: a file"):
        file.unpack(1)


def test_files_of_a_run_share_one_budget(tmp_path: Path) -> None:
    """In a run, the second file has what the first left; outside of runs, each has its own."""
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"1")
    with budget.one_budget():
        with open_source(tmp_path / "a") as first:
            first.unpack(budget.BUDGET)
        with open_source(tmp_path / "b") as second, pytest.raises(FileFormatError):
            second.unpack(21)
    for name in ("a", "b"):
        with open_source(tmp_path / name) as alone:
            alone.unpack(budget.BUDGET)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4),
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.array(["a", "é", "😀"]),
        np.array(["a"], dtype=">U3"),
        np.array([b"x", b"yz"]),
        np.array([True, False]),
        np.array(5, dtype=">i4"),
        np.zeros((0, 3), dtype=np.float16),
    ],
)
def test_arrays_are_read_as_numpy_reads_them(array: Any) -> None:
    """The strict parser of headers agrees with numpy.load on what numpy.save writes."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    found, expected = read_npy(buffer.getvalue(), "a"), np.load(io.BytesIO(buffer.getvalue()))
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("value", [2**256, -(2**256), float("inf"), float("nan")])
def test_numbers_are_finite_and_bounded(value: float) -> None:
    """Numbers that no float holds are refused, wherever they stand."""
    with pytest.raises(ValueError, match="a number"):
        checked_number(value)
    with pytest.raises(ValueError, match="a number"):
        checked_plain({"a": [1, {"b": value}]})
    assert float(checked_number(2**255)) == 2.0**255


def test_halves_of_surrogate_pairs_are_refused() -> None:
    """Text that UTF-8 cannot hold is refused, also as an escape in JSON; whole pairs are text."""
    with pytest.raises(ValueError, match="surrogate"):
        checked_text("a\ud800")
    with pytest.raises(ValueError, match="surrogate"):
        read_json(rb'{"a": ["\uD800"]}')
    assert read_json(rb'"\ud83d\ude00"') == "😀"


@pytest.mark.parametrize("unit", [b"[]", b'{"a":0}', b"1.5", b'"ab"', b"[[1,2],[3]]"])
def test_the_cost_of_json_is_an_upper_bound(unit: bytes) -> None:
    """The estimate before parsing is not below three quarters of what the values take."""
    import tracemalloc

    content = b"[" + b",".join([unit] * 50_000) + b"]"
    tracemalloc.start()
    value = read_json(content)
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(value) == 50_000
    assert json_cost(content) > 0.75 * used


@pytest.mark.parametrize(
    "alphabet", [b"ab\n", b"aaaaaaaaaaaa\n", b'aaaaaaa\n"', b'aaaaaaaaaaaaaaaa\n\n"']
)
def test_long_rows_are_found(alphabet: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row is too long exactly if a count of its bytes says so, whatever the blocks are."""
    monkeypatch.setattr(lines, "MAX_LINE", 20)
    monkeypatch.setattr(lines, "_BLOCK", 37)
    generator = random.Random(0)
    for _ in range(500):
        content = bytes(generator.choices(alphabet, k=generator.randint(1, 150)))
        length = longest = 0
        is_quoted = False
        for byte in content:
            is_quoted ^= byte == ord('"')
            length = 0 if byte == ord("\n") and not is_quoted else length + 1
            longest = max(longest, length)
        try:
            lines.require_short_lines(source(content))
            is_short = True
        except EvalkitError:
            is_short = False
        assert is_short == (longest <= 20), content


def test_pages_add_up_to_what_parquet_says() -> None:
    """Page headers hold the sizes that an honest footer sums up, without their own bytes."""
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow as pa

    from evalkit.reading.parquet_pages import count_pages, open_parquet

    table = pa.table({"a": ["x", "yy"] * 5_000, "b": np.arange(10_000.0)})
    for options in (
        {},
        {"data_page_version": "2.0", "compression": "zstd", "data_page_size": 1_000},
        {"use_dictionary": False, "column_encoding": {"a": "DELTA_BYTE_ARRAY", "b": "PLAIN"}},
    ):
        buffer = io.BytesIO()
        parquet.write_table(table, buffer, row_group_size=3_000, **options)
        file = source(buffer.getvalue())
        opened = open_parquet(file)
        groups = [opened.metadata.row_group(i) for i in range(opened.metadata.num_row_groups)]
        stated = sum(group.column(j).total_uncompressed_size for group in groups for j in (0, 1))
        pages = count_pages(file, opened.metadata)
        assert 0.7 * stated < pages.unpacked <= stated
        assert (pages.largest_shared > 0) == ("column_encoding" in options)
        assert opened.read().column("a").to_pylist() == table.column("a").to_pylist()


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_messages_add_up_to_the_size_of_the_table(compression: str) -> None:
    """What an Arrow file unpacks to is at least the table in memory, whatever the compression."""
    feather = pytest.importorskip("pyarrow.feather")
    import pyarrow as pa

    from evalkit.reading.arrow_messages import count_messages

    table = pa.table({"a": ["x", "yy"] * 50_000, "b": np.zeros(100_000)})
    buffer = io.BytesIO()
    feather.write_feather(table, buffer, compression=compression)
    counted: list[int] = []

    class Recorder(Source):
        def unpack(self, count: int) -> None:
            counted.append(count)

    content = buffer.getvalue()
    count_messages(Recorder(io.BytesIO(content), Path("a file"), len(content)))
    assert table.nbytes <= sum(counted) < 4 * table.nbytes


def test_messages_of_protobuf_are_counted() -> None:
    """Nested messages and strings count; numbers in a row do not."""
    onnx = pytest.importorskip("onnx")
    from evalkit.reading.protobuf import require_few_messages

    node = onnx.helper.make_node("Sum", ["a", "b"], ["c"], values=[0.5] * 10_000)
    content = onnx.helper.make_model(
        onnx.helper.make_graph([node], "g", [], [])
    ).SerializeToString()
    require_few_messages(content, onnx.ModelProto.DESCRIPTOR, 20)
    with pytest.raises(ValueError, match="more than 5 messages"):
        require_few_messages(content, onnx.ModelProto.DESCRIPTOR, 5)


def test_text_of_arrow_is_one_object_per_distinct_text() -> None:
    """Dictionaries and plain text give the same cells, missing ones included."""
    pa = pytest.importorskip("pyarrow")
    from evalkit.reading.arrow_columns import numpy_of

    texts = ["a", None, "b", "a"]
    plain = pa.chunked_array([texts, ["c"]])
    for column in (plain, plain.dictionary_encode(), plain.cast(pa.large_string())):
        assert numpy_of(column).tolist() == [*texts, "c"]
    assert numpy_of(pa.chunked_array([], pa.string())).tolist() == []


@pytest.mark.parametrize("encoding", ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY", "PLAIN"])
def test_any_encoding_of_text_is_read(encoding: str, tmp_path: Path) -> None:
    """Predictions in Parquet are read whatever the encoding of their text."""
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow as pa

    from evalkit.predictions import read_predictions

    table = pa.table({"y_true": ["cat", "dog"] * 50, "y_pred": ["cat", "cat"] * 50})
    encodings = dict.fromkeys(table.column_names, encoding)
    path = tmp_path / "a.parquet"
    parquet.write_table(table, path, use_dictionary=False, column_encoding=encodings)
    found = read_predictions(path)
    assert found.classes == ("cat", "dog")
    assert found.actual.tolist() == [0, 1] * 50
