"""Tie the file that a model is pickled to with what is known of the model."""

from __future__ import annotations

from .models import facts_of, tell_model
from ..guarding import also, first

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any


def watch_joblib(joblib: Any) -> None:
    """Record ``joblib.dump``."""
    also(joblib, "dump", lambda _result, arguments, named: _note(arguments, named, "filename"))


def watch_pickle(pickle: Any) -> None:
    """Record ``pickle.dump``; it costs one look-up while no framework is loaded."""
    also(pickle, "dump", lambda _result, arguments, named: _note(arguments, named, "file"))


def _note(arguments: tuple[Any, ...], named: dict[str, Any], name: str) -> None:
    target = first(arguments, named, name, at=1)
    tell_model(target, facts_of(first(arguments, named, "value", "obj")))
