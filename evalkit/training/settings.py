"""The options of a training run, checked once, the same for both back ends."""

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
    """What a training run is told; the defaults train one hidden layer of 128 for ten epochs.

    Attributes
    ----------
    hidden : widths of the hidden layers; ``()`` is softmax regression.
    activation : of the hidden layers, by name.
    alpha : scale of ``elu`` (1 unless given) or slope of ``leaky_relu`` (0.01 unless given).
    learning_rate : the largest step size that the schedule reaches.
    batch_size : rows a step.
    epochs : passes over the training rows.
    seed : makes the split, the initial weights, the order of the batches and dropout.
    validation_fraction : share of the training rows held out to choose the best epoch.
    dropout : probability with which a hidden unit is dropped, in [0, 1).
    batch_norm : whether each hidden layer is normalised over the batch.
    l1, l2 : λ₁ and λ₂ of the elastic net, for all layers or a tuple with one a layer.
    optimizer, momentum : ``sgd`` with momentum (0 for none), or ``adam``.
    schedule : how the learning rate changes over the run.
    early_stopping : stop after so many epochs without a better one; None never does.
    residual : whether hidden layers form residual blocks where their widths allow it.
    dtype : of weights, inputs and arithmetic.
    initialisation : of the weights; None takes each back end's own, ``he`` in NumPy and
        ``pytorch`` in PyTorch.
    class_weight : ``"balanced"`` for n / (K n_k), or one weight a class; None for none.
    device : where PyTorch trains; the NumPy trainer takes ``cpu`` only.

    Raises
    ------
    TrainingError
        If an option lies outside its range.

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
            own = name == "initialisation" and value is None
            if not own and value not in get_args(allowed):
                raise TrainingError(
                    f"{name} must be one of {', '.join(get_args(allowed))}; got {value!r}"
                )
        for name in ("batch_size", "epochs", "early_stopping"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise TrainingError(f"{name} must be at least 1; got {value}")
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise TrainingError(
                f"learning_rate must be a positive number; got {self.learning_rate}"
            )
        if self.seed < 0:
            raise TrainingError(f"seed must not be negative; got {self.seed}")
        if not 0 < self.validation_fraction < 1:
            raise TrainingError(
                "validation_fraction must lie between 0 and 1, since held-out rows choose the "
                f"best epoch; got {self.validation_fraction}"
            )
        if not 0 <= self.momentum < 1:
            raise TrainingError(f"momentum must lie in [0, 1); got {self.momentum}")
        if self.momentum and self.optimizer == "adam":
            raise TrainingError("momentum is an option of sgd; adam has its own: leave it at 0")
        if self.batch_norm and self.batch_size < 2:
            raise TrainingError("batch_norm needs the statistics of a batch; batch_size is 1")
        if self.alpha is not None and not math.isfinite(self.alpha):
            raise TrainingError(f"alpha must be a finite number; got {self.alpha}")
        if isinstance(self.class_weight, tuple):
            self._check_weights("class_weight", self.class_weight)
        elif self.class_weight not in (None, "balanced"):
            raise TrainingError(
                f"class_weight must be balanced or one number a class; got {self.class_weight!r}"
            )
        for name in ("l1", "l2"):
            self._check_weights(name, self.by_layer(getattr(self, name)))
            if len(self.by_layer(getattr(self, name))) != len(self.hidden) + 1:
                raise TrainingError(
                    f"{name} must be one number or one a layer; the network has "
                    f"{len(self.hidden) + 1} layers, got {len(getattr(self, name))} numbers"
                )
        self.architecture(1, 1)

    @staticmethod
    def _check_weights(name: str, values: tuple[float, ...]) -> None:
        for value in values:
            if not (math.isfinite(value) and value >= 0):
                raise TrainingError(f"{name} must not be negative or infinite; got {value}")

    def by_layer(self, penalty: float | tuple[float, ...]) -> tuple[float, ...]:
        """Return λ for every layer, from one number or one a layer."""
        if isinstance(penalty, tuple):
            return penalty
        return (penalty,) * (len(self.hidden) + 1)

    def architecture(self, inputs: int, outputs: int) -> Architecture:
        """Return the network that these options describe, for d inputs and K classes."""
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
        """Return the options that `to_plain` wrote; what an older file lacks keeps its default."""
        known = {option.name for option in fields(cls)}
        options: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in plain.items()
            if name in known
        }
        return cls(**options)
