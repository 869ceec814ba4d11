"""What a file holds, told without running any of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.reading.source import printable

if TYPE_CHECKING:
    from pathlib import Path

    from evalkit.models.predictor import ModelCard
    from evalkit.reading.pickle_names import PickleName

_MOST = 20
_LONGEST = 1000


@dataclass(frozen=True)
class Inspection:
    """What a file holds.

    Attributes
    ----------
    path : the file.
    format : what it is.
    facts : label and text, in the order in which they are shown.
    names : for a pickle, every name it would import, each marked.
    """

    path: Path
    format: str
    facts: tuple[tuple[str, str], ...] = ()
    names: tuple[PickleName, ...] = ()

    def __str__(self) -> str:
        """Return the facts as lines of text, with control characters shown and not sent."""
        rows = [("file", str(self.path)), ("format", self.format), *self.facts]
        if self.names:
            unsafe = sum(not name.is_safe for name in self.names)
            rows.append(
                ("names", f"{len(self.names)} would be imported, {unsafe} of them not safe")
            )
        width = max(len(label) for label, _ in rows)
        lines = [f"{label:<{width}}  {printable(text[:_LONGEST])}" for label, text in rows]
        for name in self.names:
            mark = "safe    " if name.is_safe else "not safe"
            lines.append(
                f"{'':<{width}}  {mark}  {printable(f'{name.module}.{name.name}'[:_LONGEST])}"
            )
        return "\n".join(lines)


def facts_of_card(card: ModelCard, classes: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return what a model's card tells, label and text, without what is unknown."""
    facts = [("sha256", card.sha256)]
    if card.backend:
        facts.append(("trained by", card.backend))
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
        kept = f"{100 * best.validation_accuracy:.1f} %, loss {best.validation_loss:.4f}"
        told = f"{len(card.history)} epochs, kept epoch {best.epoch}: validation accuracy {kept}"
        facts.append(("training", told))
    if card.ending:
        facts.append(("ended early", card.ending))
    return tuple(facts)


def listed(names: tuple[str, ...]) -> str:
    """Return how many names there are, and the first of them."""
    shown = ", ".join(names[:_MOST])
    return f"{len(names)}: {shown}{' …' if len(names) > _MOST else ''}"
