"""The comparison of models on the same samples: results, tests and findings."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from evalkit import views
from evalkit.compare.records import SampleIdentity
from evalkit.compare.summary import positive_class
from evalkit.predictions import Sampling
from evalkit.writing import write_atomically

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import pandas as pd
    from rich.console import Group

    from evalkit.compare.evaluation import Evaluation
    from evalkit.compare.records import (
        Baseline,
        Costs,
        Finding,
        Gallery,
        GroupPair,
        GroupResult,
        LabelCheck,
        ModelResult,
        Omnibus,
        PairResult,
        Settings,
        SliceGap,
        SliceResult,
        SliceSearch,
        SummaryMetric,
        Verdict,
    )
    from evalkit.counts.counts import Counts
    from evalkit.datasets.dataset import DatasetIdentity
    from evalkit.predictions.inputs import Inputs
    from evalkit.statistics.estimates import Difference, Estimate


@dataclass(frozen=True, eq=False)
class Comparison:
    """Results of `evalkit.compare` for one or more evaluations on the same samples.

    Two comparisons are equal if their `to_dict` is equal.

    Attributes
    ----------
    classes : names of the classes, as strings, in their declared order.
    n_samples : number of samples.
    support : number of samples of each class, or the sum of their weights.
    models : one result per model, in the order given.
    pairs : one result per pair of models, (0, 1), (0, 2), … (1, 2), …; second minus first.
    omnibus : Cochran's Q test, for three or more paired models.
    settings : settings that the results depend on.
    sampling : whether samples are weighted, grouped or stratified.
    notes : how the files were read and the evaluations matched, for the reader.
    warnings : signs that labels or probabilities are not what they seem.
    summary_metrics : the metrics of the summary, the primary metric first.
    baseline : comparison of each model with a constant prediction.
    leader_estimate : for three or more models, the best value of the primary metric with an
        interval that is corrected for its selection: its α is divided by the number of models
        (Bonferroni). None for metrics whose interval cannot be computed at that level.
    groups, group_pairs : configurations with runs of several seeds, and pairs of configurations.
    costs : expected costs, if a cost matrix was given.
    slice_results : results on each slice.
    slice_search : which slices were looked at, and how many tests were made.
    slice_gaps : largest differences between the values of a column.
    galleries : samples to look at, if there is something to look at.
    label_check : suspected label errors, if galleries were selected.
    dataset : identity of the common data set, if known.
    identity : identity of the samples, if the comparison was read from a file.
    evaluations, counts : the compared evaluations; empty if the comparison was read from a file.
    """

    classes: tuple[str, ...]
    n_samples: int
    support: tuple[float, ...] = field(repr=False)
    models: tuple[ModelResult, ...] = field(repr=False)
    pairs: tuple[PairResult, ...] = field(repr=False)
    omnibus: Omnibus | None = field(repr=False)
    settings: Settings
    sampling: Sampling = field(default_factory=Sampling)
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    groups: tuple[GroupResult, ...] = field(default=(), repr=False)
    group_pairs: tuple[GroupPair, ...] = field(default=(), repr=False)
    costs: Costs | None = field(default=None, repr=False)
    slice_results: tuple[SliceResult, ...] = field(default=(), repr=False)
    slice_search: SliceSearch | None = field(default=None, repr=False)
    slice_gaps: tuple[SliceGap, ...] = field(default=(), repr=False)
    galleries: tuple[Gallery, ...] = field(default=(), repr=False)
    label_check: LabelCheck | None = field(default=None, repr=False)
    dataset: DatasetIdentity | None = field(default=None, repr=False)
    identity: SampleIdentity | None = field(default=None, repr=False)
    evaluations: tuple[Evaluation, ...] = field(default=(), repr=False)
    counts: Counts | None = field(default=None, repr=False)
    leader_estimate: Estimate | None = field(default=None, repr=False)
    summary_metrics: tuple[SummaryMetric, ...] = field(default=(), repr=False)
    baseline: Baseline | None = field(default=None, repr=False)

    @cached_property
    def samples(self) -> SampleIdentity:
        """Identity of the samples, used to pair this comparison with another."""
        if self.counts is None:
            return self.identity or SampleIdentity(None, (None,) * len(self.models))
        blocks = tuple(self.counts.blocks(i) for i in range(len(self.models)))
        return SampleIdentity(self.counts.fingerprint, blocks)

    @property
    def inputs(self) -> Mapping[str, Inputs]:
        """Name → what a person can look at of each sample; {} if it was read from a file."""
        return {} if self.counts is None else self.counts.inputs

    @property
    def primary(self) -> SummaryMetric:
        """The primary metric, which the verdict is about."""
        return self.summary_metrics[0]

    @cached_property
    def positive(self) -> int | None:
        """Position of the class that is positive in the summary; None if there is none."""
        return positive_class(self.classes, self.support, self.settings.positive)

    @cached_property
    def ranking(self) -> tuple[int, ...]:
        """Positions of the models, the best in the primary metric first; ties in their order."""
        return self.primary.order(self.primary.models)

    @cached_property
    def best(self) -> tuple[int, ...]:
        """Positions of the models that are not significantly worse than any other model.

        If the primary metric is defined for some models, the others are left out.
        """
        beaten = {
            self.primary.loser(gap, pair.first, pair.second)
            for pair, gap in zip(self.pairs, self.primary.pairs, strict=True)
        }
        values = [each.value for each in self.primary.models]
        if any(value is not None for value in values):
            beaten |= {i for i, value in enumerate(values) if value is None}
        return tuple(i for i in range(len(self.models)) if i not in beaten)

    @cached_property
    def group_ranking(self) -> tuple[int, ...]:
        """Positions of the groups, the best mean of the primary metric first.

        Empty unless there are two or more groups and every model belongs to one.
        """
        covered = sum(len(group.runs) for group in self.groups)
        if len(self.groups) < 2 or covered < len(self.models):
            return ()
        return self.primary.order(self.primary.groups)

    def gap(self, one: int, other: int) -> Difference:
        """Return the difference in the primary metric of the models at two positions.

        It is second minus first in the order of the models, as in `pair`.
        """
        return self.primary.pairs[self._places[frozenset((one, other))]]

    @cached_property
    def _places(self) -> Mapping[frozenset[int], int]:
        return {frozenset((pair.first, pair.second)): i for i, pair in enumerate(self.pairs)}

    def pair(self, one: int, other: int) -> PairResult:
        """Return the result for the models at two positions, in either order."""
        return self.pairs[self._places[frozenset((one, other))]]

    @property
    def leading_pair(self) -> PairResult:
        """The pair described by the findings: the two models that are best in the primary metric.

        If all models belong to groups, the typical run of each of the two best groups.
        """
        if self.group_ranking:
            return self.pair(*(self.typical_run(group) for group in self.group_ranking[:2]))
        return self.pair(*self.ranking[:2])

    def typical_run(self, group: int) -> int:
        """Return the position of the run of a group that is in the middle of its ranking.

        Of two in the middle, it is the worse one. The best run of a group was selected, and looks
        better than the group is.
        """
        runs = [i for i in self.ranking if i in self.groups[group].runs]
        return runs[len(runs) // 2]

    @cached_property
    def verdict(self) -> Verdict:
        """Headline and text on which model is better in the primary metric, if that is known."""
        found: Verdict = views.view("verdict", self)
        return found

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """The findings in words, the most important first."""
        found: tuple[Finding, ...] = views.view("findings", self)
        return found

    def summary(self) -> pd.DataFrame:
        """Return the overall metrics: one row per model and metric, with value, low and high."""
        return self._frame("summary")

    def per_class(self) -> pd.DataFrame:
        """Return the metrics by class: one row per class, model and metric, with its interval."""
        return self._frame("per_class")

    def differences(self) -> pd.DataFrame:
        """Return the differences of each pair, second minus first, overall and by class."""
        return self._frame("differences")

    def expected_costs(self) -> pd.DataFrame:
        """Return the mean cost per sample of the predictions and of cost-optimal decisions.

        Raises
        ------
        InputError
            If the comparison has no costs.
        """
        return self._frame("costs")

    def slices(self) -> pd.DataFrame:
        """Return the overall metrics by slice: one row per slice, model and metric.

        There are also rows for metrics that are tested by class, for log loss and for cost, and
        with ``kind`` "gap" for the largest difference between the values of a column. The column
        `from_rest` has the difference from all other samples, `adjusted` the one adjusted for
        classes, and `p_adjusted` the p-value corrected for everything looked at.

        Raises
        ------
        InputError
            If the evaluations have no slices.
        """
        return self._frame("slices")

    def errors(self, where: str | None = None, *, limit: int | None = None) -> pd.DataFrame:
        """Return the samples that meet a condition: one row per sample, in their order.

        The columns are `id`, `actual`, ``predicted_<model>`` and, with probabilities,
        ``probability_<model>`` of the predicted class, and the columns to slice by.

        Parameters
        ----------
        where : the condition, such as ``'wrong(A) and right(B)'``, ``'actual = "cat"'``,
            ``'confidence(A) > 0.9'`` or ``'site = north and not agree'``; without it, samples that
            any model misclassifies.
        limit : largest number of rows.

        Raises
        ------
        InputError
            If the condition is invalid, or the samples are not known one by one.

        Examples
        --------
        >>> import evalkit
        >>> a = evalkit.evaluate(["cat", "dog"], ["dog", "dog"], name="A")
        >>> evalkit.compare([a]).errors("wrong(A)")
          id actual predicted_A
        0  0    cat         dog
        """
        frame: pd.DataFrame = views.view("errors", self, where=where, limit=limit)
        return frame

    def to_frame(self) -> pd.DataFrame:
        """Return `summary`: one row per model and metric, with value, low and high."""
        return self.summary()

    def to_markdown(self) -> str:
        """Return the summary in Markdown: one row per model, metrics in percent with intervals."""
        return self._text("markdown")

    def to_latex(self) -> str:
        r"""Return the summary as a LaTeX ``tabular`` for the package booktabs."""
        return self._text("latex")

    def to_dict(self) -> dict[str, Any]:
        """Return all results as dicts, lists, numbers and strings."""
        plain: dict[str, Any] = views.view("dict", self)
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Comparison:
        """Return the comparison from the result of `to_dict`, of this version or an earlier one.

        Raises
        ------
        FileFormatError
            If it was not written by evalkit, is damaged, or has a later schema.

        Examples
        --------
        >>> import evalkit
        >>> comparison = evalkit.compare([evalkit.evaluate([0, 1, 1], [0, 1, 0])])
        >>> Comparison.from_dict(comparison.to_dict()) == comparison
        True
        """
        found: Comparison = views.view("from_dict", plain)
        return found

    def to_json(self) -> str:
        """Return `to_dict` as JSON; equal inputs and seeds give equal bytes."""
        return self._text("json")

    def to_html(
        self, *, title: str | None = None, plotly: Literal["inline", "cdn", "none"] = "inline"
    ) -> str:
        """Return the report as one self-contained HTML page."""
        return self._text("html", title=title, plotly=plotly)

    def to_notebook(self, *, plotly: Literal["inline", "cdn", "none"] = "none") -> str:
        """Return the report in an isolated frame, as it is shown in a notebook.

        Parameters
        ----------
        plotly : ``"inline"`` includes the plotting library, which adds 2 MB to the notebook for
            each report. ``"none"`` omits interactive charts; tables hold all numbers.
        """
        return self._text("notebook", plotly=plotly)

    def save_json(self, path: str | os.PathLike[str]) -> None:
        """Write `to_json` to `path` atomically."""
        write_atomically(path, self.to_json().encode())

    def save_html(
        self,
        path: str | os.PathLike[str],
        *,
        title: str | None = None,
        plotly: Literal["inline", "cdn", "none"] = "inline",
    ) -> None:
        """Write the report to `path` atomically.

        Raises
        ------
        OutputError
            If the file cannot be written. An existing file is left unchanged.
        """
        write_atomically(path, self.to_html(title=title, plotly=plotly).encode())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Comparison):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    def __str__(self) -> str:
        return self._text("terminal")

    def _repr_html_(self) -> str:
        return self.to_notebook()

    def __rich__(self) -> Group:
        group: Group = views.view("rich", self)
        return group

    def _text(self, view: str, **options: Any) -> str:
        text: str = views.view(view, self, **options)
        return text

    def _frame(self, view: str) -> pd.DataFrame:
        frame: pd.DataFrame = views.view(view, self)
        return frame
