"""Findings about single models: classes, slices, errors, calibration, undefined values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.compare.records import Finding
from evalkit.narrative.verdict import share_of_class
from evalkit.phrasing import (
    confidence_text,
    count,
    joined,
    p_value,
    percent_sign,
    plural,
    points,
    points_range,
    signed,
    size_in_points,
)
from evalkit.predictions.slices import MISSING
from evalkit.statistics.multiplicity import holm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from evalkit.compare.comparison import Comparison
    from evalkit.compare.records import ModelResult, SliceResult
    from evalkit.statistics.estimates import Difference

WIDE_INTERVAL = 0.2
"""Classes whose interval of recall is wider than 20 points are not ranked."""
MODELS_NAMED = 2
NAMED_AT_MOST = 4


def best_and_worst_class(comparison: Comparison) -> Iterator[Finding]:
    """Yield the classes with the highest and the lowest recall of each model."""
    classes = comparison.classes
    if len(classes) < 3:
        return
    told: dict[str, list[str]] = {}
    numbers = {}
    for model in (comparison.models[i] for i in _named(comparison)):
        recalls = model.per_class["recall"]
        known = [
            (estimate.value, k) for k, estimate in enumerate(recalls) if estimate.value is not None
        ]
        if len(known) < 2 or len({value for value, _ in known}) == 1:
            continue
        (low, worst), (high, best) = min(known), max(known, key=lambda pair: (pair[0], -pair[1]))
        numbers[model.name] = {
            "best": classes[best],
            "best_recall": high,
            "worst": classes[worst],
            "worst_recall": low,
        }
        sentence = (
            f'recall is highest for "{classes[best]}" ({_recall(comparison, model, best)}) and '
            f'lowest for "{classes[worst]}" ({_recall(comparison, model, worst)})'
        )
        told.setdefault(sentence, []).append(model.name)
    if not told:
        return
    text = " ".join(f"{joined(names)}: {what}." for what, names in told.items())
    text += _unnamed(comparison)
    yield Finding("classes", "Highest and lowest recall", text, numbers, "classes")


def _named(comparison: Comparison) -> list[int]:
    """Return the positions of the models that findings name: all, or the best ones."""
    everything = list(range(len(comparison.models)))
    if len(everything) <= MODELS_NAMED:
        return everything
    return list(comparison.ranking[:MODELS_NAMED])


def _unnamed(comparison: Comparison) -> str:
    """Return a sentence on the models that a finding does not name; empty if there are none."""
    models = len(comparison.models)
    if models <= MODELS_NAMED:
        return ""
    return f" Only the {MODELS_NAMED} best of {models} models are named here."


def _recall(comparison: Comparison, model: ModelResult, k: int) -> str:
    """Return the recall of a class with its count."""
    estimate = model.per_class["recall"][k]
    assert estimate.value is not None
    return share_of_class(comparison, estimate.value, k)


def weakest_slice(comparison: Comparison) -> Iterator[Finding]:
    """Yield the weakest slice of each model: in accuracy, else in another metric."""
    for i in _named(comparison):
        model = comparison.models[i]
        weak = [each for each in comparison.slice_results if each.models[i].is_weak]
        if not weak:
            yield from _weak_in_metric(comparison, i)
            continue
        worst = min(weak, key=lambda each: (each.models[i].adjusted.value or 0.0, each.values))
        result = worst.models[i]
        accuracy, gap, plain = result.overall["accuracy"].value, result.adjusted, result.from_rest
        assert accuracy is not None
        right = (
            f"{percent_sign(accuracy)} of {count(worst.n_samples)} samples correct, by weight"
            if comparison.sampling.weighted
            else f"{count(round(accuracy * worst.n_samples))} of {count(worst.n_samples)} correct "
            f"({percent_sign(accuracy)})"
        )
        yield Finding(
            "slice",
            "Weakest slice",
            f"{model.name}: weakest slice is {_where(worst)}: {right}, "
            f"{points(gap.value or 0.0)} points against the rest, adjusted for classes "
            f"({_evidence(comparison, gap, points_range)}).",
            {
                "model": model.name,
                "columns": list(worst.columns),
                "values": list(worst.values),
                "n_samples": worst.n_samples,
                "accuracy": accuracy,
                "from_rest": plain.value,
                "adjusted": gap.value,
                "adjusted_low": gap.low,
                "adjusted_high": gap.high,
                "p_adjusted": gap.p_adjusted,
                "weak_slices": len(weak),
                "looked_at": len(comparison.slice_results),
            },
            "slices",
            effect=abs(gap.value or 0.0),
        )


def _weak_in_metric(comparison: Comparison, i: int) -> Iterator[Finding]:
    """Yield the metric of a slice that differs most clearly from the rest for the worse."""
    weak = [
        (test.from_rest.p_adjusted or 0.0, number, test)
        for number, each in enumerate(comparison.slice_results)
        for test in each.models[i].tests
        if test.is_weak
    ]
    if not weak:
        return
    _, number, test = min(weak, key=lambda each: each[:2])
    worst, gap = comparison.slice_results[number], test.from_rest
    assert gap.value is not None
    if test.of_class is None:
        what, value, difference = METRICS[test.metric], f"{test.value:.3g}", signed(gap.value)
    else:
        name = comparison.classes[test.of_class]
        what, value = f'{METRICS[test.metric]} of "{name}"', percent_sign(test.value)
        if not comparison.sampling.weighted:
            value = f"{count(round(test.value * test.trials))} of {count(test.trials)} ({value})"
        difference = f"{points(gap.value)} points"
    spread = _signed_range if test.of_class is None else points_range
    yield Finding(
        "slice_metric",
        f"Weakest slice in {METRICS[test.metric]}",
        f"{comparison.models[i].name}: {what} in the slice {_where(worst)} is {value}, "
        f"{difference} against the rest, adjusted for classes "
        f"({_evidence(comparison, gap, spread)}).",
        {
            "model": comparison.models[i].name,
            "columns": list(worst.columns),
            "values": list(worst.values),
            "metric": test.metric,
            "class": None if test.of_class is None else comparison.classes[test.of_class],
            "value": test.value,
            "trials": test.trials,
            "from_rest": gap.value,
            "p_adjusted": gap.p_adjusted,
        },
        "slices",
        effect=0.0 if test.of_class is None else abs(gap.value),
    )


METRICS = {
    "recall": "recall",
    "false_positive_rate": "false positive rate",
    "precision": "precision",
    "log_loss": "log loss",
    "cost": "expected cost",
}


def _where(found: SliceResult) -> str:
    return " and ".join(
        f"{column} is missing" if value == MISSING else f'{column} = "{value}"'
        for column, value in zip(found.columns, found.values, strict=True)
    )


def _signed_range(low: float, high: float) -> str:
    return f"{signed(low)} to {signed(high)}"


def _evidence(
    comparison: Comparison, gap: Difference, spread: Callable[[float, float], str]
) -> str:
    assert gap.low is not None
    assert gap.high is not None
    assert gap.p_adjusted is not None
    models = len(comparison.models)
    looked_at = plural(len(comparison.slice_results), "slice")
    if models > 1:
        looked_at += f" and {plural(models, 'model')}"
    return (
        f"{confidence_text(comparison.settings.confidence)} CI {spread(gap.low, gap.high)}, "
        f"{p_value(gap.p_adjusted)}, corrected for {looked_at}"
    )


def largest_confusions(comparison: Comparison) -> Iterator[Finding]:
    """Yield the most frequent error of each model, or of all models if it is the same."""
    tops = [(model, model.most_confused[0]) for model in comparison.models if model.most_confused]
    if not tops:
        if all(len(comparison.classes) > 1 and not m.most_confused for m in comparison.models):
            yield Finding("confusions", "No errors", "No sample is misclassified.", {}, "confusion")
        return
    classes = comparison.classes
    named = {comparison.models[i].name for i in _named(comparison)}
    cells = {(pair.actual, pair.predicted) for _, pair in tops}
    if len(cells) == 1 and len(tops) > 1:
        pair = tops[0][1]
        whose = "both models" if len(tops) == 2 else f"all {len(tops)} models"
        if len(tops) < len(comparison.models):
            whose += " with errors"
        shares = "; ".join(
            f"{share_of_class(comparison, p.share, p.actual, in_brackets=False)} in {model.name}"
            for model, p in tops
        )
        text = (
            f'The most frequent error of {whose} is "{classes[pair.actual]}" predicted as '
            f'"{classes[pair.predicted]}": {shares}.'
        )
    else:
        text = " ".join(
            f'{model.name}: most frequent error is "{classes[p.actual]}" predicted as '
            f'"{classes[p.predicted]}" ({share_of_class(comparison, p.share, p.actual)}).'
            for model, p in tops
            if model.name in named
        ) + _unnamed(comparison)
    yield Finding(
        "confusions",
        "Most frequent error",
        text,
        {
            model.name: {
                "actual": classes[p.actual],
                "predicted": classes[p.predicted],
                "count": p.count,
                "share": p.share,
            }
            for model, p in tops
        },
        "confusion",
    )


def calibration(comparison: Comparison) -> Iterator[Finding]:
    """Yield whether each model is significantly overconfident or underconfident."""
    known = [
        (model.name, model.probability.calibration)
        for model in comparison.models
        if model.probability is not None and model.probability.calibration is not None
    ]
    tested = [
        (name, found, found.confidence_gap.p_value)
        for name, found in known
        if found.confidence_gap.p_value is not None
    ]
    parts, level, differing, numbers, largest = [], [], [], {}, 0.0
    named = {comparison.models[i].name for i in _named(comparison)}
    adjusted = holm([p for _, _, p in tested])
    for (name, found, _), each in zip(tested, adjusted, strict=True):
        if name not in named:
            continue
        p = float(each)
        confidence, accuracy = (
            percent_sign(rate) for rate in (found.mean_confidence, found.accuracy)
        )
        if p < comparison.settings.alpha:
            way = "overconfident" if found.mean_confidence > found.accuracy else "underconfident"
            parts.append(
                f"{name} is {way}: mean confidence {confidence}, accuracy {accuracy} "
                f"({p_value(p)})."
            )
            largest = max(largest, abs(found.mean_confidence - found.accuracy))
        else:
            level.append(f"{name} ({confidence} and {accuracy}, {p_value(p)})")
        numbers[name] = {
            "mean_confidence": found.mean_confidence,
            "accuracy": found.accuracy,
            "p_adjusted": p,
            "differing": found.differing,
        }
        if found.differing:
            differing.append(f"{count(found.differing)} ({name})")
    if level:
        parts.append(
            f"No significant difference between mean confidence and accuracy: {', '.join(level)}."
        )
    if parts and len(tested) > 1:
        parts.append(f"Corrected for {len(tested)} models.")
    if differing:
        parts.append(
            "The most probable class, which this is about, is not the predicted one in "
            f"{' and '.join(differing)} of {plural(comparison.n_samples, 'sample')}."
        )
    if parts:
        text = " ".join(parts) + _unnamed(comparison)
        yield Finding("calibration", "Calibration", text, numbers, "probability", effect=largest)


def overfitting(comparison: Comparison) -> Iterator[Finding]:
    """Yield the best epoch, and the gap between training and validation accuracy."""
    parts, numbers = [], {}
    for model in (comparison.models[i] for i in _named(comparison)):
        if not model.history or model.best_epoch is None:
            continue
        kept = next((row for row in model.history if row["epoch"] == model.best_epoch), None)
        if kept is None:
            continue
        last = model.history[-1]["epoch"]
        gap = kept["train_accuracy"] - kept["validation_accuracy"]
        numbers[model.name] = {"best_epoch": model.best_epoch, "epochs": last, "gap": gap}
        when = (
            "the last epoch"
            if model.best_epoch == last
            else f"epoch {model.best_epoch} of {last:g}"
        )
        parts.append(
            f"{model.name} kept {when}, with training accuracy {size_in_points(gap)} "
            f"points {'above' if gap >= 0 else 'below'} validation"
        )
    if parts:
        text = "; ".join(parts) + "." + _unnamed(comparison)
        yield Finding("training", "Training", text, numbers, "training")


def too_few_samples(comparison: Comparison) -> Iterator[Finding]:
    """Yield the classes whose intervals of recall are too wide to rank them."""
    wide = {}
    for k, name in enumerate(comparison.classes):
        if comparison.support[k] == 0:
            continue
        widths = [
            estimate.high - estimate.low
            for model in comparison.models
            if (estimate := model.per_class["recall"][k]).low is not None
            and estimate.high is not None
        ]
        if widths and max(widths) > WIDE_INTERVAL:
            wide[name] = (comparison.support[k], max(widths))
    if not wide:
        return
    if len(wide) <= NAMED_AT_MOST:
        which = joined([f'"{name}" ({plural(n, "sample")})' for name, (n, _) in wide.items()])
        subject = which
    elif len(wide) == len(comparison.classes):
        subject = f"all {len(wide)} classes"
    else:
        subject = f"{len(wide)} of {len(comparison.classes)} classes"
    # Simulated on the page of validity: 20 samples per class are too few, 100 are enough.
    few = len(comparison.classes) > 2 and len(wide) * 2 > len(comparison.classes)
    biased = " Macro F1 is too low on average here, and its interval too narrow." if few else ""
    yield Finding(
        "too_few_samples",
        "Too few samples",
        f"The {confidence_text(comparison.settings.confidence)} interval of recall is wider than "
        f"{size_in_points(WIDE_INTERVAL, decimals=0)} points for {subject}, too wide to "
        f"rank by.{biased}",
        {"classes": list(wide), "widest": max(width for _, width in wide.values())},
        "classes",
    )


def undefined(comparison: Comparison) -> Iterator[Finding]:
    """Yield the undefined metrics and the reasons."""
    absent = [name for k, name in enumerate(comparison.classes) if comparison.support[k] == 0]
    parts = []
    if absent:
        parts.append(
            f"{_some(absent)} {'does' if len(absent) == 1 else 'do'} not occur in the data, so "
            f"{'its' if len(absent) == 1 else 'their'} recall is undefined"
        )
    never = {
        model.name: [
            comparison.classes[k]
            for k, estimate in enumerate(model.per_class["precision"])
            if estimate.value is None
        ]
        for model in comparison.models
    }
    parts += [
        f"{name} never predicts {_some(missing)}, so {'its' if len(missing) == 1 else 'their'} "
        "precision is undefined"
        for name, missing in never.items()
        if missing
    ]
    if parts:
        yield Finding(
            "undefined",
            "Undefined metrics",
            "; ".join(parts)
            + ". Averages leave undefined values out and state how many classes they cover.",
            {"absent": absent, "never_predicted": never},
            "classes",
        )


def _some(classes: list[str]) -> str:
    names = [f'"{name}"' for name in classes]
    if len(names) <= NAMED_AT_MOST:
        return joined(names)
    return f"{joined(names[: NAMED_AT_MOST - 1])} and {len(names) - NAMED_AT_MOST + 1} more classes"
