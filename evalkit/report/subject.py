"""The comparison with the names of models and classes as the page shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING

from evalkit.phrasing import confidence_text
from evalkit.report.names import Sentence, SentenceReader, shown_names
from evalkit.report.palette import MARKS, Mark
from evalkit.report.samples import Samples, collect_samples
from evalkit.report.thinning import drawn_curve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evalkit.compare.comparison import Comparison
    from evalkit.compare.records import Curve, PairResult


@dataclass(frozen=True)
class ShownModel:
    """A model or a group of runs with its name, colour and shape."""

    position: int
    name: str
    mark: Mark = field(repr=False)

    @property
    def css(self) -> str:
        """The CSS classes of its mark."""
        return f"mark {self.mark.shape} {self.slot}"

    @property
    def slot(self) -> str:
        """The name of its colour in the style sheet; colours repeat after eight models."""
        return f"model-{self.position % len(MARKS)}"

    @property
    def colour(self) -> str:
        """Its colour, as a CSS variable that depends on the theme."""
        return f"var(--{self.slot})"

    @property
    def band(self) -> str:
        """Its transparent colour, for intervals."""
        return f"var(--{self.slot}-band)"


@dataclass(frozen=True)
class DrawnCurves:
    """The curves of one model as drawn, one per class."""

    roc: tuple[Curve | None, ...]
    precision_recall: tuple[Curve | None, ...]


@dataclass(frozen=True, eq=False)
class Subject:
    """A comparison and the names that the page shows."""

    comparison: Comparison

    @cached_property
    def models(self) -> tuple[ShownModel, ...]:
        """The models, in the order given."""
        names = shown_names([model.name for model in self.comparison.models])
        return tuple(ShownModel(i, name, MARKS[i % len(MARKS)]) for i, name in enumerate(names))

    @cached_property
    def groups(self) -> tuple[ShownModel, ...]:
        """The groups of runs, in the order given, each with its own mark."""
        names = shown_names([group.name for group in self.comparison.groups])
        return tuple(ShownModel(i, name, MARKS[i % len(MARKS)]) for i, name in enumerate(names))

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The classes, in their declared order."""
        return shown_names(self.comparison.classes)

    @cached_property
    def _reader(self) -> SentenceReader:
        models = zip((model.name for model in self.comparison.models), self.models, strict=True)
        return SentenceReader(
            [
                *((name, shown.name) for name, shown in models),
                *zip(self.comparison.classes, self.classes, strict=True),
            ]
        )

    @cached_property
    def drawn_curves(self) -> dict[int, DrawnCurves]:
        """The curves of each model whose probabilities are known, by its position."""
        return {
            position: DrawnCurves(
                _drawn(model.probability.roc), _drawn(model.probability.precision_recall)
            )
            for position, model in enumerate(self.comparison.models)
            if model.probability is not None
        }

    @cached_property
    def samples(self) -> Samples:
        """The samples to look at, with their inputs."""
        return collect_samples(self.comparison)

    @property
    def n_classes(self) -> int:
        """The number of classes."""
        return len(self.classes)

    @property
    def confidence(self) -> str:
        """The confidence of every interval, ``"95 %"``."""
        return confidence_text(self.comparison.settings.confidence)

    @property
    def alpha(self) -> str:
        """The level of every test, ``"5 %"``."""
        return confidence_text(round(self.comparison.settings.alpha, 10))

    @property
    def is_pair(self) -> bool:
        """Whether exactly two models are compared."""
        return len(self.models) == 2

    def sentence(self, text: str) -> Sentence:
        """Return the parts of a sentence, with the names of models and classes marked."""
        return self._reader.read(text)

    def noted(self, notes: Iterable[str]) -> tuple[Sentence, ...]:
        """Return notes of the form ``"model: text"``, each text once with the names it is for."""
        names = [model.name for model in self.comparison.models]
        told: dict[str, list[str]] = {}
        for note in notes:
            name = next((each for each in names if note.startswith(f"{each}: ")), None)
            text = note if name is None else note[len(name) + 2 :]
            told.setdefault(text, []).extend([] if name is None else [name])
        return tuple(
            self.sentence(f"{', '.join(models)}: {text}" if models else text)
            for text, models in told.items()
        )

    @property
    def is_of_groups(self) -> bool:
        """Whether the models are the runs of two or more groups, which are what is compared."""
        return bool(self.comparison.group_ranking)

    def pairs_by_interest(self) -> tuple[PairResult, ...]:
        """Return the pairs that are shown in detail, that of the leading two first.

        These are all pairs of models, or the typical runs of each two groups.
        """
        comparison = self.comparison
        if not comparison.pairs:
            return ()
        if self.is_of_groups:
            runs = [comparison.typical_run(group) for group in comparison.group_ranking]
            return tuple(comparison.pair(a, b) for a, b in combinations(runs, 2))
        leading = comparison.leading_pair
        return (leading, *(pair for pair in comparison.pairs if pair is not leading))


def _drawn(curves: tuple[Curve | None, ...]) -> tuple[Curve | None, ...]:
    return tuple(None if curve is None else drawn_curve(curve) for curve in curves)
