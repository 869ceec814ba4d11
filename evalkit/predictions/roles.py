"""Roles of the columns of a prediction table, from their names."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from evalkit.errors import DataError
from evalkit.nearest import nearest
from evalkit.predictions.classes import listed_names
from evalkit.predictions.options import DEFAULT
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from evalkit.predictions.options import ReadOptions

PROBABILITY = "proba_"
PREDICTED = "pred_"
SCORE = "y_prob"
SINGLE = ("y_true", "y_pred", "sample_weight", "id")
MAX_COLUMNS = 20_000
MAX_MODELS = 1_000
MAX_OTHERS = 8_000
"""Columns without a role; text in CSV takes some seconds for twice as many, in any row."""

_LABELS = ("y_true", "y_pred")
# Names without capitals, blanks and punctuation. A name is taken only where one column has it.
_ALIASES = {
    "y_true": (
        *("ytrue", "true", "truth", "truelabel", "truelabels", "trueclass"),
        *("actual", "actuals", "actuallabel", "actuallabels", "actualclass", "yactual"),
        *("groundtruth", "groundtruthlabel", "gt", "gold", "goldlabel", "goldlabels"),
        *("label", "labels", "labelid", "target", "targets", "targetlabel"),
        *("expected", "expectedlabel", "reference", "references", "ytest"),
        *("observed", "correctlabel"),
    ),
    "y_pred": (
        *("ypred", "pred", "preds", "predict", "predicted", "prediction", "predictions"),
        *("predictedlabel", "predictedlabels", "predictedclass", "predlabel", "predlabels"),
        *("predclass", "predictionlabel", "labelpred", "yhat", "ypredicted", "testpred"),
    ),
    "sample_weight": ("sampleweight", "sampleweights"),
    "id": (
        *("id", "uid", "uuid", "guid", "sampleid", "imageid", "rowid", "recordid", "exampleid"),
        *("itemid", "docid", "documentid", "caseid", "passengerid", "textid", "questionid"),
    ),
    SCORE: (
        *(
            "ypredproba",
            "ypredprob",
            "yprob",
            "yproba",
            "yscore",
            "score",
            "scores",
            "prob",
            "proba",
            "probability",
        ),
        *("positiveprobability", "predictedprobability", "predprob", "predproba"),
    ),
}
# Names that often mean something else are taken only where no column has one of the others.
_WEAK_ALIASES = {"y_true": ("class", "y", "obs")}
_PROBABILITY_ALIAS = re.compile(
    r"(?i)(\.pred|(y_)?((pred|predicted)_)?(proba?s?|probability)|p|scores?)([\W_]+)(?=.)"
)


def plain_name(name: str) -> str:
    """Return a name of a column without capitals, blanks and punctuation.

    >>> plain_name("Actual Label"), plain_name("ImageId") == plain_name("image_id")
    ('actuallabel', True)
    """
    return re.sub(r"[\W_]+", "", name).casefold()


def is_known(name: str) -> bool:
    """Return whether a name is one that a column with a role has."""
    plain = plain_name(name)
    return name.startswith((PROBABILITY, PREDICTED)) or any(
        plain in aliases for each in (_ALIASES, _WEAK_ALIASES) for aliases in each.values()
    )


def claimed(names: Iterable[str], role: str) -> list[str]:
    """Return the names that stand for a role, by its aliases."""
    free = {name: plain_name(name) for name in names}
    for aliases in (_ALIASES[role], _WEAK_ALIASES.get(role, ())):
        if found := [name for name, plain in free.items() if plain in aliases]:
            return found
    return []


@dataclass(frozen=True)
class Roles:
    """The columns of a prediction table by role, and a sentence for each guess.

    `y_pred` is model → column, `probabilities` is model → class → column. The model is ``""`` if
    the file names none. `score` is the column with the probability of one class of two.
    `maybe_probabilities` are groups of columns that may be probabilities of the classes that their
    names end with: beginning → class → column. Only the values tell.
    """

    y_true: str
    y_pred: dict[str, str]
    probabilities: dict[str, dict[str, str]]
    sample_weight: str | None = None
    id: str | None = None
    others: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    score: str | None = None
    is_id_guessed: bool = False
    maybe_probabilities: Mapping[str, dict[str, str]] = field(default_factory=dict)

    @property
    def numbers(self) -> set[str]:
        """The columns of probabilities and weights."""
        found = {column for of_model in self.probabilities.values() for column in of_model.values()}
        return found | {name for name in (self.sample_weight, self.score) if name is not None}

    @property
    def used(self) -> set[str]:
        """The columns that have a role."""
        named = {self.y_true, *self.y_pred.values(), *self.numbers}
        return named if self.id is None else {*named, self.id}

    def without_id(self) -> Roles:
        """Return the roles with the column of ids among the columns without a role."""
        if self.id is None:
            return self
        said = _read_as(self.id, "id")
        notes = tuple(note for note in self.notes if note != said)
        return replace(self, id=None, others=(*self.others, self.id), notes=notes)

    def with_probabilities(self, beginning: str) -> Roles:
        """Return the roles with one group of `maybe_probabilities` read as probabilities."""
        by_class = self.maybe_probabilities[beginning]
        taken = set(by_class.values())
        note = (
            f"The columns {shown(beginning + '…')} were read as the probabilities of the classes "
            "that their names end with."
        )
        return replace(
            self,
            probabilities={"": by_class},
            others=tuple(name for name in self.others if name not in taken),
            notes=(*self.notes, note),
            maybe_probabilities={},
        )


def assign_roles(
    names: Sequence[str],
    columns: Mapping[str, str] | None = None,
    *,
    where: str,
    options: ReadOptions = DEFAULT,
) -> Roles:
    """Return the roles of the columns of a table, which messages call `where`.

    A column of evalkit's own name has that role. Where no column has it, another name is accepted
    if exactly one column has such a name.

    Parameters
    ----------
    names : of the columns, in order.
    columns : role, ``y_true``, ``proba_<class>`` or ``pred_<model>``, → the table's name; those of
        `options` if absent.

    Raises
    ------
    DataError
        If a column is missing or there twice, or two columns claim one role.
    """
    if len(names) > MAX_COLUMNS:
        raise DataError(f"Too many columns: {where} has {len(names):,}, at most {MAX_COLUMNS:,}.")
    if len(set(names)) < len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise DataError(f"Duplicate column: {where} has {shown(twice)} twice.")
    mapped = dict(options.columns if columns is None else columns)
    return _Assignment(names, mapped, where, options).roles()


def _read_as(column: str, role: str) -> str:
    return f"The column {shown(column)} was read as {role}."


class _Assignment:
    """The columns without a role so far, and the notes on those that were guessed."""

    def __init__(
        self, names: Sequence[str], mapped: dict[str, str], where: str, options: ReadOptions
    ) -> None:
        self._where, self._mapped, self._options = where, mapped, options
        self._free = dict.fromkeys(names)
        self._notes: list[str] = []
        self._listed = listed_names(names, 8)
        for role, column in mapped.items():
            if role not in (*SINGLE, SCORE) and not role.startswith((PROBABILITY, PREDICTED)):
                raise DataError(
                    f"Unknown role {shown(role)}. A column is mapped to one of "
                    f"{', '.join(SINGLE)}, {SCORE}, {PROBABILITY}<class> or {PREDICTED}<model>."
                )
            if column not in self._free and (role, column) != ("id", ""):
                near = nearest(column, names)
                raise DataError(
                    f"Column not found: {where} has no column {shown(column)}. "
                    + (f"Did you mean {shown(near)}?" if near else f"It has {self._listed}.")
                )

    def roles(self) -> Roles:
        actual, predicted, weight, name = map(self._single, SINGLE)
        if actual is None:
            raise DataError(
                f"No actual labels: {self._where} has no column y_true, but {self._listed}. Map "
                f"one with --column y_true={self._proposed('y_true')}, or use --truth FILE."
            )
        models = self._prefixed(PREDICTED) if predicted is None else {"": predicted}
        if len(models) > MAX_MODELS:
            raise DataError(
                f"Too many models: {self._where} has {len(models):,} columns {PREDICTED}<model>, "
                f"at most {MAX_MODELS:,}. Split the file."
            )
        probabilities: dict[str, dict[str, str]] = {}
        score, maybe = None, {}
        if self._options.probabilities:
            probabilities = self._probabilities(models)
            if not probabilities:
                score, maybe = self._score(models), self._maybe_probabilities()
        else:
            self._prefixed(PROBABILITY)
        if not models and "" not in probabilities and score is None and not maybe:
            raise DataError(
                f"No predicted labels or probabilities: {self._where} has no column y_pred, "
                f"{PREDICTED}<model> or {PROBABILITY}<class>, but {self._listed}. Map one with "
                f"--column y_pred={self._proposed('y_pred')}."
            )
        others = tuple(self._free)
        if len(others) > MAX_OTHERS:
            raise DataError(
                f"Too many columns: {self._where} has {len(others):,} without a role, at most "
                f"{MAX_OTHERS:,}. Leave them out."
            )
        return Roles(
            actual,
            models,
            probabilities,
            weight,
            name,
            others,
            tuple(self._notes),
            score,
            is_id_guessed=name is not None and name not in ("id", self._mapped.get("id")),
            maybe_probabilities=maybe,
        )

    def _single(self, role: str) -> str | None:
        """Take the column of one role: mapped, of that name, or the only one with an alias."""
        if role in self._mapped:
            return self._take(self._mapped[role]) or None
        if role in self._free and role not in self._mapped.values():
            return self._take(role)
        if role in _LABELS and any(
            other in _LABELS or other.startswith(PREDICTED) for other in self._mapped
        ):
            return None
        alike = self._claiming(role)
        if len(alike) > 1:
            options = " or ".join(f"--column {role}={name}" for name in alike[:3])
            raise DataError(
                f"Two columns claim {role}: {listed_names(alike)} of {self._where}. Use {options}"
                f"{', or --column id= for none' if role == 'id' else ''}."
            )
        if not alike:
            return None
        self._notes.append(_read_as(alike[0], role))
        return self._take(alike[0])

    def _claiming(self, role: str) -> list[str]:
        taken = self._mapped.values()
        return claimed([name for name in self._free if name not in taken], role)

    def _proposed(self, role: str) -> str:
        """Return the column that is most likely meant, or the word COLUMN."""
        return next(iter(self._claiming(role)), "COLUMN")

    def _take(self, column: str) -> str:
        self._free.pop(column, None)
        return column

    def _prefixed(self, prefix: str) -> dict[str, str]:
        """Take the columns with a prefix, by the rest of their names; mapped ones first."""
        mapped = {role: name for role, name in self._mapped.items() if role.startswith(prefix)}
        found = {role.removeprefix(prefix): self._take(name) for role, name in mapped.items()}
        for name in [name for name in self._free if name.startswith(prefix) and name != prefix]:
            if prefix != PREDICTED or plain_name(name) not in _ALIASES[SCORE]:
                found.setdefault(name.removeprefix(prefix), self._take(name))
        return found

    def _probabilities(self, models: Mapping[str, str]) -> dict[str, dict[str, str]]:
        found = self._prefixed(PROBABILITY)
        by_model: dict[str, dict[str, str]] = {}
        # Longer names first: of the models "a" and "a_b", proba_a_b_cat belongs to "a_b".
        ordered = sorted((f"{name}_" for name in models if name), key=len, reverse=True)
        for suffix, column in found.items():
            owner = next((name for name in ordered if suffix.startswith(name)), "")
            label = self._options.label(suffix.removeprefix(owner))
            of_model = by_model.setdefault(owner[:-1], {})
            if label in of_model:
                raise DataError(
                    f"Two columns hold the probabilities of {shown(label)}: "
                    f"{shown(of_model[label])} and {shown(column)} of {self._where}. Leave one "
                    "out, or use --no-proba."
                )
            of_model[label] = column
        return by_model

    def _score(self, models: Mapping[str, str]) -> str | None:
        """Take the column with the probability of the class of ``--positive``."""
        if SCORE in self._mapped:
            alike = [self._mapped[SCORE]]
        else:
            alike = [SCORE] if SCORE in self._free else self._claiming(SCORE)
        if not alike:
            return None
        if self._options.positive is None:
            if models and SCORE not in self._mapped:
                if "prob" in alike[0].casefold() and not self._maybe_probabilities():
                    self._notes.append(
                        f"The column {shown(alike[0])} was not used. --positive CLASS says of "
                        "which class it is the probability."
                    )
                return None
            if self._maybe_probabilities():
                return None
            raise DataError(
                f"The class of a probability is unknown: {shown(alike[0])} of {self._where}. Use "
                "--positive CLASS to name it."
            )
        if len(alike) > 1:
            raise DataError(
                f"Two columns claim {SCORE}: {listed_names(alike)} of {self._where}. Use --column "
                f"{SCORE}={alike[0]} or --column {SCORE}={alike[1]}."
            )
        if alike != [SCORE] and SCORE not in self._mapped:
            self._notes.append(_read_as(alike[0], f"the probability of {self._options.positive}"))
        return self._take(alike[0])

    def _maybe_probabilities(self) -> dict[str, dict[str, str]]:
        """Return the groups of columns whose names begin alike: ``prob_cat`` and ``prob_dog``."""
        groups: dict[str, dict[str, str]] = {}
        for name in self._free:
            found = _PROBABILITY_ALIAS.match(name)
            if found:
                label = self._options.label(name[found.end() :])
                groups.setdefault(found[0], {})[label] = name
        return {beginning: group for beginning, group in groups.items() if len(group) > 1}
