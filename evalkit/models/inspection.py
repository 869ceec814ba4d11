"""The result of inspecting a file, and its text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.reading.source import printable

if TYPE_CHECKING:
    from pathlib import Path

    from evalkit.models.predictor import ModelCard
    from evalkit.reading.pickle_names import PickleName

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
