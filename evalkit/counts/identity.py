"""Check that models were evaluated on the same samples, align their rows, and count blocks.

Samples are dealt at random into at most 64 blocks, and the marginals of a model are counted in
each. Models with the same samples have the same blocks, so that two results files, which hold no
rows, can be compared in pairs: by the variance of the difference from block to block.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import IncompatibleError
from evalkit.metrics.count.marginals import Marginals

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from evalkit.predictions import Predictions

MOST_BLOCKS = 64
LEAST_IN_BLOCK = 8
"""The smallest number of samples, or groups, in a block. Fewer would disclose single rows."""
LEAST_BLOCKS = 8


def fingerprint(rows: Predictions) -> str:
    """Return the SHA-256 of the classes and the samples: ids, actual labels, weights and groups.

    Samples with ids are taken in the order of their ids, others in the order of their rows.
    """
    order = in_order(rows)
    digest = hashlib.sha256()
    for name in map(str, rows.classes):
        encoded = name.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "little") + encoded)
    digest.update(np.ascontiguousarray(rows.actual[order], dtype="<i8").data)
    for what, column, kind in (
        (b"weights", rows.weights, "<f8"),
        (b"groups", rows.groups, "<i8"),
        (b"strata", rows.strata, "<i8"),
    ):
        if column is not None:
            digest.update(what)
            digest.update(np.ascontiguousarray(column[order], dtype=kind).data)
    if rows.ids is not None:
        digest.update("\0".join(map(str, rows.ids[order])).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def in_order(rows: Predictions) -> NDArray[Any] | slice:
    """Return the order of rows by which files are paired: that of ids, or of the rows."""
    return slice(None) if rows.ids is None else np.argsort(rows.ids, kind="stable")


def order_of_ids(ids: NDArray[Any] | None, n_samples: int) -> NDArray[np.intp]:
    """Return the order of samples by their ids, or the order in which they are without ids."""
    return np.arange(n_samples) if ids is None else np.argsort(ids, kind="stable")


def block_counts(rows: Predictions, model: int) -> Marginals | None:
    """Return the marginals of a model in each block, whole groups in one block; None of few."""
    order = in_order(rows)
    if rows.groups is None:
        blocks = deal_blocks(len(rows))
    else:
        _, group = np.unique(rows.groups[order], return_inverse=True)
        dealt = deal_blocks(int(group.max()) + 1)
        blocks = None if dealt is None else dealt[group]
    if blocks is None:
        return None
    return block_marginals(
        rows.actual[order],
        rows.models[model].predicted[order],
        len(rows.classes),
        blocks,
        None if rows.weights is None else rows.weights[order],
    )


def deal_blocks(units: int) -> NDArray[np.int64] | None:
    """Return the block (units,) of each sample or group; None where there are too few.

    The blocks are the same with every version of NumPy, whose bit generators never change.

    Examples
    --------
    >>> np.bincount(deal_blocks(1_000)).tolist()[:3], deal_blocks(20)
    ([16, 16, 16], None)
    """
    how_many = min(MOST_BLOCKS, units // LEAST_IN_BLOCK)
    if how_many < LEAST_BLOCKS:
        return None
    drawn = np.random.PCG64(0).random_raw(units)
    dealt = np.empty(units, dtype=np.int64)
    dealt[np.argsort(drawn, kind="stable")] = np.arange(units) % how_many
    return dealt


def block_marginals(
    actual: ArrayLike,
    predicted: ArrayLike,
    n_classes: int,
    blocks: NDArray[np.int64],
    weights: NDArray[np.float64] | None = None,
) -> Marginals:
    """Return the marginals of each block, on a leading axis.

    Parameters
    ----------
    actual, predicted : (n,) codes.
    n_classes : K.
    blocks : (n,) the block of each sample.
    weights : (n,) or None.

    Examples
    --------
    >>> block_marginals([0, 1], [0, 0], 2, np.array([0, 1])).true_positive.tolist()
    [[1, 0], [0, 0]]
    """
    how_many = int(blocks.max()) + 1
    size = how_many * n_classes
    rows, columns = np.asarray(actual), np.asarray(predicted)

    def summed(codes: NDArray[Any], chosen: NDArray[np.bool_] | slice) -> NDArray[Any]:
        weight = None if weights is None else weights[chosen]
        places = blocks[chosen] * n_classes + codes[chosen]
        return np.bincount(places, weights=weight, minlength=size).reshape(how_many, n_classes)

    everything = slice(None)
    support = summed(rows, everything)
    return Marginals(
        true_positive=summed(rows, rows == columns),
        actual=support,
        predicted=summed(columns, everything),
        total=support.sum(axis=-1),
    )


def aligned(reference: Predictions, other: Predictions, names: tuple[str, str]) -> Predictions:
    """Return the other samples in the order of the reference: by id where both have ids.

    Raises
    ------
    IncompatibleError
        If there are more or fewer samples, or an id is missing or occurs twice.
    """
    if len(reference) != len(other):
        raise IncompatibleError(
            f"Models were evaluated on different samples: {names[0]} has {len(reference)} and "
            f"{names[1]} has {len(other)}."
        )
    ours, theirs = reference.ids, other.ids
    if ours is None or theirs is None or np.array_equal(ours, theirs):
        return other
    return other.take(_positions(ours, theirs, names))


def _positions(
    wanted: NDArray[Any], given: NDArray[Any], names: tuple[str, str]
) -> NDArray[np.intp]:
    """Return where each wanted id is in `given`."""
    order = np.argsort(given, kind="stable")
    ordered = given[order]
    for ids, owner in ((ordered, names[1]), (np.sort(wanted), names[0])):
        twice = ids[1:] == ids[:-1]
        if twice.any():
            raise IncompatibleError(
                f"Samples cannot be matched by id: {owner} has the id "
                f"{ids[int(twice.argmax())]!s} twice."
            )
    at = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    missing = ordered[at] != wanted
    if missing.any():
        row = int(missing.argmax())
        raise IncompatibleError(
            f"Models were evaluated on different samples: the id {wanted[row]!s} of {names[0]} "
            f"(row {row}) is not in {names[1]}."
        )
    positions: NDArray[np.intp] = order[at]
    return positions


def require_same_samples(
    reference: Predictions, other: Predictions, names: tuple[str, str]
) -> None:
    """Refuse aligned samples whose actual labels, weights, groups or strata differ.

    Raises
    ------
    IncompatibleError
        At the first sample that differs.
    """
    differs = reference.actual != other.actual
    if differs.any():
        row = int(differs.argmax())
        sample = f"row {row}" if reference.ids is None else f"id {reference.ids[row]!s} (row {row})"
        raise IncompatibleError(
            f"Models were evaluated against different actual labels: {sample} is "
            f"{reference.classes[int(reference.actual[row])]!s} in {names[0]} and "
            f"{other.classes[int(other.actual[row])]!s} in {names[1]} "
            f"({int(differs.sum())} of {len(reference)} differ)."
        )
    for what, mine, theirs in (
        ("sample weights", reference.weights, other.weights),
        ("groups", reference.groups, other.groups),
        ("strata", reference.strata, other.strata),
    ):
        if (mine is None) != (theirs is None) or (
            mine is not None and theirs is not None and not np.array_equal(mine, theirs)
        ):
            raise IncompatibleError(
                f"Models were evaluated with different {what}: {names[0]} and {names[1]} differ."
            )
