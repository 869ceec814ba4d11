"""Metrics as they are written: ``f1_macro``, ``recall[cat]``, ``f_beta[0.5]_macro``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from evalkit.errors import InputError
from evalkit.metrics.catalog import CATALOG, lookup
from evalkit.nearest import suggestion
from evalkit.reading.tokens import TokenReader

AVERAGES = ("_micro", "_macro", "_weighted")
LEAST_BETA = 0.001
COST = "expected_cost"
"""The mean cost per sample, which is a metric only where costs are given."""
LOSSES = ("log_loss", "brier_score", "expected_calibration_error")
AREAS = ("roc_auc", "average_precision")
PROBABILITY_METRICS = (*LOSSES, *AREAS)
"""The metrics of probabilities that comparisons hold with an interval."""


def is_of_probabilities(key: str) -> bool:
    """Return whether a key names a metric of probabilities: ``"roc_auc_macro"``."""
    return key.removesuffix("_macro") in PROBABILITY_METRICS


def base_metric(key: str) -> str:
    """Return a metric without its β and its average.

    >>> base_metric("f_beta[0.5]_macro"), base_metric("recall_weighted")
    ('f_beta', 'recall')
    """
    return _split(key.partition("[")[0])[0]


_BARE = re.compile(r"\w[\w.\-/+]*")
EVERY = "*"


@dataclass(frozen=True)
class Quantity:
    """A metric, or in the rules of a gate its drop from the baseline.

    Attributes
    ----------
    metric : a catalog name with its β and average: ``"f_beta[0.5]_macro"``.
    of_class : the name of a class; None for a metric of the whole model.
    every_class : whether the rule is checked for every class.
    is_drop : whether the drop is meant: baseline − candidate where higher values are better,
        candidate − baseline where lower values are better.
    """

    metric: str
    of_class: str | None = None
    every_class: bool = False
    is_drop: bool = False

    def __str__(self) -> str:
        value = self.metric
        if self.every_class:
            value += f"[{EVERY}]"
        elif self.of_class is not None:
            value += f"[{quoted(self.of_class)}]"
        return f"drop({value})" if self.is_drop else value


def quoted(name: str) -> str:
    r"""Return the name of a class as a rule writes it, in quotes where they are needed.

    >>> quoted("cat"), quoted('fire "truck"')
    ('cat', '"fire \\"truck\\""')
    """
    if _BARE.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@lru_cache(maxsize=256)
def parse_metric(text: str) -> Quantity:
    """Return the metric in a text, such as the value of ``--metric``.

    Unlike a rule, it may name any metric of the catalog, and the expected cost.

    Raises
    ------
    RuleError
        At the first place that breaks the grammar or names an unknown metric.

    Examples
    --------
    >>> str(parse_metric("recall[cat]")), str(parse_metric("f_beta[2]_macro"))
    ('recall[cat]', 'f_beta[2.0]_macro')
    """
    parser = QuantityReader(text, any_metric=True)
    quantity = parser.value(is_drop=False)
    parser.end("class" if quantity.of_class else "metric", "name")
    return quantity


class QuantityReader(TokenReader):
    """A recursive descent parser of metrics, with one method per line of the grammar.

    Parameters
    ----------
    text : a metric, or a rule that begins with one.
    any_metric : whether every metric may be named, or only those that a gate can check.
    """

    def __init__(self, text: str, *, any_metric: bool = False) -> None:
        super().__init__(text)
        self._any_metric = any_metric

    def end(self, last: str, whole: str) -> None:
        """Refuse what follows after the last part."""
        if self._next.kind != "end":
            found = self._next.text
            self._refuse(f"Found {found!r} after the {last}, expected the end of the {whole}")

    def value(self, *, is_drop: bool) -> Quantity:
        """Return a metric, with its class."""
        start = self._next
        if not self._any_metric and start.text == COST:
            self._refuse(f"A gate has no costs, so no rule can name {COST}")
        if start.text == COST:
            self.take("name", "")
            if self._is("["):
                self._refuse(f"{COST} has one value for all classes. Remove the class")
            return Quantity(COST)
        key = self.metric()
        if not self._is("["):
            metric = CATALOG[base_metric(key)]
            if metric.by_class and not key.endswith(AVERAGES):
                self._refuse(
                    f"{key} has one value per class. Name a class ({key}[cat]), every class "
                    f"({key}[*]) or an average ({key}_macro)",
                    start,
                )
            return Quantity(key, is_drop=is_drop)
        bracket = self._next
        if not CATALOG[base_metric(key)].by_class or key.endswith(AVERAGES):
            self._refuse(f"{key} has one value for all classes. Remove the class", bracket)
        self._place += 1
        name = self.class_name()
        self.take("bracket", "] after the class", "]")
        if name is None:
            return Quantity(key, every_class=True, is_drop=is_drop)
        return Quantity(key, of_class=name, is_drop=is_drop)

    def metric(self) -> str:
        """Return the key of a metric, with its β and average."""
        token = self.take("name", "a metric, for example f1_macro")
        stem, average = _split(token.text)
        if stem == "f_beta":
            return self._f_beta(average)
        try:
            metric = lookup(token.text)
        except InputError:
            metric = None
        if metric is None:
            names = [*CATALOG, *(k + a for k, m in CATALOG.items() if m.by_class for a in AVERAGES)]
            self._refuse(f"Unknown metric {token.text}: {suggestion(token.text, names)}", token)
        elif not (
            self._any_metric or metric.of_counts is not None or is_of_probabilities(token.text)
        ):
            self._refuse(
                f"{token.text} cannot be checked by a gate. Use a metric of counts or one of "
                f"{', '.join(PROBABILITY_METRICS)}",
                token,
            )
        return token.text

    def _f_beta(self, average: str) -> str:
        self.take("bracket", "[β] after f_beta, for example f_beta[0.5]_macro", "[")
        number = self.take("number", "a number as the β of f_beta")
        beta = float(number.text)
        if not LEAST_BETA <= beta <= 1 / LEAST_BETA:
            self._refuse(
                f"The β of f_beta is {beta:g}, expected {LEAST_BETA} to {1 / LEAST_BETA:g}", number
            )
        self.take("bracket", "] after the β of f_beta", "]")
        if not average and self._next.kind == "name" and self._next.text in AVERAGES:
            average = self.take("name", "").text
        return f"f_beta[{beta!r}]{average}"

    def class_name(self) -> str | None:
        """Return the name of the class; None for every class."""
        if self._is(EVERY):
            self._place += 1
            return None
        if self._next.kind not in ("name", "number", "text"):
            self._refuse('Expected a class: a name, a quoted name ("fire truck") or *')
        self._place += 1
        return self._tokens[self._place - 1].text


def _split(name: str) -> tuple[str, str]:
    """Return a metric's name without its average, and the average."""
    average = next((each for each in AVERAGES if name.endswith(each)), "")
    return name.removesuffix(average), average
