"""A prediction table in any format: names first, then the columns that are wanted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from evalkit.models.predictions.roles import Roles

Columns = dict[str, "NDArray[Any]"]


@dataclass(frozen=True)
class Table:
    """An open table.

    Attributes
    ----------
    format : for people: ``"CSV"``.
    names : the columns' names, in order.
    rows : how many there are, where that is known before they are read.
    read : returns the columns by name. What `Roles.texts` names may arrive as text; numbers
        arrive as numbers, text as objects with None for what is missing.
    metadata : what evalkit wrote beside the columns: ``generator``, ``classes``.
    """

    format: str
    names: tuple[str, ...]
    read: Callable[[Roles], Columns]
    rows: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
