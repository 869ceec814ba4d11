"""Check that evaluations have the same classes and samples, and align their rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evalkit.counts.counts import counts_together
from evalkit.errors import IncompatibleError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.compare.evaluation import Evaluation
    from evalkit.counts.counts import Counts


def aligned(
    evaluations: Sequence[Evaluation],
) -> tuple[tuple[Evaluation, ...], Counts, tuple[str, ...]]:
    """Return evaluations with unique names, their joint counts, and notes for the reader.

    Samples are matched by `ids` if every evaluation has them, otherwise by row order.

    Raises
    ------
    InputError
        If there is nothing to compare.
    IncompatibleError
        If classes, test splits, numbers of samples or actual labels differ.
    """
    if not evaluations:
        raise InputError("No evaluations to compare. Pass at least one.")
    named, notes = _with_unique_names(evaluations)
    notes += [f"{e.name}: {note}" for e in named for note in e.notes]
    for other in named[1:]:
        _require_same_classes(named[0], other)
        _require_same_split(named[0], other)
    counts, matched = counts_together([e.counts for e in named], [e.name for e in named])
    found = tuple(replace(each, counts=counts.alone(i)) for i, each in enumerate(named))
    return found, counts, (*notes, *matched)


def _with_unique_names(evaluations: Sequence[Evaluation]) -> tuple[list[Evaluation], list[str]]:
    repeated = _repeated_names(evaluations)
    by_group = [
        replace(e, name=f"{e.group} {e.name}") if e.name in repeated and e.group else e
        for e in evaluations
    ]
    if repeated and not _repeated_names(by_group):
        return by_group, [
            f"Several groups have a model named {name}. The group was added to its name."
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
        f"Several models are named {name}. They are numbered in the order given."
        for name in sorted(repeated)
    ]
    return named, notes


def _repeated_names(evaluations: Sequence[Evaluation]) -> set[str]:
    return {name for name, times in Counter(e.name for e in evaluations).items() if times > 1}


def _require_same_classes(a: Evaluation, b: Evaluation) -> None:
    if a.classes == b.classes:
        return
    fault, of_a, of_b = "Classes differ", _brief(a.classes), _brief(b.classes)
    if len(a.classes) == len(b.classes) and set(map(str, a.classes)) == set(map(str, b.classes)):
        first = 0
        fault = "Types of the classes differ"
        if set(a.classes) == set(b.classes):
            first = next(i for i in range(len(a.classes)) if a.classes[i] != b.classes[i])
            fault = f"Order of the classes differs at position {first}"
        of_a, of_b = repr(a.classes[first]), repr(b.classes[first])
    raise IncompatibleError(
        f"{fault}: {a.name} has {of_a}, {b.name} has {of_b}. Train or evaluate both with the same "
        "classes in the same order."
    )


def _brief(classes: tuple[Any, ...]) -> str:
    shown = ", ".join(map(str, classes[:4]))
    return f"{len(classes)} classes ({shown}{', …' if len(classes) > 4 else ''})"


def _require_same_split(a: Evaluation, b: Evaluation) -> None:
    if a.dataset is None or b.dataset is None or a.dataset.fingerprint == b.dataset.fingerprint:
        return
    raise IncompatibleError(
        f"Test splits differ: {a.name} was evaluated on {a.dataset.name} "
        f"({a.dataset.fingerprint[:12]}), {b.name} on {b.dataset.name} "
        f"({b.dataset.fingerprint[:12]}). Use --data to evaluate both on the same data."
    )
