"""The catalog of metrics: each module in this package registers metrics in `CATALOG`.

Tables, reports, gate rules, the command line and the documentation read `CATALOG`. It imports the
modules of this package when it is first read, so that ``import evalkit`` is fast.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pkgutil import iter_modules
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypeAlias, TypedDict, TypeVar, Unpack

import numpy as np

from evalkit.errors import InputError
from evalkit.nearest import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import CountArray, CountFunction, Marginals

__all__ = ["CATALOG", "Catalog", "Metric", "lookup", "metric"]

Needs: TypeAlias = Literal["counts", "multilabel", "probabilities"]
Proportion: TypeAlias = "Callable[[Marginals], tuple[CountArray, CountArray]]"
F = TypeVar("F", bound=Callable[..., Any])

_ORDER = {"counts": 0, "multilabel": 1, "probabilities": 2}


@dataclass(frozen=True, slots=True)
class Metric:
    """The description and the functions of one metric.

    Attributes
    ----------
    key : the name in Python and in files: ``"recall"``.
    label : the name in tables and reports: ``"Recall"``.
    formula : the formula as plain text.
    definition : one sentence that says what is measured.
    use : when to use it, and when not.
    undefined : when the value is undefined.
    function : the public function of labels, or of labels and probabilities.
    needs : the input it needs: ``"counts"``, ``"probabilities"`` or ``"multilabel"`` indicators.
    by_class : whether it has one value per class, and averages.
    low, high : the smallest and the largest value; infinite where there is no bound.
    higher_is_better : whether the better model has the higher value.
    of_counts : the function of counts (..., K, K) or marginals; None where it needs samples.
    proportion : for a proportion of counts, the function from marginals to its successes and
        trials, per class if `by_class`; of ``marginals.pooled()`` for the micro average. None for
        other metrics.
    divides_by : the totals of a class that must not be zero: ``"actual"``, ``"predicted"``.
    undefined_class : why the value of a class is undefined although these totals are not zero.
    """

    key: str
    label: str
    formula: str
    definition: str
    use: str
    undefined: str
    function: Callable[..., Any]
    needs: Needs = "counts"
    by_class: bool = False
    low: float = 0
    high: float = 1
    higher_is_better: bool = True
    of_counts: CountFunction | None = None
    proportion: Proportion | None = None
    divides_by: tuple[Literal["actual", "predicted"], ...] = ()
    undefined_class: str = "neither occurs nor is predicted"

    @property
    def range(self) -> str:
        """The range as text, ``"[0, 1]"``.

        Examples
        --------
        >>> CATALOG["log_loss"].range
        '[0, ∞)'
        """
        low = f"[{self.low:g}".replace("-", "−")
        return f"{low}, ∞)" if math.isinf(self.high) else f"{low}, {self.high:g}]"

    def classes_defined(self, marginals: Marginals) -> NDArray[np.bool_]:
        """Return (..., K) whether the value of each class is defined.

        A macro average is taken over these classes.

        Examples
        --------
        >>> from evalkit.metrics.count import Marginals
        >>> CATALOG["precision"].classes_defined(Marginals.of([[3, 0], [2, 0]])).tolist()
        [True, False]
        """
        assert self.of_counts is not None
        assert self.by_class
        return np.asarray(~np.isnan(self.of_counts(marginals)))

    def undefined_reason(self, *, actual: float, predicted: float) -> str:
        """Return why the value of a class with these totals is undefined.

        Examples
        --------
        >>> CATALOG["recall"].undefined_reason(actual=0, predicted=3)
        'does not occur in the data'
        """
        if "predicted" in self.divides_by and predicted == 0:
            return "never predicted"
        if "actual" in self.divides_by and actual == 0:
            return "does not occur in the data"
        return self.undefined_class


class Texts(TypedDict):
    """The fields of a count metric that are not functions."""

    label: str
    formula: str
    use: str
    undefined: str
    low: NotRequired[float]
    high: NotRequired[float]
    higher_is_better: NotRequired[bool]
    divides_by: NotRequired[tuple[Literal["actual", "predicted"], ...]]
    undefined_class: NotRequired[str]


class Entry(Texts):
    """The fields of any metric."""

    needs: NotRequired[Needs]
    by_class: NotRequired[bool]
    of_counts: NotRequired[CountFunction]
    proportion: NotRequired[Proportion | None]


class Catalog(Mapping[str, Metric]):
    """Metrics by key, sorted: those of counts, of several labels, of probabilities.

    Parameters
    ----------
    package : the package whose modules register metrics; they are imported when the catalog is
        first read. None for metrics that are added by hand.
    """

    def __init__(self, package: str | None = None) -> None:
        self._package = package
        self._loading = RLock()
        self._metrics: dict[str, Metric] = {}

    def add(self, added: Metric) -> None:
        """Add a metric.

        Raises
        ------
        InputError
            If another function has the same key.
        """
        known = self._metrics.get(added.key)
        if known is not None and known.function.__module__ != added.function.__module__:
            raise InputError(
                f"Metric {added.key!r} is registered twice: by {known.function.__module__} and "
                f"{added.function.__module__}. Choose another name."
            )
        self._metrics[added.key] = added
        in_order = sorted(self._metrics.values(), key=lambda one: (_ORDER[one.needs], one.key))
        self._metrics = {one.key: one for one in in_order}

    def _read(self) -> dict[str, Metric]:
        if self._package is not None:
            self._load(self._package)
        return self._metrics

    def _load(self, package: str) -> None:
        with self._loading:  # other threads wait until all metrics are registered
            if self._package is not None:
                for module in iter_modules(import_module(package).__path__, f"{package}."):
                    import_module(module.name)
                self._package = None

    def __getitem__(self, key: str) -> Metric:
        return self._read()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __repr__(self) -> str:
        return f"Catalog({', '.join(self)})"


CATALOG = Catalog(__name__)


def metric(catalog: Catalog | None = None, **entry: Unpack[Entry]) -> Callable[[F], F]:
    """Return a decorator that registers a public function as a metric and leaves it unchanged.

    The function's name is the key. The first line of its docstring, without "Return", is the
    definition.

    Parameters
    ----------
    catalog : the catalog to add it to; `CATALOG` if absent.
    entry : the other fields of `Metric`.

    Examples
    --------
    >>> mine = Catalog()
    >>> @metric(mine, label="Errors", formula="n − Σ TP", use="Never.", undefined="never")
    ... def errors(y_true, y_pred):
    ...     '''Return the number of misclassified samples.'''
    >>> mine["errors"].definition
    'The number of misclassified samples.'
    """

    def register(function: F) -> F:
        first_line = (function.__doc__ or "").partition("\n")[0].removeprefix("Return ")
        added = Metric(
            key=function.__name__,
            definition=first_line[:1].upper() + first_line[1:],
            function=function,
            **entry,
        )
        (CATALOG if catalog is None else catalog).add(added)
        return function

    return register


def lookup(key: str) -> Metric:
    """Return the metric of a key as written in files and gate rules, with its complete label.

    Parameters
    ----------
    key : a catalog key; with ``[β]`` for F-β, and with ``_micro``, ``_macro`` or ``_weighted``
        appended for an average: ``"recall"``, ``"f_beta[0.5]"``, ``"f1_macro"``.

    Raises
    ------
    InputError
        If there is no such metric.

    Examples
    --------
    >>> lookup("f_beta[0.5]_macro").label
    'F0.5, macro'
    """
    parts = re.fullmatch(r"(.+?)(?:\[([\d.einf+-]+)\])?(?:_(micro|macro|weighted))?", key)
    found = CATALOG.get(parts[1]) if parts else None
    if parts is None or found is None or (parts[3] and not found.by_class):
        near = nearest(re.sub(r"_(micro|macro|weighted)$", "", key), CATALOG)
        meant = "" if near is None else f" (did you mean {near}?)"
        raise InputError(f"Unknown metric: {key!r}{meant}. The metrics are {', '.join(CATALOG)}.")
    label = f"F{float(parts[2]):g}" if parts[2] else found.label
    return replace(found, key=key, label=f"{label}, {parts[3]}" if parts[3] else label)
