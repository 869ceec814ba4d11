"""One question has one answer, on every path and in every part of evalkit that is asked.

Each assertion names the invariant of the design that it holds:

1. Equal input gives equal results in memory, by Arrow and on Dask, including what is refused.
2. Equal question, data and seed give one number, whether asked of `evalkit.statistics`, `compare`,
   the report's slider, `gate` or `history`; differences are second minus first.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from tests.spine.inputs import all_inputs

if TYPE_CHECKING:
    from tests.spine.conftest import Answer, Answers

INPUTS = {each.name: each for each in all_inputs()}
ANSWERED = tuple(name for name, each in INPUTS.items() if not each.fault)
REFUSED = tuple(name for name, each in INPUTS.items() if each.fault)
KINDS = ("csv", "parquet")
PARTS = ("counts", "models", "pairs", "slices", "probability", "samples", "sentences", "rest")
# Dask counts by the same functions as Arrow does, so that one kind of file is enough for it.
COUNTED = ("arrow_csv", "arrow_parquet", "dask_parquet")
# Strata are drawn from rows only.
SUMMED = tuple(name for name in ANSWERED if INPUTS[name].strata is None)

NOT_COMPARED = ("evalkit_version", "notes")


def whole(answer: Answer) -> dict[str, Any]:
    """Return a comparison as plain values, without the version and the notes."""
    if answer.plain is None:
        pytest.skip(f"there is no answer to compare: {answer.outcome}")
    return {key: value for key, value in answer.plain.items() if key not in NOT_COMPARED}


SUMMARY = ("summary", "baseline", "leader_estimate")


def parts(answer: Answer) -> dict[str, Any]:
    """Return a comparison as plain values, by what they are about."""
    plain = whole(answer)
    models = [dict(model) for model in plain.pop("models")]
    pairs = [dict(pair) for pair in plain.pop("pairs")]
    probability = [each.pop("probability") for each in (*models, *pairs)]
    blocks = [model.pop("blocks", None) for model in models]
    counted = ("classes", "n_samples", "support", "sampling")
    return {
        "counts": [plain.pop(key) for key in counted] + [model.pop("counts") for model in models],
        "models": models,
        "pairs": [pairs, plain.pop("omnibus"), *(plain.pop(key) for key in SUMMARY)],
        "slices": [plain.pop("slices"), plain.pop("slice_gaps")],
        "probability": probability,
        "samples": [plain.pop("samples"), blocks],
        "sentences": [plain.pop("verdict"), plain.pop("findings")],
        "rest": plain,
    }


@pytest.mark.parametrize(("name", "path"), [*product(ANSWERED, ("memory_parquet", *COUNTED))])
def test_every_path_has_the_same_outcome(answers: Answers, name: str, path: str) -> None:
    """No path refuses an input that another path answers."""
    if path.startswith("dask"):
        pytest.importorskip("dask")
    first, other = answers.ask(name, "memory_csv"), answers.ask(name, path)
    assert other.outcome == first.outcome, (
        f"Invariant 1: equal input has equal outcomes; in memory it is {first.outcome} "
        f"({first.refusal}), by {path} it is {other.outcome} ({other.refusal})"
    )
    assert not isinstance(other.refusal, Warning), (
        f"Invariant 1: input is answered or refused, not answered beside a warning: {other.refusal}"
    )


@pytest.mark.parametrize("name", ANSWERED)
def test_csv_and_parquet_agree_in_memory(answers: Answers, name: str) -> None:
    """The file format does not change the results."""
    csv, parquet = (whole(answers.ask(name, f"memory_{kind}")) for kind in KINDS)
    assert csv == parquet, "Invariant 1: equal input gives equal results, whatever the file format"


@pytest.mark.parametrize(("name", "kind", "part"), [*product(ANSWERED, KINDS, PARTS)])
def test_arrow_agrees_with_memory(answers: Answers, name: str, kind: str, part: str) -> None:
    """Counting in batches gives the same results as counting in memory."""
    memory, arrow = (parts(answers.ask(name, f"{engine}_{kind}")) for engine in ("memory", "arrow"))
    assert arrow[part] == memory[part], (
        f"Invariant 1: equal input gives equal {part} in memory and by Arrow"
    )


@pytest.mark.parametrize("name", ANSWERED)
def test_dask_agrees_with_arrow(answers: Answers, name: str) -> None:
    """The engine does not change the result; Dask runs in threads of this process here."""
    pytest.importorskip("dask")
    arrow, dask = (whole(answers.ask(name, f"{engine}_parquet")) for engine in ("arrow", "dask"))
    assert dask == arrow, "Invariant 1: equal input gives equal results by Arrow and on Dask"


REFUSING = tuple(f"memory_{kind}" for kind in KINDS) + COUNTED


@pytest.mark.parametrize(("name", "path"), [*product(REFUSED, REFUSING)])
def test_refusals_name_the_same_fault(answers: Answers, name: str, path: str) -> None:
    """Every path refuses the input by the same class, and names the fault and its place."""
    if path.startswith("dask"):
        pytest.importorskip("dask")
    first, other = answers.ask(name, "memory_csv"), answers.ask(name, path)
    assert other.outcome == first.outcome != "answered", (
        "Invariant 1: equal input is refused by the same class of error on every path"
    )
    message = str(other.refusal)
    unnamed = [fact for fact in INPUTS[name].fault if not re.search(fact, message)]
    assert not unnamed, (
        f"Invariant 1: equal input is refused for the same fault; {unnamed} is not in: {message}"
    )


@pytest.mark.parametrize(("name", "path"), [*product(SUMMED, COUNTED)])
def test_sums_agree_on_every_path(answers: Answers, name: str, path: str) -> None:
    """Of more samples than are kept as rows, every path has the same sums and results.

    Only the fingerprint and the blocks of the samples need rows, which a file that is read in
    batches does not leave.
    """
    if path.startswith("dask"):
        pytest.importorskip("dask")
    kind = path.partition("_")[2]
    memory, counted = (
        parts(answers.ask(name, f"{each}_sums")) for each in (f"memory_{kind}", path)
    )
    for part in PARTS:
        if part != "samples":
            assert counted[part] == memory[part], (
                f"Invariant 1: sums in memory and by {path} give equal {part}"
            )


@pytest.mark.parametrize(("name", "path"), [*product(REFUSED, ("memory_csv", *COUNTED))])
def test_sums_are_refused_as_rows_are(answers: Answers, name: str, path: str) -> None:
    """Whether rows are kept decides neither that an input is refused nor by which error."""
    if path.startswith("dask"):
        pytest.importorskip("dask")
    rows, sums = answers.ask(name, "memory_csv"), answers.ask(name, f"{path}_sums")
    assert sums.outcome == rows.outcome != "answered", (
        "Invariant 1: equal input is refused by the same class of error, whether rows are kept"
    )


@pytest.mark.parametrize("name", SUMMED)
def test_sums_are_those_of_the_rows(answers: Answers, name: str) -> None:
    """Counts are equal to the last one; of samples that count alike everything is.

    Probabilities are binned, weighted samples are drawn by cell, and groups by unit.
    """
    given = INPUTS[name]
    rows, sums = (parts(answers.ask(name, f"memory_parquet{end}")) for end in ("", "_sums"))
    is_weighted = any("sample_weight" in table for table in given.tables.values())
    if given.groups is not None:
        for each in (rows, sums):
            each["counts"] = [part for part in each["counts"] if not isinstance(part, dict)]
    exact = ["counts", "samples", "rest"]
    if not (is_weighted or given.groups or given.classes):
        exact = list(PARTS)
    for part in exact:
        assert sums[part] == rows[part], (
            f"Invariant 1: rows and sums of equal input give equal {part}"
        )
