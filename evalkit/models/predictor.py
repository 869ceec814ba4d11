"""Interfaces of predictors, model cards, file contents and adapters for file formats."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from evalkit.reading.source import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from evalkit.datasets.dataset import DatasetIdentity
    from evalkit.reading.pickle_names import PickleName
    from evalkit.reading.source import Source
    from evalkit.training.architecture import Architecture
    from evalkit.training.checkpoint import EpochRecord


@dataclass(frozen=True)
class ModelCard:
    """Metadata of a model file; fields that the format does not provide are None or empty.

    Attributes
    ----------
    format : the display name of the format: ``"evalkit NumPy checkpoint"``.
    path, sha256 : the file and the digest of its content.
    backend : ``"numpy"`` or ``"torch"``, the trainer that created the file.
    architecture : the layer widths and options of the network.
    parameters : the number of trained parameters.
    history, best_epoch : one record per epoch, and the epoch whose weights are stored.
    dataset : the identity of the data set that the model was trained on.
    seed, settings : the seed and the settings of the training run.
    versions : the versions of the packages that wrote the file.
    complete : whether training finished normally.
    ending : why training stopped early; empty if it did not.
    trusted_pickle : whether the file was unpickled because the user passed ``trust_pickle``.
    """

    format: str
    path: Path
    sha256: str
    backend: str | None = None
    architecture: Architecture | None = None
    parameters: int | None = None
    history: tuple[EpochRecord, ...] = field(default=(), repr=False)
    best_epoch: int | None = None
    dataset: DatasetIdentity | None = None
    seed: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    versions: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True
    ending: str = ""
    trusted_pickle: bool = False


class Predictor(Protocol):
    """A model that computes class probabilities from raw inputs."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The ordered names of the K classes."""

    @property
    def card(self) -> ModelCard:
        """The model card."""

    def predict_proba(self, X: ArrayLike) -> NDArray[Any]:
        """Return the class probabilities of raw inputs (n, d), shape (n, K); rows sum to one."""


@dataclass(frozen=True)
class Adapter:
    """A format of model files.

    Other packages can add formats with entry points of the group ``evalkit.adapters``, each
    naming an instance of this class. evalkit's own formats take precedence.

    Attributes
    ----------
    format : the display name of the format.
    recognises : returns whether an open file has this format, by its content and not by its
        extension. Must not run code from the file.
    load : returns the predictor, or raises an `EvalkitError`. Must not run code from the file.
    inspect : returns the content of the file. Must not run code from the file.
    """

    format: str
    recognises: Callable[[Source], bool]
    load: Callable[[Source], Predictor]
    inspect: Callable[[Source], Inspection]


_MAX_LISTED = 20
_MAX_LINE = 1000


@dataclass(frozen=True)
class Inspection:
    """The content of a file, determined without running code from it.

    Attributes
    ----------
    path : the file.
    format : the name of the format.
    facts : pairs of label and text, in display order.
    names : the names that a pickle imports, each marked as safe or not safe.
    """

    path: Path
    format: str
    facts: tuple[tuple[str, str], ...] = ()
    names: tuple[PickleName, ...] = ()

    def __str__(self) -> str:
        """Return the facts as lines of text, with control characters escaped."""
        rows = [("file", str(self.path)), ("format", self.format), *self.facts]
        if self.names:
            unsafe = sum(not name.is_safe for name in self.names)
            rows.append(("imports", f"{len(self.names)}, of which {unsafe} not safe"))
        width = max(len(label) for label, _ in rows)
        lines = [f"{label:<{width}}  {printable(text[:_MAX_LINE])}" for label, text in rows]
        for name in self.names:
            mark = "safe    " if name.is_safe else "not safe"
            lines.append(
                f"{'':<{width}}  {mark}  {printable(f'{name.module}.{name.name}'[:_MAX_LINE])}"
            )
        return "\n".join(lines)


def card_facts(card: ModelCard, classes: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return the known fields of a model card as pairs of label and text."""
    facts = [("sha256", card.sha256)]
    if card.backend:
        facts.append(("backend", card.backend))
    if card.versions:
        facts.append(("versions", ", ".join(f"{k} {v}" for k, v in card.versions.items())))
    if card.architecture:
        shape = card.architecture
        options = [
            shape.activation,
            *(["batch norm"] if shape.batch_norm else []),
            *(["residual"] if shape.residual else []),
            *([f"dropout {shape.dropout:g}"] if shape.dropout else []),
        ]
        facts.append(("network", f"{'–'.join(map(str, shape.widths))}, {', '.join(options)}"))
    if card.parameters is not None:
        facts.append(("parameters", f"{card.parameters:,}"))
    facts.append(("classes", listed(classes)))
    if card.dataset:
        facts.append(("data", f"{card.dataset.name} ({card.dataset.spec}): {card.dataset.split}"))
        facts.append(("test split", card.dataset.fingerprint))
    if card.seed is not None:
        facts.append(("seed", str(card.seed)))
    if card.history:
        best = next((r for r in card.history if r.epoch == card.best_epoch), card.history[-1])
        scores = f"{100 * best.validation_accuracy:.1f} %, loss {best.validation_loss:.4f}"
        text = f"{len(card.history)} epochs, best epoch {best.epoch}: validation accuracy {scores}"
        facts.append(("training", text))
    if card.ending:
        facts.append(("stopped early", card.ending))
    return tuple(facts)


def listed(names: tuple[str, ...]) -> str:
    """Return the number of names and the first 20 of them."""
    first = ", ".join(names[:_MAX_LISTED])
    return f"{len(names)}: {first}{' …' if len(names) > _MAX_LISTED else ''}"
