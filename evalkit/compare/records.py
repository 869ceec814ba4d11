"""Records of a comparison, from which report, terminal, JSON and DataFrames are rendered.

Every number that they show is a field of a record. Rates are fractions in [0, 1], differences of
rates are in [−1, 1]. An undefined value is None, with the reason in `undefined`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evalkit.errors import InputError
from evalkit.metrics.catalog import lookup
from evalkit.metrics.quantities import COST

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import Marginals
    from evalkit.statistics.bayes import Posterior
    from evalkit.statistics.calibration import Calibration
    from evalkit.statistics.estimates import Difference, Estimate
    from evalkit.training.landscape import Landscape


LARGEST_BETA = 1e6
MOST_SHOWN = 400
"""The largest number of samples that are shown of a comparison."""


@dataclass(frozen=True)
class Settings:
    """Settings that the results depend on.

    `metric` is the primary metric, as gate rules write it. `positive` is the class that is positive
    in the summary; None for the rarer of two classes.

    Raises
    ------
    InputError
        If a setting is out of range.
    """

    betas: tuple[float, ...]
    confidence: float
    seed: int
    replicates: int
    margin: float | None
    factor: float = 2.0
    rope: float | None = None
    metric: str = "accuracy"
    positive: str | None = None
    show: int = 0

    def __post_init__(self) -> None:
        if not all(1 / LARGEST_BETA <= beta <= LARGEST_BETA for beta in self.betas):
            raise InputError(
                f"Invalid betas {self.betas}. Pass numbers between {1 / LARGEST_BETA:g} and "
                f"{LARGEST_BETA:g}; beyond, F-β is precision or recall."
            )
        if not self.betas:
            raise InputError("No beta was given. Pass one or more positive numbers.")
        if not 0 < self.confidence < 1:
            raise InputError(
                f"Invalid confidence {self.confidence}. Pass a number between 0 and 1."
            )
        if self.seed < 0:
            raise InputError(f"Invalid seed {self.seed}. Pass 0 or a positive integer.")
        if self.replicates < 1:
            raise InputError(f"Invalid replicates {self.replicates}. Pass a positive integer.")
        if self.margin is not None and not 0 < self.margin < 1:
            raise InputError(f"Invalid margin {self.margin}. Pass a fraction between 0 and 1.")
        if not 0 < self.factor < math.inf:
            raise InputError(f"Invalid factor {self.factor}. Pass a positive number.")
        if not (hasattr(self.show, "__index__") and 0 <= self.show <= MOST_SHOWN):
            raise InputError(
                f"Invalid number of samples to show {self.show}. Pass an integer from 0 to "
                f"{MOST_SHOWN}."
            )
        if self.rope is not None and not 0 <= self.rope < 1:
            raise InputError(f"Invalid rope {self.rope}. Pass a fraction from 0 to below 1.")

    @property
    def alpha(self) -> float:
        """The significance level of all tests, 1 − confidence."""
        return 1 - self.confidence


@dataclass(frozen=True)
class BetaCurve:
    """F-β of one model over β, macro-averaged or of one class, with a pointwise band.

    At the β of the settings, the band equals the interval of the estimate.
    """

    betas: tuple[float, ...]
    values: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


@dataclass(frozen=True)
class Lead:
    """A range of β in which one model has the higher F-β.

    `leader` is a position in `Comparison.models`, or None if the two are equal. `supported` is
    whether the lead is significant in the whole range: the simultaneous band of the difference over
    β, corrected for all pairs of models, excludes zero, and so do the tests at the β of the
    settings inside the range. Adjacent ranges can have the same leader and differ in support.
    """

    beta_low: float
    beta_high: float
    leader: int | None
    supported: bool = False


@dataclass(frozen=True)
class ConfusedPair:
    """Samples of one class predicted as another: count, and share of the actual class."""

    actual: int
    predicted: int
    count: float
    share: float


@dataclass(frozen=True)
class ChangedCell:
    """A cell of the confusion matrix in which two models differ; changes are second minus first."""

    actual: int
    predicted: int
    count_first: float
    count_second: float
    change: float
    share_change: float | None


@dataclass(frozen=True)
class Curve:
    """A ROC or precision–recall curve, thinned to at most a few hundred points."""

    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True)
class Reliability:
    """Mean confidence and accuracy by bin of confidence."""

    edges: tuple[float, ...]
    mean_confidence: tuple[float | None, ...]
    accuracy: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    counts: tuple[float, ...]


@dataclass(frozen=True)
class ProbabilityResult:
    """Metrics and curves of the probabilities of a model.

    The keys of `overall` are catalog keys (``log_loss``, ``brier_score``,
    ``expected_calibration_error``, ``top_k_accuracy``, ``roc_auc``, and of more than two classes
    ``average_precision``). Tuples by class are in the order of the classes; an undefined curve is
    None. `calibration` is None in files of schema 3 and earlier, and `average_precision` is empty
    in files of schema 4 and earlier.
    """

    overall: Mapping[str, Estimate]
    reliability: Reliability
    roc: tuple[Curve | None, ...]
    precision_recall: tuple[Curve | None, ...]
    auc: tuple[Estimate, ...]
    histogram_edges: tuple[float, ...]
    histogram_right: tuple[float, ...]
    histogram_wrong: tuple[float, ...]
    calibration: Calibration | None = None
    average_precision: tuple[Estimate, ...] = ()


@dataclass(frozen=True, eq=False)
class ModelResult:
    """Results of one model.

    Attributes
    ----------
    name : name, unique in the comparison.
    counts : (K, K) confusion matrix, rows actual, columns predicted.
    overall : catalog key → estimate; the keys of macro F-β are ``"f_beta_macro[0.1]"`` and so on.
    per_class : key (``precision``, ``recall``, ``f_beta[…]``) → one estimate per class.
    beta_curve : macro F-β over β.
    class_curves : F-β of each class over β; empty for more than 30 classes.
    most_confused : largest off-diagonal cells.
    letters : models that share a letter do not differ significantly in the primary metric.
    parameters, history, best_epoch : as in `Evaluation`.
    landscape : loss near the weights of the network, if it was computed.
    provenance : label → text, in the order of display.
    """

    name: str
    counts: NDArray[np.number[Any]]
    overall: Mapping[str, Estimate]
    per_class: Mapping[str, tuple[Estimate, ...]]
    beta_curve: BetaCurve
    class_curves: tuple[BetaCurve, ...]
    most_confused: tuple[ConfusedPair, ...]
    letters: str
    probability: ProbabilityResult | None
    parameters: int | None
    history: tuple[Mapping[str, float], ...]
    best_epoch: int | None
    landscape: Landscape | None
    provenance: Mapping[str, str]


@dataclass(frozen=True)
class McNemarResult:
    """McNemar's test, with the numbers of samples that only one model predicts correctly."""

    only_first: float
    only_second: float
    statistic: float
    p_value: float
    p_exact: float
    p_midp: float


@dataclass(frozen=True)
class ClassLead:
    """Which of two models has the higher F-β of a class, by β.

    Below `beta` it is the model at position `below`, above it the one at `above`; None if they are
    equal. If the better model does not change, `beta` is None and both positions are the same.
    """

    beta: float | None
    below: int | None
    above: int | None


@dataclass(frozen=True)
class PairResult:
    """Results of two models on the same samples; differences are second minus first.

    `paired` is False if only the confusion matrices are known. The samples of the two models are
    then treated as independent. `equivalence` has a p-value adjusted over all pairs. `class_share`
    has the terms by class of
    accuracy(second) − accuracy(first) = Σ_k (n_k / n)(recall_second,k − recall_first,k), and
    `macro_f_share` those of macro F-β for each β, with the keys of `overall`.
    `probability` has the differences in log loss, Brier score and expected calibration error, and
    of two classes in the area under the ROC curve, if both are known. `posterior` has the
    probabilities that the second is better, practically equal or worse in accuracy, if a rope was
    given.
    """

    first: int
    second: int
    paired: bool
    both_right: float | None
    both_wrong: float | None
    only_first: float | None
    only_second: float | None
    mcnemar: McNemarResult | None
    overall: Mapping[str, Difference]
    per_class: Mapping[str, tuple[Difference, ...]]
    class_share: tuple[float, ...]
    macro_f_share: Mapping[str, tuple[float, ...]]
    changed_cells: tuple[ChangedCell, ...]
    leads: tuple[Lead, ...]
    class_leads: tuple[ClassLead, ...]
    probability: Mapping[str, Difference]
    equivalence: Difference | None
    posterior: Posterior | None = None


@dataclass(frozen=True)
class Omnibus:
    """Cochran's Q test that all models have the same accuracy."""

    statistic: float
    degrees_of_freedom: int
    p_value: float


@dataclass(frozen=True)
class GroupMetric:
    """One metric over the runs of a configuration.

    Attributes
    ----------
    mean : mean over runs, with an interval over seeds and samples; none for a single run.
    standard_deviation : over runs, with divisor n − 1; None for a single run.
    spread_low, spread_high : mean ∓ factor × standard deviation.
    interquartile_mean : mean of the middle half of the runs.
    interquartile : the same with an interval over seeds, for these samples.
    """

    mean: Estimate
    standard_deviation: float | None
    spread_low: float | None
    spread_high: float | None
    interquartile_mean: float
    interquartile: Estimate | None = None


@dataclass(frozen=True)
class EpochBand:
    """One epoch of a mean training curve: mean ∓ factor × standard deviation over runs."""

    epoch: int
    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class GroupResult:
    """Results of one configuration with runs of several seeds.

    `runs` are positions in `Comparison.models`. The keys of `curves` are those of the training
    history. `warning` is a warning about too few runs, or empty.
    """

    name: str
    runs: tuple[int, ...]
    factor: float
    metrics: Mapping[str, GroupMetric]
    curves: Mapping[str, tuple[EpochBand, ...]]
    warning: str


@dataclass(frozen=True)
class GroupPair:
    """Differences of two configurations, and the probability that a run of the second is better.

    A difference is second minus first. Its interval and p-value are over seeds and samples, the
    p-value adjusted over all pairs of groups (Holm); with a single run in a group it has neither.
    `improvement` has the probabilities with intervals over seeds, for these samples; `posterior` is
    that of the difference in mean accuracy over seeds and samples, if a rope was given.
    """

    first: int
    second: int
    differences: Mapping[str, Difference]
    probability_of_improvement: Mapping[str, float]
    improvement: Mapping[str, Estimate] = field(default_factory=dict)
    posterior: Posterior | None = None


@dataclass(frozen=True)
class SummaryMetric:
    """One metric of the summary: of each model, each pair of models, and each group of runs.

    Attributes
    ----------
    metric : name as in gate rules, ``"f1_macro"``, or ``"expected_cost"``.
    of_class : position of the class; None for a metric of the whole model.
    models : one estimate per model.
    pairs : one difference per pair, in the order of `Comparison.pairs`, with p-values corrected
        over the pairs (Holm).
    groups, group_pairs : the same for groups of runs; empty without groups, and for metrics that
        are not known over seeds.
    baseline : value of the constant prediction of the most frequent class; None if undefined.
    """

    metric: str
    of_class: int | None
    models: tuple[Estimate, ...]
    pairs: tuple[Difference, ...]
    groups: tuple[Estimate, ...] = ()
    group_pairs: tuple[Difference, ...] = ()
    baseline: float | None = None

    @property
    def higher_is_better(self) -> bool:
        """Whether the better model has the higher value."""
        return self.metric != COST and lookup(self.metric).higher_is_better

    def order(self, estimates: tuple[Estimate, ...]) -> tuple[int, ...]:
        """Return the positions of estimates, the best first; undefined ones last."""
        sign = -1.0 if self.higher_is_better else 1.0
        values = [math.inf if e.value is None else sign * e.value for e in estimates]
        return tuple(sorted(range(len(values)), key=lambda i: values[i]))

    def loser(self, difference: Difference, first: int, second: int) -> int | None:
        """Return which of two positions is significantly worse; None if neither is."""
        if not difference.significant or difference.value is None:
            return None
        return first if (difference.value > 0) == self.higher_is_better else second


@dataclass(frozen=True)
class Baseline:
    """The comparison of each model with a constant prediction, on the primary metric.

    Attributes
    ----------
    of_class : position of the class: the most frequent one, or the cheapest if the primary metric
        is the expected cost.
    gaps : model minus baseline, one per model, with p-values corrected over the models (Holm).
    """

    of_class: int
    gaps: tuple[Difference, ...]


@dataclass(frozen=True)
class Finding:
    """A statement about the results, with its numbers.

    `kind` is a stable identifier for programs, `title` a short title, `text` one or more sentences.
    `numbers` has all numbers in the text; `section` is the section of the report with the details.
    `effect` is the size of a significant difference, by which findings are sorted; 0 for others.
    """

    kind: str
    title: str
    text: str
    numbers: Mapping[str, Any]
    section: str
    effect: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """Headline of the report and the text below it.

    Attributes
    ----------
    headline, lede : the sentences.
    leader : position of the model that is significantly better in the primary metric than every
        other model; None if there is none.
    significant : whether there is such a model.
    best : positions of the models that are not significantly worse in the primary metric than any
        other. The best model of the population is one of them, with the confidence of the
        comparison. Empty for groups of runs.
    """

    headline: str
    lede: str
    leader: int | None
    significant: bool
    best: tuple[int, ...] = ()


@dataclass(frozen=True)
class SliceMetric:
    """A metric of one model on a slice, against all other samples.

    Attributes
    ----------
    metric : ``"recall"``, ``"false_positive_rate"``, ``"precision"``, ``"log_loss"`` or ``"cost"``.
    of_class : position of the class; None for log loss and cost.
    value : value in the slice.
    trials : number of samples that the value rests on, or the sum of their weights.
    from_rest : in the slice minus outside. Each actual class is compared by itself, except for
        precision, which depends on how frequent the class is.
    """

    metric: str
    of_class: int | None
    value: float
    trials: float
    from_rest: Difference

    @property
    def is_weak(self) -> bool:
        """Whether the metric is significantly worse; never for precision, which has to differ."""
        if self.metric == "precision" or not self.from_rest.significant:
            return False
        return ((self.from_rest.value or 0.0) < 0) == (self.metric == "recall")


@dataclass(frozen=True)
class SliceModel:
    """Results of one model on a slice.

    Attributes
    ----------
    overall : catalog key → estimate, as in `ModelResult`.
    from_rest : accuracy minus that on all other samples.
    adjusted : the same difference with each class compared by itself, weighted by Mantel and
        Haenszel. A slice with more samples of a difficult class is not weak for that reason.
    tests : other metrics against all other samples.
    needed : number of samples with which a gap of 10 points would be found with a probability of
        80 %; None if unknown.
    """

    overall: Mapping[str, Estimate]
    from_rest: Difference
    adjusted: Difference
    tests: tuple[SliceMetric, ...] = ()
    needed: int | None = None

    @property
    def is_weak(self) -> bool:
        """Whether accuracy, adjusted for classes, is significantly lower than elsewhere."""
        value = self.adjusted.value
        return self.adjusted.significant and value is not None and value < 0


@dataclass(frozen=True)
class SlicePair:
    """Difference in accuracy of two models on a slice, second minus first."""

    first: int
    second: int
    accuracy: Difference


@dataclass(frozen=True)
class SliceResult:
    """Results on one slice.

    Attributes
    ----------
    columns, values : columns that define the slice, and the value of each.
    n_samples : number of samples.
    share : fraction of all samples, or of their weight.
    models, pairs : one result per model, and one per pair.
    """

    columns: tuple[str, ...]
    values: tuple[str, ...]
    n_samples: int
    share: float
    models: tuple[SliceModel, ...]
    pairs: tuple[SlicePair, ...]


@dataclass(frozen=True)
class SliceSearch:
    """What was looked at in the search for weak slices.

    Attributes
    ----------
    depth : largest number of columns that were crossed.
    least_samples : combinations of columns with fewer samples are left out.
    slices, left_out : number of slices, and of combinations left out.
    accuracy_tests, metric_tests : number of tests of accuracy, and of other metrics.
    """

    depth: int
    least_samples: int
    slices: int
    left_out: int
    accuracy_tests: int
    metric_tests: int


@dataclass(frozen=True)
class SliceGap:
    """Largest difference of a rate between two values of a column.

    Attributes
    ----------
    column, model : name of the column, and position of the model.
    metric : ``"equal_opportunity"`` for recall, ``"equalized_odds"`` for the larger of the
        differences in recall and false positive rate, ``"selection_rate"`` for the share predicted
        as the class.
    of_class : position of the class.
    lowest, highest : values of the column with the lowest and the highest rate; None if undefined.
    groups : number of values that have the rate.
    difference : highest minus lowest; interval and p-value account for the choice of the values.
    """

    column: str
    model: int
    metric: str
    of_class: int
    lowest: str | None
    highest: str | None
    groups: int
    difference: Difference


@dataclass(frozen=True)
class ModelCosts:
    """Costs of one model per sample, in the units of the cost matrix.

    Attributes
    ----------
    expected : mean cost of its predictions.
    decided : mean cost if each sample is assigned the class with the smallest expected cost; None
        without probabilities.
    threshold : for two classes, the optimal threshold on calibrated probabilities of the second
        class; None otherwise.
    best_threshold, best_cost : threshold with the lowest cost on these samples, and this cost. It
        is too optimistic for other samples.
    """

    expected: Estimate
    decided: Estimate | None = None
    threshold: float | None = None
    best_threshold: float | None = None
    best_cost: float | None = None


@dataclass(frozen=True)
class Costs:
    """Costs of a comparison.

    The rows of `matrix` are actual classes, the columns predicted classes. `models` and `pairs` are
    in the order of the comparison; differences are second minus first.
    """

    matrix: tuple[tuple[float, ...], ...]
    models: tuple[ModelCosts, ...]
    pairs: tuple[Difference, ...]


@dataclass(frozen=True)
class ShownSample:
    """One sample of a gallery.

    Attributes
    ----------
    row : position among the samples of the comparison.
    id : its id, or its position as text.
    actual, predicted : positions of the actual class, and of the class that each model predicted.
    probability : of the predicted class, one per model; None without probabilities.
    """

    row: int
    id: str
    actual: int
    predicted: tuple[int, ...]
    probability: tuple[float | None, ...]


@dataclass(frozen=True)
class Gallery:
    """Some samples to look at, of one kind, the most telling first.

    Attributes
    ----------
    key : ``"confident_errors"``, ``"only_wrong"``, ``"all_wrong"``, ``"unsure"``,
        ``"weakest_slice"``, ``"suspected_labels"`` or ``"cell"``.
    model : position of the model whose errors, cell or slice it is, or that alone is wrong.
    actual, predicted : positions of the classes of a cell.
    slice : position in `Comparison.slice_results`.
    n_samples : number of samples of this kind in all.
    samples : those that were selected.
    """

    key: str
    model: int | None
    actual: int | None
    predicted: int | None
    slice: int | None
    n_samples: int
    samples: tuple[ShownSample, ...]


@dataclass(frozen=True)
class LabelCheck:
    """Suspected label errors, and how the verdict on two models depends on the labels.

    A suspected label is replaced by the class that all models predict. All models gain from that
    alike, so that a verdict on accuracy holds. A decisive label belongs to a sample that only the
    leading model predicts correctly; it is replaced by the prediction of the other model.

    Attributes
    ----------
    n_suspected : number of labels that all models confidently contradict.
    by_probability : whether probabilities were used; without them, evidence is weak.
    ranked : so many of them, the strongest evidence first, were replaced.
    changed_at : smallest number of them with which the verdict changes; None if it holds.
    n_decisive : number of decisive labels; 0 unless the verdict is significant.
    decisive_at : smallest number of them, the strongest evidence first, with which the verdict
        changes.
    pair, metric : the two leading models, and the metric of the verdict; None and empty if it was
        not checked: for one model, for groups of runs, for weighted, grouped or stratified samples,
        for metrics that are not of counts, and for more than 100 classes unless it is accuracy.
    """

    n_suspected: int
    by_probability: bool
    ranked: int
    changed_at: int | None = None
    n_decisive: int = 0
    decisive_at: int | None = None
    pair: tuple[int, int] | None = None
    metric: str = ""


@dataclass(frozen=True, eq=False)
class SampleIdentity:
    """Identity of the evaluated samples, used to pair two results files without their rows.

    Attributes
    ----------
    fingerprint : SHA-256 of the samples; None if only counts are known.
    blocks : for each model, its marginals in each block of samples, or None.
    """

    fingerprint: str | None = None
    blocks: tuple[Marginals | None, ...] = ()
