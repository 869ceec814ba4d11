"""Test that randomly damaged files are read or raise evalkit errors of one line."""

from __future__ import annotations

import sys
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evalkit.datasets import load_dataset
from evalkit.errors import EvalkitError
from evalkit.models import load_model
from evalkit.models.registry import inspect_file
from evalkit.predictions import read_predictions
from tests.hostile.hostile_archives import archives
from tests.hostile.hostile_pickles import checkpoints
from tests.hostile.hostile_tables import LABELS, json_lines, npz
from tests.hostile.limits import allowed, limited
from tests.hostile.mutations import mutated

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COUNT = 80


def valid_files() -> dict[str, tuple[bytes, Callable[[Any], object]]]:
    """Return a valid file and its reader for each format that needs no extra."""
    two = np.zeros((2, 3))
    table = b"id,y_true,y_pred,proba_a,proba_b\n" + b"1,a,b,0.25,0.75\n2,b,b,0.5,0.5\n" * 3
    rows = [{"y_true": "a", "y_pred": "b", "proba_a": 0.5, "proba_b": 0.5}] * 3
    made = archives("ran")
    return {
        "numpy.pkl": (checkpoints()["settings-nested.pkl"], load_model),
        "torch.pt": (made["not-a-checkpoint.pt"], load_model),
        "a.safetensors": (made["no-card.safetensors"], load_model),
        "a.csv": (table, read_predictions),
        "a.jsonl": (json_lines(*rows), read_predictions),
        "a.npz": (npz(**LABELS), read_predictions),
        "data.npz": (
            npz(X_train=two, y_train=[0, 1], X_test=two, y_test=[0, 1]),
            lambda path: load_dataset(str(path)),
        ),
    }


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel of Linux limits")
@pytest.mark.parametrize("name", valid_files())
def test_damaged_files(name: str, tmp_path: Path) -> None:
    """Damaged files raise only evalkit errors of one line, within the limits of time and memory."""
    content, read = valid_files()[name]
    path = tmp_path / name

    def attempt(damaged: bytes, act: Callable[[Any], object]) -> dict[str, Any]:
        path.write_bytes(damaged)
        message = ""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                act(path)
        except EvalkitError as error:
            message = str(error)
        except BaseException as error:  # noqa: BLE001  any exception is the result
            return {"outcome": f"! {error!r}", "message": ""}
        return {"outcome": "", "message": message}

    damaged = mutated(content, np.random.default_rng(0), COUNT)
    acts = [partial(attempt, each, act) for each in damaged for act in (read, inspect_file)]
    for found in limited(acts, len(content)):
        assert not found["outcome"]
        assert "\n" not in found["message"]
        assert found["growth"] <= allowed(len(content))
