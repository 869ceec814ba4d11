"""Run the scripts of the gallery, and put the reports that they write beside the built pages.

Each script in ``docs/gallery/`` writes one report, named after itself, to the current folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "docs" / "gallery").glob("*.py"))


def run(script: Path, target: Path) -> None:
    """Run a script in an empty folder, and copy its report to the folder `target`.

    Raises
    ------
    subprocess.CalledProcessError
        If the script fails.
    """
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(  # noqa: S603  the documentation's own scripts
            [sys.executable, str(script)],
            cwd=folder,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(folder) / f"{script.stem}.html", target)


def run_all(app: Sphinx, error: Exception | None) -> None:
    """Make the reports after the pages are written.

    Raises
    ------
    sphinx.errors.ExtensionError
        If a script fails, with what it printed.
    """
    from sphinx.errors import ExtensionError  # the tests run the scripts without Sphinx

    if error is not None or app.builder.name != "html":
        return
    for script in SCRIPTS:
        try:
            run(script, Path(app.outdir) / "gallery")
        except subprocess.CalledProcessError as failure:
            raise ExtensionError(f"{script.name} failed:\n{failure.stderr}") from failure


def setup(app: Sphinx) -> dict[str, Any]:
    """Run the scripts at the end of a build of HTML pages."""
    app.connect("build-finished", run_all)
    return {"parallel_read_safe": True}
