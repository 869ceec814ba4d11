"""Test the Lightning callback in a trainer, if Lightning is installed, and `read_batch`."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evalkit.errors import InputError, MissingExtraError
from evalkit.integrations import lightning_callback
from evalkit.integrations.lightning import read_batch
from evalkit.metrics.confusion import ConfusionMatrix

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PACKAGES = ("lightning", "pytorch_lightning")
TWO_RANKS = """
import sys
from importlib import import_module

import torch
from evalkit.integrations import lightning_callback

pl = import_module(sys.argv[1])
torch.manual_seed(0)
inputs, targets = torch.randn(40, 4), torch.arange(40) % 3


class Module(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 3)

    def training_step(self, batch, _):
        return torch.nn.functional.cross_entropy(self.layer(batch[0]), batch[1])

    def validation_step(self, batch, _):
        return {"logits": self.layer(batch[0])}

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs, targets), 8)
callback = lightning_callback(("a", "b", "c"))
trainer = pl.Trainer(
    max_epochs=1,
    accelerator="cpu",
    strategy="ddp",
    devices=2,
    logger=False,
    callbacks=[callback, pl.callbacks.EarlyStopping("val_f1_macro", mode="max")],
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
)
module = Module()
trainer.fit(module, loader, loader)
assert trainer.world_size == 2
right = int((module.layer(inputs).argmax(1) == targets).sum())
matrix = callback.matrices[0]
assert (matrix.total, matrix.counts.trace()) == (40, right), matrix
assert abs(float(trainer.callback_metrics["val_accuracy"]) - right / 40) < 1e-6
"""


def module_of(package: str) -> str:
    """Return the module of a package that contains the trainer."""
    return "lightning.pytorch" if package == "lightning" else package


def test_scores_and_targets_are_found() -> None:
    scores, targets = np.zeros((2, 3)), np.zeros(2)
    readable: list[tuple[Any, Any]] = [
        ({"logits": scores, "loss": 1}, ("x", targets)),
        (scores, ["x", targets]),
        ({"preds": scores, "targets": targets}, None),
        ({"scores": scores}, {"x": 1, "labels": targets}),
    ]
    for outputs, batch in readable:
        found = read_batch(outputs, batch)
        assert found[0] is scores
        assert found[1] is targets
    unreadable: list[tuple[Any, Any]] = [
        ({"loss": 1}, ("x", targets)),
        (scores, "x"),
        (None, ("x", targets)),
    ]
    for outputs, batch in unreadable:
        with pytest.raises(InputError, match="read="):
            read_batch(outputs, batch)


@pytest.mark.skipif(any(map(find_spec, PACKAGES)), reason="Lightning is installed")
def test_missing_lightning_raises() -> None:
    with pytest.raises(
        MissingExtraError, match=r"lightning is not installed.*pip install lightning"
    ):
        lightning_callback((0, 1))


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore")
def test_each_validation_of_a_trainer_is_a_matrix(
    first_installed: Callable[..., str], tmp_path: Path
) -> None:
    """The matrices of two epochs match the logits of the module, without the sanity check."""
    torch = pytest.importorskip("torch")
    pl: Any = import_module(module_of(first_installed(*PACKAGES)))

    inputs, targets = torch.randn(40, 4), torch.arange(40) % 3
    seen: list[Any] = []

    class Module(pl.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(4, 3)

        def training_step(self, batch: Any, _: int) -> Any:
            return torch.nn.functional.cross_entropy(self.layer(batch[0]), batch[1])

        def validation_step(self, batch: Any, _: int) -> Any:
            logits = self.layer(batch[0])
            if not self.trainer.sanity_checking:
                seen.append(logits)
            return {"logits": logits}

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs, targets), 16)
    callback = lightning_callback(("a", "b", "c"))
    trainer = pl.Trainer(
        max_epochs=2,
        accelerator="cpu",
        logger=False,
        callbacks=[callback],
        default_root_dir=tmp_path,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(Module(), loader, loader)
    assert len(callback.matrices) == 2
    for matrix, logits in zip(callback.matrices, (seen[:3], seen[3:]), strict=True):
        predicted = torch.cat(logits).argmax(1).numpy()
        expected = ConfusionMatrix.from_codes(targets.numpy(), predicted, classes=("a", "b", "c"))
        assert matrix == expected
    assert float(trainer.callback_metrics["val_accuracy"]) == pytest.approx(
        float(callback.matrices[-1].accuracy())
    )


@pytest.mark.torch
def test_two_ranks_of_a_trainer_log_the_matrix_of_both(
    first_installed: Callable[..., str], tmp_path: Path
) -> None:
    """Under DDP, each rank has half of the samples, and logs the metrics of all samples.

    Output goes to a file, because the second rank, a child of the first, could keep a pipe open.
    """
    package = first_installed(*PACKAGES)
    program = tmp_path / "two_ranks.py"
    program.write_text(TWO_RANKS)
    output = tmp_path / "output.txt"
    with output.open("w") as stream:
        done = subprocess.run(
            [sys.executable, program, module_of(package)],
            cwd=tmp_path,
            stdout=stream,
            stderr=stream,
            timeout=240,
            check=False,
        )
    assert done.returncode == 0, output.read_text()
    assert "sync_dist" not in output.read_text()
