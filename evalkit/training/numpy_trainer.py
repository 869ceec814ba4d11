"""Train in NumPy, with hand-written gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import TrainingError
from evalkit.training.fit import fit
from evalkit.training.learner import BatchScore
from evalkit.training.modules.module import Buffer
from evalkit.training.modules.softmax_cross_entropy import SoftmaxCrossEntropy
from evalkit.training.numpy_network import Network
from evalkit.training.optimizers import make_optimizer
from evalkit.training.penalty import ElasticNet

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from evalkit.datasets.dataset import Dataset
    from evalkit.training.architecture import Architecture
    from evalkit.training.checkpoint import Checkpoint, EpochRecord
    from evalkit.training.learner import Codes, Weights
    from evalkit.training.modules.module import Floats
    from evalkit.training.settings import Settings


def train_numpy(
    dataset: Dataset,
    settings: Settings,
    *,
    progress: Callable[[EpochRecord], None] | None = None,
    resume: Checkpoint | None = None,
) -> Checkpoint:
    """Train a multilayer perceptron in NumPy, and return its best epoch.

    `progress` is called with the record of each epoch; `resume` is the checkpoint to continue
    from. See `evalkit.training.fit.fit` for the best epoch, early endings and errors.
    """
    if settings.device != "cpu":
        raise TrainingError(
            f"device is {settings.device!r}, but the NumPy trainer supports only 'cpu'. "
            "Use the torch backend."
        )
    return fit(dataset, settings, "numpy", NumpyLearner, progress=progress, resume=resume)


class NumpyLearner:
    """A `Network` with softmax cross-entropy, the elastic net and an optimizer.

    One step on a batch X with targets T, for the logits Z = network(X), is::

        L = cross-entropy(softmax(Z), T)        ∂L/∂Z = (1/S) (softmax(Z) − T)
        g = ∂L/∂w, by the chain rule from the last module to the first,
            + λ₁ sign(W) + 2 λ₂ W for the weights of each layer
        w ← w − η g, or the update of the optimizer

    No step allocates a matrix: each module writes to its own buffers.
    """

    def __init__(
        self,
        architecture: Architecture,
        settings: Settings,
        class_weights: NDArray[np.float64] | None = None,
    ) -> None:
        self.network: Network = Network(architecture, settings.dtype)
        self._optimizer = make_optimizer(settings, self.network.parameters, self.network.gradient)
        self._penalties = [
            ElasticNet(layer.weight, l1=l1, l2=l2)
            for layer, l1, l2 in zip(
                self.network.layers,
                settings.by_layer(settings.l1),
                settings.by_layer(settings.l2),
                strict=True,
            )
            if l1 or l2
        ]
        self._loss = SoftmaxCrossEntropy(settings.dtype)
        self._classes = np.arange(architecture.outputs)
        self._class_weights = (
            None if class_weights is None else class_weights.astype(settings.dtype)[:, None]
        )
        self._targets = Buffer(settings.dtype)
        self._weights = Buffer(settings.dtype)

    def step(self, X: Floats, y: Codes, rate: float) -> BatchScore:
        """Take one step of size `rate` on a batch, and return its score before the step."""
        logits = self.network.forward(X, training=True)
        score = self._score(logits, y)
        self.network.backward(self._loss.backward())
        for penalty in self._penalties:
            penalty.add_gradient()
        self._optimizer.step(rate)
        return score

    def score(self, X: Floats, y: Codes) -> BatchScore:
        """Return the score of a batch in evaluation mode."""
        return self._score(self.network.forward(X), y)

    def _score(self, logits: Floats, y: Codes) -> BatchScore:
        # T_ik = 1 where y_i = k, else 0
        targets = self._targets.like(logits)
        np.equal(y[:, None], self._classes, out=targets)
        weights, total = None, float(len(y))
        if self._class_weights is not None:
            weights = self._weights.rows(len(y), 1)
            np.take(self._class_weights, y, axis=0, out=weights, mode="clip")
            total = float(weights.sum())
        loss = self._loss.forward(logits, targets, weights)
        correct = int(np.count_nonzero(logits.argmax(axis=1) == y))
        return BatchScore(loss, total, correct)

    def begin_epoch(self, seed: int) -> None:
        """Seed dropout for the epoch."""
        self.network.draw_from(np.random.default_rng(seed))

    def weights(self) -> Weights:
        """Return copies of all arrays by name."""
        return self.network.state()

    def load(self, weights: Weights) -> None:
        """Set all arrays by name."""
        self.network.load(weights)

    def optimizer_state(self) -> dict[str, Any]:
        """Return a copy of the state of the optimizer."""
        return self._optimizer.state()

    def load_optimizer(self, state: dict[str, Any]) -> None:
        """Set the state of the optimizer from `optimizer_state`."""
        self._optimizer.load(state)
