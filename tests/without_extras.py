"""What must work with no extra installed: run by the CI job that has none, from another directory.

python tests/without_extras.py DIRECTORY    # holds the numpy.pkl and torch.pt of ``evalkit demo``
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import evalkit


def main(folder: Path) -> None:
    for package in ("torch", "pyarrow", "sklearn"):
        assert importlib.util.find_spec(package) is None, f"{package} is installed"

    matrix = evalkit.confusion_matrix(["cat", "dog", "cat"], ["cat", "dog", "dog"])
    assert matrix.tolist() == [[1, 1], [0, 1]]
    assert evalkit.f_beta([0, 1, 1], [0, 1, 0], beta=2.0).tolist() == [5 / 6, 5 / 9]

    command = Path(sys.executable).with_name("evalkit")
    models = [folder / "numpy.pkl", folder / "torch.pt"]
    subprocess.run([command, "report", "--models", *models], check=True)
    assert Path("report.html").stat().st_size > 100_000

    refused = subprocess.run(
        [command, "train", "torch", "--data", "digits", "--output", "new.pt"],
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 2, refused
    assert 'pip install "evalkit[torch]"' in refused.stderr, refused.stderr
    assert not Path("new.pt").exists()
    print("without extras: imports, counts, reports, and names the extra that is missing")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
