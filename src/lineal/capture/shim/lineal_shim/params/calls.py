"""Record what Fire, jsonargparse and tyro make of the command line: arguments of functions and classes."""

from __future__ import annotations

from ..guarding import alike, also, quietly
from ..writing import gap
from .flat import flattened
from .telling import COMMAND_LINE, Outermost, tell

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any


def watch_fire(core: Any) -> None:
    """Record the arguments of whatever Fire calls; ``core`` is ``fire.core``."""
    original = getattr(core, "_MakeParseFn", None)
    if original is None:
        gap("fire: this version is not known; its arguments are in the command only")
        return

    def make(component: Any, *more: Any, **named: Any) -> Any:
        parse = original(component, *more, **named)

        def parse_and_note(*arguments: Any, **options: Any) -> Any:
            result = parse(*arguments, **options)
            quietly(_note_call, component, result)
            return result

        return parse_and_note

    core._MakeParseFn = alike(make, original)  # noqa: SLF001


def _note_call(component: Any, parsed: Any) -> None:
    import inspect  # noqa: PLC0415 Fire has loaded it

    (values, named), *_ = parsed
    bound = inspect.signature(component).bind_partial(*values, **named)
    bound.apply_defaults()
    found: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        is_rest = bound.signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD
        found.update(value if is_rest else {name: value})
    tell("fire", flattened(found), COMMAND_LINE)


def watch_jsonargparse(jsonargparse: Any) -> None:
    """Record what a parser of jsonargparse returns, with the files and defaults that it put together."""
    original = jsonargparse.ArgumentParser.parse_args

    def parse_args(*arguments: Any, **named: Any) -> Any:
        with Outermost() as is_outermost:
            result = original(*arguments, **named)
        if is_outermost:
            quietly(_note_parsed, result)
        return result

    jsonargparse.ArgumentParser.parse_args = alike(parse_args, original)


def _note_parsed(namespace: Any) -> None:
    found = namespace.as_dict()
    tell("jsonargparse", flattened(found), COMMAND_LINE)


def watch_tyro(cli: Any) -> None:
    """Record what ``tyro.cli`` returns when that is a value with fields; ``cli`` is ``tyro._cli``."""
    also(cli, "cli", lambda result, _arguments, _named: tell("tyro", flattened(result), COMMAND_LINE))
