"""Test that collecting over batches and over two processes equals a single pass."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.integrations import ConfusionCollector
from evalkit.metrics.confusion import ConfusionMatrix

if TYPE_CHECKING:
    from pathlib import Path

WORKER = """
import json, sys
from datetime import timedelta
import numpy as np, torch
import torch.distributed as dist
from evalkit.integrations import ConfusionCollector

rank, store, out = int(sys.argv[1]), sys.argv[2], sys.argv[3]
dist.init_process_group(
    "gloo", init_method=f"file://{store}", rank=rank, world_size=2, timeout=timedelta(seconds=90)
)
rng = np.random.default_rng(rank)
collector = ConfusionCollector(("a", "b", "c"))
if rank == 0:
    for _ in range(3):
        scores, targets = rng.normal(size=(10, 3)), rng.integers(0, 3, 10)
        collector.update(torch.tensor(scores), torch.tensor(targets))
alone, merged = collector.compute(merge=False), collector.compute()
with open(out, "w") as file:
    json.dump({"alone": alone.counts.tolist(), "merged": merged.counts.tolist()}, file)
dist.destroy_process_group()
"""


def test_batches_add_up_to_a_single_pass() -> None:
    rng = np.random.default_rng(0)
    scores, targets = rng.normal(size=(90, 3)), rng.integers(0, 3, 90)
    collector = ConfusionCollector((0, 1, 2))
    for start in range(0, 90, 25):
        collector.update(scores[start : start + 25], targets[start : start + 25])
    expected = ConfusionMatrix.from_codes(targets, scores.argmax(axis=1), classes=(0, 1, 2))
    assert collector.compute() == expected
    collector.reset()
    assert collector.compute().total == 0
    collector.update(scores.argmax(axis=1), targets)
    assert collector.compute() == expected


def test_an_invalid_batch_is_not_counted() -> None:
    collector = ConfusionCollector((0, 1))
    for outputs, targets in (
        (np.zeros((2, 3)), [0, 1]),
        (np.zeros((2, 2)), [0, 2]),
        (np.zeros((2, 2)), [0]),
        ([0, 2], [0, 1]),
    ):
        with pytest.raises(InputError):
            collector.update(outputs, targets)
    assert collector.compute().total == 0


def test_an_empty_batch_is_accepted() -> None:
    """An empty batch is accepted; the last rank of an uneven split may have no samples."""
    collector = ConfusionCollector((0, 1))
    collector.update(np.zeros((0, 2)), np.zeros(0, int))
    assert collector.compute().total == 0


@pytest.mark.torch
def test_a_training_loop_collects() -> None:
    """Tensors in half precision that require gradients are accepted."""
    torch = pytest.importorskip("torch")
    scores = torch.tensor([[2.0, 1.0], [0.0, 1.0]], dtype=torch.bfloat16, requires_grad=True)
    collector = ConfusionCollector(("cat", "dog"))
    collector.update(scores, torch.tensor([0, 0]))
    assert collector.compute().counts.tolist() == [[1, 1], [0, 0]]


@pytest.mark.torch
def test_two_processes_get_the_matrix_of_both(tmp_path: Path) -> None:
    """With Gloo, one rank has all samples and the other none; both get the merged matrix."""
    torch = pytest.importorskip("torch")
    if not (torch.distributed.is_available() and torch.distributed.is_gloo_available()):
        pytest.skip("this build of PyTorch has no gloo")
    store = tmp_path / "store"
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(rank), str(store), str(tmp_path / f"{rank}.json")],
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        errors = [worker.communicate(timeout=150)[1] for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait(timeout=30)
    assert [worker.returncode for worker in workers] == [0, 0], errors
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2))
    assert np.sum(first["alone"]) == 30
    assert np.sum(second["alone"]) == 0
    assert first["merged"] == second["merged"] == first["alone"]
