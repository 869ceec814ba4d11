# ruff: noqa: E501  one file per line
"""Hostile prediction tables and data sets: malformed, false sizes, excessive memory use."""

from __future__ import annotations

import gzip
import io
import json
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.hostile.hostile_archives import npy, zipped
from tests.hostile.hostile_pickles import Command

if TYPE_CHECKING:
    from pathlib import Path

LABELS = {"y_true": ["a", "b"], "y_pred": ["a", "a"]}


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def parquet(columns: dict[str, Any]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def feather(columns: dict[str, Any]) -> bytes:
    import pyarrow as pa
    from pyarrow import feather as pf

    buffer = io.BytesIO()
    pf.write_feather(pa.table(columns), buffer, compression="uncompressed")
    return buffer.getvalue()


def json_lines(*rows: Any) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def arrow_tables() -> dict[str, bytes]:
    try:
        import pyarrow as pa
    except ImportError:
        return {}
    whole = parquet(LABELS)
    struct = pa.array([{"a": 1}, {"a": 2}])
    whole_feather = feather(LABELS)
    one = pa.array(np.zeros(51_000_000, np.int8))
    return {
        "nested.parquet": parquet({**LABELS, "y_true": [[1], [2]]}),
        "struct.parquet": parquet({**LABELS, "y_pred": struct}),
        "null.parquet": parquet({"y_true": ["a", None], "y_pred": ["a", "b"]}),
        "nan.parquet": parquet({"y_true": [1.0, float("nan")], "y_pred": [1.0, 2.0]}),
        "probability-nan.parquet": parquet({**LABELS, "proba_a": [0.5, float("nan")], "proba_b": [0.5, 0.5]}),
        "dates.parquet": parquet({**LABELS, "y_true": np.array(["2020", "2021"], "datetime64[s]")}),
        "rows-from-nothing.parquet": parquet({"y_true": one, "y_pred": one}),
        "cut-short.parquet": whole[:-20],
        "no-footer.parquet": whole[:100],
        "only-a-header.parquet": b"PAR1",
        "footer-lies.parquet": whole[:-8] + b"\xff\xff\xff\x7fPAR1",
        "footer-junk.parquet": whole[: -len(whole) // 2] + b"\xff" * (len(whole) // 2 - 8) + whole[-8:],
        "metadata-no-json.parquet": with_metadata(b"{"),
        "cut-short.feather": whole_feather[:-30],
        "offsets.feather": whole_feather.replace(
            b"\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00", b"\x00\x00\x00\x00\xff\xff\xff\x7f\x02\x00\x00\x00"
        ),
        "only-a-header.feather": b"ARROW1\x00\x00",
        "stream-junk.arrow": b"\xff\xff\xff\xff\xff\xff\xff\x7f" + bytes(50),
        "old.feather": b"FEA1" + bytes(50),
    }  # fmt: skip


def with_metadata(written: bytes) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.table(LABELS).replace_schema_metadata({b"evalkit": written}), buffer)
    return buffer.getvalue()


def tables() -> dict[str, bytes]:
    """Return the files by name."""
    header = b"y_true,y_pred\n"
    return arrow_tables() | {
        "million-columns.csv": b"y_true,y_pred," + b",".join(b"c%d" % i for i in range(1_000_000)) + b"\n",
        "million-commas.csv": header + b"," * 1_000_000 + b"\n",
        "latin-1.csv": header + "é,é\n".encode("latin-1"),
        "mixed-encodings.csv": header + "é,é\n".encode() + "é,é\n".encode("latin-1"),
        "utf-16-cut.csv": "y_true,y_pred\na,a\n".encode("utf-16")[:-1],
        "utf-16-surrogate.csv": "y_true,y_pred\na,\ud800\n".encode("utf-16", "surrogatepass"),
        "bomb.csv.gz": gzip.compress(header + b"a,a\n" + b"x" * 60_000_000, 9),
        "bomb-in-header.csv.gz": gzip.compress(b"y_true,y_pred," + b"x" * 60_000_000, 9),
        "bomb-of-lines.csv.gz": gzip.compress(header + b"a,a\n" * 10_000_000, 9),
        "cut-short.csv.gz": gzip.compress(header + b"a,a\n" * 1000)[:-20],
        "twice.csv.gz": gzip.compress(gzip.compress(header + b"a,a\n")),
        "two-tables.zip": zipped({"a.csv": header, "b.csv": header}),
        "deep.json": b'{"results": ' * 50_000 + b"1" + b"}" * 50_000,
        "many-lists.json": b'{"y_true": [' + b"[]," * 2_000_000 + b"[]]}",
        "cut-short.json": b'[{"y_true": 1, "y_pred": 1}, {"y_true"',
        "nul.csv": b"y_true,y_pred\x00\na,a\n",
        "ragged.csv": header + b"a,a\nb,b,b,b\n",
        "ragged-all.csv": header + b"a,a,a\nb,b,b\n",
        "quote-without-end.csv": b'y_true,"y_pred\n' + b"a,a\n" * 500_000,
        "quote-in-cell.csv": header + b'a,"' + b"x" * 1_000_000,
        "line-of-megabytes.csv": b"y_true,y_pred," + b"x" * 3_000_000,
        "twice.csv": b"y_true,y_true,y_pred\na,a,a\n",
        "only-header.csv": header,
        "missing.csv": header + b"a,\n",
        "mixed-labels.csv": header + b"cat,0\ndog,1\n",
        "no-labels.csv": b"a,b\n1,2\n",
        "infinity.csv": b"y_true,proba_a,proba_b\na,inf,0\n",
        "logits.csv": b"y_true,proba_a,proba_b\na,7.5,-3\n",
        "text-probability.csv": b"y_true,proba_a,proba_b\na,=1/0,0\n",
        "deep.jsonl": b'{"y_true":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n",
        "nested.jsonl": json_lines({"y_true": {"a": 1}, "y_pred": 1}),
        "ragged.jsonl": json_lines(*({"y_true": "a", "y_pred": "a"}, {"y_true": "a"})),
        "list.jsonl": b'{"y_true": "a", "y_pred": "a"}\n[1]\n',
        "digits.jsonl": b'{"y_true": ' + b"9" * 500_000 + b', "y_pred": 1}\n',
        "cut-short.jsonl": b'{"y_true": "a", "y_pr',
        "mixed-labels.jsonl": json_lines({"y_true": "cat", "y_pred": 1}, {"y_true": 2, "y_pred": 1}),
        "objects.npz": npz(y_true=np.array([{"a": 1}, None], object), y_pred=np.zeros(2)),
        "lengths.npz": npz(y_true=np.zeros(2), y_pred=np.zeros(3)),
        "no-classes.npz": npz(y_true=np.zeros(2), y_proba=np.zeros((2, 3))),
        "cube.npz": npz(y_true=np.zeros(2), y_pred=np.zeros((2, 2, 2))),
        "structured.npz": npz(y_true=np.zeros(2, "i4,f8"), y_pred=np.zeros(2)),
        "terabyte.npz": zipped(
            {"y_true.npy": npy(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({10**12},)}}")}
        ),
        "code.npz": zipped(
            {"y_true.npy": npy("{'descr': __import__('os').mkdir('ran'), 'shape': (1,)}", b"x" * 8)}
        ),
        "header-deep.npz": zipped({"y_true.npy": npy("(" * 5000 + ")" * 5000)}),
        "no-header.npz": zipped({"y_true.npy": b"\x93NUMPY"}),
        "version.npz": zipped({"y_true.npy": b"\x93NUMPY\x09\x00" + bytes(50)}),
        "bomb.npz": zipped({"y_true.npy": bytes(64_000_000)}, 8),
        "program.csv": b"#!/bin/sh\ntouch ran\n",
    }  # fmt: skip


def data(folder: Path, marker: str) -> None:
    """Write data sets: files, and folders whose suffix is the name of a data set."""
    folder.mkdir()
    two = np.zeros((2, 3))
    for name, content in {
        "objects.npz": npz(
            X_train=two, y_train=np.array([{}, 1], object), X_test=two, y_test=two[:, 0]
        ),
        "nan.npz": npz(X_train=two * np.nan, y_train=[0, 1], X_test=two, y_test=[0, 1]),
        "terabyte.npz": zipped(
            {
                "X_train.npy": npy(
                    f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({10**12},)}}"
                )
            }
        ),
        "lacking.npz": npz(X_train=two),
        "columns.csv": b"y," + b"a," * 999_999 + b"\n",
        "latin-1.csv": b"y,a\n\xe9,1\n",
        "formula.csv": b"y,a\na,=cmd|' /C calc'!A0\nb,1\n",
    }.items():
        (folder / name).write_bytes(content)
    batches = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    rows = np.zeros((2, 3072), np.uint8)
    plain = pickle.dumps({b"data": rows, b"labels": [0, 1]}, 2)
    encode = b"c_codecs\nencode\n"
    for name, content in {
        "command": pickle.dumps({b"data": Command(marker), b"labels": [0]}, 2),
        "objects": plain.replace(b"u1", b"O8"),
        "shape": plain.replace(b"K\x02M\x00\x0c", b"K\x03M\x00\x0c"),
        "other-encoding": b"\x80\x02" + encode + b"X\x01\x00\x00\x00aX\x06\x00\x00\x00rot_13\x86R.",
        "many-bytes": b"\x80\x02"
        + encode
        + b"q\x00"
        + b"X\x00\x00\x10\x00"
        + b"a" * (1 << 20)
        + b"q\x01"
        + b"X\x06\x00\x00\x00latin1q\x020"
        + b"h\x00h\x01h\x02\x86R" * 5000
        + b".",
        "cut": plain[:-5],
    }.items():
        place = folder / f"{name}.cifar10" / "cifar-10-batches-py"
        place.mkdir(parents=True)
        for batch in batches:
            (place / batch).write_bytes(content)
    images = b"\x00\x00\x08\x03" + np.array([10**9, 28, 28], ">u4").tobytes()
    for name, content in {
        "terabyte": gzip.compress(images),
        "bomb": gzip.compress(images + bytes(64_000_000), 9),
        "not-gzip": b"\x1f\x8b" + bytes(100),
    }.items():
        place = folder / f"{name}.fashion-mnist"
        place.mkdir()
        for part in ("train", "t10k"):
            (place / f"{part}-images-idx3-ubyte.gz").write_bytes(content)
            (place / f"{part}-labels-idx1-ubyte.gz").write_bytes(content)


def harmless(folder: Path) -> None:
    """Write one valid file of each kind; they are read before the audit hook is active."""
    for part in ("model", "predictions", "data"):
        (folder / part).mkdir(parents=True)
    two = np.zeros((2, 3))
    arrays = npz(X_train=two, y_train=[0, 1], X_test=two, y_test=[0, 1])
    (folder / "data" / "a.npz").write_bytes(arrays)
    (folder / "data" / "a.csv").write_bytes(b"y,a\n" + b"p,1\nq,2\n" * 8)
    (folder / "predictions" / "a.npz").write_bytes(npz(**LABELS))
    (folder / "predictions" / "a.csv").write_bytes(b"y_true,y_pred\na,a\n")
    (folder / "predictions" / "a.jsonl").write_bytes(json_lines({"y_true": "a", "y_pred": "a"}))
    if arrow_tables():
        (folder / "predictions" / "a.parquet").write_bytes(parquet(LABELS))
        (folder / "predictions" / "a.feather").write_bytes(feather(LABELS))
