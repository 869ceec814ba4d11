"""Whether evaluations speak of the same samples, in which order: the ground of every pairing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.compare.evaluation import Evaluation, counted_together
from evalkit.errors import IncompatibleError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evalkit.predictions import Predictions


def matched(evaluations: Sequence[Evaluation]) -> tuple[tuple[Evaluation, ...], tuple[str, ...]]:
    """Return the evaluations with unique names and samples in one order, and notes for the reader.

    Samples are matched by `ids` where every evaluation has them, by row order otherwise.

    Raises
    ------
    InputError
        If there is nothing to compare.
    IncompatibleError
        If classes, test splits, numbers of samples or actual labels differ; the message names
        both models and the first sample that does.
    """
    if not evaluations:
        raise InputError("a comparison needs at least one evaluation; got none")
    named, notes = _with_unique_names(evaluations)
    notes += [f"{e.name}: {note}" for e in named for note in e.notes]
    reference = named[0]
    for other in named[1:]:
        _require_same_classes(reference, other)
        _require_same_split(reference, other)
    if any(evaluation.predictions is None for evaluation in named):
        if len(named) > 1 and counted_together(named) is None:
            for other in named[1:]:
                _require_same_support(reference, other)
            notes.append(
                "Only the confusion matrices are known, so models are compared as independent "
                "samples: intervals of differences are wider than paired ones."
            )
        return tuple(named), tuple(notes)
    ordered = [reference]
    for other in named[1:]:
        aligned = _aligned(reference, other)
        ordered.append(aligned)
        if aligned is not other:
            notes.append(
                f"The samples of {other.name} were matched to those of {reference.name} by id."
            )
        _require_same_actual(reference, aligned)
    return tuple(ordered), tuple(notes)


def _with_unique_names(evaluations: Sequence[Evaluation]) -> tuple[list[Evaluation], list[str]]:
    repeated = _repeated_names(evaluations)
    by_group = [
        replace(e, name=f"{e.group} {e.name}") if e.name in repeated and e.group else e
        for e in evaluations
    ]
    if repeated and not _repeated_names(by_group):
        return by_group, [
            f"Models of several groups are called {name}: they are named with their group."
            for name in sorted(repeated)
        ]
    taken = {e.name for e in evaluations}
    seen: Counter[str] = Counter()
    named: list[Evaluation] = []
    for evaluation in evaluations:
        if evaluation.name not in repeated:
            named.append(evaluation)
            continue
        seen[evaluation.name] += 1
        while (candidate := f"{evaluation.name} ({seen[evaluation.name]})") in taken:
            seen[evaluation.name] += 1
        taken.add(candidate)
        named.append(replace(evaluation, name=candidate))
    notes = [
        f"Several models are called {name}: they are numbered in the order given."
        for name in sorted(repeated)
    ]
    return named, notes


def _repeated_names(evaluations: Sequence[Evaluation]) -> set[str]:
    return {name for name, times in Counter(e.name for e in evaluations).items() if times > 1}


def _require_same_classes(a: Evaluation, b: Evaluation) -> None:
    if a.classes == b.classes:
        return
    if len(a.classes) == len(b.classes) and set(map(str, a.classes)) == set(map(str, b.classes)):
        if set(a.classes) == set(b.classes):
            first = next(i for i in range(len(a.classes)) if a.classes[i] != b.classes[i])
            fact = (
                f"the order differs at position {first}: {a.classes[first]!r}, {b.classes[first]!r}"
            )
        else:
            fact = f"labels are of different kinds: {a.classes[0]!r} and {b.classes[0]!r}"
    else:
        fact = f"{_brief(a.classes)} and {_brief(b.classes)}"
    raise IncompatibleError(
        f"models must have the same classes in the same order to be compared; {a.name} and "
        f"{b.name} do not ({fact}): train or evaluate them on one schema"
    )


def _brief(classes: tuple[Any, ...]) -> str:
    shown = ", ".join(map(str, classes[:4]))
    return f"{len(classes)} classes ({shown}{', …' if len(classes) > 4 else ''})"


def _require_same_split(a: Evaluation, b: Evaluation) -> None:
    if a.dataset is None or b.dataset is None or a.dataset.fingerprint == b.dataset.fingerprint:
        return
    raise IncompatibleError(
        f"models must be evaluated on the same test split; {a.name} saw {a.dataset.name} "
        f"({a.dataset.fingerprint[:12]}), {b.name} saw {b.dataset.name} "
        f"({b.dataset.fingerprint[:12]}): pass --data to evaluate both on one"
    )


def _require_same_support(a: Evaluation, b: Evaluation) -> None:
    ours, theirs = (e.confusion_matrix.counts.sum(axis=1) for e in (a, b))
    if not np.array_equal(ours, theirs):
        first = int(np.argmax(ours != theirs))
        raise IncompatibleError(
            f"models must be evaluated on the same samples; class {a.classes[first]} occurs "
            f"{ours[first]:g} times in {a.name} and {theirs[first]:g} times in {b.name}"
        )


def _aligned(reference: Evaluation, other: Evaluation) -> Evaluation:
    ours, theirs = reference.predictions, other.predictions
    assert ours is not None
    assert theirs is not None
    if len(ours) != len(theirs):
        raise IncompatibleError(
            f"models must be evaluated on the same samples; {reference.name} has {len(ours)}, "
            f"{other.name} has {len(theirs)}"
        )
    if ours.ids is None or theirs.ids is None or np.array_equal(ours.ids, theirs.ids):
        return other
    rows = _positions(ours.ids, theirs.ids, reference.name, other.name)
    return replace(other, predictions=theirs.take(rows))


def _positions(
    wanted: NDArray[Any], given: NDArray[Any], wanted_by: str, given_by: str
) -> NDArray[np.intp]:
    """Return where each wanted id stands in `given`."""
    order = np.argsort(given, kind="stable")
    ordered = given[order]
    for ids, owner in ((ordered, given_by), (np.sort(wanted), wanted_by)):
        twice = ids[1:] == ids[:-1]
        if twice.any():
            raise IncompatibleError(
                "ids must be unique to match samples; "
                f"{owner} has {ids[int(twice.argmax())]!s} twice"
            )
    at = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    missing = ordered[at] != wanted
    if missing.any():
        row = int(missing.argmax())
        raise IncompatibleError(
            f"models must be evaluated on the same samples; id {wanted[row]!s} of {wanted_by} "
            f"(row {row}) is not in {given_by}"
        )
    positions: NDArray[np.intp] = order[at]
    return positions


def _require_same_actual(a: Evaluation, b: Evaluation) -> None:
    ours, theirs = a.predictions, b.predictions
    assert ours is not None
    assert theirs is not None
    differs = ours.actual != theirs.actual
    if differs.any():
        row = int(differs.argmax())
        raise IncompatibleError(
            "models must be evaluated against the same actual labels; "
            f"{_sample(ours, row)} is {a.classes[int(ours.actual[row])]!s} in {a.name} and "
            f"{b.classes[int(theirs.actual[row])]!s} in {b.name} "
            f"({int(differs.sum())} of {len(ours)} differ)"
        )
    for what, mine, other in (
        ("sample weights", ours.weights, theirs.weights),
        ("groups", ours.groups, theirs.groups),
        ("strata", ours.strata, theirs.strata),
    ):
        if (mine is None) != (other is None) or not np.array_equal(mine, other):  # type: ignore[arg-type]
            raise IncompatibleError(
                f"models must be evaluated with the same {what}; {a.name} and {b.name} differ"
            )


def _sample(samples: Predictions, row: int) -> str:
    return f"row {row}" if samples.ids is None else f"id {samples.ids[row]!s} (row {row})"
