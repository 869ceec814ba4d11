"""Inspecting tells of any file, sends nothing to the terminal that it would obey, runs nothing."""

from __future__ import annotations

import os
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evalkit.errors import FileFormatError
from evalkit.models import save_checkpoint
from evalkit.models.inspecting import inspect_file

if TYPE_CHECKING:
    from pathlib import Path


class Command:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_checkpoint(make_checkpoint: Any, tmp_path: Path) -> None:
    """Who trained it, on what, how wide and how well."""
    save_checkpoint(make_checkpoint(), tmp_path / "a.pkl")
    told = str(inspect_file(tmp_path / "a.pkl"))
    for expected in ("numpy", "5–6–6–6–3, elu, residual", "141", "cat, dog", "pets.npz", "60.0 %"):
        assert expected in told


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_name_of_a_pickle(protocol: int, tmp_path: Path) -> None:
    """Names that could run are marked, those that evalkit answers itself are safe; none runs."""
    content = [np.arange(3), Command(tmp_path / "ran")]
    (tmp_path / "a").write_bytes(pickle.dumps(content, protocol))
    marks = {f"{n.module}.{n.name}": n.is_safe for n in inspect_file(tmp_path / "a").names}
    assert marks["numpy.dtype"] is True
    assert marks[f"{os.name}.mkdir"] is False
    assert not (tmp_path / "ran").exists()


def test_control_characters_are_written_out(tmp_path: Path) -> None:
    """A name cannot clear the screen or begin a line of its own."""
    name = b"\x1b[2J\nsafe  os"
    (tmp_path / "a").write_bytes(b"\x80\x04\x8c" + bytes([len(name)]) + name + b"\x8c\x01x\x93.")
    told = str(inspect_file(tmp_path / "a"))
    assert "\x1b" not in told
    assert "\\x1b[2J\\nsafe  os.x" in told


def test_table(tmp_path: Path) -> None:
    """A table of predictions: its columns, and which would be taken for what."""
    (tmp_path / "a.csv").write_text("label,pred_x,pred_y,site\na,b,a,north\n")
    told = str(inspect_file(tmp_path / "a.csv"))
    for expected in ("CSV", "4: label", "x, y", "1: site", "'label' was read as y_true"):
        assert expected in told


def test_data_set_and_other_files(tmp_path: Path) -> None:
    """What is neither a model nor a table is told by its entries or its first bytes."""
    np.savez(tmp_path / "a.npz", X_train=np.zeros((2, 3)))
    assert "X_train.npy" in str(inspect_file(tmp_path / "a.npz"))
    (tmp_path / "b").write_bytes(b"\x7fELF" + bytes(20))
    assert "unknown" in str(inspect_file(tmp_path / "b"))


def test_missing_file(tmp_path: Path) -> None:
    """A missing or empty file is refused."""
    with pytest.raises(FileFormatError, match="there is no"):
        inspect_file(tmp_path / "a")
    (tmp_path / "a").touch()
    with pytest.raises(FileFormatError, match="no bytes"):
        inspect_file(tmp_path / "a")
