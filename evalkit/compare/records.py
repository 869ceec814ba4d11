"""What a comparison found, as frozen records: the one contract between computing and rendering.

Every number that the report, the terminal, the JSON and the DataFrames show is a field here.
Rates and differences of rates are fractions in [0, 1] and [−1, 1]; rendering turns them into
percent and points. A value that is undefined is None and carries its reason.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import Marginals
    from evalkit.statistics.estimates import Difference, Estimate
    from evalkit.training.landscape import Landscape


@dataclass(frozen=True)
class Settings:
    """The choices that the numbers depend on.

    Raises
    ------
    InputError
        If a choice lies outside its range.
    """

    betas: tuple[float, ...]
    confidence: float
    seed: int
    replicates: int
    margin: float | None
    factor: float = 2.0

    def __post_init__(self) -> None:
        if not all(beta > 0 and math.isfinite(beta) for beta in self.betas) or not self.betas:
            raise InputError(f"β must be positive numbers, at least one; got {self.betas}")
        if not 0 < self.confidence < 1:
            raise InputError(f"confidence must lie between 0 and 1; got {self.confidence}")
        if self.seed < 0:
            raise InputError(f"seed must not be negative; got {self.seed}")
        if self.replicates < 1:
            raise InputError(f"replicates must be positive; got {self.replicates}")
        if self.margin is not None and not 0 < self.margin < 1:
            raise InputError(f"margin is a fraction between 0 and 1; got {self.margin}")
        if not self.factor > 0:
            raise InputError(f"the factor of the spread must be positive; got {self.factor}")

    @property
    def alpha(self) -> float:
        """The level of every test."""
        return 1 - self.confidence


@dataclass(frozen=True)
class BetaCurve:
    """F-β of one model, macro or of one class, over a grid of β, with its pointwise band.

    At the β of the settings the band is the interval of the estimate there.
    """

    betas: tuple[float, ...]
    values: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


@dataclass(frozen=True)
class Lead:
    """A range of β in which one model's F-β is the higher.

    `leader` is a position in `Comparison.models`, or None where the two are equal;
    `supported` says that the interval of the difference excludes zero throughout. Neighbouring
    ranges may have one leader and differ in support.
    """

    beta_low: float
    beta_high: float
    leader: int | None
    supported: bool = False


@dataclass(frozen=True)
class ConfusedPair:
    """Samples of one class that were called another: count and share of the actual class."""

    actual: int
    predicted: int
    count: float
    share: float


@dataclass(frozen=True)
class ChangedCell:
    """A cell of the confusion matrix in which two models differ: second minus first."""

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
    """Confidence against accuracy in bins: a calibrated model lies on the diagonal."""

    edges: tuple[float, ...]
    mean_confidence: tuple[float | None, ...]
    accuracy: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    counts: tuple[float, ...]


@dataclass(frozen=True)
class ProbabilityResult:
    """What a model's probabilities are worth.

    `overall` is keyed by catalog keys (``log_loss``, ``brier_score``,
    ``expected_calibration_error``, ``top_k_accuracy``, ``roc_auc``); the per-class tuples follow
    the classes, an entry is None where a curve is undefined.
    """

    overall: Mapping[str, Estimate]
    reliability: Reliability
    roc: tuple[Curve | None, ...]
    precision_recall: tuple[Curve | None, ...]
    auc: tuple[Estimate, ...]
    histogram_edges: tuple[float, ...]
    histogram_right: tuple[float, ...]
    histogram_wrong: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class ModelResult:
    """One model on the common samples.

    Attributes
    ----------
    name : as shown; unique in the comparison.
    counts : (K, K) confusion counts, rows actual, columns predicted.
    overall : catalog key → estimate; F-β under ``"f_beta[0.1]"`` and so on.
    per_class : the same keys (``precision``, ``recall``, ``f_beta[…]``) → one estimate a class.
    beta_curve : macro F-β over β.
    class_curves : F-β of each class over β; empty with more than 30 classes.
    most_confused : the largest off-diagonal cells.
    letters : models that share a letter cannot be told apart by accuracy.
    parameters, history, best_epoch : of the checkpoint, None where not known.
    landscape : the loss around its weights, where it was measured.
    provenance : label → text, in the order to print.
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
    """McNemar's test on the samples that exactly one of the two models gets right."""

    only_first: float
    only_second: float
    statistic: float
    p_value: float
    p_exact: float
    p_midp: float


@dataclass(frozen=True)
class ClassLead:
    """Which of two models has the higher F-β of a class, for which β.

    Below `beta` it is the model at position `below`, above it the one at `above`; None where they
    are equal. Where the lead never changes `beta` is None and both positions are the same.
    """

    beta: float | None
    below: int | None
    above: int | None


@dataclass(frozen=True)
class PairResult:
    """Two models on the same samples; every difference is second minus first.

    `paired` is False where only the two matrices are known: differences are then those of
    independent samples and there is no McNemar test. `class_share` is each class's term of
    accuracy(second) − accuracy(first) = Σ_k (n_k / n)(recall_second,k − recall_first,k), and
    `macro_f_share` that of macro F-β for each β, keyed as `overall` is.
    `probability` holds the differences in log loss and Brier score, where both are known.
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


@dataclass(frozen=True)
class Omnibus:
    """Cochran's Q over all models: whether any of them differs in accuracy."""

    statistic: float
    degrees_of_freedom: int
    p_value: float


@dataclass(frozen=True)
class GroupMetric:
    """One metric over the runs of a configuration.

    Attributes
    ----------
    mean : over runs; its interval is the bootstrap's over seeds and samples.
    standard_deviation : over runs, with n − 1; None for a single run.
    spread_low, spread_high : mean ∓ factor × standard deviation.
    interquartile_mean : the mean of the middle half of the runs.
    """

    mean: Estimate
    standard_deviation: float | None
    spread_low: float | None
    spread_high: float | None
    interquartile_mean: float


@dataclass(frozen=True)
class EpochBand:
    """One epoch of a mean training curve: mean ∓ factor × standard deviation over runs."""

    epoch: int
    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class GroupResult:
    """Runs of one configuration under several seeds.

    `runs` are positions in `Comparison.models`; `curves` is keyed as the training history is;
    `warning` says that there are too few runs to know their spread, or is empty.
    """

    name: str
    runs: tuple[int, ...]
    factor: float
    metrics: Mapping[str, GroupMetric]
    curves: Mapping[str, tuple[EpochBand, ...]]
    warning: str


@dataclass(frozen=True)
class GroupPair:
    """Two configurations: second minus first, and the probability that a run of second is better.

    A difference is significant where its interval over seeds and samples excludes zero.
    """

    first: int
    second: int
    differences: Mapping[str, Difference]
    probability_of_improvement: Mapping[str, float]


@dataclass(frozen=True)
class Finding:
    """A sentence that a careful analyst would write, with the numbers it was made from.

    `kind` is a stable name for machines, `title` a few words for the eye, `text` whole sentences;
    `numbers` holds every number in the text, and `section` the part of the report that shows it.
    """

    kind: str
    title: str
    text: str
    numbers: Mapping[str, Any]
    section: str


@dataclass(frozen=True)
class Verdict:
    """The headline and the lede: whole sentences that would stand in an e-mail."""

    headline: str
    lede: str
    leader: int | None
    significant: bool


@dataclass(frozen=True)
class SliceModel:
    """One model on a slice: its metrics, and its accuracy there minus that on all other samples."""

    overall: Mapping[str, Estimate]
    from_rest: Difference

    @property
    def is_weak(self) -> bool:
        """Whether accuracy is lower here than elsewhere, by the corrected test and the interval."""
        value = self.from_rest.value
        return self.from_rest.significant and value is not None and value < 0


@dataclass(frozen=True)
class SlicePair:
    """Two models on a slice: the second's accuracy minus the first's."""

    first: int
    second: int
    accuracy: Difference


@dataclass(frozen=True)
class SliceResult:
    """One slice.

    Attributes
    ----------
    columns, values : what its samples have in common.
    n_samples : how many there are.
    share : of all samples, or of their weight.
    models, pairs : one result a model, and one a pair.
    """

    columns: tuple[str, ...]
    values: tuple[str, ...]
    n_samples: int
    share: float
    models: tuple[SliceModel, ...]
    pairs: tuple[SlicePair, ...]


@dataclass(frozen=True)
class ModelCosts:
    """What one model costs a sample, in the units of the matrix.

    Attributes
    ----------
    expected : the mean cost of its predictions.
    decided : the mean cost if each sample were given the class that its probabilities make the
        cheapest; None where no probabilities are known.
    threshold : for two classes, the probability of the second from which on calling it costs
        least, where probabilities are true; None otherwise.
    best_threshold, best_cost : the threshold that costs least on these very samples, and what it
        costs there, which is less than it will cost on others.
    """

    expected: Estimate
    decided: Estimate | None = None
    threshold: float | None = None
    best_threshold: float | None = None
    best_cost: float | None = None


@dataclass(frozen=True)
class Costs:
    """The costs of a comparison.

    `matrix` holds the cost of each (actual, predicted); `models` and `pairs` are in the order of
    the comparison's, differences second minus first.
    """

    matrix: tuple[tuple[float, ...], ...]
    models: tuple[ModelCosts, ...]
    pairs: tuple[Difference, ...]


@dataclass(frozen=True, eq=False)
class SampleIdentity:
    """Which samples were evaluated: enough to pair two results files, and no rows.

    Attributes
    ----------
    fingerprint : the SHA-256 of the samples; None where only counts are known.
    blocks : for each model its marginals in each block of samples, or None.
    """

    fingerprint: str | None = None
    blocks: tuple[Marginals | None, ...] = ()
