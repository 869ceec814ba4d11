"""Read every file of a corpus under an audit hook, and print the outcomes.

    python -m tests.hostile.watched CORPUS

Prints one JSON line before each file and one after it: the class and message of the error, the
audit events (writes, processes, connections), and the growth of the process's memory.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 2
READ_ONLY = os.O_RDONLY | os.O_CLOEXEC
WATCHED = (
    "ctypes.", "ftplib.", "os.", "pickle.find_class", "pty.", "shutil.", "smtplib.", "socket.",
    "subprocess.", "tempfile.", "urllib.", "webbrowser.",
)  # fmt: skip
HARMLESS = {"os.listdir", "os.scandir", "os.walk", "os.fwalk"}

events: list[str] = []
watching = False


def hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Record events other than reading."""
    if not watching:
        return
    if event == "open":
        path, mode, flags = arguments
        if (isinstance(mode, str) and set(mode) & set("wxa+")) or (
            isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        ):
            events.append(f"open {path!r} {mode!r}")
    elif event.startswith(WATCHED) and event not in HARMLESS:
        events.append(f"{event} {arguments!r}"[:200])


def peak() -> int:
    """Return the peak resident memory since `reset_peak`, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def reset_peak() -> None:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def too_long(signum: int, frame: object) -> None:
    raise TimeoutError(f"more than {SECONDS} s of processor time")


def predict(path: Path) -> object:
    """Load a model and predict, as a report does."""
    import numpy as np

    from evalkit.models import load_model

    return load_model(path).predict_proba(np.zeros((2, 3)))


def read(path: Path) -> object:
    from evalkit.predictions import read_predictions

    return read_predictions(path)


def data(path: Path) -> object:
    from evalkit.datasets import load_dataset

    spec = f"{path.suffix[1:]}:{path}" if path.is_dir() else str(path)
    return load_dataset(spec, target="y" if path.suffix in (".csv", ".parquet") else None)


READERS: dict[str, Callable[[Path], object]] = {"model": predict, "predictions": read, "data": data}


def main(corpus: Path) -> None:
    """Read every file of every folder with the folder's reader, and inspect each."""
    global watching
    from evalkit.models.registry import inspect_file

    for module in (
        "pandas",
        "pyarrow.parquet",
        "pyarrow.feather",
        "onnxruntime",
        "skops.io",
        "torch",
    ):
        with suppress(ImportError):
            importlib.import_module(module)
    # Lazy imports must happen before the audit hook is active.
    for folder, reader in READERS.items():
        for path in sorted((corpus / "harmless" / folder).iterdir()):
            reader(path)
            inspect_file(path)
    signal.signal(signal.SIGVTALRM, too_long)
    sys.addaudithook(hook)
    for folder, reader in READERS.items():
        for path in sorted((corpus / folder).iterdir()):
            for verb, act in ((folder, reader), ("inspect", inspect_file)):
                if verb == "inspect" and path.is_dir():
                    continue
                name = f"{verb} {path.name}"
                print(json.dumps({"file": name}), flush=True)
                events.clear()
                reset_peak()
                before = peak()
                signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
                watching = True
                try:
                    act(path)
                    outcome, message = "read", ""
                except BaseException as error:  # noqa: BLE001  any exception is the result
                    outcome, message = type(error).__name__, str(error)
                    is_ours = any(base.__name__ == "EvalkitError" for base in type(error).__mro__)
                    outcome = outcome if is_ours else f"! {outcome}"
                watching = False
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
                growth = peak() - before
                result = {"file": name, "outcome": outcome, "message": message, "events": events}
                print(json.dumps({**result, "growth": growth}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
