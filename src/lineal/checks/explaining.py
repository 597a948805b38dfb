"""What each check does and takes, read from its class: for people who write a policy."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from lineal.checks.check import Check

_OPTIONS = "Options:"


class Option(NamedTuple):
    """An option of a check: its type and its default as a policy writes them; no default where it must be given."""

    name: str
    type: str
    default: str
    text: str


class Explained(NamedTuple):
    """A check: the question that it answers, how, and its options."""

    name: str
    question: str
    text: str
    options: tuple[Option, ...]


def explain(kind: type[Check]) -> Explained:
    """Return what a check does and takes."""
    text, _, told = (inspect.getdoc(kind) or "").partition(f"\n{_OPTIONS}\n")
    helps = dict(_helps(told))
    module = inspect.getmodule(kind)
    question = (inspect.getdoc(module) or "").partition("\n")[0]
    hints = get_type_hints(kind)
    options = tuple(
        Option(each.name, _type(hints[each.name]), _default(each), helps.get(each.name, ""))
        for each in msgspec.structs.fields(kind)
    )
    return Explained(str(kind.__struct_config__.tag), question, text.strip(), options)


def _helps(text: str) -> Iterator[tuple[str, str]]:
    """Yield each option with its text on one line; a line that is indented further goes on with the one before."""
    name, words = "", list[str]()
    for line in text.splitlines():
        if line.startswith("        ") and name:
            words.append(line.strip())
        elif line.strip():
            if name:
                yield name, " ".join(words)
            name, _, first = line.strip().partition(": ")
            words = [first]
    if name:
        yield name, " ".join(words)


_TYPES = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def _type(found: Any) -> str:
    """Return a type as a policy's writer knows it."""
    parts = [each for each in get_args(found) if each is not type(None)]
    if found in _TYPES:
        return _TYPES[found]
    if get_origin(found) is tuple:
        return f"list of {_TYPES[parts[0]]}s"
    if get_origin(found) is dict:
        return f"table of {_TYPES[parts[1]]}s"
    if all(isinstance(each, str) for each in parts):
        return ", ".join(map(str, parts[:-1])) + f" or {parts[-1]}"
    return _type(parts[0])


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    default = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
    if default is None or default in ("", (), {}):
        return ""
    return re.sub(r",(?=\")", ", ", msgspec.json.encode(default).decode())
