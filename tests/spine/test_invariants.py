"""The design's invariants that hold of the source, or of every comparison.

2. One question has one number, so that one rule stands in one place.
3. Random streams are named in one registry.
4. Imports point down; no cycles, imports for type checking included.
5. Above `counts/` nothing asks whether rows or only counts are there.
6. `Comparison.from_dict(c.to_dict()) == c`, and it is the only reader of `results.json`.
7. Labels, weights and probabilities are validated in one place.
"""

from __future__ import annotations

import ast
import importlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import evalkit
from tests.spine.inputs import all_inputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.spine.conftest import Answers

PACKAGE = Path(evalkit.__file__).parent
INPUTS = {each.name: each for each in all_inputs()}
REGISTRY = "evalkit.statistics.streams"

# From the ground up. A module may import from its own entry and from those before it.
LAYERS = (
    ("errors", "nearest", "version", "views", "phrasing", "writing", "text", "columns", "labels"),
    ("progress", "reading", "tabular", "terminal_tables", "notebook_html"),
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
    ("report",),
    ("gate",),
    ("history", "loggers", "integrations"),
    ("commands",),
    ("cli",),
)
HEIGHT = {name: height for height, names in enumerate(LAYERS) for name in names}
ABOVE_COUNTS = ("compare", "narrative", "report", "gate", "history")


@cache
def modules() -> Mapping[str, Path]:
    """Return every module of the package by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def tree(module: str) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


def imported(module: str) -> set[str]:
    """Return the modules that a module imports anywhere: for types and in functions too."""
    found: set[str] = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in modules() else node.module)
    return {name for name in found if name in modules() and name != module}


def cycles() -> list[list[str]]:
    """Return the groups of modules that form import cycles, each with its imports."""
    graph = {name: imported(name) for name in modules()}
    reached = {name: _reached(name, graph) for name in graph}
    found_cycles = {
        tuple(sorted(other for other in reached[name] if name in reached[other]))
        for name in graph
        if name in reached[name]
    }
    return [
        [f"{name} imports {', '.join(sorted(graph[name] & set(cycle)))}" for name in cycle]
        for cycle in sorted(found_cycles, key=lambda cycle: (-len(cycle), cycle))
    ]


def _reached(start: str, graph: Mapping[str, set[str]]) -> set[str]:
    """Return the modules that one imports, and those that these import, and so on."""
    found: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += graph[name]
    return found


def test_the_cycle_finder_finds_a_cycle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a → b → c → b the cycle is b and c."""
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b"}}
    monkeypatch.setitem(globals(), "modules", lambda: dict.fromkeys(graph, Path()))
    monkeypatch.setitem(globals(), "imported", graph.__getitem__)
    assert cycles() == [["b imports c", "c imports b"]]


def test_no_import_cycles() -> None:
    found = cycles()
    listed = "\n\n".join("\n".join(cycle) for cycle in found)
    assert not found, f"Invariant 4: no import cycles; there are {len(found)}:\n{listed}"


def test_imports_point_down_as_the_design_has_it() -> None:
    """No module imports from a layer above its own, nor for types, nor in a function."""
    upward = sorted(
        f"{module} imports {other}"
        for module in modules()
        for other in imported(module)
        if _part(module) and _part(other) and HEIGHT[_part(other)] > HEIGHT[_part(module)]
    )
    assert not upward, "Invariant 4: imports point down; these point up:\n" + "\n".join(upward)


def _part(module: str) -> str:
    """Return the folder or module of the package's top in which a module lies."""
    return module.split(".")[1] if "." in module else ""


def test_every_part_has_a_layer() -> None:
    parts = {_part(module) for module in modules()} - {""}
    assert parts <= set(HEIGHT), "Invariant 4: every part of the package has a layer"
    assert len(HEIGHT) == sum(map(len, LAYERS)), "Invariant 4: no part has two layers"


def test_random_streams_are_named_in_one_registry() -> None:
    """Two streams of the same numbers would draw the same replicates for two questions."""
    streams = importlib.import_module(REGISTRY).STREAMS
    assert streams, f"Invariant 3: {REGISTRY} names the random streams"
    assert len(set(streams.values())) == len(streams), (
        "Invariant 3: every random stream has its own numbers"
    )


def test_no_module_numbers_a_stream_itself() -> None:
    found = [
        f"{module}: {name.id}"
        for module in modules()
        if module != REGISTRY
        for node in tree(module).body
        if isinstance(node, ast.Assign) and not _is_bytes(node.value)
        for target in node.targets
        for name in ast.walk(target)
        if isinstance(name, ast.Name) and name.id.rpartition("_")[2] == "STREAM"
    ]
    assert not found, f"Invariant 3: random streams are named in one registry, not in {found}"


def _is_bytes(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, bytes)


KEPT = {"samples", "predictions", "counted", "rows", "held", "sums"}


def questions_about_rows(module: str) -> Iterator[str]:
    """Yield the places where a module asks whether samples, predictions or sums are there."""
    for node in ast.walk(tree(module)):
        if not isinstance(node, ast.Compare):
            continue
        operands = [node.left, *node.comparators]
        asks = any(isinstance(each, ast.Is | ast.IsNot | ast.In | ast.NotIn) for each in node.ops)
        about_none = any(isinstance(each, ast.Constant) and each.value is None for each in operands)
        named = {getattr(each, "attr", getattr(each, "id", "")) for each in operands}
        if asks and about_none and named & KEPT:
            yield f"{module}, line {node.lineno}: {ast.unparse(node)}"


def test_the_finder_of_questions_finds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A comparison of `samples` with None is one, that of another name is not."""
    source = "a.samples is None\nNone in samples\nb is None\nif model.counted is not None: pass"
    monkeypatch.setitem(globals(), "tree", lambda _: ast.parse(source))
    assert [each.partition(": ")[2] for each in questions_about_rows("m")] == [
        "a.samples is None",
        "None in samples",
        "model.counted is not None",
    ]


@pytest.mark.parametrize("part", ABOVE_COUNTS)
def test_nothing_above_counts_asks_for_rows(part: str) -> None:
    found = [
        place
        for module in modules()
        if _part(module) == part
        for place in questions_about_rows(module)
    ]
    assert not found, (
        "Invariant 5: above counts/ nothing asks whether rows or only counts are there:\n"
        + "\n".join(found)
    )


ANSWERED = [name for name, each in INPUTS.items() if not each.fault]
COUNTED = ("plain", "grouped_weighted", "slice_two", "probabilities_four")
FROM_DICT = [(name, "memory_csv") for name in ANSWERED]
FROM_DICT += [
    (name, f"{engine}_parquet_sums") for engine in ("memory", "arrow") for name in COUNTED
]


@pytest.mark.parametrize(("name", "path"), FROM_DICT)
def test_a_comparison_is_what_it_is_read_back_as(answers: Answers, name: str, path: str) -> None:
    comparison = answers.ask(name, path).comparison
    assert comparison is not None
    again = type(comparison).from_dict(comparison.to_dict())
    assert again == comparison, "Invariant 6: Comparison.from_dict(c.to_dict()) == c"
    assert again.to_json() == comparison.to_json(), (
        "Invariant 6: what is read back is written as the same text"
    )


RESULT_KEYS = {
    "models",
    "overall",
    "per_class",
    "pairs",
    "n_samples",
    "sampling",
    "block_support",
    "fingerprint",
    "probability",
}


@pytest.mark.parametrize("part", ["gate", "history"])
def test_results_have_one_reader(part: str) -> None:
    """Gate and history take a comparison; they look up no key of results.json."""
    found = [
        f"{module}: {ast.unparse(node)}"
        for module in modules()
        if _part(module) == part
        for node in ast.walk(tree(module))
        for key in _looked_up(node)
        if key in RESULT_KEYS
    ]
    assert not found, "Invariant 6: results.json has one reader:\n" + "\n".join(found)


def _looked_up(node: ast.AST) -> Iterator[Any]:
    """Yield the constant that an expression looks up: of ``a["key"]`` and of ``a.get("key")``."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        yield node.slice.value
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ):
        yield node.args[0].value


# Words of a refusal that only the module which validates can hold.
VALIDATED = {
    "probabilities": ("do not sum to 1",),
    "range_of_probabilities": ("are outside [0, 1]",),
    "weights": ("Weights are not numbers", "A weight is not finite", "one weight per sample"),
    "labels": ("Unknown label",),
}


@pytest.mark.parametrize("what", VALIDATED)
def test_input_is_validated_in_one_place(what: str) -> None:
    """The text of each refusal stands in one module of compare, models, scale or what follows.

    That of weights stands in metrics, whose functions take weights too.
    """
    parts = {"compare", "models", "scale", "counts", "predictions"}
    if what == "weights":
        parts.add("metrics")
    found = sorted(
        module
        for module in modules()
        if _part(module) in parts and any(words in _texts(module) for words in VALIDATED[what])
    )
    assert len(found) == 1, f"Invariant 7: {what} are validated in one place, not in {found}"


def _texts(module: str) -> str:
    """Return the text constants of a module, docstrings left out."""
    syntax = tree(module)
    documented = {
        id(node.body[0].value)
        for node in ast.walk(syntax)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return "\n".join(
        node.value
        for node in ast.walk(syntax)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in documented
    )
