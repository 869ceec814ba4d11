"""Several models on the same samples: every number, every test and every sentence about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from evalkit import views
from evalkit.compare.results import Sampling
from evalkit.compare.serialise import to_json, to_plain
from evalkit.compare.summary_rows import SummaryTables
from evalkit.compare.tables import (
    costs_table,
    differences_table,
    per_class_table,
    slices_table,
    summary_table,
)
from evalkit.writing import write_atomically

if TYPE_CHECKING:
    import os

    import pandas as pd

    from evalkit.compare.evaluation import Evaluation
    from evalkit.compare.expected_costs import Costs
    from evalkit.compare.results import (
        Finding,
        GroupPair,
        GroupResult,
        ModelResult,
        Omnibus,
        PairResult,
        Verdict,
    )
    from evalkit.compare.settings import Settings
    from evalkit.compare.slices import SliceResult
    from evalkit.datasets.dataset import DatasetIdentity


@dataclass(frozen=True, eq=False)
class Comparison(SummaryTables):
    """What `evalkit.compare` found of one or more evaluations over the same samples.

    Attributes
    ----------
    evaluations : as given, with unique names and samples in one order.
    classes : the names of the classes, as text, in their declared order.
    n_samples : how many samples each model saw.
    support : the number (with weights, the weight) of samples of each class.
    models : one result a model, in the order given.
    pairs : one result a pair of models, (0, 1), (0, 2), … (1, 2), …; second minus first.
    omnibus : Cochran's Q, where there are three or more paired models.
    settings : the choices that the numbers depend on.
    sampling : whether samples are weighted, grouped or stratified.
    notes : what was done to match the evaluations, for the reader.
    costs : what errors cost, where a matrix of costs was given.
    slice_results : how the models do on each slice that was asked for.
    groups, group_pairs : runs of one configuration under several seeds, and pairs of those.
    """

    evaluations: tuple[Evaluation, ...] = field(repr=False)
    classes: tuple[str, ...]
    n_samples: int
    support: tuple[float, ...] = field(repr=False)
    models: tuple[ModelResult, ...] = field(repr=False)
    pairs: tuple[PairResult, ...] = field(repr=False)
    omnibus: Omnibus | None = field(repr=False)
    settings: Settings
    sampling: Sampling = field(default_factory=Sampling)
    notes: tuple[str, ...] = ()
    groups: tuple[GroupResult, ...] = field(default=(), repr=False)
    group_pairs: tuple[GroupPair, ...] = field(default=(), repr=False)
    costs: Costs | None = field(default=None, repr=False)
    slice_results: tuple[SliceResult, ...] = field(default=(), repr=False)

    @property
    def dataset(self) -> DatasetIdentity | None:
        """The identity of the common data set, where one is known."""
        return next((e.dataset for e in self.evaluations if e.dataset is not None), None)

    @cached_property
    def ranking(self) -> tuple[int, ...]:
        """Positions of the models from the highest accuracy to the lowest; ties in given order."""
        return tuple(
            sorted(
                range(len(self.models)),
                key=lambda i: -(self.models[i].overall["accuracy"].value or 0.0),
            )
        )

    @cached_property
    def group_ranking(self) -> tuple[int, ...]:
        """Positions of the groups from the highest mean accuracy to the lowest.

        Empty unless there are two or more and every model is a run of one.
        """
        covered = sum(len(group.runs) for group in self.groups)
        if len(self.groups) < 2 or covered < len(self.models):
            return ()
        means = [group.metrics["accuracy"].mean.value or 0.0 for group in self.groups]
        return tuple(sorted(range(len(means)), key=lambda i: -means[i]))

    def pair(self, one: int, other: int) -> PairResult:
        """Return the result for two models, named by position in either order."""
        return next(p for p in self.pairs if {p.first, p.second} == {one, other})

    @property
    def leading_pair(self) -> PairResult:
        """The pair that the findings speak of: the two models of highest accuracy.

        Where all models are runs of groups, the best run of each of the two best groups.
        """
        ranking = self.ranking
        if self.group_ranking:
            runs = [self.groups[i].runs for i in self.group_ranking[:2]]
            ranking = tuple(next(i for i in self.ranking if i in own) for own in runs)
        return self.pair(ranking[0], ranking[1])

    @cached_property
    def verdict(self) -> Verdict:
        """Who leads and by how much, or that the data cannot tell."""
        found: Verdict = views.view("verdict", self)
        return found

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What a careful analyst would say, the most consequential first."""
        found: tuple[Finding, ...] = views.view("findings", self)
        return found

    def summary(self) -> pd.DataFrame:
        """Return the overall metrics: a row a model and metric, with value, low and high."""
        return summary_table(self)

    def per_class(self) -> pd.DataFrame:
        """Return the metrics by class: a row a class, model and metric, with its interval."""
        return per_class_table(self)

    def differences(self) -> pd.DataFrame:
        """Return second minus first for every pair, overall and by class, with interval and p."""
        return differences_table(self)

    def expected_costs(self) -> pd.DataFrame:
        """Return a row a model: cost a sample with low and high, decided by probability, threshold.

        Raises
        ------
        InputError
            If the comparison was made without costs.
        """
        return costs_table(self)

    def slices(self) -> pd.DataFrame:
        """Return the overall metrics by slice: a row a slice, model and metric.

        The rows of accuracy also hold how far it lies from that on all other samples, with the
        p-value corrected over slices and models.

        Raises
        ------
        InputError
            If the evaluations name no columns to slice by.
        """
        return slices_table(self)

    def to_dict(self) -> dict[str, Any]:
        """Return everything the report shows, as plain numbers and strings."""
        return to_plain(self)

    def to_json(self) -> str:
        """Return `to_dict` as JSON; equal inputs and seed give equal bytes."""
        return to_json(self)

    def to_html(
        self, *, title: str | None = None, plotly: Literal["inline", "cdn", "none"] = "inline"
    ) -> str:
        """Return the report as one self-contained HTML page."""
        page: str = views.view("html", self, title=title, plotly=plotly)
        return page

    def save_json(self, path: str | os.PathLike[str]) -> None:
        """Write `to_json` to `path`, whole or not at all."""
        write_atomically(path, self.to_json().encode())

    def save_html(
        self,
        path: str | os.PathLike[str],
        *,
        title: str | None = None,
        plotly: Literal["inline", "cdn", "none"] = "inline",
    ) -> None:
        """Write the report to `path`, whole or not at all.

        Raises
        ------
        OutputError
            If the file cannot be written; what was there before is still whole.
        """
        write_atomically(path, self.to_html(title=title, plotly=plotly).encode())

    def __str__(self) -> str:
        page: str = views.view("terminal", self)
        return page

    def _repr_html_(self) -> str:
        page: str = views.view("notebook", self)
        return page
