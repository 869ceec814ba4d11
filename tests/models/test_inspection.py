"""Test that inspecting describes any file, escapes control characters and runs nothing."""

from __future__ import annotations

import os
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evalkit.errors import FileFormatError
from evalkit.models import save_checkpoint
from evalkit.models.registry import inspect_file

if TYPE_CHECKING:
    from pathlib import Path


class Command:
    """Create a folder when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_checkpoint(make_checkpoint: Any, tmp_path: Path) -> None:
    """The text gives backend, network, parameters, classes, data and accuracy."""
    save_checkpoint(make_checkpoint(), tmp_path / "a.pkl")
    text = str(inspect_file(tmp_path / "a.pkl"))
    for expected in ("numpy", "5–6–6–6–3, elu, residual", "141", "cat, dog", "pets.npz", "60.0 %"):
        assert expected in text


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_name_of_a_pickle(protocol: int, tmp_path: Path) -> None:
    """Imports that evalkit replaces are safe, all others are not; nothing is run."""
    content = [np.arange(3), Command(tmp_path / "ran")]
    (tmp_path / "a").write_bytes(pickle.dumps(content, protocol))
    marks = {f"{n.module}.{n.name}": n.is_safe for n in inspect_file(tmp_path / "a").names}
    assert marks["numpy.dtype"] is True
    assert marks[f"{os.name}.mkdir"] is False
    assert not (tmp_path / "ran").exists()


def test_control_characters_are_written_out(tmp_path: Path) -> None:
    """A name with control characters is escaped and stays on its line."""
    name = b"\x1b[2J\nsafe  os"
    (tmp_path / "a").write_bytes(b"\x80\x04\x8c" + bytes([len(name)]) + name + b"\x8c\x01x\x93.")
    text = str(inspect_file(tmp_path / "a"))
    assert "\x1b" not in text
    assert "\\x1b[2J\\nsafe  os.x" in text


def test_table(tmp_path: Path) -> None:
    """The text gives the columns of a prediction table and the role of each."""
    (tmp_path / "a.csv").write_text("label,pred_x,pred_y,site\na,b,a,north\n")
    text = str(inspect_file(tmp_path / "a.csv"))
    for expected in ("CSV", "4: label", "x, y", "1: site", "'label' was read as y_true"):
        assert expected in text


def test_data_set_and_other_files(tmp_path: Path) -> None:
    """Any other file is described by its entries or its first bytes."""
    np.savez(tmp_path / "a.npz", X_train=np.zeros((2, 3)))
    assert "X_train.npy" in str(inspect_file(tmp_path / "a.npz"))
    (tmp_path / "b").write_bytes(b"\x7fELF" + bytes(20))
    found = str(inspect_file(tmp_path / "b"))
    assert "unknown" in found
    assert found.splitlines()[-1].split(maxsplit=2)[2] == repr("\x7fELF" + "\0" * 12)


def test_missing_file(tmp_path: Path) -> None:
    """A missing or an empty file raises."""
    with pytest.raises(FileFormatError, match="File not found: "):
        inspect_file(tmp_path / "a")
    for written, asked, said in (
        ("boosted.csv", "nope.csv", r"nope\.csv\.$"),
        ("report.csv", "reprot.csv", r"Did you mean report\.csv\?$"),
        ("model.pkl", "model.pt", r"Did you mean model\.pkl\?$"),
    ):
        (tmp_path / written).touch()
        with pytest.raises(FileFormatError, match=said):
            inspect_file(tmp_path / asked)
    (tmp_path / "a").touch()
    with pytest.raises(FileFormatError, match="File is empty: "):
        inspect_file(tmp_path / "a")
