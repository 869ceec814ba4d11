"""From ``FILE[::MODEL]`` to the two models of a gate: results, predictions or model files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.compare.comparison import Comparison
from evalkit.compare.evaluation import Evaluation
from evalkit.compare.from_files import evaluations_from_files
from evalkit.compare.json import SCHEMA, damaged, read_results
from evalkit.errors import InputError, InputTypeError
from evalkit.gate.side import Side, require_same_classes
from evalkit.models.user_code import PREFIX
from evalkit.nearest import suggestion
from evalkit.predictions.addresses import SEPARATOR, Address, parse_address
from evalkit.reading.source import open_source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SEARCHED = 200


def read_sides(
    candidate: Any,
    baseline: Any,
    *,
    data: str | None = None,
    target: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> tuple[Side, Side | None]:
    """Return candidate and baseline, None where there is none.

    Parameters
    ----------
    candidate, baseline : an `Evaluation`, a `Comparison` of one model, or ``FILE[::MODEL]``:
        a results.json, a prediction file or a model file.
    data, target, columns : as `evaluations_from_files` takes them.

    Raises
    ------
    InputError
        If a file holds several models and none is named, or classes differ.
    FileFormatError
        If a file is missing or damaged.
    """
    options: dict[str, Any] = {"data": data, "target": target, "columns": columns}
    if baseline is None:
        return _side(candidate, options), None
    given = (candidate, baseline)
    files = [_is_model_or_predictions(each) for each in given]
    if all(files):
        # Read together, tables that declare no classes agree on one schema.
        both = evaluations_from_files([_address(each) for each in given], **options)
        if len(both) == 2:
            first, second = (Side.of_evaluation(one) for one in both)
            require_same_classes(first, second)
            return first, second
    first, second = (_side(each, options) for each in given)
    require_same_classes(first, second)
    return first, second


def sides_of_results(path: Path) -> list[Side]:
    """Return every model in a results.json."""
    results = read_results(path)
    try:
        return [Side.of_results(results, model) for model in results["models"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(path, error) from error


def _side(given: Any, options: Mapping[str, Any]) -> Side:
    if isinstance(given, Evaluation):
        return Side.of_evaluation(given)
    if isinstance(given, Comparison):
        return _chosen([Side.of_evaluation(one) for one in given.evaluations], None, "comparison")
    address = _address(given)
    if _is_model_or_predictions(given):
        found = [Side.of_evaluation(one) for one in evaluations_from_files([address], **options)]
    else:
        found = sides_of_results(Path(address.path))
        if len(found) == 1 and address.is_named:
            found = [replace(found[0], name=address.name)]
    return _chosen(found, address.model, address.path)


def _chosen(sides: Sequence[Side], name: str | None, where: str) -> Side:
    names = [side.name for side in sides]
    if name is None and len(sides) == 1:
        return sides[0]
    if name is None:
        raise InputError(
            f"a gate compares one model with one other; {where} holds {len(sides)}: name one, as "
            f"in {where}{SEPARATOR}{names[0] if names else 'NAME'}"
        )
    if name not in names:
        raise InputError(
            f"the named model must be in the file; {where} has no {name}: {suggestion(name, names)}"
        )
    return sides[names.index(name)]


def _is_model_or_predictions(given: Any) -> bool:
    if isinstance(given, Evaluation | Comparison):
        return False
    path = _address(given).path
    if path.startswith(PREFIX):
        return True
    with open_source(path) as source:
        head = source.head(_SEARCHED)
    # A brace also begins lines of rows, which another ending tells apart.
    return not (
        f'"{SCHEMA}"'.encode() in head
        or (head.lstrip()[:1] == b"{" and Path(path).suffix.lower() == ".json")
    )


def _address(given: Any) -> Address:
    if isinstance(given, str | Path):
        return parse_address(str(given), with_model=True)
    raise InputTypeError(
        "a gate takes files, an Evaluation or a Comparison of one model; got "
        f"{type(given).__name__}"
    )
