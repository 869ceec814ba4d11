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
from tests.spine.known import Known, marked

if TYPE_CHECKING:
    from tests.spine.conftest import Answer, Answers

INPUTS = {each.name: each for each in all_inputs()}
ANSWERED = tuple(name for name, each in INPUTS.items() if not each.fault)
REFUSED = tuple(name for name, each in INPUTS.items() if each.fault)
KINDS = ("csv", "parquet")
PARTS = ("counts", "models", "pairs", "slices", "probability", "samples", "sentences", "rest")
# Dask counts by the same functions as Arrow does, so that one kind of file is enough for it.
COUNTED = ("arrow_csv", "arrow_parquet", "dask_parquet")
ANY_COUNTED = " ".join(COUNTED)

NOT_COMPARED = ("evalkit_version", "notes")


# Inputs that every path answers today. The others have no two answers to compare.
_REFUSED_BY_SOME = ("weighted_all_zero", "stratified", "grouped_stratified", "empty_label")
SAME_OUTCOME = " ".join(name for name in ANSWERED if name not in _REFUSED_BY_SOME)


def whole(answer: Answer) -> dict[str, Any]:
    """Return a comparison as plain values, without the version and the notes."""
    if answer.plain is None:
        pytest.skip(f"there is no answer to compare: {answer.outcome}")
    return {key: value for key, value in answer.plain.items() if key not in NOT_COMPARED}


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
        "pairs": [pairs, plain.pop("omnibus")],
        "slices": plain.pop("slices"),
        "probability": probability,
        "samples": [plain.pop("samples"), blocks],
        "sentences": [plain.pop("verdict"), plain.pop("findings")],
        "rest": plain,
    }


ZERO_WEIGHTS = "weights that sum to zero: NumPy warns of a division, and the verdict says equal"
NO_STRATA = "evalkit.scale takes no strata"
NO_FINGERPRINT = "the fingerprint of the samples and the blocks are missing out of core"


def outcome_cases() -> list[Any]:
    known = [
        Known(("weighted_all_zero", "*"), ZERO_WEIGHTS),
        Known(("stratified grouped_stratified", ANY_COUNTED), NO_STRATA),
        Known(
            ("empty_label", "*"),
            "an empty quoted label is missing in CSV in memory, and a class everywhere else",
        ),
    ]
    return marked(product(ANSWERED, ("memory_parquet", *COUNTED)), known)


@pytest.mark.parametrize(("name", "path"), outcome_cases())
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


def format_cases() -> list[Any]:
    known = [
        Known(("slice_leading_zero",), "CSV slice values 01 and 1 become the number 1"),
        Known(("slice_empty_text",), "an empty quoted slice value is missing in CSV in memory"),
    ]
    return marked(product(ANSWERED), known)


@pytest.mark.parametrize("name", format_cases())
def test_csv_and_parquet_agree_in_memory(answers: Answers, name: str) -> None:
    """The file format does not change the results."""
    csv, parquet = (whole(answers.ask(name, f"memory_{kind}")) for kind in KINDS)
    assert csv == parquet, "Invariant 1: equal input gives equal results, whatever the file format"


WEIGHTED = (
    "weighted_equal weighted_integer weighted_fractional weighted_with_zero slice_weighted "
    "probabilities_weighted ids_and_weights"
)
UNWEIGHTED_PROBABILITIES = "probabilities_two probabilities_four probabilities_only"
GROUPED = "grouped grouped_weighted slice_grouped probabilities_grouped"


def arrow_cases() -> list[Any]:
    known = [
        Known(
            (WEIGHTED, "*", "models pairs sentences"),
            "weighted samples are resampled by row in memory and by cell out of core",
        ),
        Known(
            (GROUPED, "*", "counts models pairs sentences"),
            "out of core groups are hashed to units, and the number of units is given as groups",
        ),
        Known(
            (UNWEIGHTED_PROBABILITIES, "*", "sentences"),
            "findings quote probability metrics, whose numbers differ",
        ),
        Known(
            (
                f"{UNWEIGHTED_PROBABILITIES} probabilities_weighted probabilities_grouped",
                "*",
                "probability",
            ),
            "out of core probabilities have score bins and normal intervals, or none",
        ),
        Known((SAME_OUTCOME, "*", "samples"), NO_FINGERPRINT),
        Known(("empty_label", "parquet", "samples"), NO_FINGERPRINT),
        Known(
            ("slice_leading_zero slice_empty_text", "csv", "slices"),
            "CSV slice values: 01 and 1 are one and an empty text is missing, in memory only",
        ),
        Known(
            ("slice_integer_gaps", "*", "slices"),
            "integers with gaps are 0.0, 1.0 in memory and 0, 1 out of core",
        ),
        Known(
            ("ids_and_booleans", "csv", "counts sentences"),
            "rows joined by id read CSV labels true and false as True and False",
        ),
    ]
    return marked(product(ANSWERED, KINDS, PARTS), known)


@pytest.mark.parametrize(("name", "kind", "part"), arrow_cases())
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


def refusal_cases() -> list[Any]:
    known = [
        Known(
            ("missing_weight negative_weight", ANY_COUNTED),
            "out of core the row of a bad weight is not named",
        ),
        Known(("undeclared_label", ANY_COUNTED), "out of core the row of the label is not named"),
        Known(
            ("different_length", "arrow_csv"),
            "out of core the numbers of rows of two CSV files are not named",
        ),
        Known(("different_actual", ANY_COUNTED), "out of core the row that differs is not named"),
        Known(("duplicate_ids", ANY_COUNTED), "out of core the id that stands twice is not named"),
        Known(("unknown_id", ANY_COUNTED), "out of core the id without a match is not named"),
        Known(
            ("mixed_kinds", ANY_COUNTED),
            "out of core names beside numbers are refused as different actual labels",
        ),
        Known(
            ("no_rows", ANY_COUNTED),
            "out of core an empty second file is refused as one of another length",
        ),
    ]
    paths = [f"memory_{kind}" for kind in KINDS] + list(COUNTED)
    return marked(product(REFUSED, paths), known)


@pytest.mark.parametrize(("name", "path"), refusal_cases())
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
