"""Draw the initial weights of a network, the same for both back ends."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.training.architecture import Architecture
    from evalkit.training.settings import Initialisation


def initial_weights(
    architecture: Architecture, scheme: Initialisation, generator: np.random.Generator
) -> dict[str, NDArray[np.float64]]:
    """Return random initial arrays of a network, by name.

    For a layer of shape (fan_out, fan_in)::

        he        W ~ N(0, 2 / fan_in)                    b = 0
        glorot    W ~ U(−a, a), a = √(6 / (fan_in + fan_out))   b = 0
        pytorch   W, b ~ U(−a, a), a = 1 / √fan_in

    Batch norm starts at γ = 1, β = 0, running mean 0 and running variance 1.

    He et al., "Delving deep into rectifiers", 2015. Glorot and Bengio, "Understanding the
    difficulty of training deep feedforward neural networks", 2010.

    >>> from evalkit.training.architecture import Architecture
    >>> shape = Architecture(inputs=4, hidden=(3,), outputs=2)
    >>> sorted(initial_weights(shape, "he", np.random.default_rng(0)))
    ['layers.0.bias', 'layers.0.weight', 'layers.1.bias', 'layers.1.weight']
    """
    weights: dict[str, NDArray[Any]] = {}
    widths = architecture.widths
    for i, (fan_in, fan_out) in enumerate(pairwise(widths)):
        shape = (fan_out, fan_in)
        bias = np.zeros(fan_out)
        if scheme == "he":
            weight = generator.normal(0, math.sqrt(2 / fan_in), shape)
        elif scheme == "glorot":
            bound = math.sqrt(6 / (fan_in + fan_out))
            weight = generator.uniform(-bound, bound, shape)
        else:
            bound = 1 / math.sqrt(fan_in)
            weight = generator.uniform(-bound, bound, shape)
            bias = generator.uniform(-bound, bound, fan_out)
        weights[f"layers.{i}.weight"] = weight
        weights[f"layers.{i}.bias"] = bias
    if architecture.batch_norm:
        for i, width in enumerate(architecture.hidden):
            weights[f"norms.{i}.weight"] = np.ones(width)
            weights[f"norms.{i}.bias"] = np.zeros(width)
            weights[f"norms.{i}.running_mean"] = np.zeros(width)
            weights[f"norms.{i}.running_var"] = np.ones(width)
    return weights
