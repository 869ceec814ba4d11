"""The PyTorch network with its loss and optimizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

from evalkit.errors import TrainingError
from evalkit.training.learner import BatchScore
from evalkit.training.torch_network import Perceptron

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from evalkit.training.architecture import Architecture
    from evalkit.training.learner import Codes, Weights
    from evalkit.training.modules.module import Floats
    from evalkit.training.settings import Settings


class TorchLearner:
    """A `Perceptron` with cross-entropy, the elastic net and a torch optimizer."""

    def __init__(
        self,
        architecture: Architecture,
        settings: Settings,
        class_weights: NDArray[np.float64] | None = None,
    ) -> None:
        self._device = find_device(settings.device)
        dtype: torch.dtype = getattr(torch, settings.dtype)
        self.network: Perceptron = Perceptron(architecture).to(self._device, dtype)
        self.network.generator = torch.Generator(self._device)
        self._optimizer = _make_optimizer(settings, list(self.network.parameters()))
        self._class_weights = (
            None if class_weights is None else self._tensor(class_weights).to(dtype)
        )
        by_layer = zip(settings.by_layer(settings.l1), settings.by_layer(settings.l2), strict=True)
        self._penalties = [
            (self.network.get_parameter(f"layers.{i}.weight"), l1, l2)
            for i, (l1, l2) in enumerate(by_layer)
            if l1 or l2
        ]

    def _tensor(self, array: NDArray[Any]) -> torch.Tensor:
        return torch.from_numpy(array).to(self._device)

    def step(self, X: Floats, y: Codes, rate: float) -> BatchScore:
        """Take one step of size `rate` on a batch, and return its score before the step."""
        self.network.train()
        self._optimizer.param_groups[0]["lr"] = rate
        self._optimizer.zero_grad()
        loss, score = self._score(X, y)
        for W, l1, l2 in self._penalties:
            loss = loss + l1 * W.abs().sum() + l2 * W.square().sum()
        torch.autograd.backward(loss)
        self._optimizer.step()
        return score

    def score(self, X: Floats, y: Codes) -> BatchScore:
        """Return the score of a batch in evaluation mode."""
        self.network.eval()
        with torch.no_grad():
            return self._score(X, y)[1]

    def _score(self, X: Floats, y: Codes) -> tuple[torch.Tensor, BatchScore]:
        targets, weights = self._tensor(y), self._class_weights
        logits = self.network(self._tensor(X))
        total = float(len(y)) if weights is None else float(weights[targets].sum())
        loss = functional.cross_entropy(logits, targets, weight=weights, reduction="sum")
        loss = loss / (total or 1.0)  # if all rows have weight zero, the loss is zero
        correct = int((logits.argmax(dim=1) == targets).sum())
        return loss, BatchScore(float(loss.detach()), total, correct)

    def begin_epoch(self, seed: int) -> None:
        """Seed dropout for the epoch."""
        assert self.network.generator is not None
        self.network.generator.manual_seed(seed)

    def weights(self) -> Weights:
        """Return copies of all arrays by name."""
        state = self.network.state_dict()
        return {name: _array(tensor) for name, tensor in state.items()}

    def load(self, weights: Weights) -> None:
        """Set all arrays by name."""
        self.network.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})

    def optimizer_state(self) -> dict[str, Any]:
        """Return a copy of the state of the optimizer, by parameter index."""
        state = self._optimizer.state_dict()["state"]
        return {
            str(index): {name: _array(value) for name, value in values.items() if value is not None}
            for index, values in state.items()
        }

    def load_optimizer(self, state: dict[str, Any]) -> None:
        """Set the state of the optimizer from `optimizer_state`."""
        state_dict = self._optimizer.state_dict()
        state_dict["state"] = {
            int(index): {name: torch.tensor(array) for name, array in values.items()}
            for index, values in state.items()
        }
        self._optimizer.load_state_dict(state_dict)


def _array(tensor: torch.Tensor) -> NDArray[Any]:
    array: NDArray[Any] = tensor.detach().cpu().numpy().copy()
    return array


def _make_optimizer(
    settings: Settings, parameters: list[torch.nn.Parameter]
) -> torch.optim.Optimizer:
    if settings.optimizer == "adam":
        return torch.optim.Adam(parameters, lr=settings.learning_rate)
    return torch.optim.SGD(parameters, lr=settings.learning_rate, momentum=settings.momentum)


def find_device(name: str) -> torch.device:
    """Return the device `name`.

    Raises
    ------
    TrainingError
        If the name is unknown, or the device is not available.
    """
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise TrainingError(f"Device {name!r} is not available in torch: {reason}") from None
    return device
