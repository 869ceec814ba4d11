"""One of the two models of a gate: its counts, and what pairs it with the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.counts.identity import sample_blocks, sample_fingerprint
from evalkit.errors import InputError
from evalkit.gate.stated import stated_by, stated_in
from evalkit.metrics.count.marginals import Marginals
from evalkit.predictions import Sampling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from evalkit.compare.evaluation import Evaluation
    from evalkit.gate.stated import StatedAt
    from evalkit.predictions import Predictions


@dataclass(frozen=True, eq=False)
class Side:
    """What a gate knows of one model.

    Attributes
    ----------
    name : the model's name.
    classes : the ordered classes, as text.
    counts : (K, K) confusion counts.
    n_samples : how many samples there are.
    sampling : whether they are weighted, grouped or stratified.
    blocks : marginals over blocks of samples; None where samples are few or unknown.
    predictions : the predictions themselves, where they are at hand.
    fingerprint : of the samples, None where only counts are known.
    dataset : the fingerprint of the data set, where that is known.
    stated : the metrics of its probabilities, None where it states none.
    """

    name: str
    classes: tuple[str, ...]
    counts: NDArray[Any]
    n_samples: int
    sampling: Sampling
    blocks: Marginals | None = None
    predictions: Predictions | None = None
    fingerprint: str | None = None
    dataset: str | None = None
    stated: StatedAt | None = None

    @classmethod
    def of_evaluation(cls, evaluation: Evaluation) -> Side:
        """Return what an evaluation says, its samples included."""
        matrix = evaluation.confusion_matrix
        predictions = evaluation.predictions
        return cls(
            name=evaluation.name,
            classes=tuple(map(str, evaluation.classes)),
            counts=matrix.counts,
            n_samples=round(float(matrix.total)) if predictions is None else len(predictions),
            sampling=evaluation.sampling,
            blocks=sample_blocks(evaluation),
            predictions=predictions,
            fingerprint=sample_fingerprint(evaluation),
            dataset=None if evaluation.dataset is None else evaluation.dataset.fingerprint,
            stated=stated_by(evaluation),
        )

    @classmethod
    def of_results(cls, results: Mapping[str, Any], model: Mapping[str, Any]) -> Side:
        """Return what one model of a results.json says.

        Raises
        ------
        KeyError, TypeError, ValueError
            If the file is not as evalkit writes it.
        """
        samples, dataset = results.get("samples") or {}, results.get("dataset") or {}
        support, blocks = samples.get("block_support"), model.get("blocks")
        counts = np.array(model["counts"])
        classes = tuple(map(str, results["classes"]))
        if counts.shape != (len(classes),) * 2 or counts.dtype.kind not in "if":
            raise ValueError(f"counts of shape {counts.shape} for {len(classes)} classes")
        if not (np.isfinite(counts).all() and counts.min() >= 0 and results["n_samples"] > 0):
            raise ValueError("counts that no samples give")
        return cls(
            name=str(model["name"]),
            classes=classes,
            counts=counts,
            n_samples=int(results["n_samples"]),
            sampling=Sampling(**(results.get("sampling") or {})),
            blocks=None if support is None or blocks is None else _blocks(support, blocks, counts),
            fingerprint=samples.get("fingerprint"),
            dataset=dataset.get("fingerprint"),
            stated=None
            if model.get("probability") is None
            else stated_in(model["probability"], float(results["settings"]["confidence"])),
        )

    def saw_the_samples_of(self, other: Side) -> bool:
        """Return whether both models were evaluated on the same samples, as fingerprints tell."""
        if self.fingerprint is None or self.fingerprint != other.fingerprint:
            return False
        return None in (self.dataset, other.dataset) or self.dataset == other.dataset

    @property
    def sample_weight(self) -> float:
        """The mean weight of a sample."""
        return float(self.counts.sum()) / self.n_samples if self.sampling.weighted else 1.0


def require_same_classes(candidate: Side, baseline: Side) -> None:
    """Refuse two models of other classes.

    Raises
    ------
    InputError
        If the classes or their order differ.
    """
    if candidate.classes != baseline.classes:
        theirs, ours = set(baseline.classes), set(candidate.classes)
        odd = next(iter([c for c in baseline.classes if c not in ours]), None)
        odd = odd or next(iter([c for c in candidate.classes if c not in theirs]), None)
        fact = "their order differs" if odd is None else f"only one of them has {odd}"
        raise InputError(
            "candidate and baseline must have the same classes in the same order; "
            f"{fact}: evaluate both on one schema"
        )


def _blocks(support: Any, blocks: Mapping[str, Any], counts: NDArray[Any]) -> Marginals:
    """Return the marginals of the blocks, which add up to those of the counts."""
    actual, true_positive, predicted = (
        np.array(values) for values in (support, blocks["true_positive"], blocks["predicted"])
    )
    if not (actual.ndim == 2 and actual.shape == true_positive.shape == predicted.shape):
        raise ValueError("blocks of different shapes")
    whole = Marginals.of(counts)
    for parts, sums in (
        (actual, whole.actual),
        (true_positive, whole.true_positive),
        (predicted, whole.predicted),
    ):
        if parts.shape[1:] != sums.shape or not np.allclose(parts.sum(axis=0), sums):
            raise ValueError("blocks that do not add up to the counts")
    return Marginals(true_positive, actual, predicted, actual.sum(axis=-1))
