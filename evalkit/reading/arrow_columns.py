"""Convert Arrow columns of untrusted files to NumPy, without a copy of a text per row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import FileFormatError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_TEXT_OBJECT = 60


def numpy_of(column: Any, unpack: Callable[[int], None] = lambda _: None) -> NDArray[Any]:
    """Return a `pyarrow.ChunkedArray` as an array: text as objects, decimals as floats.

    Equal texts are one object. A dictionary of one long text, or views of it, would otherwise
    become as many copies as there are rows.

    Parameters
    ----------
    unpack : is called with the bytes that the distinct texts will take, and may raise.
    """
    from pyarrow import (
        DictionaryArray,
        chunked_array,
        compute,
        dictionary,
        float64,
        large_string,
        types,
    )

    kind = column.type
    if types.is_dictionary(kind) and not _is_text(kind.value_type):
        column, kind = compute.dictionary_decode(column), kind.value_type
    if types.is_decimal(kind):
        return _array(column.cast(float64()))
    if not (types.is_dictionary(kind) or _is_text(kind)):
        return _array(column)
    coded = column if types.is_dictionary(kind) else column.dictionary_encode()
    if types.is_string_view(coded.type.value_type):
        # Arrow computes no lengths of string views, which polars writes.
        plain = [
            DictionaryArray.from_arrays(each.indices, each.dictionary.cast(large_string()))
            for each in coded.chunks
        ]
        coded = chunked_array(plain, type=dictionary(coded.type.index_type, large_string()))
    parts = [_texts(chunk, unpack) for chunk in coded.unify_dictionaries().chunks]
    return np.concatenate(parts) if parts else np.empty(0, object)


def nested_images(column: Any, what: str) -> NDArray[Any]:
    """Return a column of nested lists of numbers as one array, or of encoded images as bytes.

    Parameters
    ----------
    column : a `pyarrow.ChunkedArray` of lists of equal lengths, of fixed-shape tensors, or of
        objects with a field ``bytes``, as Hugging Face's data sets have.
    what : the name of the column for messages.

    Raises
    ------
    FileFormatError
        If it is none of these.
    """
    from pyarrow import compute, types

    array = column.combine_chunks()
    array = array.chunk(0) if hasattr(array, "chunks") else array
    if hasattr(array, "to_numpy_ndarray"):
        tensors: NDArray[Any] = array.to_numpy_ndarray()
        return tensors
    if types.is_struct(array.type) and "bytes" in {each.name for each in array.type}:
        found = np.empty(len(array), object)
        found[:] = compute.struct_field(array, "bytes").to_pylist()
        return found
    shape = [len(array)]
    while types.is_list(array.type) or types.is_large_list(array.type) or _is_fixed(array.type):
        lengths = compute.unique(compute.list_value_length(array)).to_pylist()
        if array.null_count or len(lengths) != 1:
            raise FileFormatError(
                f"Images differ in size: lists of {what} have different lengths, or some are "
                "missing. Store paths or encoded images in place of them."
            )
        shape.append(lengths[0])
        array = compute.list_flatten(array)
    is_number = types.is_integer(array.type) or types.is_floating(array.type)
    if not is_number or array.null_count or len(shape) < 3:
        raise FileFormatError(
            f"Not images: {what} holds {column.type}, expected paths, encoded images, or lists of "
            "lists of numbers."
        )
    numbers: NDArray[Any] = array.to_numpy(zero_copy_only=False).reshape(shape)
    # Lists of whole numbers are of 64 bits unless their writer said otherwise.
    is_small = numbers.dtype.kind in "iu" and numbers.size and numbers.min() >= 0
    return numbers.astype(np.uint8) if is_small and numbers.max() < 256 else numbers


def _is_fixed(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_fixed_size_list(kind))


def plain_texts(table: Any, metadata: Any, unpack: Callable[[int], None]) -> Any:
    """Return a table of `open_parquet` with one text per row in columns that are no categories.

    Parameters
    ----------
    metadata : of the file, with the types of its columns.
    unpack : is called with the bytes of the texts, and may raise.
    """
    from pyarrow import compute, types

    for i, field in enumerate(metadata.schema.to_arrow_schema()):
        column = table.column(i)
        if not (types.is_dictionary(column.type) and _is_text(column.type.value_type)):
            continue
        for chunk in column.chunks:
            lengths = compute.binary_length(chunk.dictionary).cast("int64").take(chunk.indices)
            unpack(compute.sum(lengths).as_py() or 0)
        if not types.is_dictionary(field.type):
            table = table.set_column(i, field, column.cast(field.type))
    return table


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return bool(
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_string_view(kind)
        or types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_binary_view(kind)
    )


def _texts(chunk: Any, unpack: Callable[[int], None]) -> NDArray[Any]:
    from pyarrow import compute

    words = chunk.dictionary
    unpack(_TEXT_OBJECT * len(words) + (compute.sum(compute.binary_length(words)).as_py() or 0))
    # The last entry stands for missing cells.
    objects = np.empty(len(words) + 1, object)
    objects[:-1] = words.to_numpy(zero_copy_only=False)
    codes = compute.fill_null(chunk.indices.cast("int64"), len(words))
    texts: NDArray[Any] = objects[codes.to_numpy(zero_copy_only=False)]
    return texts


def _array(column: Any) -> NDArray[Any]:
    found: NDArray[Any] = column.to_numpy()
    return found
