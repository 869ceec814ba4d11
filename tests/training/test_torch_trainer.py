from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from evalkit.errors import MissingExtraError, TrainingError
from evalkit.training.settings import Settings
from evalkit.training.torch_trainer import train_torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.datasets.dataset import Dataset


def test_without_torch_the_extra_is_named(
    make_dataset: Callable[..., Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one line says what to install."""
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "evalkit.training.torch_learner", raising=False)
    with pytest.raises(MissingExtraError, match=r'pip install "evalkit\[torch\]"'):
        train_torch(make_dataset(), Settings())


@pytest.mark.torch
@pytest.mark.parametrize("device", ["abacus", "cuda:99"])
def test_a_device_that_is_not_there_is_refused(
    make_dataset: Callable[..., Dataset], device: str
) -> None:
    """Neither an unknown name nor an absent device gets as far as training."""
    pytest.importorskip("torch")
    with pytest.raises(TrainingError, match=f"torch has no device '{device}' here"):
        train_torch(make_dataset(), replace(Settings(), device=device))


@pytest.mark.torch
def test_training_leaves_torch_s_own_generator_alone(make_dataset: Callable[..., Dataset]) -> None:
    """Dropout draws from a generator of the run's, so that a caller's seed is not spent."""
    torch = pytest.importorskip("torch")
    before = torch.random.get_rng_state()
    train_torch(make_dataset(), Settings(dropout=0.5, epochs=1))
    assert torch.equal(torch.random.get_rng_state(), before)
