# ruff: noqa: E501  one file per line
"""Hostile archives and tensor files: zip bombs, path traversal, false sizes, embedded programs."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from typing import Any

import numpy as np

from tests.hostile.hostile_pickles import Command, text

STORAGE = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cpu") + b"K\x02tQ"


def zipped(entries: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """Return a zip archive of the entries."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def torch_archive(pickled: bytes, **others: bytes) -> bytes:
    return zipped({"m/data.pkl": pickled, "m/byteorder": b"little", "m/data/0": bytes(8), **others})


def tensor(
    offset: bytes = b"K\x00", size: bytes = b"K\x02\x85", stride: bytes = b"K\x01\x85"
) -> bytes:
    """Return a pickle of one tensor with two values."""
    return (
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + STORAGE + offset + size + stride
        + b"\x89ccollections\nOrderedDict\n)RtR."
    )  # fmt: skip


def safetensors(header: Any, content: bytes = b"", length: int | None = None) -> bytes:
    packed = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(packed) if length is None else length) + packed + content


def entry(first: int, last: int, shape: Any = (2,), dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [first, last]}


def skops(schema: Any, **entries: bytes) -> bytes:
    return zipped({"schema.json": json.dumps(schema).encode(), **entries})


def node(module: str, name: str, loader: str = "ObjectNode", **content: Any) -> dict[str, Any]:
    return {"__module__": module, "__class__": name, "__loader__": loader, **content}


def npy(header: str, content: bytes = b"") -> bytes:
    """Return an NPY file with the given header."""
    padded = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded + content


def patched(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content
    return content.replace(old, new)


def linked() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("m/data.pkl")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return buffer.getvalue()


def twice() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("m/data.pkl", b"\x80\x02].")
        archive.fp.write(b"")  # type: ignore[union-attr]  # an open archive has a file
        archive.writestr("m/data.pkX", b"\x80\x02].")
    return buffer.getvalue().replace(b"data.pkX", b"data.pkl")


def lying() -> bytes:
    """Return an archive whose directory declares an entry of four gigabytes."""
    content = torch_archive(b"\x80\x02].")
    at = content.rindex(b"PK\x01\x02")
    return content[: at + 24] + struct.pack("<I", 0xFFFFFFFE) + content[at + 28 :]


def onnx_models() -> dict[str, bytes]:
    try:
        from onnx import TensorProto, helper
    except ImportError:
        return {}
    info = helper.make_tensor_value_info

    def model(nodes: list[Any], constants: list[Any], domain: str = "") -> bytes:
        graph = helper.make_graph(
            nodes,
            "g",
            [info("X", TensorProto.FLOAT, ["n", 3])],
            [info("probabilities", TensorProto.FLOAT, ["n", 3])],
            constants,
        )
        opsets = [helper.make_opsetid("", 17)]
        if domain:
            opsets.append(helper.make_opsetid(domain, 1))
        made: bytes = helper.make_model(
            graph, opset_imports=opsets, ir_version=8
        ).SerializeToString()
        return made

    def external(location: str) -> Any:
        made = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[3])
        made.data_location = TensorProto.EXTERNAL
        made.external_data.add(key="location", value=location)
        return made

    add = helper.make_node("Add", ["X", "w"], ["probabilities"])
    hidden = helper.make_graph(
        [helper.make_node("Identity", ["v"], ["y"])],
        "branch",
        [],
        [info("y", TensorProto.FLOAT, [3])],
        [external("/etc/passwd")],
    )
    shape = helper.make_tensor("s", TensorProto.INT64, [1], [10**12])
    return {
        "external.onnx": model([add], [external("weights.bin")]),
        "external-above.onnx": model([add], [external("../../../../etc/passwd")]),
        "external-absolute.onnx": model([add], [external("/etc/passwd")]),
        "external-in-branch.onnx": model(
            [
                helper.make_node(
                    "If", ["c"], ["probabilities"], then_branch=hidden, else_branch=hidden
                )
            ],
            [helper.make_tensor("c", TensorProto.BOOL, [], [True])],
        ),
        "foreign-operators.onnx": model(
            [helper.make_node("Run", ["X"], ["probabilities"], domain="evil")], [], "evil"
        ),
        "constant-of-a-terabyte.onnx": model(
            [
                helper.make_node("ConstantOfShape", ["s"], ["big"]),
                helper.make_node("Add", ["X", "big"], ["probabilities"]),
            ],
            [shape],
        ),
        "tensor-that-lies.onnx": model(
            [add], [TensorProto(name="w", data_type=1, dims=[10**9], raw_data=b"abcd")]
        ),
        "cut-short.onnx": model([add], [helper.make_tensor("w", 1, [3], [1, 2, 3])])[:-9],
        "no-graph.onnx": b"\x08\x08\x12\x04evil",
    }


def archives(marker: str) -> dict[str, bytes]:
    """Return the files by name."""
    nested: Any = {}
    for _ in range(100):
        nested = {"a": nested}
    whole = safetensors({"w": entry(0, 8)}, bytes(8))
    module = b"\x80\x02ctorch.nn.modules.linear\nLinear\n)\x81}b."
    bomb = zipped({"m/data.pkl": bytes(64_000_000)}, zipfile.ZIP_DEFLATED)
    return onnx_models() | {
        "command.pt": torch_archive(pickle.dumps({"weights": Command(marker)}, 2)),
        "module.pt": torch_archive(module),
        "torch-load.pt": torch_archive(b"\x80\x02ctorch\nload\n" + text(marker) + b"\x85R."),
        "numpy-in-torch.pt": torch_archive(b"\x80\x02cnumpy\ndtype\n" + text("O") + b"\x85R."),
        "tensor-offset.pt": torch_archive(tensor(offset=b"J\xff\xff\xff\x7f")),
        "tensor-negative.pt": torch_archive(tensor(offset=b"J\xff\xff\xff\xff")),
        "tensor-size.pt": torch_archive(tensor(size=b"J\xff\xff\xff\x7f\x85")),
        "tensor-strides.pt": torch_archive(tensor(stride=b"J\xff\xff\xff\x7f\x85")),
        "tensor-text.pt": torch_archive(tensor(size=text("a") + b"\x85")),
        "storage-key.pt": torch_archive(patched(tensor(), text("0"), text("../../etc/passwd"))),
        "storage-missing.pt": torch_archive(patched(tensor(), text("0"), text("7"))),
        "storage-count.pt": torch_archive(patched(tensor(), b"K\x02tQ", b"J\xff\xff\xff\x7ftQ")),
        "storage-kind.pt": torch_archive(patched(tensor(), text("storage"), text("file"))),
        "byteorder.pt": patched(torch_archive(tensor()), b"little", b"middle"),
        "not-a-checkpoint.pt": torch_archive(tensor()),
        "two-pickles.pt": torch_archive(b"\x80\x02].", **{"n/data.pkl": b"\x80\x02]."}),
        "second-pickle.pt": torch_archive(b"\x80\x02]." + pickle.dumps(Command(marker))),
        "path-above.pt": torch_archive(b"\x80\x02].", **{"../../ran": b"x"}),
        "path-absolute.pt": torch_archive(b"\x80\x02].", **{"/ran": b"x"}),
        "path-drive.pt": torch_archive(b"\x80\x02].", **{"C:/ran": b"x"}),
        "path-backslash.pt": torch_archive(b"\x80\x02].", **{"..\\ran": b"x"}),
        "link.pt": linked(),
        "name-twice.pt": twice(),
        "bomb.pt": bomb,
        "sizes-lie.pt": lying(),
        "encrypted.pt": patched(torch_archive(b"\x80\x02]."), b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"),
        "many-entries.pt": zipped({f"m/data/{i}": b"" for i in range(10_001)} | {"m/data.pkl": b""}),
        "no-pickle.pt": zipped({"m/version": b"3"}),
        "cut-short.pt": torch_archive(tensor())[:-30],
        "only-a-header.pt": b"PK\x03\x04",
        "junk-after-header.pt": b"PK\x03\x04" + bytes(500),
        "old-torch.pt": pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2),
        "script.pt": zipped({"m/data.pkl": b"\x80\x02].", "m/code/__torch__/m.py": b"import os"}),
        "program.pt2": zipped({"m/archive_format": b"pt2", "m/models/model.json": b"{}"}),
        "overlap.safetensors": safetensors({"a": entry(0, 8), "b": entry(4, 12)}, bytes(12)),
        "gap.safetensors": safetensors({"a": entry(0, 8), "b": entry(16, 24)}, bytes(24)),
        "beyond.safetensors": safetensors({"a": entry(0, 8)}, bytes(4)),
        "more.safetensors": safetensors({"a": entry(0, 8)}, bytes(99)),
        "backwards.safetensors": safetensors({"a": entry(8, 0)}, bytes(8)),
        "negative.safetensors": safetensors({"a": entry(0, 8, [-2])}, bytes(8)),
        "overflow.safetensors": safetensors({"a": entry(0, 8, [1 << 62, 1 << 62])}, bytes(8)),
        "dtype.safetensors": safetensors({"a": entry(0, 8, [1], "OBJECT")}, bytes(8)),
        "no-card.safetensors": whole,
        "card-nested.safetensors": safetensors({"__metadata__": {"evalkit": nested}, "w": entry(0, 8)}, bytes(8)),
        "card-no-json.safetensors": safetensors({"__metadata__": {"evalkit": "{"}, "w": entry(0, 8)}, bytes(8)),
        "card-of-others.safetensors": safetensors({"__metadata__": {"evalkit": "{}"}, "w": entry(0, 8)}, bytes(8)),
        "metadata-list.safetensors": safetensors({"__metadata__": [1], "w": entry(0, 8)}, bytes(8)),
        "header-nested.safetensors": safetensors(b'{"a":' * 100_000 + b"}" * 100_000),
        "header-of-a-terabyte.safetensors": safetensors(b"{}", length=10**12),
        "header-cut.safetensors": whole[:20],
        "header-list.safetensors": safetensors(b"{ ]", bytes(8)),
        "command.skops": skops(node("os", "mkdir", "FunctionNode")),
        "type.skops": skops(node("subprocess", "Popen", "TypeNode")),
        "method.skops": skops(node("sklearn.pipeline", "Pipeline", "MethodNode", content={"func": "x"})),
        "operator.skops": skops(node("operator", "methodcaller", "OperatorFuncNode")),
        "tree.skops": skops(node("sklearn.tree._tree", "Tree", "TreeNode")),
        "nested.skops": zipped({"schema.json": b'{"a":' * 100_000 + b"}" * 100_000}),
        "no-json.skops": zipped({"schema.json": b"{"}),
        "objects.skops": skops(
            node("numpy", "ndarray", "NdArrayNode"),
            **{"a.npy": npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", b"x" * 8)},
        ),
        "terabyte.skops": skops(
            node("numpy", "ndarray", "NdArrayNode"),
            **{"a.npy": npy(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({10**12},)}}")},
        ),
        "array.skops": skops(
            node("numpy", "ndarray", "NdArrayNode", type="numpy", file="a.npy"),
            **{"a.npy": numpy_file(np.zeros(3))},
        ),
    }  # fmt: skip


def numpy_file(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()
