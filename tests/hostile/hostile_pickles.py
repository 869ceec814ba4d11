# ruff: noqa: E501  one file per line
"""Hostile pickles: code execution, forged objects, excessive memory use."""

from __future__ import annotations

import os
import pickle
import struct
from typing import Any


class Command:
    """Create a folder when unpickled."""

    def __init__(self, marker: str) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.marker,)


def text(content: str) -> bytes:
    """Return the opcode that pushes a string."""
    encoded = content.encode()
    return b"X" + struct.pack("<I", len(encoded)) + encoded


def short(content: str) -> bytes:
    encoded = content.encode()
    return b"\x8c" + bytes([len(encoded)]) + encoded


def doubled(open_: bytes, close: bytes, levels: int = 60) -> bytes:
    """Return a pickle of nested containers, each with the previous one twice: 2**60 leaves."""
    content = b"\x80\x04" + open_ + close
    for i in range(levels):
        put, get = b"q" + bytes([i]), b"h" + bytes([i])
        content += put + b"0" + b"(" + get + get + {b"]": b"l", b")": b"t", b"}": b"l"}[open_]
    return content + b"."


def pickles(marker: str) -> dict[str, bytes]:
    """Return the files by name."""
    where = text(marker)
    system = b"cos\nmkdir\n"
    call = where + b"\x85R"
    named = short("os") + short("mkdir") + b"\x93"
    files = {
        f"protocol-{p}.pkl": pickle.dumps({"format": "evalkit.checkpoint", "x": Command(marker)}, p)
        for p in range(6)
    }
    files |= {
        "global.pkl": b"\x80\x02" + system + call + b".",
        "stack-global.pkl": b"\x80\x04" + named + call + b".",
        "inst.pkl": b"(" + where + b"ios\nmkdir\n.",
        "obj.pkl": b"\x80\x02(" + system + where + b"o.",
        "newobj.pkl": b"\x80\x02" + system + where + b"\x85\x81.",
        "newobj-ex.pkl": b"\x80\x04" + named + where + b"\x85}\x92.",
        "build.pkl": b"\x80\x02}" + text("__class__") + b"N\x86b.",
        "build-on-name.pkl": b"\x80\x02" + system + b"}" + text("x") + system + b"sb.",
        "ext1.pkl": b"\x80\x02\x82\x01.",
        "ext2.pkl": b"\x80\x02\x83\x01\x00.",
        "ext4.pkl": b"\x80\x02\x84\x01\x00\x00\x00.",
        "persid.pkl": b"(Pos.mkdir\nl.",
        "binpersid.pkl": b"\x80\x02" + where + b"Q.",
        "buffer.pkl": b"\x80\x05\x97.",
        "readonly-buffer.pkl": b"\x80\x05C\x01a\x98.",
        "eval.pkl": b"\x80\x02cbuiltins\neval\n" + text("__import__('os').mkdir('x')") + b"\x85R.",
        "getattr.pkl": b"\x80\x02cbuiltins\ngetattr\ncos\nmkdir\n" + text("x") + b"\x86R.",
        "importlib.pkl": b"\x80\x02cimportlib\nimport_module\n" + text("antigravity") + b"\x85R.",
        "name-in-dict-key.pkl": b"\x80\x02}" + system + b"Ns.",
        "evalkit-name.pkl": b"\x80\x02cevalkit.writing\nwrite_atomically\n" + where + b"C\x01a\x86R.",
        "numpy-load.pkl": b"\x80\x02cnumpy\nload\n" + where + b"\x85R.",
        "numpy-frombuffer.pkl": b"\x80\x02cnumpy\n_frombuffer\n(C\x01a" + text("O") + b"tR.",
        "numpy-scalar.pkl": b"\x80\x02cnumpy.core.multiarray\nscalar\n" + text("O") + b"N\x86R.",
        "second-pickle.pkl": pickle.dumps({}) + pickle.dumps(Command(marker)),
        "bytes-after-stop.pkl": pickle.dumps({"a": 1}) + bytes(1000),
        "escape-in-name.pkl": b"\x80\x04" + short("\x1b[2J\nos") + short("a\rb") + b"\x93.",
        "long-name.pkl": b"\x80\x04" + text("m" * 1_000_000) + text("n" * 1_000_000) + b"\x93.",
        "dotted-name.pkl": b"\x80\x04" + short("os") + short("path.os.mkdir") + b"\x93" + call + b".",
        "name-of-numbers.pkl": b"\x80\x04K\x01K\x02\x93.",
        "lists-doubled.pkl": doubled(b"]", b""),
        "tuples-doubled.pkl": doubled(b")", b""),
        "dicts-doubled.pkl": doubled(b"}", b""),
        "list-in-itself.pkl": b"\x80\x02]q\x00h\x00a.",
        "dup.pkl": b"\x80\x02]" + b"2" * 100 + b".",
        "deep-lists.pkl": b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b".",
        "deep-tuples.pkl": b"\x80\x02)" + b"\x85" * 200_000 + b".",
        "deep-key.pkl": b"\x80\x02})" + b"\x85" * 200_000 + b"Ns.",
        "many-dicts.pkl": b"\x80\x02(" + b"}" * 3_000_000 + b"l.",
        "many-marks.pkl": b"\x80\x02" + b"(" * 3_000_000 + b".",
        "memo-index.pkl": b"\x80\x02]r\xff\xff\xff\x7f.",
        "memo-index-text.pkl": b"]p99999999999999999999\n.",
        "memo-missing.pkl": b"\x80\x02h\x05.",
        "underflow.pkl": b"\x80\x02a.",
        "no-mark.pkl": b"\x80\x02]e.",
        "odd-items.pkl": b"\x80\x02}(K\x01u.",
        "unhashable-key.pkl": b"\x80\x02}]Ns.",
        "append-to-number.pkl": b"\x80\x02K\x01K\x02a.",
        "two-values.pkl": b"\x80\x02K\x01K\x02.",
        "only-mark.pkl": b"\x80\x02(.",
        "no-stop.pkl": b"\x80\x02]",
        "frame-of-a-terabyte.pkl": b"\x80\x04\x95" + struct.pack("<Q", 10**12) + b"].",
        "bytes-of-a-terabyte.pkl": b"\x80\x04\x8e" + struct.pack("<Q", 10**12) + b"a.",
        "bytearray-of-a-terabyte.pkl": b"\x80\x05\x96" + struct.pack("<Q", 10**12) + b"a.",
        "text-of-a-terabyte.pkl": b"\x80\x04\x8d" + struct.pack("<Q", 10**12) + b"a.",
        "bytes-of-eight-exabytes.pkl": b"\x80\x04\x8e" + b"\xff" * 8 + b"a.",
        "long-of-two-gigabytes.pkl": b"\x80\x02\x8b\xff\xff\xff\x7fa.",
        "negative-length.pkl": b"\x80\x02T\xff\xff\xff\xffa.",
        "digits.pkl": b"I" + b"9" * 1_000_000 + b"\n.",
        "line-without-end.pkl": b"c" + b"a" * 5_000_000 + b".",
        "bad-utf8.pkl": b"\x80\x02X\x02\x00\x00\x00\xff\xfe.",
        "unknown-opcode.pkl": b"\x80\x04\xff\xff.",
        "protocol-99.pkl": b"\x80\x63].",
        "only-a-header.pkl": b"\x80\x04",
        "picture.pkl": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "compressed.pkl": b"\x1f\x8b\x08\x00" + bytes(100),
        "zeros.pkl": bytes(10_000),
    }  # fmt: skip
    return files


def checkpoints() -> dict[str, bytes]:
    """Return pickles in the checkpoint format with invalid arrays or fields."""

    def array(shape: Any, dtype: Any = "<f4", data: Any = b"") -> dict[str, Any]:
        return {"dtype": dtype, "shape": shape, "data": data}

    def checkpoint(**changes: Any) -> bytes:
        fields: dict[str, Any] = {
            "generator": "evalkit",
            "format": "evalkit.checkpoint",
            "version": 1,
            "backend": "numpy",
            "architecture": {"inputs": 3, "hidden": [], "outputs": 2},
            "parameters": 8,
            "classes": ["a", "b"],
            "normalisation": {
                "offset": array([1], data=bytes(4)),
                "scale": array([1], data=b"\0\0\x80?"),
            },
            "dataset": {"name": "", "spec": "", "split": "", "fingerprint": ""},
            "seed": 0,
            "settings": {},
            "history": [],
            "best_epoch": 0,
            "versions": {},
            "complete": True,
            "ending": "",
            "weights": {
                "layers.0.weight": array([2, 3], data=bytes(24)),
                "layers.0.bias": array([2], data=bytes(8)),
            },
            "training_state": None,
        }
        return pickle.dumps({**fields, **changes})

    def weights(**changes: Any) -> bytes:
        return checkpoint(weights={"layers.0.weight": array([2, 3], data=bytes(24)), **changes})

    nested: list[Any] = []
    for _ in range(50):
        nested = [nested]
    giant = 10**12
    wide = {"inputs": giant, "hidden": [giant], "outputs": giant}
    return {
        "array-of-objects.pkl": weights(a=array([1], "|O", bytes(8))),
        "array-of-voids.pkl": weights(a=array([1], "|V8", bytes(8))),
        "array-of-fields.pkl": weights(a=array([1], "i4,i4", bytes(8))),
        "array-of-a-terabyte.pkl": weights(a=array([giant])),
        "array-of-overflow.pkl": weights(a=array([1 << 33, 1 << 33])),
        "array-of-minus-one.pkl": weights(a=array([-1], data=bytes(4))),
        "array-of-bool-length.pkl": weights(a=array([True], data=bytes(4))),
        "array-of-many-dimensions.pkl": weights(a=array([1] * 100, data=bytes(4))),
        "array-too-short.pkl": weights(a=array([100], data=bytes(4))),
        "array-of-text.pkl": weights(a=array([1], data="text")),
        "array-of-nan.pkl": weights(**{"layers.0.bias": array([2], data=b"\xff" * 8)}),
        "network-of-a-terabyte.pkl": checkpoint(architecture=wide),
        "network-of-many-layers.pkl": checkpoint(
            architecture={"inputs": 3, "hidden": [1] * 50_000, "outputs": 2}
        ),
        "network-of-text.pkl": checkpoint(architecture={"inputs": "3", "hidden": "", "outputs": 2}),
        "network-of-more.pkl": checkpoint(architecture={"inputs": 3, "hidden": [], "code": "x"}),
        "scale-of-zero.pkl": checkpoint(
            normalisation={"offset": array([1], data=bytes(4)), "scale": array([1], data=bytes(4))}
        ),
        "settings-nested.pkl": checkpoint(settings={"a": nested}),
        "version-text.pkl": checkpoint(version="1\n\x1b[2J"),
        "classes-doubled.pkl": checkpoint(classes=["a", "a"]),
    }  # fmt: skip
