"""Commands derived from operations: the signature gives the arguments, the docstring the help."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any, Literal, get_args, get_origin

from lineal.cli.command import Command
from lineal.cli.commands.following import FOLLOWED, follow
from lineal.cli.commands.model_sign import sign_new
from lineal.cli.context import Context
from lineal.cli.next import next_step, nothing_found
from lineal.cli.parser import Parser, decimal_number, whole_number
from lineal.cli.progress import waiting
from lineal.operations import every, find
from lineal.operations.operation import Operation, Parameter

_READERS: dict[Any, dict[str, Any]] = {
    bool: {"action": "store_true"},
    int: {"type": whole_number, "metavar": "N"},
    float: {"type": decimal_number, "metavar": "X"},
    tuple[str, ...]: {"action": "append"},
}
"""How argparse reads a parameter of a type; the rest are words."""

_SEEN_AT_WORK = frozenset(("data push", "gc", "repair"))
"""In a remote others see who is at work, and wait."""


def verbs() -> dict[str, Command]:
    """Return the command of every operation that people use."""
    return {words: command_of(each) for words, each in every().items() if not each.internal}


def verb(words: str) -> Command | None:
    """Return the command of the operation that is called ``words``, or None when people have none."""
    operation = find(words)
    return None if operation is None or operation.internal else command_of(operation)


def command_of(operation: Operation) -> Command:
    """Return the command of ``operation``."""
    return Command(
        words=operation.words,
        description=operation.description,
        add_arguments=partial(_add_arguments, operation),
        run=partial(_run, operation),
    )


def _add_arguments(operation: Operation, parser: Parser) -> None:
    for each in operation.parameters:
        parser.add_argument(*_names(each), **_settings(each))


def _names(parameter: Parameter) -> tuple[str]:
    return (parameter.name,) if parameter.positional else ("--" + parameter.name.replace("_", "-"),)


def _settings(parameter: Parameter) -> dict[str, Any]:
    """Return what argparse is told of a parameter."""
    settings: dict[str, Any] = dict(_READERS.get(parameter.type, {}))
    if get_origin(parameter.type) is Literal:
        settings["choices"] = get_args(parameter.type)
    elif settings.get("action") != "store_true":
        settings.setdefault("metavar", "PATH" if parameter.is_upload else parameter.name.upper())
    if parameter.positional:
        if settings.pop("action", "") == "append":
            settings["nargs"] = "*"
        elif not parameter.required:
            settings["nargs"] = "?"
    else:
        settings["dest"] = parameter.name
        settings["required"] = parameter.required
    if not parameter.required:
        settings["default"] = None if parameter.type == tuple[str, ...] else parameter.default
    return {**settings, "help": _help(parameter)}


def _help(parameter: Parameter) -> str:
    notes = [parameter.help.rstrip(".")]
    if parameter.type == tuple[str, ...] and not parameter.positional:
        notes.append("repeat it, or separate with commas")
    if not parameter.required and parameter.default not in ("", 0, False, (), None):
        notes.append(f"default {parameter.default}")
    # argparse reads % as the beginning of a format.
    return "; ".join(each for each in notes if each).replace("%", "%%")


def _run(operation: Operation, context: Context, options: argparse.Namespace) -> int:
    given = {each.name: _value(each, getattr(options, each.name)) for each in operation.parameters}
    with (
        context.connect() as repository,
        waiting(context, _title(operation, given)) as progress,
        _ended_in_order() if operation.words in _SEEN_AT_WORK else nullcontext(),
    ):
        repository.tell(progress)
        uploads = {name: repository.upload(given[name]) for name in operation.uploads}
        answer = repository.perform(operation, operation.request(**{**given, **uploads}))
        if operation.words == "model register":
            sign_new(context, repository, answer)
        if operation.words in FOLLOWED:
            follow(context, repository, answer)
    context.answer(answer)
    for said in (nothing_found(operation.words, answer), next_step(operation.words, answer)):
        if said:
            context.talk(said)
    status: int = getattr(answer, "exit_status", 0)
    return status


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Have whoever ends this process in the block end it as Ctrl-C does, so that nobody waits for it in vain."""
    import signal  # noqa: PLC0415 - few commands need it

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = [number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None))]
    ours = [each for each in asked if signal.getsignal(each) is signal.SIG_DFL]  # nohup has one ignored
    try:
        for each in ours:
            signal.signal(each, signal.default_int_handler)
        yield
    finally:
        for each in ours:
            signal.signal(each, signal.SIG_DFL)


def _value(parameter: Parameter, value: Any) -> Any:
    if parameter.type == tuple[str, ...]:
        return tuple(part.strip() for each in value or () for part in each.split(",") if part.strip())
    return value


def _title(operation: Operation, given: dict[str, Any]) -> str:
    """Return what is being done, for those who wait: the verb and what it is done to."""
    about = (given[each.name] for each in operation.parameters if each.positional and given[each.name])
    return " ".join([operation.words, *(" ".join(each) if isinstance(each, tuple) else str(each) for each in about)])
