"""Record what ``argparse`` made of the program's arguments, defaults included, as parameters."""

from __future__ import annotations

import threading

from ..guarding import alike, quietly
from ..scalars import scalar
from ..writing import emit

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_nested = threading.local()


def watch_arguments(argparse: Any) -> None:
    """Record every outermost ``parse_known_args``; subcommands parse inside their parent's call."""
    original = argparse.ArgumentParser.parse_known_args

    def parse_known_args(*arguments: Any, **named: Any) -> Any:
        is_outermost = not getattr(_nested, "depth", 0)
        _nested.depth = getattr(_nested, "depth", 0) + 1
        try:
            result = original(*arguments, **named)
        finally:
            _nested.depth -= 1
        if is_outermost:
            quietly(_note, result[0])
        return result

    argparse.ArgumentParser.parse_known_args = alike(parse_known_args, original)


def _note(namespace: object) -> None:
    params = {name: scalar(value) for name, value in vars(namespace).items() if not callable(value)}
    if params:
        emit("param", params=params)
