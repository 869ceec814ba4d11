"""Evaluate models and compare them on the same samples.

Both functions import their dependencies when called, so that ``import evalkit`` is fast.
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
    classes: Iterable[Any] | None = None,
    name: str = "model",
    sample_weight: Any = None,
    ids: Any = None,
    group: str | None = None,
    groups: Any = None,
    strata: Any = None,
    slices: Mapping[str, Any] | None = None,
    slice_depth: int = 2,
    inputs: Any = None,
) -> Evaluation:
    """Return the evaluation of one model on one data set.

    A model can be passed instead of labels: ``evaluate(estimator, X, y)`` for a fitted
    scikit-learn classifier, ``evaluate(module, loader)`` for a PyTorch module, and
    ``evaluate(output)`` for the output of a Hugging Face trainer, with its logits and label_ids.

    Parameters
    ----------
    y_true : (n,) actual labels.
    y_pred : (n,) predicted labels; if absent, the class with the highest probability.
    y : (n,) actual labels, if `y_true` is an estimator and `y_pred` its inputs.
    y_proba : (n, K) probabilities, each row sums to 1. The names of the columns of a DataFrame are
        classes; unnamed columns are in the order of `classes`.
    logits : (n, K) scores, converted to probabilities by softmax. Whole numbers in `y_true` are
        positions of columns if no classes are declared, or if the classes are names.
    classes : ordered classes, or a mapping of labels to names such as ``{0: "no", 1: "yes"}``; if
        absent, the names of columns of `y_proba`, or the sorted labels that occur.
    name : name of the model.
    sample_weight : (n,) weights.
    ids : (n,) identifiers of the samples, used to match evaluations.
    group : name of the configuration, if this is one of several runs with different seeds.
    groups : (n,) labels; samples with the same label are dependent, such as those of one patient,
        video or writer. Intervals resample whole groups, and tests exchange whole groups.
    strata : (n,) labels; a resample keeps the number of samples, or of groups, with each label.
    slices : name → (n,) values, by which `Comparison.slices` divides the samples. Numbers with more
        than 20 values are binned at their quintiles.
    slice_depth : largest number of slice columns that are crossed: 1, 2 or 3.
    inputs : what the report shows of misclassified samples: images as an array (n, h, w[, 3]) of
        ``uint8`` or of floats in [0, 1], Pillow images or paths of image files; (n,) texts; or a
        DataFrame. Several are passed as name → inputs.

    Raises
    ------
    InputError
        If lengths differ, there is nothing to evaluate, or probabilities are invalid.
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
        "slice_depth": slice_depth,
        "inputs": inputs,
    }
    output = classifier_output(y_true, y_pred, y, logits=logits, classes=classes)
    if output is None:
        if y is not None:
            raise InputError("y is given, but y_true is not an estimator. Leave out y.")
        predictions = Predictions.from_labels(
            y_true, y_pred, y_proba=y_proba, classes=classes, **known
        )
        return evaluation_of(predictions, group=group)
    if y_proba is not None:
        raise InputError("y_proba is given with a model or logits. Leave out y_proba.")
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
    metric: str | None = None,
    positive: str | None = None,
    betas: Sequence[float] = (0.1, 1.0, 10.0),
    confidence: float = 0.95,
    seed: int = 0,
    replicates: int = 10_000,
    margin: float | None = None,
    factor: float = 2.0,
    costs: Any = None,
    rope: float | None = None,
    show: int | None = None,
) -> Comparison:
    """Return the comparison of one or more models on the same samples.

    Parameters
    ----------
    evaluations : one or more, with the same classes and samples; matched by id if all have ids.
    metric : primary metric, which ranks the models and decides the verdict, as gate rules write it:
        ``"f1_macro"``, ``"recall[fraud]"``, ``"log_loss"`` or ``"expected_cost"``. By default the
        expected cost if there are costs, else accuracy.
    positive : class whose recall, precision, F1 and average precision the summary shows; by default
        the rarer of two classes.
    betas : positive values of β for F-β.
    confidence : confidence of all intervals, in (0, 1); the level of all tests is 1 − confidence.
    seed : seed of all resampling; equal inputs and seeds give equal results.
    replicates : number of bootstrap replicates and of permutations.
    margin : equivalence margin for accuracy, a fraction; adds an equivalence test.
    factor : number of standard deviations shown as the spread over the runs of a group.
    costs : (K, K) costs, rows actual, columns predicted; adds expected costs and, with
        probabilities, those of the decisions with the smallest expected cost.
    rope : region of practical equivalence for accuracy, a fraction; adds the posterior
        probabilities that the second model of a pair is better, practically equal or worse.
    show : largest number of samples in each list of samples to look at, such as the most confident
        errors; 12 by default if there are inputs to show, else 0, which selects none.

    Raises
    ------
    InputError
        If there is nothing to compare, an option is out of range, or the primary metric cannot be
        computed for these evaluations.
    IncompatibleError
        If the evaluations have different classes or samples.

    Examples
    --------
    >>> a = evaluate([0, 0, 1, 1], [0, 0, 1, 0], name="a")
    >>> b = evaluate([0, 0, 1, 1], [0, 0, 1, 1], name="b")
    >>> compare([a, b]).pairs[0].overall["accuracy"].value
    0.25
    """
    from evalkit.compare.build import make_comparison
    from evalkit.compare.galleries import SHOWN
    from evalkit.compare.records import Settings
    from evalkit.errors import InputTypeError

    if not isinstance(metric, str | None):
        raise InputTypeError(f"metric is {type(metric).__name__}, expected the name of a metric.")
    listed = tuple(evaluations)
    if show is None:
        show = SHOWN if any(each.counts.inputs for each in listed) else 0
    settings = Settings(
        betas=tuple(float(beta) for beta in betas),
        confidence=confidence,
        seed=seed,
        replicates=replicates,
        margin=margin,
        factor=factor,
        rope=rope,
        show=show,
        positive=None if positive is None else str(positive),
    )
    return make_comparison(listed, settings, costs, metric)
