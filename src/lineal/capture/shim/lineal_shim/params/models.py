"""Record instances of the program's own pydantic models that are called like a configuration."""

from __future__ import annotations

import sys

from ..calling import is_of_a_library
from ..guarding import alike, quietly
from .dataclasses import INSTANCES_MAX, NAMED
from .flat import flattened
from .telling import CONFIG, tell

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_left: dict[type, int] = {}
"""How many more instances of each class are told; a program may make millions of models."""

_CLASSES_MAX = 10_000


def watch_models(main: Any) -> None:
    """Record models that are made by their names or validated from data; ``main`` is ``pydantic.main``."""
    model = main.BaseModel
    original = model.__init__

    def init(self: Any, /, **data: Any) -> None:
        original(self, **data)
        if _left.get(type(self), 1):
            quietly(_note, self)

    model.__init__ = alike(init, original)
    for name in ("model_validate", "model_validate_json"):
        setattr(model, name, classmethod(_recorded(vars(model)[name].__func__)))


def _recorded(original: Any) -> Any:
    def validate(cls: Any, *arguments: Any, **named: Any) -> Any:
        made = original(cls, *arguments, **named)
        if _left.get(type(made), 1):
            quietly(_note, made)
        return made

    return alike(validate, original)


def _note(made: Any) -> None:
    kind = type(made)
    if kind not in _left and len(_left) < _CLASSES_MAX:
        _left[kind] = INSTANCES_MAX if _is_configuration(kind) else 0
    if _left.get(kind, 0):
        _left[kind] -= 1
        tell(
            kind.__name__,
            flattened(made, is_told=lambda part: type(part) in _left and _is_configuration(type(part))),
            CONFIG,
        )


def _is_configuration(kind: type) -> bool:
    file = getattr(sys.modules.get(kind.__module__), "__file__", None) or ""
    # Settings tell themselves, without what they took from the environment.
    is_settings = hasattr(kind, "settings_customise_sources")
    return bool(NAMED.fullmatch(kind.__name__)) and not is_of_a_library(file) and not is_settings
