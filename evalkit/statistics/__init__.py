"""Could it be luck? Intervals for every number, tests for every difference; no files, no models."""

from __future__ import annotations

from evalkit.statistics.bootstrap import bootstrap_interval, percentile_limits
from evalkit.statistics.cochran import cochran_q
from evalkit.statistics.correction import benjamini_hochberg, holm
from evalkit.statistics.distinguishable import letters
from evalkit.statistics.joint import JointCounts
from evalkit.statistics.mcnemar import mcnemar
from evalkit.statistics.paired import paired_interval, paired_resample
from evalkit.statistics.permutation import permutation_test, swap_resample
from evalkit.statistics.proportions import proportion_interval
from evalkit.statistics.resampling import resample

__all__ = [
    "JointCounts",
    "benjamini_hochberg",
    "bootstrap_interval",
    "cochran_q",
    "holm",
    "letters",
    "mcnemar",
    "paired_interval",
    "paired_resample",
    "percentile_limits",
    "permutation_test",
    "proportion_interval",
    "resample",
    "swap_resample",
]
