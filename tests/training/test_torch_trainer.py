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
    """The error without torch names the command to install it."""
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "evalkit.training.torch_learner", raising=False)
    with pytest.raises(MissingExtraError, match=r'pip install "evalkit\[torch\]"'):
        train_torch(make_dataset(), Settings())


@pytest.mark.torch
@pytest.mark.parametrize("device", ["abacus", "cuda:99"])
def test_an_unavailable_device_raises(make_dataset: Callable[..., Dataset], device: str) -> None:
    """An unknown or unavailable device raises before training."""
    pytest.importorskip("torch")
    with pytest.raises(TrainingError, match=f"Device '{device}' is not available in torch"):
        train_torch(make_dataset(), replace(Settings(), device=device))


@pytest.mark.torch
def test_training_does_not_use_the_global_generator(make_dataset: Callable[..., Dataset]) -> None:
    """Training does not change the state of torch's global random generator."""
    torch = pytest.importorskip("torch")
    before = torch.random.get_rng_state()
    train_torch(make_dataset(), Settings(dropout=0.5, epochs=1))
    assert torch.equal(torch.random.get_rng_state(), before)
