"""The six activations by the names that architectures use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.training.modules.elu import ELU
from evalkit.training.modules.leaky_relu import LeakyReLU
from evalkit.training.modules.relu import ReLU
from evalkit.training.modules.sigmoid import Sigmoid
from evalkit.training.modules.softplus import Softplus
from evalkit.training.modules.tanh import Tanh

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import DTypeLike

    from evalkit.training.architecture import ActivationName
    from evalkit.training.modules.activation import Activation


def make_activation(name: ActivationName, alpha: float, dtype: DTypeLike) -> Activation:
    """Return the activation called `name`, with slope or scale `alpha` where it has one."""
    if name == "elu":
        return ELU(dtype, alpha=alpha)
    if name == "leaky_relu":
        return LeakyReLU(dtype, alpha=alpha)
    plain: dict[str, Callable[[DTypeLike], Activation]] = {
        "relu": ReLU,
        "sigmoid": Sigmoid,
        "softplus": Softplus,
        "tanh": Tanh,
    }
    return plain[name](dtype)
