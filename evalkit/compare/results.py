"""What a comparison found, as frozen records: the one contract between computing and rendering.

Every number that the report, the terminal, the JSON and the DataFrames show is a field here.
Rates and differences of rates are fractions in [0, 1] and [−1, 1]; rendering turns them into
percent and points. A value that is undefined is None and carries its reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.predictions.predictions import Sampling as Sampling

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from evalkit.training.landscape import Landscape


@dataclass(frozen=True)
class Estimate:
    """A value with its interval.

    Attributes
    ----------
    value : the point estimate; None where it is undefined, with the reason in `undefined`.
    low, high : the interval at the comparison's confidence; None where there is none.
    method : how the interval was made: ``"wilson"``, ``"bootstrap"``, ``"delong"`` …
    undefined : why there is no value, in words.
    classes_covered : for an average over classes, over how many of them it was taken.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    method: str = ""
    undefined: str | None = None
    classes_covered: int | None = None


@dataclass(frozen=True)
class Difference:
    """Second model minus first, with its interval, its test, and the corrected p-value.

    `p_adjusted` is corrected over all pairs of models (Holm) for overall metrics, and over all
    classes for differences by class, or over all slices; `significant` says that it is below
    1 − confidence and that the interval excludes zero.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    test: str = ""
    significant: bool = False
    undefined: str | None = None


@dataclass(frozen=True)
class BetaCurve:
    """Macro F-β of one model over a grid of β, with its pointwise band."""

    betas: tuple[float, ...]
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


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
