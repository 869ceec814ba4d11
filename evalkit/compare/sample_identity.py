"""Which samples were seen, and what a model did on them in blocks: enough to pair, and no rows."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.statistics.blocks import block_marginals, deal_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.compare.evaluation import Evaluation
    from evalkit.metrics.count.marginals import Marginals
    from evalkit.predictions import Predictions


def sample_fingerprint(evaluation: Evaluation) -> str | None:
    """Return the SHA-256 of the classes and the samples: ids, actual labels, weights and groups.

    Samples with ids are taken in the order of their ids, others in the order of their rows. None
    where only counts are known.
    """
    samples = evaluation.predictions
    if samples is None:
        return None
    order = in_order(samples)
    digest = hashlib.sha256()
    for name in map(str, evaluation.classes):
        encoded = name.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "little") + encoded)
    digest.update(np.ascontiguousarray(samples.actual[order], dtype="<i8").data)
    for what, column, kind in (
        (b"weights", samples.weights, "<f8"),
        (b"groups", samples.groups, "<i8"),
        (b"strata", samples.strata, "<i8"),
    ):
        if column is not None:
            digest.update(what)
            digest.update(np.ascontiguousarray(column[order], dtype=kind).data)
    if samples.ids is not None:
        digest.update("\0".join(map(str, samples.ids[order])).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def sample_blocks(evaluation: Evaluation) -> Marginals | None:
    """Return a model's marginals in each block of samples, whole groups in one block.

    None where only counts are known, or samples are too few for blocks.
    """
    samples = evaluation.predictions
    if samples is None:
        return None
    order = in_order(samples)
    if samples.groups is None:
        blocks = deal_blocks(len(samples))
    else:
        _, group = np.unique(samples.groups[order], return_inverse=True)
        dealt = deal_blocks(int(group.max()) + 1)
        blocks = None if dealt is None else dealt[group]
    if blocks is None:
        return None
    return block_marginals(
        samples.actual[order],
        samples.predicted[order],
        len(evaluation.classes),
        blocks,
        None if samples.weights is None else samples.weights[order],
    )


def in_order(samples: Predictions) -> NDArray[Any] | slice:
    """Return the rows in the order by which files are paired: by id, or as they stand."""
    return slice(None) if samples.ids is None else np.argsort(samples.ids, kind="stable")
