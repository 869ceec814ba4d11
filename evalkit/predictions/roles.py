"""Which column of somebody's table is what, told from its name alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from evalkit.errors import DataError
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROBABILITY = "proba_"
PREDICTED = "pred_"
SINGLE = ("y_true", "y_pred", "sample_weight", "id")
MAX_COLUMNS = 20_000

# A name is guessed only where exactly one column has one of these names.
_ALIASES = {
    "y_true": (
        "actual",
        "true",
        "true_label",
        "actual_label",
        "ground_truth",
        "gold",
        "gold_label",
        "label",
        "target",
    ),
    "y_pred": (
        "pred",
        "predicted",
        "prediction",
        "predicted_label",
        "predicted_class",
        "pred_label",
        "pred_class",
        "yhat",
        "y_hat",
    ),
    "sample_weight": ("weight", "weights"),
    "id": ("sample_id", "uid", "uuid"),
}
_PROBABILITY_ALIASES = ("prob_", "probability_", "p_", "score_")


@dataclass(frozen=True)
class Roles:
    """The columns of a prediction table, by what they are for.

    Attributes
    ----------
    y_true : the column of actual labels.
    y_pred : the column of predicted labels, by the model's name; ``""`` where the file names none.
    probabilities : for each model, the column of each class.
    sample_weight, id : their columns, where there are such.
    others : every other column.
    notes : what was guessed.
    """

    y_true: str
    y_pred: dict[str, str]
    probabilities: dict[str, dict[str, str]]
    sample_weight: str | None = None
    id: str | None = None
    others: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def texts(self) -> set[str]:
        """The columns that hold names."""
        return {self.y_true, *self.y_pred.values(), *([self.id] if self.id else [])}

    @property
    def numbers(self) -> set[str]:
        """The columns that hold numbers."""
        found = {column for of_model in self.probabilities.values() for column in of_model.values()}
        return found | ({self.sample_weight} if self.sample_weight else set())


def assign_roles(
    names: Sequence[str], columns: Mapping[str, str] | None = None, *, where: str
) -> Roles:
    """Return which column is what.

    Parameters
    ----------
    names : the columns' names, in order.
    columns : evalkit's name of a column → the table's; for ``y_true``, ``y_pred``,
        ``sample_weight``, ``id``, ``proba_<class>`` and ``pred_<model>``.
    where : what messages call the table.

    Raises
    ------
    DataError
        If a mapped column is missing, a name stands twice, there are no actual labels, or
        neither predicted labels nor probabilities.
    """
    if len(names) > MAX_COLUMNS:
        raise DataError(f"a table has at most {MAX_COLUMNS:,} columns; {where} has {len(names):,}")
    if len(set(names)) < len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise DataError(
            f"each column must have a name of its own; {where} has {shown(twice)} twice"
        )
    return _Assignment(names, dict(columns or {}), where).roles()


class _Assignment:
    """Columns that are still free, and what was said while giving them out."""

    def __init__(self, names: Sequence[str], mapped: dict[str, str], where: str) -> None:
        self._names, self._where, self._mapped = names, where, mapped
        self._notes: list[str] = []
        self._free = dict.fromkeys(names)
        for role, column in mapped.items():
            if role not in SINGLE and not role.startswith((PROBABILITY, PREDICTED)):
                raise DataError(
                    f"a column is mapped to one of {', '.join(SINGLE)}, {PROBABILITY}<class> or "
                    f"{PREDICTED}<model>; got {shown(role)}"
                )
            if column not in self._free:
                raise DataError(
                    f"a mapped column must be there; {where} has no {self._near(column)}"
                )

    def roles(self) -> Roles:
        single = {role: self._single(role) for role in SINGLE}
        if single["y_true"] is None:
            raise DataError(
                f"a prediction table needs its actual labels; {self._where} has no column y_true, "
                f"but {self._listed()}: map one, y_true=COLUMN"
            )
        models = {} if single["y_pred"] else self._prefixed(PREDICTED)
        if single["y_pred"]:
            models = {"": single["y_pred"]}
        probabilities = self._probabilities(models)
        if not models and "" not in probabilities:
            raise DataError(
                f"a prediction table needs predicted labels or probabilities; {self._where} has "
                f"no column y_pred, {PREDICTED}<model> or {PROBABILITY}<class>, but "
                f"{self._listed()}: map one, y_pred=COLUMN"
            )
        return Roles(
            y_true=single["y_true"],
            y_pred=models,
            probabilities=probabilities,
            sample_weight=single["sample_weight"],
            id=single["id"],
            others=tuple(self._free),
            notes=tuple(self._notes),
        )

    def _single(self, role: str) -> str | None:
        """Take the column of one role: mapped, of its own name, or of one unmistakable alias."""
        if role in self._mapped:
            return self._take(self._mapped[role])
        if role in self._free:
            return self._take(role)
        alike = [name for name in self._free if name.strip().lower() in _ALIASES[role]]
        if len(alike) != 1 or alike[0] in self._mapped.values():
            return None
        self._notes.append(f"The column {shown(alike[0])} was taken for {role}.")
        return self._take(alike[0])

    def _take(self, column: str) -> str:
        self._free.pop(column, None)
        return column

    def _prefixed(self, prefix: str) -> dict[str, str]:
        """Take the columns of a prefix, by what follows it; mapped ones first."""
        found = {
            role.removeprefix(prefix): self._take(column)
            for role, column in self._mapped.items()
            if role.startswith(prefix)
        }
        for name in [name for name in self._free if name.startswith(prefix) and name != prefix]:
            found.setdefault(name.removeprefix(prefix), self._take(name))
        return found

    def _probabilities(self, models: Mapping[str, str]) -> dict[str, dict[str, str]]:
        found = self._prefixed(PROBABILITY)
        if not found:
            found = self._guessed_probabilities()
        by_model: dict[str, dict[str, str]] = {}
        # A longer name first: of models "a" and "a_b", proba_a_b_cat is the latter's.
        ordered = sorted((name for name in models if name), key=len, reverse=True)
        for suffix, column in found.items():
            owner = next((name for name in ordered if suffix.startswith(f"{name}_")), "")
            by_model.setdefault(owner, {})[
                suffix.removeprefix(f"{owner}_") if owner else suffix
            ] = column
        return by_model

    def _guessed_probabilities(self) -> dict[str, str]:
        alike = {
            prefix: [name for name in self._free if name.startswith(prefix) and name != prefix]
            for prefix in _PROBABILITY_ALIASES
        }
        unmistakable = [prefix for prefix, names in alike.items() if len(names) > 1]
        if len(unmistakable) != 1:
            return {}
        prefix = unmistakable[0]
        self._notes.append(
            f"The columns {shown(prefix + '…')} were taken for probabilities of the classes that "
            "their names end in."
        )
        return {name.removeprefix(prefix): self._take(name) for name in alike[prefix]}

    def _near(self, column: str) -> str:
        near = get_close_matches(column, self._names, n=1)
        return (
            f"column {shown(column)}: did you mean {shown(near[0])}?"
            if near
            else (f"column {shown(column)}, but {self._listed()}")
        )

    def _listed(self) -> str:
        first = ", ".join(shown(name) for name in self._names[:8])
        return f"{first} …" if len(self._names) > 8 else first
