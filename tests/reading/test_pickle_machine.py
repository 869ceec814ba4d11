"""Test that plain values are read as by pickle, and that everything else raises."""

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
def test_plain_values_round_trip(value: Any, protocol: int) -> None:
    """Plain values pickled with any protocol are read back unchanged."""
    assert PickleMachine(source_of(pickle.dumps(value, protocol))).read() == value


@given(value=plain, protocol=st.sampled_from(PROTOCOLS), cut=st.floats(0, 1, exclude_max=True))
def test_cut_short_anywhere(value: Any, protocol: int, cut: float) -> None:
    """A pickle truncated at any byte raises an error of one line."""
    whole = pickle.dumps(value, protocol)
    with pytest.raises(FileFormatError) as raised:
        PickleMachine(source_of(whole[: int(cut * len(whole))])).read()
    assert "\n" not in str(raised.value)


@given(content=st.binary(max_size=200))
def test_arbitrary_bytes(content: bytes) -> None:
    """Arbitrary bytes give plain values or a FileFormatError; nothing else is raised."""
    source = source_of(b"\x80\x04" + content + b".")
    with suppress(FileFormatError):
        PickleMachine(source).read()
    source.seek(0)
    assert "\n" not in list_names(source).error


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_name_raises_and_is_not_imported(
    protocol: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error for a pickle that imports a module names it; the module is not imported."""
    (tmp_path / "evalkit_trap.py").write_text("class Trap:\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    import evalkit_trap  # type: ignore[import-not-found]  # made above

    content = pickle.dumps({"weights": evalkit_trap.Trap()}, protocol)
    del sys.modules["evalkit_trap"]
    with pytest.raises(UnsafeFileError, match=r"imports '(evalkit_trap|copy_reg|copyreg)\."):
        PickleMachine(source_of(content)).read()
    names = [f"{name.module}.{name.name}" for name in list_names(source_of(content)).names]
    assert "evalkit_trap.Trap" in names
    assert "evalkit_trap" not in sys.modules


def test_shared_containers_raise() -> None:
    """A list referenced twice could double in size at each level, so it raises."""
    bomb: list[Any] = ["boom"]
    for _ in range(100):
        bomb = [bomb, bomb]
    with pytest.raises(UnsafeFileError, match="contains a list or dict twice"):
        PickleMachine(source_of(pickle.dumps(bomb))).read()


def test_bytes_after_the_end_raise() -> None:
    """A second pickle after the first raises."""
    with pytest.raises(UnsafeFileError, match="bytes after its end"):
        PickleMachine(source_of(pickle.dumps({}) + pickle.dumps([]))).read()
