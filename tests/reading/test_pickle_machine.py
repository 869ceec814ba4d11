"""The machine builds what pickle builds of plain values, and refuses everything else unresolved."""

from __future__ import annotations

import io
import pickle
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from evalkit.errors import FileFormatError, UnsafeFileError
from evalkit.reading.pickle_machine import PickleMachine
from evalkit.reading.pickle_names import list_names
from evalkit.reading.source import Source

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def source_of(content: bytes) -> Source:
    return Source(io.BytesIO(content), Path("model.pkl"), len(content))


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8"))
)
plain = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=30,
)


@given(value=plain, protocol=st.sampled_from(PROTOCOLS))
def test_plain_values_come_back(value: Any, protocol: int) -> None:
    """Every protocol's pickle of plain values reads as what was written."""
    assert PickleMachine(source_of(pickle.dumps(value, protocol))).read() == value


@given(value=plain, protocol=st.sampled_from(PROTOCOLS), cut=st.floats(0, 1, exclude_max=True))
def test_cut_short_anywhere(value: Any, protocol: int, cut: float) -> None:
    """A pickle cut short at any byte is refused in one line."""
    whole = pickle.dumps(value, protocol)
    with pytest.raises(FileFormatError) as refusal:
        PickleMachine(source_of(whole[: int(cut * len(whole))])).read()
    assert "\n" not in str(refusal.value)


@given(content=st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    """Bytes of any kind are read as plain values or refused; nothing else is raised."""
    source = source_of(b"\x80\x04" + content + b".")
    with suppress(FileFormatError):
        PickleMachine(source).read()
    source.seek(0)
    assert "\n" not in list_names(source).trouble


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_name_is_refused_unresolved(
    protocol: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pickle that names a module is refused by that name, and the module is never imported."""
    (tmp_path / "evalkit_trap.py").write_text("class Trap:\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    import evalkit_trap  # type: ignore[import-not-found]  # made above

    content = pickle.dumps({"weights": evalkit_trap.Trap()}, protocol)
    del sys.modules["evalkit_trap"]
    with pytest.raises(UnsafeFileError, match=r"it names '(evalkit_trap|copy_reg|copyreg)\."):
        PickleMachine(source_of(content)).read()
    names = [f"{name.module}.{name.name}" for name in list_names(source_of(content)).names]
    assert "evalkit_trap.Trap" in names
    assert "evalkit_trap" not in sys.modules


def test_shared_containers_are_refused() -> None:
    """A list in two places could double at each level; it is refused before it does."""
    bomb: list[Any] = ["boom"]
    for _ in range(100):
        bomb = [bomb, bomb]
    with pytest.raises(UnsafeFileError, match="two places"):
        PickleMachine(source_of(pickle.dumps(bomb))).read()


def test_bytes_after_the_end_are_refused() -> None:
    """A second pickle behind the first is not overlooked."""
    with pytest.raises(UnsafeFileError, match="follow its end"):
        PickleMachine(source_of(pickle.dumps({}) + pickle.dumps([]))).read()
