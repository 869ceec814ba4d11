"""Settings of the gate in ``evalkit.toml``, or in ``[tool.evalkit]`` of ``pyproject.toml``.

Example of ``evalkit.toml``; in ``pyproject.toml`` the tables begin with ``tool.evalkit.``::

    [gate]
    baseline = "main.json"
    alpha = 0.05
    rules = ["recall[cat] >= 0.9"]

    [gate.max-drop]
    f1_macro = 0.01
    "recall[cat]" = 0.02
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.errors import InputError
from evalkit.gate.grammar import parse_allowance, parse_rule
from evalkit.reading.settings_tables import require_known, settings_table
from evalkit.reading.source import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from evalkit.gate.rules import Rule

KEYS = ("alpha", "baseline", "max-drop", "rules")
DEFAULT_ALPHA = 0.05


@dataclass(frozen=True)
class GateSettings:
    """The settings of a gate.

    Attributes
    ----------
    rules : largest drops and rules, in the order written.
    alpha : the level.
    baseline : the file to compare with, or None.
    """

    rules: tuple[Rule, ...] = ()
    alpha: float = DEFAULT_ALPHA
    baseline: str | None = None

    def with_options(
        self,
        *,
        allowances: Iterable[Rule] = (),
        rules: Iterable[Rule] = (),
        alpha: float | None = None,
        baseline: str | None = None,
    ) -> GateSettings:
        """Return the settings with those of the command line, which take precedence."""
        given = tuple(allowances)
        replaced = {rule.quantity for rule in given}
        kept = tuple(rule for rule in self.rules if rule.quantity not in replaced)
        return GateSettings(
            tuple(dict.fromkeys((*kept, *given, *rules))),
            self.alpha if alpha is None else alpha,
            self.baseline if baseline is None else baseline,
        )


def read_settings(path: str | Path | None = None, *, folder: Path | None = None) -> GateSettings:
    """Return the settings of the gate from a file, or from the file in a folder if there is one.

    Parameters
    ----------
    path : an ``evalkit.toml`` or a ``pyproject.toml``; if absent, the first of the two in `folder`
        that has a table for evalkit.
    folder : the current folder if absent.

    Raises
    ------
    FileFormatError
        If the file is missing or not TOML.
    InputError
        If a key is unknown, a value has a wrong type, or a rule is invalid.
    """
    return _settings(*settings_table("gate", path, folder=folder))


def _settings(table: Mapping[str, Any], path: Path) -> GateSettings:
    require_known(table, KEYS, path)
    drops, rules = table.get("max-drop", {}), table.get("rules", [])
    alpha, baseline = table.get("alpha", DEFAULT_ALPHA), table.get("baseline")
    for name, value, is_right, kind in (
        ("max-drop", drops, isinstance(drops, dict), "a table of numbers"),
        ("rules", rules, _are_texts(rules), "a list of strings"),
        ("alpha", alpha, _is_number(alpha), "a number"),
        ("baseline", baseline, baseline is None or isinstance(baseline, str), "a string"),
    ):
        if not is_right:
            raise InputError(f"{name} in {path} is {printable(repr(value))[:60]}, expected {kind}.")
    for metric, drop in drops.items():
        if not _is_number(drop):
            raise InputError(f"max-drop of {metric} in {path} is not a number.")
    try:
        parsed = (
            *(parse_allowance(f"{metric}={drop!r}") for metric, drop in drops.items()),
            *(parse_rule(rule) for rule in rules),
        )
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    if baseline is not None:
        # A path in a file is relative to the folder of the file.
        baseline = str(path.parent / baseline)
    return GateSettings(parsed, float(alpha), baseline)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
