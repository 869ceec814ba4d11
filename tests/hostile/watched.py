"""Read every file of a corpus under an audit hook and limits, and print the outcomes.

    python -m tests.hostile.watched CORPUS

Prints one JSON line for each file: the class and message of the error, the audit events (writes,
processes, connections), the processor time, and the growth of the memory. Each file is read in a
process of its own, which is a copy of one that has imported everything.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.hostile.limits import limited

if TYPE_CHECKING:
    from collections.abc import Callable

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


def results(path: Path) -> object:
    from evalkit.compare.json import read_results

    return read_results(path)


def settings(path: Path) -> object:
    from evalkit.gate.settings_file import read_settings

    return read_settings(path)


def costs(path: Path) -> object:
    from evalkit.compare.costs import read_costs

    return read_costs(path, ("a", "b"))


READERS: dict[str, Callable[[Path], object]] = {
    "model": predict,
    "predictions": read,
    "data": data,
    "results": results,
    "settings": settings,
    "costs": costs,
}


def attempt(act: Callable[[Path], object], path: Path) -> dict[str, Any]:
    """Return the outcome of one call under the audit hook."""
    global watching
    events.clear()
    watching = True
    try:
        act(path)
        outcome, message = "read", ""
    except BaseException as error:  # noqa: BLE001  any exception is the result
        outcome, message = type(error).__name__, str(error)
        is_ours = any(base.__name__ == "EvalkitError" for base in type(error).__mro__)
        outcome = outcome if is_ours else f"! {outcome}"
    watching = False
    return {"outcome": outcome, "message": message, "events": events}


def size_of(path: Path) -> int:
    """Return the size of a file, or of the files in a folder."""
    return sum(each.stat().st_size for each in path.rglob("*")) or path.stat().st_size


def main(corpus: Path) -> None:
    """Read every file of every folder with the folder's reader, and inspect each."""
    from evalkit.models.registry import inspect_file

    for module in (
        "pandas",
        "pyarrow.compute",
        "pyarrow.feather",
        "pyarrow.parquet",
        "onnxruntime",
        "skops.io",
        "torch",
    ):
        with suppress(ImportError):
            importlib.import_module(module)
    # Lazy imports must happen before the audit hook is active.
    for folder, reader in READERS.items():
        for path in sorted((corpus / "harmless" / folder).glob("*")):
            reader(path)
            inspect_file(path)
    sys.addaudithook(hook)
    for folder, reader in READERS.items():
        for path in sorted((corpus / folder).iterdir()):
            acts = {folder: reader} if path.is_dir() else {folder: reader, "inspect": inspect_file}
            size = size_of(path)
            found = limited([partial(attempt, act, path) for act in acts.values()], size)
            for verb, outcome in zip(acts, found, strict=True):
                line = {"file": f"{verb} {path.name}", "size": size, **outcome}
                print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
