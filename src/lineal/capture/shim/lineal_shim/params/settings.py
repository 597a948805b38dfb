"""Record settings of pydantic-settings, without what they took from the environment."""

from __future__ import annotations

from ..guarding import alike, quietly
from ..writing import gap
from .flat import flattened
from .telling import CONFIG, tell

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any


def watch_settings(main: Any) -> None:
    """Record each instance; ``main`` is ``pydantic_settings.main``."""
    original = main.BaseSettings.__init__

    def init(self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        quietly(_note, self, set(named))

    main.BaseSettings.__init__ = alike(init, original)


def _note(settings: Any, given: set[str]) -> None:
    name = type(settings).__name__
    # Variables, .env files and folders of secrets: any may hold a password under a harmless name.
    hidden = settings.model_fields_set - given
    if hidden:
        gap(f"params: {name} took {', '.join(sorted(hidden))} from the environment, which is not recorded")
    tell(name, flattened({key: value for key, value in settings.__dict__.items() if key not in hidden}), CONFIG)
