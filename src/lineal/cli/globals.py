"""The options that every command has, wherever they stand on the line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lineal.objects.errors import Invalid

VALUED = {"--repository": "repository", "--token": "token"}
FLAGS = {
    "--json": "json",
    "--quiet": "quiet",
    "-q": "quiet",
    "--version": "version",
    "--help": "help",
    "-h": "help",
}

RUN = "run"
"""The command whose line ends in somebody else's program, which has options of its own."""

RUN_VALUED = frozenset({"--name"})
"""Its options that take a value."""


class Globals(NamedTuple):
    """What was said for every command, and the rest of the line."""

    words: tuple[str, ...] = ()
    program: tuple[str, ...] = ()
    repository: str = ""
    token: str = ""
    json: bool = False
    quiet: bool = False
    version: bool = False
    help: bool = False


def split(line: Sequence[str]) -> Globals:
    """Take the options of every command out of ``line``; what follows ``run``'s own options is a program.

    Raises:
        Invalid: an option lacks its value.
    """
    rest, words, program, found = list(line), list[str](), list[str](), dict[str, str | bool]()
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        is_run = bool(words) and words[0] == RUN
        if is_run and (word == "--" or not word.startswith("-")):
            program = rest if word == "--" else [word, *rest]
            break
        if word == "--":
            words += [word, *rest]
            break
        if name in VALUED:
            found[VALUED[name]] = value if equals else _value(name, rest)
        elif word in FLAGS:
            found[FLAGS[word]] = True
        else:
            words.append(word)
            if is_run and word in RUN_VALUED and rest:
                words.append(rest.pop(0))
    return Globals(words=tuple(words), program=tuple(program), **found)  # type: ignore[arg-type]


def _value(name: str, rest: list[str]) -> str:
    if not rest:
        raise Invalid(f"{name} needs a value", hint="lineal --help shows the options of every command")
    return rest.pop(0)
