"""What loads at start-up: light names stay light."""

from __future__ import annotations

import subprocess
import sys


def loaded_after(statement: str) -> set[str]:
    """The top-level packages in a fresh interpreter after a statement."""
    program = f"{statement}\nimport sys\nprint(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(finished.stdout.split())


HEAVY = {
    "pandas",
    "torch",
    "plotly",
    "jinja2",
    "pyarrow",
    "scipy",
    "sklearn",
    "polars",
    "dask",
    "duckdb",
    "rich",
}


def test_import_is_light() -> None:
    """``import evalkit`` loads NumPy and nothing else that is heavy."""
    assert not loaded_after("import evalkit") & HEAVY


def test_command_line_is_light() -> None:
    """``evalkit --help`` answers without even NumPy's weight in its own module."""
    statement = (
        "from evalkit.cli import main\n"
        "import io, contextlib\n"
        "with contextlib.redirect_stdout(io.StringIO()): main(['--help'])"
    )
    assert not loaded_after(statement) & HEAVY


def test_scipy_and_rich_load_when_first_used() -> None:
    """Metrics need neither; statistics need SciPy's special functions and no more of it."""
    assert not loaded_after("import evalkit; evalkit.f1([0, 1], [0, 1])") & {"scipy", "rich"}
    statement = (
        "import sys, evalkit\n"
        "evalkit.statistics.mcnemar(1, 7)\n"
        "assert not {'scipy.stats', 'scipy.sparse', 'scipy.optimize'} & set(sys.modules)\n"
        "matrix = evalkit.ConfusionMatrix([[1, 0], [0, 1]])"
    )
    assert "rich" not in loaded_after(statement)
    assert "rich" in loaded_after(f"{statement}\nstr(matrix)")
