"""The shape of a multilayer perceptron, as both back ends and every checkpoint describe it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from evalkit.errors import TrainingError

ActivationName = Literal["sigmoid", "tanh", "softplus", "relu", "leaky_relu", "elu"]


@dataclass(frozen=True)
class Architecture:
    """Layer widths and options of a perceptron; weights excluded.

    Attributes
    ----------
    inputs : the number of features, d.
    hidden : the widths of the hidden layers, none of them zero; ``()`` is softmax regression.
    outputs : the number of classes, K.
    activation, alpha : the hidden activation and its slope or scale α where it has one.
    dropout : the probability with which a hidden unit is dropped while training.
    batch_norm : whether each hidden layer is normalised over the batch before its activation.
    residual : whether each two hidden layers that return to the width before them form a
        residual block, Y = X + Linear(h(Linear(X))).

    Raises
    ------
    TrainingError
        If a width is not positive, the activation is unknown, dropout lies outside [0, 1), or
        `residual` is asked for and no two layers can form a block.
    """

    inputs: int
    hidden: tuple[int, ...]
    outputs: int
    activation: ActivationName = "elu"
    alpha: float = 1.0
    dropout: float = 0.0
    batch_norm: bool = False
    residual: bool = False

    def __post_init__(self) -> None:
        for what, width in (
            ("inputs", self.inputs),
            *((f"hidden layer {i + 1}", width) for i, width in enumerate(self.hidden)),
            ("outputs", self.outputs),
        ):
            if width < 1:
                raise TrainingError(f"a layer needs at least one unit; {what} has {width}")
        if self.activation not in get_args(ActivationName):
            raise TrainingError(
                f"activation must be one of {', '.join(get_args(ActivationName))}; "
                f"got {self.activation!r}"
            )
        if not 0.0 <= self.dropout < 1.0:
            raise TrainingError(f"dropout must lie in [0, 1); got {self.dropout}")
        if self.residual and all(len(block) == 1 for block in self.blocks):
            raise TrainingError(
                "a residual block needs two hidden layers, the second as wide as the layer before "
                f"them; hidden widths {self.hidden} have none: for example 128, 128, 128"
            )

    @property
    def widths(self) -> tuple[int, ...]:
        """The units of every layer, from the inputs to the outputs."""
        return (self.inputs, *self.hidden, self.outputs)

    @property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """The hidden layers by position, in groups: one alone, or the two of a residual block.

        >>> Architecture(8, (4, 4, 4, 2), 3, residual=True).blocks
        ((0,), (1, 2), (3,))
        """
        groups: list[tuple[int, ...]] = []
        first = 0
        while first < len(self.hidden):
            pairs = self.residual and 0 < first < len(self.hidden) - 1
            closes = pairs and self.hidden[first + 1] == self.hidden[first - 1]
            groups.append((first, first + 1) if closes else (first,))
            first += len(groups[-1])
        return tuple(groups)

    def to_plain(self) -> dict[str, Any]:
        """Return the fields as plain numbers, strings and a list."""
        return {**asdict(self), "hidden": list(self.hidden)}

    @classmethod
    def from_plain(cls, fields: dict[str, Any]) -> Architecture:
        """Return the architecture that `to_plain` wrote."""
        return cls(**{**fields, "hidden": tuple(fields["hidden"])})
