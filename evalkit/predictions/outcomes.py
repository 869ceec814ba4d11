"""What models predicted for samples that are known one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from evalkit.predictions.predictions import Predictions
    from evalkit.predictions.slices import SliceValues

    Codes = NDArray[np.integer[Any]]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Outcomes:
    """The outcomes of n samples.

    Attributes
    ----------
    classes, models : names of the classes, and of the models.
    actual : (n,) positions in `classes`.
    predicted, tables : for each model (n,) positions, and (n, K) probabilities or None.
    ids : (n,) ids by position, or None.
    slices : columns to slice by.
    first : the position of the first sample, for samples without ids.
    """

    classes: tuple[str, ...]
    models: tuple[str, ...]
    actual: Codes
    predicted: tuple[Codes, ...]
    tables: tuple[NDArray[np.floating[Any]] | None, ...]
    ids: Any = None
    slices: Mapping[str, SliceValues] = field(default_factory=dict)
    first: int = 0

    @classmethod
    def of(cls, rows: Predictions, classes: tuple[str, ...], models: tuple[str, ...]) -> Outcomes:
        """Return the outcomes of predictions, with other names of the models."""
        return cls(
            classes,
            models,
            rows.actual,
            tuple(model.predicted for model in rows.models),
            tuple(model.probabilities for model in rows.models),
            rows.ids,
            rows.slices,
        )

    @classmethod
    def nothing(cls, classes: tuple[str, ...], models: tuple[str, ...]) -> Outcomes:
        """Return the outcomes of no sample."""
        none = np.empty(0, np.int64)
        return cls(classes, models, none, (none,) * len(models), (None,) * len(models))

    def __len__(self) -> int:
        return len(self.actual)

    @cached_property
    def wrong(self) -> tuple[Flags, ...]:
        """For each model (n,) whether it misclassifies a sample."""
        return tuple(codes != self.actual for codes in self.predicted)

    @cached_property
    def confidence(self) -> tuple[NDArray[np.floating[Any]] | None, ...]:
        """For each model (n,) the probability of the class that it predicts, or None."""
        return tuple(
            None if table is None else np.take_along_axis(table, codes[:, None], axis=1)[:, 0]
            for table, codes in zip(self.tables, self.predicted, strict=True)
        )

    def to_frame(self, flags: Flags, limit: int | None = None) -> pd.DataFrame:
        """Return the flagged samples, one row each in their order.

        Parameters
        ----------
        flags : (n,) which samples are wanted.
        limit : the largest number of rows.

        Returns
        -------
        Columns ``id`` and ``actual``; ``predicted_<model>`` and, with probabilities,
        ``probability_<model>`` of the predicted class for each model; and the columns to slice by.
        """
        import pandas as pd

        rows = np.flatnonzero(flags)[:limit]
        names = np.array(self.classes, dtype=object)
        ids = [self.id_of(row) for row in rows.tolist()]
        columns: dict[str, Any] = {
            "id": np.array(ids, dtype=object),
            "actual": names[self.actual[rows]],
        }
        for i, model in enumerate(self.models):
            columns[f"predicted_{model}"] = names[self.predicted[i][rows]]
            confidence = self.confidence[i]
            if confidence is not None:
                columns[f"probability_{model}"] = confidence[rows]
        for name, each in self.slices.items():
            columns.setdefault(name, np.array(each.values, dtype=object)[each.codes[rows]])
        return pd.DataFrame(columns)

    def id_of(self, row: int) -> str:
        """Return the id of a sample, or its position as text."""
        return str(self.first + row) if self.ids is None else str(self.ids[row])
