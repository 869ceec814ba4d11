"""From predictions to a comparison: evaluations, paired differences, and the findings in words.

Both functions load what they need when called, so that ``import evalkit`` stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from evalkit.compare.comparison import Comparison
    from evalkit.compare.evaluation import Evaluation

__all__ = ["compare", "evaluate"]


def evaluate(
    y_true: Any,
    y_pred: Any = None,
    y: Any = None,
    *,
    y_proba: Any = None,
    logits: Any = None,
    classes: Sequence[Any] | None = None,
    name: str = "model",
    sample_weight: Any = None,
    ids: Any = None,
    group: str | None = None,
    groups: Any = None,
    strata: Any = None,
    slices: Mapping[str, Any] | None = None,
) -> Evaluation:
    """Return what one model did on one data set: counted once, kept as codes for pairing.

    In the place of labels a model may stand: ``evaluate(estimator, X, y)`` for a fitted
    scikit-learn classifier, ``evaluate(module, loader)`` for a PyTorch module, and
    ``evaluate(output)`` for what Hugging Face's trainers predict, with its logits and label_ids.

    Parameters
    ----------
    y_true : (n,) actual labels.
    y_pred : (n,) predicted labels; if absent, the class of the highest probability.
    y : (n,) actual labels, where `y_true` is an estimator and `y_pred` its inputs.
    y_proba : (n, K) probabilities whose columns follow `classes`; each row sums to one.
    logits : (n, K) scores in the place of probabilities: their softmax is taken. `y_true` then
        holds positions in `classes`, or their names.
    classes : the ordered classes; if absent, the sorted labels that occur.
    name : the model's name.
    sample_weight : (n,) weights.
    ids : (n,) names of the samples, by which evaluations are matched.
    group : the configuration of which this is a run under one seed.
    groups : (n,) labels of what samples belong together: a patient, a video, a writer. Intervals
        then resample whole groups and tests exchange whole groups, since samples of one group
        tell less than as many independent ones.
    strata : (n,) labels of what the samples were drawn from in fixed numbers; each keeps its
        number of samples, or of groups.
    slices : name → (n,) values, by which `Comparison.slices` tells samples apart; two or more are
        also crossed. Numbers of more than 20 values are binned at their quintiles.

    Raises
    ------
    InputError
        If lengths differ, nothing is given to evaluate, or probabilities are not probabilities.
    LabelError
        If a label is not among the declared classes.

    Examples
    --------
    >>> evaluation = evaluate(["cat", "dog", "cat"], ["cat", "dog", "dog"], name="tiny")
    >>> evaluation.confusion_matrix.counts.tolist()
    [[1, 1], [0, 1]]
    """
    from evalkit.compare.evaluation import evaluation_of
    from evalkit.errors import InputError
    from evalkit.models.outputs import classifier_output
    from evalkit.predictions import Predictions

    known: dict[str, Any] = {
        "name": name,
        "sample_weight": sample_weight,
        "ids": ids,
        "groups": groups,
        "strata": strata,
        "slices": slices,
    }
    output = classifier_output(y_true, y_pred, y, logits=logits, classes=classes)
    if output is None:
        if y is not None:
            raise InputError("y are the labels of an estimator's inputs; y_true is no estimator")
        predictions = Predictions.from_labels(
            y_true, y_pred, y_proba=y_proba, classes=classes, **known
        )
        return evaluation_of(predictions, group=group)
    if y_proba is not None:
        raise InputError("y_proba stands beside labels; a model or logits give their own")
    predictions = Predictions.from_codes(
        output.actual,
        output.predicted,
        y_proba=output.probabilities,
        classes=output.classes,
        **known,
    )
    return evaluation_of(predictions, group=group)


def compare(
    evaluations: Iterable[Evaluation],
    *,
    betas: Sequence[float] = (0.1, 1.0, 10.0),
    confidence: float = 0.95,
    seed: int = 0,
    replicates: int = 10_000,
    margin: float | None = None,
    factor: float = 2.0,
    costs: Any = None,
) -> Comparison:
    """Return every number, test and finding about several models on the same samples.

    Parameters
    ----------
    evaluations : one or more, of equal classes and samples; matched by id where they have ids.
    betas : the β of F-β, each positive.
    confidence : of every interval, in (0, 1); tests are made at 1 − confidence.
    seed : of every resampling; equal inputs and seed give equal numbers.
    replicates : bootstrap replicates and permutations.
    margin : differences of accuracy below this fraction do not matter; adds a test of equivalence.
    factor : how many standard deviations the spread over the runs of a group reaches.
    costs : (K, K) what each pair of actual (row) and predicted (column) class costs; adds expected
        costs and, where there are probabilities, the decisions that cost least.

    Raises
    ------
    InputError
        If there is nothing to compare or an option lies outside its range.
    IncompatibleError
        If the evaluations are not of the same classes and samples.

    Examples
    --------
    >>> a = evaluate([0, 0, 1, 1], [0, 0, 1, 0], name="a")
    >>> b = evaluate([0, 0, 1, 1], [0, 0, 1, 1], name="b")
    >>> compare([a, b]).pairs[0].overall["accuracy"].value
    0.25
    """
    from evalkit.compare.build import make_comparison
    from evalkit.compare.records import Settings

    settings = Settings(
        betas=tuple(float(beta) for beta in betas),
        confidence=confidence,
        seed=seed,
        replicates=replicates,
        margin=margin,
        factor=factor,
    )
    return make_comparison(tuple(evaluations), settings, costs)
