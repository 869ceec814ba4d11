"""Confidence intervals, tests and resampling for classification metrics, mostly from counts alone.

A difference of two models is second minus first, B − A. An integer seed selects a named random
stream: equal seeds give equal results.

The interval that reports show: `estimate`, an `Estimate`. The limits that gates decide by:
`decision_interval`; over repeated looks at `alpha_at_look`. Intervals by method:
`proportion_interval`, `bootstrap_interval`, `f1_interval`, `f1_posterior_interval`,
`auc_interval`, `cost_interval`, `calibration`; over samples `sample_bootstrap` and `mean_interval`.
Two models: `JointCounts`, `mcnemar`, `paired_proportion_interval`, `paired_interval`,
`permutation_test`, `delong_test`, `mean_test`, `equivalence_test`.
Rankings of one class against the others, from `Counts`: `average_precision_estimates`,
`average_precision_difference`, `auc_difference`.
Two independent samples: `proportion_difference_interval`, `independent_proportions_test`.
More than two models: `cochran_q`, `holm`, `compact_letters`.
Several runs: `seed_interval`, `group_summary`, `interquartile_mean`,
`interquartile_mean_interval`, `probability_of_improvement`, `improvement_interval`,
`corrected_resampled_t`.
Bayesian comparison: `paired_accuracy_posterior`, `independent_accuracy_posterior`,
`correlated_t_posterior`.
Planning: `power_mcnemar`, `power_noninferiority`, `power_two_proportions`, `power_proportion`,
`samples_…` of each, and `detectable_difference`.
History of runs: `change_points_of_counts`, `change_points_of_estimates`,
`change_points_of_blocks`.
"""

from __future__ import annotations

from evalkit.counts.joint import JointCounts
from evalkit.statistics.auc import auc_interval, clustered_auc_interval, delong_test
from evalkit.statistics.auc_difference import auc_difference
from evalkit.statistics.average_precision import (
    average_precision_difference,
    average_precision_estimates,
)
from evalkit.statistics.bayes import (
    Posterior,
    correlated_t_posterior,
    independent_accuracy_posterior,
    paired_accuracy_posterior,
)
from evalkit.statistics.beta_curve import beta_curve, lead_change_by_class, lead_ranges
from evalkit.statistics.bootstrap import (
    SMOOTHING,
    bootstrap_interval,
    paired_interval,
    percentile_limits,
)
from evalkit.statistics.calibration import calibration
from evalkit.statistics.change_points import (
    change_points_of_blocks,
    change_points_of_counts,
    change_points_of_estimates,
)
from evalkit.statistics.costs import (
    cost_difference_interval,
    cost_interval,
    cost_optimal_decisions,
    cost_optimal_threshold,
    expected_cost,
)
from evalkit.statistics.decision_limits import decision_interval
from evalkit.statistics.decomposition import (
    accuracy_gap,
    changed_cells,
    discordant_by_class,
    macro_f_beta_gap,
)
from evalkit.statistics.equivalence import (
    accuracy_equivalence,
    equivalence_of_replicates,
    equivalence_test,
)
from evalkit.statistics.estimates import Difference, Estimate, estimate
from evalkit.statistics.independent_proportions import (
    independent_proportions_test,
    proportion_difference_interval,
)
from evalkit.statistics.multiplicity import benjamini_hochberg, compact_letters, holm
from evalkit.statistics.paired_tests import cochran_q, mcnemar
from evalkit.statistics.permutation import permutation_test, sign_flip_p_value, swap_resample
from evalkit.statistics.power import (
    detectable_difference,
    power_mcnemar,
    power_noninferiority,
    power_proportion,
    power_two_proportions,
    samples_mcnemar,
    samples_noninferiority,
    samples_proportion,
    samples_two_proportions,
)
from evalkit.statistics.proportions import (
    f1_interval,
    f1_posterior_interval,
    paired_proportion_interval,
    proportion_interval,
)
from evalkit.statistics.resampling import paired_resample, resample
from evalkit.statistics.sample_resampling import sample_resample, sample_swap
from evalkit.statistics.sampling_units import mean_interval, sample_bootstrap
from evalkit.statistics.seed_inference import seed_interval
from evalkit.statistics.seeds import (
    corrected_resampled_t,
    group_summary,
    improvement_interval,
    interquartile_mean,
    interquartile_mean_interval,
    probability_of_improvement,
)
from evalkit.statistics.sequential import alpha_at_look
from evalkit.statistics.studentized import mean_test

__all__ = [
    "SMOOTHING",
    "Difference",
    "Estimate",
    "JointCounts",
    "Posterior",
    "accuracy_equivalence",
    "accuracy_gap",
    "alpha_at_look",
    "auc_difference",
    "auc_interval",
    "average_precision_difference",
    "average_precision_estimates",
    "benjamini_hochberg",
    "beta_curve",
    "bootstrap_interval",
    "calibration",
    "change_points_of_blocks",
    "change_points_of_counts",
    "change_points_of_estimates",
    "changed_cells",
    "clustered_auc_interval",
    "cochran_q",
    "compact_letters",
    "corrected_resampled_t",
    "correlated_t_posterior",
    "cost_difference_interval",
    "cost_interval",
    "cost_optimal_decisions",
    "cost_optimal_threshold",
    "decision_interval",
    "delong_test",
    "detectable_difference",
    "discordant_by_class",
    "equivalence_of_replicates",
    "equivalence_test",
    "estimate",
    "expected_cost",
    "f1_interval",
    "f1_posterior_interval",
    "group_summary",
    "holm",
    "improvement_interval",
    "independent_accuracy_posterior",
    "independent_proportions_test",
    "interquartile_mean",
    "interquartile_mean_interval",
    "lead_change_by_class",
    "lead_ranges",
    "macro_f_beta_gap",
    "mcnemar",
    "mean_interval",
    "mean_test",
    "paired_accuracy_posterior",
    "paired_interval",
    "paired_proportion_interval",
    "paired_resample",
    "percentile_limits",
    "permutation_test",
    "power_mcnemar",
    "power_noninferiority",
    "power_proportion",
    "power_two_proportions",
    "probability_of_improvement",
    "proportion_difference_interval",
    "proportion_interval",
    "resample",
    "sample_bootstrap",
    "sample_resample",
    "sample_swap",
    "samples_mcnemar",
    "samples_noninferiority",
    "samples_proportion",
    "samples_two_proportions",
    "seed_interval",
    "sign_flip_p_value",
    "swap_resample",
]
