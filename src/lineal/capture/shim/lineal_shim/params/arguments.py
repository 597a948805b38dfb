"""Record what ``argparse`` made of the program's arguments, defaults and subcommands included, as parameters."""

from __future__ import annotations

import sys
import threading

from ..calling import callers, is_of_a_library
from ..guarding import alike, first, quietly
from .flat import flattened
from .telling import COMMAND_LINE, Outermost, tell

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_TELLING = {"hydra", "fire", "snakemake"}
"""Libraries that parse options of their own with it: how they run a program, which tells its own."""

_PARSERS = {"argparse", "configargparse"}

_chosen = threading.local()
"""The subcommands of this thread's outermost call."""


def watch_arguments(argparse: Any) -> None:
    """Record every outermost call that parses; subcommands and mixed arguments parse inside of one."""
    for name in ("parse_known_args", "parse_known_intermixed_args"):
        _record_outermost(argparse.ArgumentParser, name)
    choose = argparse._SubParsersAction.__call__  # noqa: SLF001 nothing else tells which subcommand was chosen

    def choose_then_note(self: Any, parser: Any, namespace: Any, values: Any, *more: Any, **named: Any) -> Any:
        # Before, since the subcommand's own arguments may end the program.
        quietly(_note_choice, self, values)
        return choose(self, parser, namespace, values, *more, **named)

    argparse._SubParsersAction.__call__ = alike(choose_then_note, choose)  # noqa: SLF001


def _record_outermost(parser: Any, name: str) -> None:
    original = getattr(parser, name)

    def parse(self: Any, *arguments: Any, **named: Any) -> Any:
        with Outermost() as is_outermost:
            if is_outermost:
                _chosen.names = []
            result = original(self, *arguments, **named)
        if is_outermost:
            quietly(_note, result[0], first(arguments, named, "args"))
        return result

    setattr(parser, name, alike(parse, original))


def _note_choice(action: Any, values: Any) -> None:
    if not isinstance(action.dest, str) or action.dest == "==SUPPRESS==":
        _chosen.names = [*getattr(_chosen, "names", ()), str(values[0])]


def _note(namespace: Any, given: Any) -> None:
    caller = next((each for each in callers(1) if each.f_globals.get("__name__") not in _PARSERS), None)
    if caller is not None and is_of_a_library(caller.f_code.co_filename):
        if caller.f_globals.get("__name__", "").partition(".")[0] in _TELLING:
            return
        if given is not None and list(given) != sys.argv[1:]:
            return  # a library that parses something of its own, such as a notebook's magic words
    tell("argparse", _named(namespace), COMMAND_LINE)


def _named(namespace: Any) -> Iterator[tuple[str, object]]:
    """Yield what the namespace holds; the program may have given one of any class."""
    if names := getattr(_chosen, "names", ()):
        yield "subcommand", " ".join(names)
    slots = [each for kind in type(namespace).__mro__ for each in getattr(kind, "__slots__", ())]
    members = getattr(namespace, "__dict__", None) or {
        each: getattr(namespace, each) for each in slots if hasattr(namespace, each)
    }
    yield from flattened(dict(members))
