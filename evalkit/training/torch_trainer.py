"""Training in PyTorch, with the options, the batches and the history of the NumPy trainer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalkit.errors import MissingExtraError, TrainingError
from evalkit.training.fit import fit
from evalkit.training.learner import BatchScore

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import torch
    from numpy.typing import NDArray

    from evalkit.datasets.dataset import Dataset
    from evalkit.training.architecture import Architecture
    from evalkit.training.checkpoint import Backend, Checkpoint, EpochRecord
    from evalkit.training.learner import Codes, Weights
    from evalkit.training.modules.module import Floats
    from evalkit.training.settings import Settings


def train_torch(
    dataset: Dataset,
    settings: Settings,
    *,
    progress: Callable[[EpochRecord], None] | None = None,
    resume: Checkpoint | None = None,
) -> Checkpoint:
    """Train a multilayer perceptron in PyTorch, and return its best epoch.

    See `evalkit.training.fit.fit` for what is kept, how training ends, and the errors.
    `progress` is called with each epoch's record; `resume` is the run to go on with.

    Raises
    ------
    MissingExtraError
        If torch is not installed.
    TrainingError
        If torch has no such device.
    """
    return fit(dataset, settings, "torch", TorchLearner, progress=progress, resume=resume)


class TorchLearner:
    """A `Perceptron`, cross-entropy of logits, the elastic net, and a torch optimizer."""

    backend: Backend = "torch"

    def __init__(
        self,
        architecture: Architecture,
        settings: Settings,
        class_weights: NDArray[np.float64] | None = None,
    ) -> None:
        try:
            import torch
        except ModuleNotFoundError:
            raise MissingExtraError.for_extra("torch", "training with torch") from None
        from evalkit.training.torch_network import Perceptron

        self._torch = torch
        self._dtype = getattr(torch, settings.dtype)
        self._device = _device(settings.device)
        self.network = Perceptron(architecture).to(self._device, self._dtype)
        self._generator = self.network.generator = torch.Generator(self._device)
        self._class_weights = (
            None if class_weights is None else self._tensor(class_weights).to(self._dtype)
        )
        self._penalties = [
            (self.network.get_parameter(f"layers.{i}.weight"), l1, l2)
            for i, (l1, l2) in enumerate(
                zip(settings.by_layer(settings.l1), settings.by_layer(settings.l2), strict=True)
            )
            if l1 or l2
        ]
        parameters = self.network.parameters()
        self._optimizer: torch.optim.Optimizer = (
            torch.optim.Adam(parameters, lr=settings.learning_rate)
            if settings.optimizer == "adam"
            else torch.optim.SGD(parameters, lr=settings.learning_rate, momentum=settings.momentum)
        )

    def _tensor(self, array: NDArray[Any]) -> torch.Tensor:
        return self._torch.from_numpy(array).to(self._device)

    def step(self, X: Floats, y: Codes, rate: float) -> BatchScore:
        """Take one step of size `rate` on a batch, and return its score before the step."""
        self.network.train()
        self._optimizer.param_groups[0]["lr"] = rate
        self._optimizer.zero_grad()
        loss, score = self._score(X, y)
        for W, l1, l2 in self._penalties:
            loss = loss + l1 * W.abs().sum() + l2 * W.square().sum()
        self._torch.autograd.backward(loss)
        self._optimizer.step()
        return score

    def score(self, X: Floats, y: Codes) -> BatchScore:
        """Return the score of a batch out of training."""
        self.network.eval()
        with self._torch.no_grad():
            return self._score(X, y)[1]

    def _score(self, X: Floats, y: Codes) -> tuple[torch.Tensor, BatchScore]:
        targets = self._tensor(y)
        logits = self.network(self._tensor(X))
        loss = self._torch.nn.functional.cross_entropy(logits, targets, weight=self._class_weights)
        weights = self._class_weights
        total = float(len(y)) if weights is None else float(weights[targets].sum())
        correct = int((logits.argmax(dim=1) == targets).sum())
        return loss, BatchScore(float(loss.detach()), total, correct)

    def begin_epoch(self, seed: int) -> None:
        """Seed dropout for the epoch."""
        self._generator.manual_seed(seed)

    def weights(self) -> Weights:
        """Return copies of all arrays by name."""
        state = self.network.state_dict()
        return {name: tensor.cpu().numpy().copy() for name, tensor in state.items()}

    def load(self, weights: Weights) -> None:
        """Take all arrays by name."""
        self.network.load_state_dict({name: self._tensor(array) for name, array in weights.items()})

    def optimizer_state(self) -> dict[str, Any]:
        """Return copies of what the optimizer remembers, by the position of its parameter."""
        remembered = self._optimizer.state_dict()["state"]
        return {
            str(position): {
                name: value.cpu().numpy().copy()
                for name, value in memory.items()
                if value is not None
            }
            for position, memory in remembered.items()
        }

    def load_optimizer(self, state: dict[str, Any]) -> None:
        """Go on from an `optimizer_state`."""
        whole = self._optimizer.state_dict()
        whole["state"] = {
            int(position): {name: self._torch.tensor(value) for name, value in memory.items()}
            for position, memory in state.items()
        }
        self._optimizer.load_state_dict(whole)


def _device(name: str) -> torch.device:
    """Return the device, having put something on it."""
    import torch

    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise TrainingError(f"torch has no device {name!r} here: {reason}") from None
    return device
