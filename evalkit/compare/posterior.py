"""The posterior of the difference in accuracy of two models, if a rope is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.statistics.bayes import independent_accuracy_posterior, paired_accuracy_posterior

if TYPE_CHECKING:
    from evalkit.compare.records import Settings
    from evalkit.counts.counts import Counts
    from evalkit.statistics.bayes import Posterior


def pair_posterior(counts: Counts, pair: tuple[int, int], settings: Settings) -> Posterior | None:
    """Return the posterior of two models, or None without a rope.

    It is also None for weighted, grouped or stratified samples, whose counts are not multinomial.
    """
    rope = settings.rope
    if rope is None or not counts.sampling.simple:
        return None
    joint = counts.joint(*pair)
    if joint is not None:
        return paired_accuracy_posterior(joint.only_a, joint.only_b, joint.total, rope=rope)
    first, second = (counts.matrices[i] for i in pair)
    return independent_accuracy_posterior(
        float(np.trace(first)),
        float(first.sum()),
        float(np.trace(second)),
        float(second.sum()),
        rope=rope,
    )
