"""The names that PyTorch's pickles of tensors hold, and what stands for each here."""

from __future__ import annotations

from enum import Enum, auto

STORAGES = {
    "BoolStorage": "b1",
    "ByteStorage": "u1",
    "CharStorage": "i1",
    "ShortStorage": "i2",
    "IntStorage": "i4",
    "LongStorage": "i8",
    "HalfStorage": "f2",
    "FloatStorage": "f4",
    "DoubleStorage": "f8",
}
"""The kind and size of number in a storage, by the name of its class in ``torch``."""


class TorchCall(Enum):
    """What stands for a name, so that nothing in a file can be mistaken for one."""

    ORDERED_DICT = auto()
    REBUILD_TENSOR = auto()


TORCH_NAMES: dict[tuple[str, str], object] = {
    ("collections", "OrderedDict"): TorchCall.ORDERED_DICT,
    ("torch._utils", "_rebuild_tensor_v2"): TorchCall.REBUILD_TENSOR,
}
"""The names that a pickle of plain tensors calls; each is answered with evalkit's own."""

TENSOR_NAMES = frozenset(
    {
        ("torch", "BFloat16Storage"),
        ("torch", "Size"),
        ("torch", "device"),
        ("torch._tensor", "_rebuild_from_type_v2"),
        ("torch._utils", "_rebuild_parameter"),
        ("torch._utils", "_rebuild_qtensor"),
        ("torch._utils", "_rebuild_sparse_tensor"),
        ("torch.storage", "UntypedStorage"),
    }
)
"""What PyTorch's own reader of weights makes of tensors beyond what is read here."""
