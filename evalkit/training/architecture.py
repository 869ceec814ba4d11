"""The architecture of a multilayer perceptron, shared by both back ends and all checkpoints."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Literal, get_args

from evalkit.errors import TrainingError

MAX_PARAMETERS = 1 << 30
"""Largest number of weights; more would take over 12 GB while training."""
ActivationName = Literal["sigmoid", "tanh", "softplus", "relu", "leaky_relu", "elu"]


@dataclass(frozen=True)
class Architecture:
    """Layer widths and options of a multilayer perceptron, without its weights.

    Attributes
    ----------
    inputs : the number of features, d.
    hidden : the widths of the hidden layers; ``()`` gives softmax regression.
    outputs : the number of classes, K.
    activation, alpha : the activation of the hidden layers, and its slope or scale α if it has one.
    dropout : the probability of dropping a hidden unit in training.
    batch_norm : whether each hidden layer is normalised over the batch before its activation.
    residual : whether two hidden layers form a residual block, Y = X + Linear(h(Linear(X))), if
        the second is as wide as the layer before the first.

    Raises
    ------
    TrainingError
        If a width is not positive, there are too many weights, the activation is unknown, dropout
        lies outside [0, 1), or `residual` is set and no two layers can form a block.
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
                raise TrainingError(f"The width of {what} is {width}, expected at least 1.")
        weights = sum((before + 1) * after for before, after in pairwise(self.widths))
        if weights > MAX_PARAMETERS:
            raise TrainingError(
                f"The network has more than {MAX_PARAMETERS:,} weights, the limit. "
                "Choose narrower hidden layers."
            )
        if self.activation not in get_args(ActivationName):
            raise TrainingError(
                f"activation is {self.activation!r}, expected one of "
                f"{', '.join(get_args(ActivationName))}."
            )
        if not 0.0 <= self.dropout < 1.0:
            raise TrainingError(f"dropout is {self.dropout}, expected a value in [0, 1).")
        if self.residual and all(len(block) == 1 for block in self.blocks):
            raise TrainingError(
                f"The hidden widths {self.hidden} form no residual block. A block needs two "
                "hidden layers, the second as wide as the layer before them, as in 128, 128, 128."
            )

    @property
    def widths(self) -> tuple[int, ...]:
        """The widths of all layers, including inputs and outputs."""
        return (self.inputs, *self.hidden, self.outputs)

    @property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """The indices of the hidden layers, grouped into single layers and residual blocks of two.

        >>> Architecture(8, (4, 4, 4, 2), 3, residual=True).blocks
        ((0,), (1, 2), (3,))
        """
        groups: list[tuple[int, ...]] = []
        first = 0
        while first < len(self.hidden):
            has_pair = self.residual and 0 < first < len(self.hidden) - 1
            is_block = has_pair and self.hidden[first + 1] == self.hidden[first - 1]
            groups.append((first, first + 1) if is_block else (first,))
            first += len(groups[-1])
        return tuple(groups)

    def to_plain(self) -> dict[str, Any]:
        """Return the fields as plain numbers, strings and a list."""
        return {**asdict(self), "hidden": list(self.hidden)}

    @classmethod
    def from_plain(cls, fields: dict[str, Any]) -> Architecture:
        """Return the architecture from the dict of `to_plain`."""
        return cls(**{**fields, "hidden": tuple(fields["hidden"])})
