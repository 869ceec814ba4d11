"""Create a corpus of hostile files in one folder for each kind, and ``harmless/``.

    python -m tests.hostile.make_corpus FOLDER

Code that runs from one of the files creates ``FOLDER/ran``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.hostile import hostile_documents, hostile_sizes
from tests.hostile.hostile_archives import archives
from tests.hostile.hostile_pickles import checkpoints, pickles
from tests.hostile.hostile_tables import data, harmless, tables


def main(folder: Path) -> None:
    """Write every file."""
    marker = str(folder / "ran")
    for part, files in (
        (
            "model",
            {**pickles(marker), **checkpoints(), **archives(marker), **hostile_sizes.models()},
        ),
        ("predictions", {**tables(), **hostile_sizes.tables()}),
        ("results", hostile_documents.results()),
        ("settings", hostile_documents.settings()),
        ("costs", hostile_documents.costs()),
    ):
        (folder / part).mkdir(parents=True)
        for name, content in files.items():
            (folder / part / name).write_bytes(content)
    data(folder / "data", marker)
    harmless(folder / "harmless")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
