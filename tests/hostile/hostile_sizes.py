# ruff: noqa: E501  one file per line
"""Small files that declare or unpack to much, numbers that no float holds, text that is no text."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from typing import Any

import numpy as np

from tests.hostile.hostile_archives import (
    STORAGE,
    entry,
    npy,
    numpy_file,
    safetensors,
    skops,
    zipped,
)
from tests.hostile.hostile_pickles import checkpoints

ROWS = 30_000_000


def long_integer(bits: int) -> bytes:
    """Return the opcode that pushes an integer of so many bits."""
    packed = (1 << bits).to_bytes(bits // 8 + 8, "little", signed=True)
    return b"\x8b" + struct.pack("<i", len(packed)) + packed


def deflated(entries: dict[str, bytes]) -> bytes:
    return zipped(entries, zipfile.ZIP_DEFLATED)


def models() -> dict[str, bytes]:
    """Return model files by name."""
    huge = long_integer(1_000_000) + b"q\x05" + b"h\x05" * 10_000
    sizes = (
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + STORAGE + b"QK\x00(" + huge
        + b"t)\x89ccollections\nOrderedDict\n)RtR."
    )  # fmt: skip
    many = {f"t{i}": entry(0, 0, [0]) for i in range(100_000)}
    lists, dicts = b"[" + b"[]," * 3_000_000 + b"[]]", b"[" + b'{"a":0},' * 1_500_000 + b"0]"
    return {
        "long-key.pkl": b"\x80\x04}" + long_integer(32_000_000) + b"q\x01Ns(" + b"h\x01N" * 60_000 + b"u.",
        "long-text.pkl": b"\x80\x04(L" + b"9" * 4_000 + b"L\nl.",
        "long-sizes.pt": zipped({"m/data.pkl": sizes, "m/data/0": bytes(8)}),
        "many-dimensions.safetensors": safetensors(shaped(b",".join([b"9"] * 1_200_000)), bytes(4)),
        "wide-dimensions.safetensors": safetensors(shaped(b",".join([b"9" * 4000] * 1500)), bytes(4)),
        "offsets.safetensors": safetensors(json.dumps({str(i): {"dtype": "F32", "shape": [0], "data_offsets": [0] * 5000} for i in range(500)}).encode()),
        "many-tensors.safetensors": safetensors(many),
        "lists.safetensors": safetensors(b'{"a":' + lists + b"}"),
        "objects.safetensors": safetensors(b'{"a":' + dicts + b"}"),
        "lists.skops": deflated({"schema.json": lists}),
        "surrogate.skops": zipped({"schema.json": b'{"__class__":"\\ud800","__module__":"a"}'}),
        "wide-array.skops": skops({}, **{"a.npy": npy("{'descr': '<f8', 'fortran_order': False, 'shape': (True,)}", bytes(8))}),
        "directory.pt": directory(300_000),
        **cards(),
        **onnx_models(),
    }  # fmt: skip


def shaped(shape: bytes) -> bytes:
    return b'{"a":{"dtype":"F32","data_offsets":[0,4],"shape":[' + shape + b"]}}"


def directory(entries: int) -> bytes:
    """Return a zip archive with a directory of so many entries, all the same."""
    whole = zipped({"m/data.pkl": b"\x80\x02]."})
    at = whole.rindex(b"PK\x01\x02")
    end = whole.rindex(b"PK\x05\x06")
    repeated = whole[at:end] * entries
    return whole[:at] + repeated + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(repeated), at, 0)  # fmt: skip


def cards() -> dict[str, bytes]:
    """Return checkpoints with impossible numbers and text in their cards."""
    fields: dict[str, Any] = pickle.loads(checkpoints()["settings-nested.pkl"])
    fields["settings"] = {}
    tensors = {"layers.0.weight": entry(0, 24, [2, 3]), "layers.0.bias": entry(24, 32)}
    scaling = {
        "normalisation.offset": entry(32, 36, [1]),
        "normalisation.scale": entry(36, 40, [1]),
    }
    content = bytes(36) + b"\0\0\x80?"
    record = {
        "epoch": 10**4200, "train_loss": 1, "train_accuracy": 1, "validation_loss": 1,
        "validation_accuracy": 1, "seconds": 1,
    }  # fmt: skip
    architecture = fields["architecture"]
    changes: dict[str, dict[str, Any]] = {
        "alpha": {"architecture": {**architecture, "alpha": 10**4200}},
        "infinity": {"architecture": {**architecture, "alpha": float("inf")}},
        "alpha-text": {"architecture": {**architecture, "alpha": "1"}},
        "hidden": {"architecture": {**architecture, "hidden": [10**2200, 10**2200]}},
        "epoch": {"history": [record], "best_epoch": 10**4200},
        "seed": {"seed": 10**4200},
        "loss": {"history": [{**record, "epoch": 1, "train_loss": float("nan")}], "best_epoch": 1},
        "surrogate": {"classes": ["\ud800", "b"]},
        "ending": {"ending": "\udfff"},
        "settings": {"settings": {"a": 10**400}},
    }
    made = {}
    for name, change in changes.items():
        plain = {**fields, **change}
        made[f"card-{name}.pkl"] = pickle.dumps(plain)
        del plain["weights"], plain["normalisation"], plain["training_state"]
        header = {"__metadata__": {"evalkit": json.dumps(plain)}, **tensors, **scaling}
        made[f"card-{name}.safetensors"] = safetensors(header, content)
    return made


def onnx_models() -> dict[str, bytes]:
    try:
        from onnx import TensorProto, helper, numpy_helper
    except ImportError:
        return {}
    info = helper.make_tensor_value_info
    weights = numpy_helper.from_array(np.zeros((3, 2), np.float32), "W")
    given = [info("X", TensorProto.FLOAT, ["n", 3])]

    def model(nodes: list[Any], outputs: list[Any]) -> bytes:
        graph = helper.make_graph(nodes, "g", given, outputs, [weights])
        opsets = [helper.make_opsetid("", 17)]
        found: bytes = helper.make_model(
            graph, opset_imports=opsets, ir_version=8
        ).SerializeToString()
        return found

    product = helper.make_node("MatMul", ["X", "W"], ["l"])
    softmax = helper.make_node("Softmax", ["l"], ["q"], axis=1)
    shaped = [
        helper.make_node("Shape", ["q"], ["s"]),
        helper.make_node("Reshape", ["q", "s"], ["p"]),
    ]
    chain = [helper.make_node("Identity", [f"i{k}"], [f"i{k + 1}"]) for k in range(30_000)]
    chain[0].input[0], chain[-1].output[0] = "X", "p"
    sequence = helper.make_node("SequenceConstruct", ["q"], ["p"])
    in_sequence = helper.make_tensor_sequence_value_info("p", TensorProto.FLOAT, ["n", 2])
    return {
        "width.onnx": model([product, softmax, *shaped], [info("p", TensorProto.FLOAT, ["n", 1 << 40])]),
        "width-negative.onnx": model([product, softmax, *shaped], [info("p", TensorProto.FLOAT, ["n", -5])]),
        "sequence.onnx": model([product, softmax, sequence], [in_sequence]),
        "chain.onnx": model(chain, [info("p", TensorProto.FLOAT, ["n", 3])]),
        "empty-nodes.onnx": b"\x08\x08\x3a" + varint(8_000_000) + b"\x0a\x00" * 4_000_000,
    }  # fmt: skip


def varint(value: int) -> bytes:
    packed = bytearray()
    while value >= 0x80:
        packed.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*packed, value])


def tables() -> dict[str, bytes]:
    """Return prediction tables by name."""
    header = b"y_true,y_pred\n"
    letters = numpy_file(np.array([65, 66] * 50, "u4").view("U1"))
    huge = b"9" * 400
    deep = b"{'descr': " + b"[" * 3000
    whole = b"{'descr': '<i8', 'fortran_order': False, 'shape': (True,), }"
    zeros = numpy_file(np.zeros((1 << 24) - 200, np.uint8))

    def points(first: int) -> bytes:
        return zipped(
            {
                "y_true.npy": numpy_file(np.array([first, 65] * 50, "u4").view("U1")),
                "y_pred.npy": letters,
            }
        )

    def long(content: bytes) -> bytes:
        """Return an NPY file of the second version, whose header has no limit."""
        return (
            b"\x93NUMPY\x02\x00" + struct.pack("<I", len(content) + 1) + content + b"\n" + bytes(8)
        )

    def row(value: bytes, name: bytes) -> bytes:
        return b'{"y_true":"a","y_pred":"a","' + name + b'":' + value + b"}\n"

    return arrow_tables() | {
        "field.csv": header + b"a," + b"x" * 30_000_000 + b"\na,a\n",
        "quoted-field.csv": header + b'a,"' + b"x\n" * 10_000_000 + b'"\na,a\n',
        "long-label.csv": header + b"a," + b"x" * 900_000 + b"\na,a\n",
        "long-id.csv": b"id,y_true,y_pred\n" + b"".join(b"%d,a,a\n" % i for i in range(50_000)) + b"x" * 20_000 + b",a,a\n",
        "same-columns.csv": b"y_true,y_pred," + b",".join(b"c%d" % i for i in range(15_000)) + b",c14999\n",
        "many-others.csv": b"y_true,y_pred," + b",".join(b"c%d" % i for i in range(19_000)) + b"\na,a," + b"," * 18_999 + b"\n",
        "many-models.csv": b"y_true," + b",".join(b"pred_%d" % i for i in range(9_000)) + b"," + b",".join(b"proba_%d" % i for i in range(9_000)) + b"\n",
        "weight.jsonl": (row(huge, b"sample_weight") + row(b"1", b"sample_weight")) * 20,
        "probability.jsonl": (row(huge, b"proba_a") + row(b"0.5", b"proba_a")) * 20,
        "other.jsonl": (row(huge, b"site") + row(b"0.5", b"site")) * 20,
        "surrogate.jsonl": b'{"y_true":"\\ud800","y_pred":"b"}\n{"y_true":"b","y_pred":"b"}\n' * 30,
        "long-line.jsonl": b'{"y_true":"' + b"a" * 3_000_000 + b'","y_pred":"b"}\n',
        "members.npz": deflated({f"c{i}.npy": zeros for i in range(60)}),
        "header-bool.npz": zipped({"y_true.npy": long(whole), "y_pred.npy": letters}),
        "header-open.npz": zipped({"y_true.npy": long(deep), "y_pred.npy": letters}),
        "header-long.npz": zipped({"y_true.npy": long(b"{" + b" " * 5_000_000), "y_pred.npy": letters}),
        "points.npz": points(0x7FFFFFFF),
        "surrogate.npz": points(0xD800),
        "many-columns.npz": zipped({"y_true.npy": letters, "y_pred.npy": numpy_file(np.zeros(3)), **{f"c{i}.npy": letters for i in range(9_990)}}),
    }  # fmt: skip


def arrow_tables() -> dict[str, bytes]:
    try:
        import pyarrow as pa
    except ImportError:
        return {}
    from pyarrow import feather, ipc, parquet

    zeros = pa.table(
        {"y_true": pa.array(np.zeros(ROWS, "i1")), "y_pred": pa.array(np.zeros(ROWS, "i1"))}
    )
    names = ["y_true", "y_pred"]
    long = pa.DictionaryArray.from_arrays(np.zeros(3_000, "i4"), ["x" * 1_000_000, "y"])
    nothing = pa.table([pa.Array.from_buffers(pa.null(), (1 << 31) - 1, [None])] * 2, names)
    text = b"v" * 1_000_000
    each = struct.pack("<i4sii", len(text), text[:4], 0, 0) * 2_000
    buffers = [None, pa.py_buffer(each), pa.py_buffer(text)]
    views = pa.Array.from_buffers(pa.string_view(), 2_000, buffers)
    prefix = "p" * 500_000
    shared = pa.table({"y_true": [f"{prefix}{i}" for i in range(400)], "y_pred": ["a"] * 400})

    def written(write: Any, table: Any, **options: Any) -> bytes:
        buffer = io.BytesIO()
        write(table, buffer, **options)
        return buffer.getvalue()

    def stream(table: Any, options: Any = None) -> bytes:
        buffer = io.BytesIO()
        with ipc.new_stream(buffer, table.schema, options=options) as writer:
            writer.write_table(table)
        return buffer.getvalue()

    as_parquet = written(parquet.write_table, zeros, compression="zstd")
    plain = {
        "use_dictionary": False,
        "column_encoding": {"y_true": "DELTA_BYTE_ARRAY", "y_pred": "PLAIN"},
    }
    wide = pa.schema([(f"c{i}", pa.int8()) for i in range(60_000)])
    nested = pa.int8()
    for _ in range(9):
        nested = pa.struct([("a", nested), ("b", nested), ("c", nested)])
    return {
        "zeros.parquet": as_parquet,
        "zeros.feather": written(feather.write_feather, zeros, compression="zstd", chunksize=ROWS),
        "zeros-lz4.arrow": stream(zeros, ipc.IpcWriteOptions(compression="lz4")),
        "dictionary.parquet": written(parquet.write_table, pa.table([long, long], names)),
        "dictionary.arrow": stream(pa.table([long, long], names)),
        "nulls.arrow": stream(nothing),
        "views.arrow": stream(pa.table([views, views], names)),
        "prefixes.parquet": written(parquet.write_table, shared, compression="zstd", **plain),
        "wide.arrow": stream(wide.empty_table()),
        "wide.parquet": written(parquet.write_table, wide.empty_table(), write_statistics=False),
        "nested.arrow": stream(pa.schema([("y_true", nested), ("y_pred", nested)]).empty_table()),
        "blocks.feather": repeated_blocks(written(feather.write_feather, zeros.slice(0, 1_000_000), compression="uncompressed")),
        "page-lies.parquet": as_parquet.replace(b"\x15\x04\x15", b"\x15\x06\x15", 1)[:200] + b"\xff" * 50 + as_parquet[250:],
    }  # fmt: skip


def repeated_blocks(content: bytes) -> bytes:
    """Return an Arrow file whose footer refers to its first batch a thousand times."""
    length = struct.unpack("<i", content[-10:-6])[0]
    footer = bytearray(content[-10 - length : -10])
    root = struct.unpack_from("<I", footer, 0)[0]
    vtable = root - struct.unpack_from("<i", footer, root)[0]
    place = root + struct.unpack_from("<H", footer, vtable + 4 + 2 * 3)[0]
    start = place + struct.unpack_from("<I", footer, place)[0]
    block = bytes(footer[start + 4 : start + 28])
    # The vector is written anew behind the rest, aligned to its structs of eight bytes.
    footer += bytes((-len(footer) - 4) % 8)
    struct.pack_into("<I", footer, place, len(footer) - place)
    footer += struct.pack("<I", 1_000) + block * 1_000
    return content[: -10 - length] + bytes(footer) + struct.pack("<i", len(footer)) + b"ARROW1"
