"""The architecture, held: imports point down, and the light names stay light."""

from __future__ import annotations

import ast
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

import evalkit

PACKAGE = Path(evalkit.__file__).parent

# From the ground up. A module may import from its own entry and from those before it.
LAYERS = (
    (
        "errors",
        "nearest",
        "version",
        "views",
        "phrasing",
        "writing",
        "reading",
        "tabular",
        "terminal_tables",
        "text",
        "columns",
        "labels",
    ),
    ("metrics",),
    ("datasets",),
    ("training",),
    ("predictions",),
    ("models",),
    ("counts",),
    ("statistics",),
    ("compare",),
    ("scale",),
    ("narrative",),
    ("report", "gate"),
    ("history", "loggers", "integrations"),
    ("commands",),
    ("cli",),
)
HEIGHT = {name: height for height, names in enumerate(LAYERS) for name in names}
MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem != "__init__"
)


def imported(path: Path) -> set[str]:
    """The parts of evalkit that a module names in any import, wherever in the file it stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            modules = (
                [node.module]
                if node.module != "evalkit"
                else [f"evalkit.{a.name}" for a in node.names]
            )
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            continue
        names |= {name.split(".")[1] for name in modules if name.startswith("evalkit.")}
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    """No module imports from a layer above its own, not even inside a function."""
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    above = {name for name in imported(path) if HEIGHT[name] > HEIGHT[own]}
    assert not above, f"{path.name} is in layer {own} and imports upward from {sorted(above)}"


def test_every_part_has_a_layer() -> None:
    """A new folder or module at the top takes its place in the list above."""
    parts = {p.relative_to(PACKAGE).parts[0].removesuffix(".py") for p in MODULES}
    assert parts - {"templates"} <= set(HEIGHT)
    assert all(set(a).isdisjoint(b) for a, b in pairwise(LAYERS))


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
