from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evalkit.datasets.dataset import DatasetIdentity
from evalkit.training.architecture import Architecture
from evalkit.training.checkpoint import Checkpoint, EpochRecord, Normalisation
from evalkit.training.numpy_network import Network
from evalkit.training.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def make_checkpoint() -> Callable[..., Checkpoint]:
    """Return a function that makes checkpoints with random weights."""

    def make(
        backend: str = "numpy",
        hidden: tuple[int, ...] = (6, 6, 6),
        *,
        dtype: str = "float32",
        batch_norm: bool = False,
        seed: int = 0,
        **replaced: Any,
    ) -> Checkpoint:
        generator = np.random.default_rng(seed)
        architecture = Architecture(
            inputs=5, hidden=hidden, outputs=3, batch_norm=batch_norm, residual=len(hidden) > 2
        )
        shapes = Network(architecture, dtype).state()
        weights = {
            name: np.abs(generator.normal(size=array.shape)).astype(dtype)
            if ".running_var" in name
            else generator.normal(size=array.shape).astype(dtype)
            for name, array in shapes.items()
        }
        checkpoint = Checkpoint(
            backend=backend,  # type: ignore[arg-type]  # the two names that tests pass
            architecture=architecture,
            classes=("cat", "dog", "<script>"),
            normalisation=Normalisation(np.full(5, 0.5), np.array([1.0, 2.0, 3.0, 4.0, 5.0])),
            dataset=DatasetIdentity("pets", "pets.npz", "given in the file", "0" * 64),
            seed=seed,
            settings=Settings(hidden=hidden, epochs=2).to_plain(),
            history=tuple(
                EpochRecord(i, 1.0 / i, 0.5, 1.1 / i, 0.4 + i / 10, 0.25) for i in (1, 2)
            ),
            best_epoch=2,
            weights=weights,
            versions={"evalkit": "1.0", "numpy": np.__version__},
            training_state={"weights": weights, "optimizer": {"step": 3, "rates": [0.1, None]}},
        )
        return replace(checkpoint, **replaced)

    return make


@pytest.fixture(scope="session")
def inputs() -> np.ndarray:
    """Return 50 rows of 5 features."""
    return np.random.default_rng(9).normal(size=(50, 5))
