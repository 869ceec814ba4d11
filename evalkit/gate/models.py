"""The two models of a gate, from evaluations, comparisons or files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from evalkit.compare.comparison import Comparison
from evalkit.compare.evaluation import Evaluation
from evalkit.compare.from_files import evaluations_from_files
from evalkit.compare.json import is_results, read_results
from evalkit.compare.metric_set import class_metrics, overall_metrics
from evalkit.compare.records import SampleIdentity
from evalkit.counts.counts import Counts
from evalkit.counts.joint import JointCounts
from evalkit.errors import FileFormatError, InputError, InputTypeError
from evalkit.metrics.quantities import is_of_probabilities
from evalkit.models.user_code import PREFIX
from evalkit.nearest import suggestion
from evalkit.predictions.addresses import SEPARATOR, Address, parse_address
from evalkit.predictions.files import open_table
from evalkit.predictions.options import DEFAULT, ReadOptions
from evalkit.predictions.roles import is_known
from evalkit.reading.source import open_source
from evalkit.statistics.probability_estimates import macro_auc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalkit.compare.records import PairResult
    from evalkit.metrics.count.marginals import Marginals
    from evalkit.statistics.estimates import Difference, Estimate

_SEARCHED = 200
Found = TypeVar("Found")


@dataclass(frozen=True, eq=False)
class GateModel:
    """One model of a gate.

    Attributes
    ----------
    name : the name of the model.
    counts : of this model alone, with its rows where they are known.
    identity : which samples were evaluated.
    dataset : the fingerprint of the data set, where it is known.
    comparison, position : the comparison that holds the model, and its position there.
    notes : how its file was read, for the reader.
    """

    name: str
    counts: Counts
    identity: SampleIdentity
    dataset: str | None = None
    comparison: Comparison | None = None
    position: int = 0
    notes: tuple[str, ...] = ()

    @classmethod
    def of_evaluation(cls, evaluation: Evaluation) -> GateModel:
        """Return the model of an evaluation."""
        counts = evaluation.counts
        return cls(
            evaluation.name,
            replace(counts, classes=tuple(map(str, counts.classes))),
            SampleIdentity(counts.fingerprint, (counts.blocks(0),)),
            None if evaluation.dataset is None else evaluation.dataset.fingerprint,
            notes=(*evaluation.warnings, *evaluation.notes),
        )

    @classmethod
    def of_comparison(cls, comparison: Comparison, position: int) -> GateModel:
        """Return one model of a comparison."""
        if comparison.counts is None:
            matrix = comparison.models[position].counts
            counts = Counts(
                comparison.classes, (matrix,), comparison.n_samples, comparison.sampling
            )
        else:
            counts = replace(comparison.counts.alone(position), classes=comparison.classes)
        samples = comparison.samples
        return cls(
            comparison.models[position].name,
            counts,
            SampleIdentity(samples.fingerprint, (samples.blocks[position],)),
            None if comparison.dataset is None else comparison.dataset.fingerprint,
            comparison,
            position,
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """The ordered classes, as text."""
        return self.counts.classes

    @property
    def blocks(self) -> Marginals | None:
        """The marginals of each block of samples; None where samples are few or unknown."""
        return self.identity.blocks[0]

    @property
    def confidence(self) -> float:
        """The confidence of the intervals of its comparison, 0.95 without one."""
        return 0.95 if self.comparison is None else self.comparison.settings.confidence

    @property
    def mean_weight(self) -> float:
        """The mean weight of a sample, 1 without weights."""
        if not self.counts.sampling.weighted:
            return 1.0
        return float(self.counts.matrices[0].sum()) / self.counts.n_samples

    def saw_the_samples_of(self, other: GateModel) -> bool:
        """Return whether both models were evaluated on the same samples, by their fingerprints."""
        if self.counts.shares_pass_with(other.counts):
            return True
        ours, theirs = self.identity.fingerprint, other.identity.fingerprint
        if ours is None or ours != theirs:
            return False
        return None in (self.dataset, other.dataset) or self.dataset == other.dataset

    def shares_blocks_with(self, other: GateModel) -> bool:
        """Return whether both models were counted in the same blocks of the same samples."""
        return (
            self.saw_the_samples_of(other)
            and self.blocks is not None
            and other.blocks is not None
            and np.array_equal(self.blocks.actual, other.blocks.actual)
        )

    def stored(self, key: str, position: int | None) -> Estimate | None:
        """Return a metric as its comparison holds it, None where there is none."""
        if self.comparison is None:
            return None
        result = self.comparison.models[self.position]
        if not is_of_probabilities(key):
            return _entry(self.comparison, result.overall, result.per_class, key, position)
        if result.probability is None:
            return None
        if key.startswith("average_precision"):
            by_class = result.probability.average_precision
            if not by_class:
                return None
            return macro_auc(by_class) if position is None else by_class[position]
        if position is not None:
            return result.probability.auc[position]
        return result.probability.overall.get(key.removesuffix("_macro"))

    def stored_joint(self, baseline: GateModel) -> JointCounts | None:
        """Return how many samples only one of two models of a comparison predicts correctly.

        The joint counts are those of two classes, of which all samples are the first.
        """
        pair, is_reversed = self._pair_with(baseline)
        if pair is None or pair.only_first is None or pair.only_second is None:
            return None
        lost, won = round(pair.only_first), round(pair.only_second)
        if is_reversed:
            lost, won = won, lost
        right = int(np.trace(baseline.counts.matrices[0])) - lost
        wrong = self.counts.n_samples - right - lost - won
        return JointCounts.from_dense([[[right, lost], [won, wrong]], [[0, 0], [0, 0]]])

    def _pair_with(self, baseline: GateModel) -> tuple[PairResult | None, bool]:
        """Return the pair in one comparison, and whether this model is its first."""
        if self.comparison is None or self.comparison is not baseline.comparison:
            return None, False
        both = {self.position, baseline.position}
        pair = next((p for p in self.comparison.pairs if {p.first, p.second} == both), None)
        return pair, pair is not None and pair.second != self.position

    def stored_difference(
        self, baseline: GateModel, key: str, position: int | None
    ) -> tuple[Difference | None, bool]:
        """Return the metric less the baseline's, as one comparison holds both; None where none.

        The second value says whether the two are paired.
        """
        pair, is_reversed = self._pair_with(baseline)
        if pair is None or self.comparison is None:
            return None, False
        if is_of_probabilities(key):
            found = pair.probability.get(key)
        else:
            found = _entry(self.comparison, pair.overall, pair.per_class, key, position)
        if found is None or found.low is None or found.high is None or found.value is None:
            return None, pair.paired
        if is_reversed:
            found = replace(found, value=-found.value, low=-found.high, high=-found.low)
        return found, pair.paired


def _entry(
    comparison: Comparison,
    overall: Mapping[str, Found],
    per_class: Mapping[str, tuple[Found, ...]],
    key: str,
    position: int | None,
) -> Found | None:
    """Return a metric of counts as a comparison holds it; None where it does not."""
    betas = comparison.settings.betas
    names = class_metrics(betas) if position is not None else overall_metrics(betas)
    wanted = key.replace("f1", "f_beta[1.0]") if key.startswith("f1") else key
    shown = next((shown for shown, name in names.items() if name == wanted), "")
    if position is None:
        return overall.get(shown)
    return per_class[shown][position] if shown in per_class else None


def read_models(
    candidate: Any,
    baseline: Any,
    *,
    data: str | None = None,
    target: str | None = None,
    reading: ReadOptions = DEFAULT,
    trusted: Sequence[str] = (),
) -> tuple[GateModel, GateModel | None]:
    """Return candidate and baseline; the baseline is None where none is given.

    Parameters
    ----------
    candidate, baseline : an `Evaluation`, a `Comparison` of one model, or ``FILE[::MODEL]``:
        a results.json, a prediction file or a model file.
    data, target, reading, trusted : the arguments of `evaluations_from_files`.

    Raises
    ------
    InputError
        If a file holds several models and no name is given, or classes differ.
    FileFormatError
        If a file is missing or damaged.
    """
    options: dict[str, Any] = {
        "data": data,
        "target": target,
        "reading": reading,
        "trusted": trusted,
    }
    if baseline is None:
        return _model(candidate, options, {}), None
    given = (candidate, baseline)
    if all(_is_model_or_predictions(each, reading) for each in given):
        # Tables that declare no classes get the same classes when they are read together.
        both = evaluations_from_files([_address(each) for each in given], **options)
        if len(both) == 2:
            first, second = (GateModel.of_evaluation(one) for one in both)
            _require_same_classes(first, second)
            return first, second
    results: dict[str, Comparison] = {}
    first, second = (_model(each, options, results) for each in given)
    _require_same_classes(first, second)
    return first, second


def _model(given: Any, options: Mapping[str, Any], results: dict[str, Comparison]) -> GateModel:
    if isinstance(given, Evaluation):
        return GateModel.of_evaluation(given)
    if isinstance(given, Comparison):
        return _chosen(_models_of(given), None, "comparison")
    address = _address(given)
    if _is_model_or_predictions(given, options["reading"]):
        found = [
            GateModel.of_evaluation(one) for one in evaluations_from_files([address], **options)
        ]
    else:
        if address.path not in results:
            results[address.path] = read_results(address.path)
        found = _models_of(results[address.path])
        if len(found) == 1 and address.is_named:
            found = [replace(found[0], name=address.name)]
    return _chosen(found, address.model, address.path)


def _models_of(comparison: Comparison) -> list[GateModel]:
    return [GateModel.of_comparison(comparison, i) for i in range(len(comparison.models))]


def _chosen(models: Sequence[GateModel], name: str | None, where: str) -> GateModel:
    names = [model.name for model in models]
    if name is None and len(models) == 1:
        return models[0]
    if name is None:
        raise InputError(
            f"{where} holds {len(models)} models, and a gate takes one. Name it: "
            f"{where}{SEPARATOR}{names[0] if names else 'NAME'}"
        )
    if name not in names:
        raise InputError(f"{where} has no model {name}: {suggestion(name, names)}")
    return models[names.index(name)]


def _require_same_classes(candidate: GateModel, baseline: GateModel) -> None:
    if candidate.classes != baseline.classes:
        theirs, ours = set(baseline.classes), set(candidate.classes)
        odd = next(iter([c for c in baseline.classes if c not in ours]), None)
        odd = odd or next(iter([c for c in candidate.classes if c not in theirs]), None)
        fact = "their order differs" if odd is None else f"only one of them has {odd}"
        raise InputError(
            f"Candidate and baseline have different classes: {fact}. Evaluate both with the same "
            "classes in the same order."
        )


def _is_model_or_predictions(given: Any, reading: ReadOptions) -> bool:
    if isinstance(given, Evaluation | Comparison):
        return False
    path = _address(given).path
    if path.startswith(PREFIX):
        return True
    with open_source(path) as source:
        head = source.head(_SEARCHED)
    if is_results(head):
        return False
    is_json = head.lstrip()[:1] == b"{" and Path(path).suffix.lower() == ".json"
    return not is_json or _is_table(path, reading)


def _is_table(path: str, reading: ReadOptions) -> bool:
    """Return whether a JSON file holds predictions; one that does not is refused as results."""
    try:
        with open_source(path) as source:
            return any(map(is_known, open_table(source, reading).names))
    except FileFormatError:
        return False


def _address(given: Any) -> Address:
    if isinstance(given, str | Path):
        return parse_address(str(given), with_model=True)
    raise InputTypeError(
        "A gate takes a file, an Evaluation or a Comparison of one model, not "
        f"{type(given).__name__}."
    )
