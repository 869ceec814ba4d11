"""What each path answers for an input, asked once and kept for all tests."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import signature
from typing import TYPE_CHECKING, Any

import pytest

import evalkit
from evalkit import scale
from evalkit.compare.from_files import DrawnBy, evaluations_from_files
from evalkit.errors import EvalkitError
from tests.spine.inputs import all_inputs

if TYPE_CHECKING:
    from pathlib import Path

    from evalkit.compare.comparison import Comparison
    from evalkit.compare.evaluation import Evaluation
    from tests.spine.inputs import Input, Kind

OPTIONS: dict[str, Any] = {"replicates": 50, "betas": (1.0, 2.0)}
"""Enough to tell two draws apart, and little enough for a fast test."""


@dataclass(frozen=True)
class Answer:
    """A comparison and its plain form, or the error that refused the input.

    A warning that NumPy raises is kept as a refusal, which it should not be.
    """

    comparison: Comparison | None = None
    plain: dict[str, Any] | None = None
    refusal: EvalkitError | Warning | None = None

    @property
    def outcome(self) -> str:
        """``"answered"``, or the class of the refusal."""
        return "answered" if self.refusal is None else type(self.refusal).__name__


class NotOfferedError(EvalkitError):
    """A path that has no option for what an input asks."""


class Answers:
    """The answers of every path for every input, each computed when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._inputs = {each.name: each for each in all_inputs()}
        self._files: dict[tuple[str, Kind], list[Path]] = {}
        self._answers: dict[tuple[str, str], Answer] = {}

    def files(self, name: str, kind: Kind) -> list[Path]:
        """Return the files of an input."""
        if (name, kind) not in self._files:
            self._files[name, kind] = self._inputs[name].write(self._folder, kind)
        return self._files[name, kind]

    def evaluations(self, name: str, path: str) -> list[Evaluation]:
        """Return the evaluations of an input by a path: ``"memory_csv"``, ``"dask_parquet"``."""
        engine, kind, *_ = path.split("_")
        files = self.files(name, "csv" if kind == "csv" else "parquet")
        given = self._inputs[name]
        if engine == "memory":
            drawn_by = DrawnBy(given.groups, given.strata, given.slices)
            return evaluations_from_files([str(file) for file in files], drawn_by=drawn_by)
        return _counted(given, files, engine)

    def ask(self, name: str, path: str) -> Answer:
        """Return the answer for an input by a path.

        Of a path like ``"memory_csv_sums"`` no row is kept: models are known by sums alone, as
        they are of more samples than are kept as rows.
        """
        if (name, path) not in self._answers:
            with pytest.MonkeyPatch.context() as patch:
                if path.endswith("_sums"):
                    # First, because importing it copies the number from the other module.
                    patch.setattr("evalkit.counts.datasets.MOST_ROWS", 0)
                    patch.setattr("evalkit.counts.counts.MOST_ROWS", 0)
                try:
                    comparison = evalkit.compare(self.evaluations(name, path), **OPTIONS)
                    answer = Answer(comparison, comparison.to_dict())
                except (EvalkitError, Warning) as error:
                    answer = Answer(refusal=error)
            self._answers[name, path] = answer
        return self._answers[name, path]


def _counted(given: Input, files: list[Path], engine: str) -> list[Evaluation]:
    options: dict[str, Any] = {"slice_by": given.slices, "cluster_by": given.groups}
    if given.strata is not None:
        if "stratify_by" not in signature(scale.evaluate_together).parameters:
            raise NotOfferedError("evalkit.scale.evaluate_together takes no strata")
        options["stratify_by"] = given.strata
    if engine == "arrow":
        return scale.evaluate_together(files, engine="arrow", **options)
    import dask

    with dask.config.set(scheduler="threads"):
        return scale.evaluate_together(files, engine="dask", **options)


@pytest.fixture(scope="session")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Every answer, shared by all tests of the session."""
    pytest.importorskip("pyarrow")
    return Answers(tmp_path_factory.mktemp("spine"))
