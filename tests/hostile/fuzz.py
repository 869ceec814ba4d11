"""Fuzz the readers, guided by the coverage of evalkit's own code. Needs atheris.

    python -m tests.hostile.fuzz FOLDER [-runs=5000] [-seed=1] [libFuzzer's other options]

FOLDER is the libFuzzer corpus; it is seeded with valid files. The first byte of an input selects
the reader, and the rest is the file. Any exception other than evalkit's own stops the run, and so
does an input that costs more time or memory than an untrusted file may; the input is saved in
FOLDER as ``crash-…``.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from time import process_time

import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]  # no stubs

with atheris.instrument_imports(include=["evalkit.reading", "evalkit.models", "evalkit.datasets"]):
    from evalkit.datasets import load_dataset
    from evalkit.errors import EvalkitError
    from evalkit.models import load_model
    from evalkit.models.registry import inspect_file
    from evalkit.predictions import read_predictions
    from evalkit.reading.numpy_pickle import NumpyPickleMachine
    from evalkit.reading.source import open_source

from tests.hostile.hostile_archives import archives
from tests.hostile.hostile_pickles import checkpoints
from tests.hostile.hostile_tables import LABELS, json_lines, npz
from tests.hostile.limits import SECONDS, allowed, reset_peak, status


def read_batch(path: Path) -> object:
    with open_source(path) as source:
        return NumpyPickleMachine(source).read()


READERS = (
    load_model,
    read_predictions,
    inspect_file,
    read_batch,
    lambda path: load_dataset(f"{path}.npz"),
)


def seed_inputs() -> list[tuple[int, bytes]]:
    """Return valid files, each with the index of its reader."""
    made = archives("ran")
    return [
        (0, checkpoints()["settings-nested.pkl"]),
        (0, made["not-a-checkpoint.pt"]),
        (0, made["no-card.safetensors"]),
        (1, b"y_true,y_pred,proba_a\na,b,0.5\n"),
        (1, json_lines({"y_true": "a", "y_pred": "b"})),
        (1, npz(**LABELS)),
        (2, made["module.pt"]),
        (3, b"\x80\x02cnumpy\ndtype\nX\x02\x00\x00\x00u1K\x00K\x01\x87R."),
    ]


def main(folder: Path, options: list[str]) -> None:
    """Fuzz until the requested number of runs is reached, which ends the process."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (reader, content) in enumerate(seed_inputs()):
        (folder / f"good-{number}").write_bytes(bytes([reader]) + content)
    place = Path(tempfile.mkdtemp()) / "input"
    place.with_suffix(".npz").symlink_to(place)

    def read(content: bytes) -> None:
        place.write_bytes(content[1:])
        reset_peak()
        memory, begun = status("VmHWM"), process_time()
        with suppress(EvalkitError):
            READERS[(content[0] if content else 0) % len(READERS)](place)
        seconds, growth = process_time() - begun, status("VmHWM") - memory
        if seconds > SECONDS or growth > allowed(len(content)):
            raise AssertionError(f"{seconds:.1f} s of processor time and {growth:,} bytes")

    atheris.Setup([sys.argv[0], f"-artifact_prefix={folder}/", *options, str(folder)], read)
    atheris.Fuzz()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or ["-runs=5000", "-seed=1"])
