"""The choices that a count depends on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from evalkit.errors import InputError

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

Engine = Literal["auto", "arrow", "dask"]


@dataclass(frozen=True)
class Settings:
    """The choices that a count depends on.

    Raises
    ------
    InputError
        If they contradict each other.
    """

    classes: tuple[Any, ...] | None = None
    engine: Engine = "auto"
    scheduler: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    slice_by: tuple[str, ...] = ()
    cluster_by: str | None = None
    state: str | os.PathLike[str] | None = None

    def __post_init__(self) -> None:
        if self.engine not in get_args(Engine):
            raise InputError(f"the engine is auto, arrow or dask; got {self.engine!r}")
        if self.engine == "arrow" and self.scheduler is not None:
            raise InputError("a scheduler is Dask's; got one with the engine arrow: leave one out")

    @property
    def uses_dask(self) -> bool:
        """Whether files are counted by Dask."""
        return self.engine == "dask" or self.scheduler is not None
