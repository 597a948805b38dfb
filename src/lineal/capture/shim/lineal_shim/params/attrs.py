"""Record instances of the program's own attrs classes that are called like a configuration."""

from __future__ import annotations

from .dataclasses import watch_class
from ..guarding import method

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any


def watch_builders(make: Any) -> None:
    """Look at each class that attrs makes from now on; ``make`` is ``attr._make``."""
    method(make._ClassBuilder, "build_class", lambda result, _arguments, _named: watch_class(result))  # noqa: SLF001
