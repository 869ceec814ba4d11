"""The options of a training run, shared by both back ends."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from evalkit.errors import TrainingError
from evalkit.training.architecture import ActivationName, Architecture

Optimizer = Literal["sgd", "adam"]
Schedule = Literal["constant", "cosine", "step", "one_cycle"]
Initialisation = Literal["he", "glorot", "pytorch"]
DTypeName = Literal["float32", "float64"]

_DEFAULT_ALPHA = {"leaky_relu": 0.01}


@dataclass(frozen=True)
class Settings:
    """The options of a training run; by default, one hidden layer of 128 units and ten epochs.

    Attributes
    ----------
    hidden : the widths of the hidden layers; ``()`` gives softmax regression.
    activation : the name of the activation of the hidden layers.
    alpha : the scale of ``elu`` (default 1) or the slope of ``leaky_relu`` (default 0.01).
    learning_rate : the largest learning rate of the schedule.
    batch_size : the number of rows per batch.
    epochs : the number of passes over the training rows.
    seed : the seed of the split, the initial weights, the order of the batches and dropout.
    validation_fraction : the fraction of training rows held out to select the best epoch.
    dropout : the probability of dropping a hidden unit, in [0, 1).
    batch_norm : whether each hidden layer is normalised over the batch.
    l1, l2 : λ₁ and λ₂ of the elastic net, one number for all layers or a tuple of one per layer.
    optimizer, momentum : ``sgd`` with momentum (0 for none), or ``adam``.
    schedule : the learning-rate schedule.
    early_stopping : the number of epochs without improvement after which training stops; None
        for no early stopping.
    residual : whether hidden layers form residual blocks if their widths allow it.
    dtype : the dtype of weights, inputs and arithmetic.
    initialisation : the scheme of the initial weights; None for the default of the back end,
        ``he`` in NumPy and ``pytorch`` in PyTorch.
    class_weight : ``"balanced"`` for n / (K n_k), or one weight per class; None for equal weights.
    device : the PyTorch device; the NumPy trainer supports only ``cpu``.

    Raises
    ------
    TrainingError
        If the value of an option is invalid.

    >>> Settings(epochs=3).learning_rate
    0.1
    """

    hidden: tuple[int, ...] = (128,)
    activation: ActivationName = "elu"
    alpha: float | None = None
    learning_rate: float = 0.1
    batch_size: int = 128
    epochs: int = 10
    seed: int = 42
    validation_fraction: float = 0.1
    dropout: float = 0.0
    batch_norm: bool = False
    l1: float | tuple[float, ...] = 0.0
    l2: float | tuple[float, ...] = 0.0
    optimizer: Optimizer = "sgd"
    momentum: float = 0.0
    schedule: Schedule = "constant"
    early_stopping: int | None = None
    residual: bool = False
    dtype: DTypeName = "float32"
    initialisation: Initialisation | None = None
    class_weight: Literal["balanced"] | tuple[float, ...] | None = None
    device: str = "cpu"

    def __post_init__(self) -> None:
        for name in ("hidden", "l1", "l2", "class_weight"):
            if isinstance(value := getattr(self, name), list):
                object.__setattr__(self, name, tuple(value))
        for name, allowed in (
            ("optimizer", Optimizer),
            ("schedule", Schedule),
            ("dtype", DTypeName),
            ("initialisation", Initialisation),
        ):
            value = getattr(self, name)
            is_default = name == "initialisation" and value is None
            if not is_default and value not in get_args(allowed):
                raise TrainingError(
                    f"{name} is {value!r}, expected one of {', '.join(get_args(allowed))}."
                )
        for name in ("batch_size", "epochs", "early_stopping"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise TrainingError(f"{name} is {value}, expected at least 1.")
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise TrainingError(
                f"learning_rate is {self.learning_rate}, expected a positive number."
            )
        if self.seed < 0:
            raise TrainingError(f"seed is {self.seed}, expected a non-negative integer.")
        if not 0 < self.validation_fraction < 1:
            raise TrainingError(
                f"validation_fraction is {self.validation_fraction}, expected a value between 0 "
                "and 1, exclusive. The held-out rows select the best epoch."
            )
        if not 0 <= self.momentum < 1:
            raise TrainingError(f"momentum is {self.momentum}, expected a value in [0, 1).")
        if self.momentum and self.optimizer == "adam":
            raise TrainingError(
                f"momentum is {self.momentum}, but it is an option of sgd only. "
                "Set it to 0, or use sgd."
            )
        if self.batch_norm and self.batch_size < 2:
            raise TrainingError(
                f"batch_size is {self.batch_size}, but batch_norm needs at least 2 rows per batch."
            )
        if self.alpha is not None and not math.isfinite(self.alpha):
            raise TrainingError(f"alpha is {self.alpha}, expected a finite number.")
        if isinstance(self.class_weight, tuple):
            self._check_weights("class_weight", self.class_weight)
        elif self.class_weight not in (None, "balanced"):
            raise TrainingError(
                f"class_weight is {self.class_weight!r}, expected balanced or one number per class."
            )
        for name in ("l1", "l2"):
            self._check_weights(name, self.by_layer(getattr(self, name)))
            if len(self.by_layer(getattr(self, name))) != len(self.hidden) + 1:
                raise TrainingError(
                    f"{name} has {len(getattr(self, name))} numbers for {len(self.hidden) + 1} "
                    "layers, expected one number or one per layer."
                )
        self.architecture(1, 1)

    @staticmethod
    def _check_weights(name: str, values: tuple[float, ...]) -> None:
        for value in values:
            if not (math.isfinite(value) and value >= 0):
                raise TrainingError(f"{name} contains {value}, expected finite numbers ≥ 0.")

    def by_layer(self, penalty: float | tuple[float, ...]) -> tuple[float, ...]:
        """Return the penalty of each layer, from one number or one per layer."""
        if isinstance(penalty, tuple):
            return penalty
        return (penalty,) * (len(self.hidden) + 1)

    def architecture(self, inputs: int, outputs: int) -> Architecture:
        """Return the architecture for the given numbers of inputs and classes."""
        alpha = _DEFAULT_ALPHA.get(self.activation, 1.0) if self.alpha is None else self.alpha
        return Architecture(
            inputs=inputs,
            hidden=self.hidden,
            outputs=outputs,
            activation=self.activation,
            alpha=alpha,
            dropout=self.dropout,
            batch_norm=self.batch_norm,
            residual=self.residual,
        )

    def to_plain(self) -> dict[str, Any]:
        """Return the options as plain values; tuples become lists."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Settings:
        """Return the options from the dict of `to_plain`; missing options have their defaults."""
        known = {option.name for option in fields(cls)}
        options: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in plain.items()
            if name in known
        }
        return cls(**options)
