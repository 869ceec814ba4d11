"""Create a corpus of hostile files in ``model/``, ``predictions/``, ``data/`` and ``harmless/``.

    python -m tests.hostile.make_corpus FOLDER

Code that runs from one of the files creates ``FOLDER/ran``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.hostile.hostile_archives import archives
from tests.hostile.hostile_pickles import checkpoints, pickles
from tests.hostile.hostile_tables import data, harmless, tables


def main(folder: Path) -> None:
    """Write every file."""
    marker = str(folder / "ran")
    for part, files in (
        ("model", {**pickles(marker), **checkpoints(), **archives(marker)}),
        ("predictions", tables()),
    ):
        (folder / part).mkdir(parents=True)
        for name, content in files.items():
            (folder / part / name).write_bytes(content)
    data(folder / "data", marker)
    harmless(folder / "harmless")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
