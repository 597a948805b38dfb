"""``lineal completion``: what makes a shell complete commands and options."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser

_DESCRIPTION = (
    "Print a script for your shell. It completes commands and options; evaluate it in the shell's start-up file."
)


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="bash, zsh or fish")


def completion(commands: Callable[[], dict[str, Command]]) -> Command:
    """Return the command that completes ``commands``, of which it is one itself."""

    def run(context: Context, options: argparse.Namespace) -> int:
        from lineal.cli.completion import SCRIPTS  # noqa: PLC0415 - only who asks for it waits for it

        context.out.write(SCRIPTS[options.shell](commands()))
        return 0

    return Command(words="completion", description=_DESCRIPTION, add_arguments=_add_arguments, run=run)
