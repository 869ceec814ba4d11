"""Small prediction tables of every kind, written as CSV and as Parquet.

Every input is a question that several parts of evalkit must answer alike. The tables are drawn
from fixed seeds, so that they are the same on every machine. Nothing here imports evalkit: the
same inputs can be given to any version of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Table = dict[str, list[Any]]

Kind = Literal["csv", "parquet"]

CLASSES = ("cat", "dog", "eel")


@dataclass(frozen=True)
class Input:
    """Prediction tables, and what is asked of them.

    Attributes
    ----------
    name : of the input, and of the folder that holds its files.
    tables : file stem → table, a column name → its values; None is a missing value.
    groups, strata, slices : the columns that samples were drawn by, and are sliced by.
    classes : the columns of probabilities, in order; empty where there are none.
    fault : what a refusal must name, as regular expressions; empty where there is an answer.
    """

    name: str
    tables: Mapping[str, Table]
    groups: str | None = None
    strata: str | None = None
    slices: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    fault: tuple[str, ...] = ()

    def write(self, folder: Path, kind: Kind) -> list[Path]:
        """Write each table as a file of `kind` in a folder of the input, and return the files."""
        place = folder / kind / self.name
        place.mkdir(parents=True, exist_ok=True)
        files = []
        for stem, table in self.tables.items():
            path = place / f"{stem}.{kind}"
            if kind == "csv":
                path.write_text(csv_text(table), encoding="utf-8", newline="")
            else:
                write_parquet(table, path)
            files.append(path)
        return files


def csv_text(table: Table) -> str:
    """Return a table as CSV: a missing value is empty, an empty text is two quotes."""
    rows = [list(table), *zip(*table.values(), strict=True)]
    return "".join(",".join(map(_cell, row)) + "\n" for row in rows)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = repr(value) if isinstance(value, float) else str(value)
    quoted = isinstance(value, str) and (not text or any(mark in text for mark in ',"\n\r'))
    return '"' + text.replace('"', '""') + '"' if quoted else text


def write_parquet(table: Table, path: Path) -> None:
    """Write a table as Parquet; each column has the type of its values."""
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.table(table), path)


def all_inputs() -> list[Input]:
    """Return every input; those that are to be refused come last."""
    return [*_answered(), *_refused()]


def _predictions(
    seed: int,
    *,
    n: int = 200,
    classes: Sequence[Any] = CLASSES,
    models: Sequence[str] = ("a", "b"),
    skill: Sequence[float] = (0.7, 0.78, 0.62),
) -> dict[str, Table]:
    """Return actual and predicted labels of models, each right with its own probability."""
    rng = np.random.default_rng(seed)
    actual = rng.integers(0, len(classes), n)
    tables: dict[str, Table] = {}
    for model, right in zip(models, skill, strict=False):
        other = rng.integers(0, len(classes), n)
        predicted = np.where(rng.random(n) < right, actual, other)
        tables[model] = {"y_true": _named(actual, classes), "y_pred": _named(predicted, classes)}
    return tables


def _named(codes: NDArray[Any], classes: Sequence[Any]) -> list[Any]:
    return [classes[code] for code in codes]


def _with(tables: Mapping[str, Table], **columns: list[Any]) -> dict[str, Table]:
    """Return tables to each of which the same columns were added."""
    return {stem: {**table, **columns} for stem, table in tables.items()}


def _probabilities(
    seed: int, classes: Sequence[str], *, n: int = 200, labels: bool = True
) -> dict[str, Table]:
    """Return models with probabilities, of six digits, each row of which sums to one."""
    rng = np.random.default_rng(seed)
    actual = rng.integers(0, len(classes), n)
    tables: dict[str, Table] = {}
    for model, skill in (("a", 1.0), ("b", 1.6)):
        scores = rng.dirichlet(np.ones(len(classes)), n)
        scores[np.arange(n), actual] += skill * rng.random(n)
        whole = np.floor(1_000_000 * scores / scores.sum(axis=1, keepdims=True)).astype(np.int64)
        whole[:, 0] += 1_000_000 - whole.sum(axis=1)
        tables[model] = {"y_true": _named(actual, classes)}
        if labels:
            tables[model]["y_pred"] = _named(whole.argmax(axis=1), classes)
        for k, name in enumerate(classes):
            tables[model][f"proba_{name}"] = [value / 1_000_000 for value in whole[:, k].tolist()]
    return tables


def _changed(tables: Mapping[str, Table], stem: str, column: str, row: int, value: Any) -> Any:
    """Return tables in which one value of one table is another."""
    values = list(tables[stem][column])
    values[row] = value
    return {**tables, stem: {**tables[stem], column: values}}


def _ordered(table: Table, rows: Sequence[int]) -> Table:
    return {name: [values[row] for row in rows] for name, values in table.items()}


def _choice(seed: int, values: Sequence[Any], n: int = 200) -> list[Any]:
    return [values[i] for i in np.random.default_rng(seed).integers(0, len(values), n)]


def _answered() -> list[Input]:
    return [
        *(*_of_classes(), *_with_probabilities(), *_drawn(), *_sliced()),
        *(*_labelled(), *_by_id(), *_named_otherwise()),
    ]


def _of_classes() -> list[Input]:
    perfect = _predictions(4, n=120)
    perfect["b"] = {**perfect["b"], "y_pred": list(perfect["b"]["y_true"])}
    constant = _predictions(5, n=150)
    constant["b"] = {**constant["b"], "y_pred": ["cat"] * 150}
    # The class is predicted now and then, but never the actual one.
    absent = _predictions(6, n=160)
    actual = [label if label != "eel" else "dog" for label in absent["a"]["y_true"]]
    absent = {stem: {**table, "y_true": actual} for stem, table in absent.items()}
    unpredicted = {
        stem: {**table, "y_pred": [p if p != "eel" else "cat" for p in table["y_pred"]]}
        for stem, table in _predictions(7, n=160).items()
    }
    separate = _predictions(9, n=240, models=("a", "b", "c"))
    together: Table = {"y_true": separate["a"]["y_true"]}
    together |= {f"pred_{stem}": table["y_pred"] for stem, table in separate.items()}
    return [
        Input("plain", _predictions(1, n=300)),
        Input("two_classes", _predictions(2, n=90, classes=("no", "yes"))),
        Input("five_classes", _predictions(3, n=400, classes=("a", "b", "c", "d", "e"))),
        Input("perfect_model", perfect),
        Input("constant_model", constant),
        Input("absent_class", absent),
        Input("unpredicted_class", unpredicted),
        Input("few_rows", _predictions(8, n=30)),
        Input("three_models", separate),
        Input("models_in_one_file", {"models": together}),
    ]


def _with_probabilities() -> list[Input]:
    two, four = ("no", "yes"), ("ant", "bee", "cow", "doe")
    weighted = _with(_probabilities(13, CLASSES), sample_weight=_choice(13, [0.5, 1.0, 1.25, 2.0]))
    grouped = _with(_probabilities(14, CLASSES), patient=[f"p{i // 4}" for i in range(200)])
    return [
        Input("probabilities_two", _probabilities(10, two), classes=two),
        Input("probabilities_four", _probabilities(11, four), classes=four),
        Input("probabilities_only", _probabilities(12, CLASSES, labels=False), classes=CLASSES),
        Input("probabilities_weighted", weighted, classes=CLASSES),
        Input("probabilities_grouped", grouped, classes=CLASSES, groups="patient"),
    ]


def _drawn() -> list[Input]:
    def weighted(seed: int, weights: Sequence[Any]) -> dict[str, Table]:
        return _with(_predictions(seed), sample_weight=_choice(seed, weights))

    patient = [f"p{i // 4}" for i in range(200)]
    site = ["north" if i < 80 else "south" for i in range(200)]
    grouped = _with(_predictions(24), patient=patient)
    fractional = _choice(25, [0.25, 0.5, 1.5])
    return [
        Input("weighted_equal", weighted(20, [2.0])),
        Input("weighted_integer", weighted(21, [1, 2, 3])),
        Input("weighted_fractional", weighted(22, [0.25, 0.5, 1.5])),
        Input("weighted_with_zero", weighted(23, [0, 1, 2])),
        Input("grouped", grouped, groups="patient"),
        Input("grouped_weighted", _with(grouped, sample_weight=fractional), groups="patient"),
        Input("stratified", _with(_predictions(26), site=site), strata="site"),
        Input("grouped_stratified", _with(grouped, site=site), groups="patient", strata="site"),
    ]


def _sliced() -> list[Input]:
    def sliced(name: str, seed: int, **columns: list[Any]) -> Input:
        return Input(name, _with(_predictions(seed), **columns), slices=tuple(columns))

    ages = np.random.default_rng(36).normal(50, 12, 200).round(2).tolist()
    return [
        sliced("slice_one", 30, region=_choice(30, ["north", "south", "west"])),
        sliced(
            "slice_two",
            31,
            region=_choice(31, ["north", "south"]),
            light=_choice(32, ["day", "night"]),
        ),
        sliced("slice_leading_zero", 33, code=_choice(33, ["01", "1", "2"])),
        sliced("slice_integer_gaps", 34, shift=_choice(34, [0, 1, 2, None])),
        sliced("slice_text_gaps", 35, region=_choice(35, ["north", "south", None])),
        sliced("slice_many_numbers", 36, age=ages),
        Input("slice_edges", _with(_predictions(36), age=ages), slices=("age:40,60",)),
        sliced("slice_numbers_gaps", 36, age=[None, *ages[1:]]),
        sliced("slice_few_decimals", 55, dose=_choice(55, [0.5, 1.0, 2.5])),
        sliced("slice_named_missing", 56, region=_choice(56, ["north", "missing", None])),
        sliced("slice_empty_text", 57, region=_choice(57, ["north", "", "south"])),
        sliced("slice_booleans", 37, indoors=_choice(37, [True, False])),
        Input(
            "slice_grouped",
            _with(
                _predictions(58),
                region=_choice(58, ["north", "south"]),
                patient=[f"p{i // 4}" for i in range(200)],
            ),
            groups="patient",
            slices=("region",),
        ),
        Input(
            "slice_weighted",
            _with(
                _predictions(38),
                region=_choice(38, ["north", "south"]),
                sample_weight=_choice(39, [0.5, 1.0, 2.0]),
            ),
            slices=("region",),
        ),
    ]


def _labelled() -> list[Input]:
    def labelled(name: str, seed: int, classes: Sequence[Any]) -> Input:
        return Input(name, _predictions(seed, n=150, classes=classes))

    return [
        labelled("labels_unicode", 40, ["Å", "日本", "ß", "🐟"]),
        labelled("labels_blanks", 41, ["fire truck", " leading", "trailing "]),
        labelled("labels_commas", 42, ["a,b", "a;b", "ab"]),
        labelled("labels_quotes", 43, ['say "no"', "it's", '"']),
        labelled("labels_newline", 44, ["one\ntwo", "one", "two"]),
        labelled("labels_long", 45, ["x" * 300, "x" * 299 + "y", "short"]),
        labelled("labels_boolean", 46, ["true", "false"]),
        labelled("labels_decimal", 47, ["1.0", "2.0", "3.0"]),
        labelled("labels_leading_zeros", 48, ["007", "7", "07"]),
        labelled("labels_negative", 49, [-1, 0, 10]),
        labelled("labels_mixed_case", 50, ["Cat", "cat", "CAT"]),
        labelled("labels_integer", 51, [0, 2, 9, 10]),
        labelled("labels_missing_words", 52, ["NA", "nan", "None", "null"]),
    ]


def _by_id() -> list[Input]:
    ids = [f"s{i:03d}" for i in range(200)]
    rows = np.random.default_rng(61).permutation(200).tolist()

    def permuted(name: str, tables: Mapping[str, Table]) -> Input:
        return Input(name, {"a": tables["a"], "b": _ordered(tables["b"], rows)})

    zeros = [str(i) for i in range(100)] + [f"{i:03d}" for i in range(100)]
    return [
        Input("ids_in_order", _with(_predictions(60), id=ids)),
        permuted("ids_permuted", _with(_predictions(60), id=ids)),
        permuted("ids_leading_zeros", _with(_predictions(62), id=zeros)),
        permuted("ids_integer", _with(_predictions(63), id=list(range(200)))),
        permuted("ids_and_zeros", _with(_predictions(64, classes=("007", "7", "07")), id=ids)),
        permuted("ids_and_booleans", _with(_predictions(65, classes=("true", "false")), id=ids)),
        permuted("ids_and_numbers", _with(_predictions(66, classes=(-1, 0, 10)), id=ids)),
        permuted(
            "ids_and_weights",
            _with(_predictions(67), id=ids, sample_weight=_choice(67, [1, 2, 3])),
        ),
    ]


def _named_otherwise() -> list[Input]:
    """Return tables whose columns have other names than evalkit's, or names that mislead."""
    renamed = {"y_true": "Actual Label", "y_pred": "Predicted Label"}
    aliased = {
        stem: {renamed[name]: values for name, values in table.items()}
        for stem, table in _predictions(81).items()
    }
    rows = np.random.default_rng(82).permutation(200).tolist()
    images = _with(_predictions(82), ImageId=[f"m{i}" for i in range(200)])
    permuted = {"a": images["a"], "b": _ordered(images["b"], rows)}
    kilograms = np.random.default_rng(83).normal(75, 12, 200).round(1).tolist()
    contradicted = {
        stem: {name: table[other] for name, other in zip(table, _rotated(table), strict=True)}
        for stem, table in _probabilities(84, CLASSES).items()
    }
    return [
        Input("names_aliased", aliased),
        Input("ids_aliased", permuted),
        Input("weight_is_a_measurement", _with(_predictions(83), weight=kilograms)),
        Input("probabilities_contradict_labels", contradicted, classes=CLASSES),
        Input("labels_partly_numbers", _predictions(85, classes=("1", "2", "unknown"))),
    ]


def _rotated(names: Iterable[str]) -> list[str]:
    """Return names with those of probabilities moved by one place."""
    listed = list(names)
    proba = [name for name in listed if name.startswith("proba_")]
    moved = iter([*proba[1:], *proba[:1]])
    return [next(moved) if name in proba else name for name in listed]


def _refused() -> list[Input]:
    plain = _predictions(70)
    weighted = _with(_predictions(71), sample_weight=_choice(71, [0.5, 1.0, 2.0]))
    probable = _probabilities(72, CLASSES)
    shorter = {**plain, "b": _ordered(plain["b"], range(150))}
    ids = [f"s{i:03d}" for i in range(200)]
    repeated = _with(_predictions(75), id=ids)
    rows = np.random.default_rng(76).permutation(200).tolist()
    twice = {"a": repeated["a"], "b": _ordered(repeated["b"], rows)}
    twice = _changed(twice, "b", "id", 3, twice["b"]["id"][4])
    unmatched = {"a": repeated["a"], "b": _ordered(repeated["b"], rows)}
    unmatched = _changed(unmatched, "b", "id", 3, "nobody")
    mixed = {"a": plain["a"], "b": _predictions(77, classes=(0, 1, 2))["a"]}
    other_actual = "dog" if plain["b"]["y_true"][42] != "dog" else "eel"
    capitals = {
        stem: {**table, "y_pred": [label.upper() for label in table["y_pred"]]}
        for stem, table in plain.items()
    }
    scores = np.random.default_rng(79).random(200).round(3).tolist()
    measured = {**plain, "b": {**plain["b"], "y_pred": scores}}
    twice_named = {
        stem: {"label": table["y_true"], "target": table["y_true"], "y_pred": table["y_pred"]}
        for stem, table in plain.items()
    }
    return [
        Input(
            "labels_differ_in_capitals",
            capitals,
            fault=("nothing in common", "'cat'", "'CAT'", "capitals", "--fold-case"),
        ),
        Input(
            "labels_are_scores",
            measured,
            fault=("not a whole number", "y_pred", r"b\.(csv|parquet)", str(scores[0])),
        ),
        Input(
            "two_columns_of_one_role",
            twice_named,
            fault=("y_true", "'label'", "'target'", r"--column y_true=label"),
        ),
        Input(
            "missing_label",
            _changed(plain, "b", "y_pred", 7, None),
            fault=("y_pred", r"b\.(csv|parquet)", "row 7"),
        ),
        Input(
            "missing_weight",
            _changed(weighted, "b", "sample_weight", 9, None),
            fault=("sample_weight", r"b\.(csv|parquet)", "row 9"),
        ),
        Input(
            "negative_weight",
            _changed(weighted, "b", "sample_weight", 13, -1.0),
            fault=("sample_weight", r"b\.(csv|parquet)", "row 13"),
        ),
        Input(
            "weighted_all_zero",
            _with(_predictions(78), sample_weight=[0.0] * 200),
            fault=("weights are zero", "sample_weight", r"a\.(csv|parquet)"),
        ),
        Input(
            "empty_label",
            _predictions(53, n=150, classes=["cat", "dog", ""]),
            fault=("missing", "y_true", r"a\.(csv|parquet)", "row 0"),
        ),
        Input(
            "probability_sum",
            _changed(probable, "b", "proba_cat", 11, 0.9),
            classes=CLASSES,
            fault=("sum to 1", r"b\.(csv|parquet)", "row 11"),
        ),
        Input(
            "undeclared_label",
            _changed(probable, "b", "y_pred", 17, "fox"),
            classes=CLASSES,
            fault=("fox", "y_pred", r"b\.(csv|parquet)", "row 17"),
        ),
        Input("different_length", shorter, fault=("different samples", r"\b200\b", r"\b150\b")),
        Input(
            "different_actual",
            _changed(plain, "b", "y_true", 42, other_actual),
            fault=("actual labels", "row 42", str(plain["a"]["y_true"][42]), other_actual),
        ),
        Input(
            "different_weights",
            _changed(weighted, "b", "sample_weight", 5, 4.0),
            fault=("different sample weights", r"\ba\b", r"\bb\b"),
        ),
        Input(
            "duplicate_ids",
            twice,
            fault=("matched by id", f"{twice['b']['id'][3]} twice", r"\bb\b"),
        ),
        Input("unknown_id", unmatched, fault=("different samples", f"nobody|{ids[rows[3]]}")),
        Input("mixed_kinds", mixed, fault=("numbers", "'cat'", "'0'")),
        Input(
            "no_rows",
            {**plain, "b": {"y_true": [], "y_pred": []}},
            fault=("rows", r"b\.(csv|parquet)"),
        ),
        Input(
            "unknown_groups",
            plain,
            groups="patient",
            fault=("no column patient",),
        ),
        Input(
            "unknown_slice",
            plain,
            slices=("region",),
            fault=("no column region",),
        ),
    ]
