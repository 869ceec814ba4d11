"""Roles of the columns of a prediction table, from their names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.errors import DataError
from evalkit.nearest import nearest
from evalkit.predictions.classes import listed_names
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROBABILITY = "proba_"
PREDICTED = "pred_"
SINGLE = ("y_true", "y_pred", "sample_weight", "id")
MAX_COLUMNS = 20_000
MAX_MODELS = 1_000
MAX_OTHERS = 8_000
"""Columns without a role; text in CSV takes some seconds for twice as many, in any row."""

# A name is guessed only where exactly one column has one of these names.
_ALIASES = {
    "y_true": (
        *("actual", "true", "true_label", "actual_label", "ground_truth"),
        *("gold", "gold_label", "label", "target"),
    ),
    "y_pred": (
        *("pred", "predicted", "prediction", "predicted_label", "predicted_class"),
        *("pred_label", "pred_class", "yhat", "y_hat"),
    ),
    "sample_weight": ("weight", "weights"),
    "id": ("sample_id", "uid", "uuid"),
}
_PROBABILITY_ALIASES = ("prob_", "probability_", "p_", "score_")


@dataclass(frozen=True)
class Roles:
    """The columns of a prediction table by role, and a sentence for each guess.

    `y_pred` is model → column, `probabilities` is model → class → column. The model is ``""`` if
    the file names none.
    """

    y_true: str
    y_pred: dict[str, str]
    probabilities: dict[str, dict[str, str]]
    sample_weight: str | None = None
    id: str | None = None
    others: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def numbers(self) -> set[str]:
        """The columns of probabilities and weights."""
        found = {column for of_model in self.probabilities.values() for column in of_model.values()}
        return found | ({self.sample_weight} if self.sample_weight else set())


def assign_roles(
    names: Sequence[str], columns: Mapping[str, str] | None = None, *, where: str
) -> Roles:
    """Return the roles of the columns of a table, which messages call `where`.

    `columns` maps a role, ``y_true``, ``proba_<class>`` or ``pred_<model>``, to the table's name.
    """
    if len(names) > MAX_COLUMNS:
        raise DataError(f"Too many columns: {where} has {len(names):,}, at most {MAX_COLUMNS:,}.")
    if len(set(names)) < len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise DataError(f"Duplicate column: {where} has {shown(twice)} twice.")
    return _Assignment(names, dict(columns or {}), where).roles()


class _Assignment:
    """The columns without a role so far, and the notes on those that were guessed."""

    def __init__(self, names: Sequence[str], mapped: dict[str, str], where: str) -> None:
        self._where, self._mapped = where, mapped
        self._free = dict.fromkeys(names)
        self._notes: list[str] = []
        self._listed = listed_names(names, 8)
        for role, column in mapped.items():
            if role not in SINGLE and not role.startswith((PROBABILITY, PREDICTED)):
                raise DataError(
                    f"Unknown role {shown(role)}. A column is mapped to one of "
                    f"{', '.join(SINGLE)}, {PROBABILITY}<class> or {PREDICTED}<model>."
                )
            if column not in self._free:
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
                "one with y_true=COLUMN."
            )
        models = self._prefixed(PREDICTED) if predicted is None else {"": predicted}
        if len(models) > MAX_MODELS:
            raise DataError(
                f"Too many models: {self._where} has {len(models):,} columns {PREDICTED}<model>, "
                f"at most {MAX_MODELS:,}. Split the file."
            )
        probabilities = self._probabilities(models)
        if not models and "" not in probabilities:
            raise DataError(
                f"No predicted labels or probabilities: {self._where} has no column y_pred, "
                f"{PREDICTED}<model> or {PROBABILITY}<class>, but {self._listed}. Map one with "
                "y_pred=COLUMN."
            )
        others, notes = tuple(self._free), tuple(self._notes)
        if len(others) > MAX_OTHERS:
            raise DataError(
                f"Too many columns: {self._where} has {len(others):,} without a role, at most "
                f"{MAX_OTHERS:,}. Leave them out."
            )
        return Roles(actual, models, probabilities, weight, name, others, notes)

    def _single(self, role: str) -> str | None:
        """Take the column of one role: mapped, of that name, or the only one with an alias."""
        column = self._mapped.get(role, role)
        if role in self._mapped or role in self._free:
            return self._take(column)
        alike = [name for name in self._free if name.strip().lower() in _ALIASES[role]]
        if len(alike) != 1 or alike[0] in self._mapped.values():
            return None
        self._notes.append(f"The column {shown(alike[0])} was read as {role}.")
        return self._take(alike[0])

    def _take(self, column: str) -> str:
        self._free.pop(column, None)
        return column

    def _beginning_with(self, prefix: str) -> list[str]:
        return [name for name in self._free if name.startswith(prefix) and name != prefix]

    def _prefixed(self, prefix: str) -> dict[str, str]:
        """Take the columns with a prefix, by the rest of their names; mapped ones first."""
        mapped = {role: name for role, name in self._mapped.items() if role.startswith(prefix)}
        found = {role.removeprefix(prefix): self._take(name) for role, name in mapped.items()}
        for name in self._beginning_with(prefix):
            found.setdefault(name.removeprefix(prefix), self._take(name))
        return found

    def _probabilities(self, models: Mapping[str, str]) -> dict[str, dict[str, str]]:
        found = self._prefixed(PROBABILITY) or self._guessed_probabilities()
        by_model: dict[str, dict[str, str]] = {}
        # Longer names first: of the models "a" and "a_b", proba_a_b_cat belongs to "a_b".
        ordered = sorted((f"{name}_" for name in models if name), key=len, reverse=True)
        for suffix, column in found.items():
            owner = next((name for name in ordered if suffix.startswith(name)), "")
            by_model.setdefault(owner[:-1], {})[suffix.removeprefix(owner)] = column
        return by_model

    def _guessed_probabilities(self) -> dict[str, str]:
        alike = {prefix: self._beginning_with(prefix) for prefix in _PROBABILITY_ALIASES}
        several = [(prefix, names) for prefix, names in alike.items() if len(names) > 1]
        if len(several) != 1:
            return {}
        ((prefix, names),) = several
        self._notes.append(
            f"The columns {shown(prefix + '…')} were read as the probabilities of the classes that "
            "their names end with."
        )
        return {name.removeprefix(prefix): self._take(name) for name in names}
