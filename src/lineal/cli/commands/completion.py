"""``lineal completion``: what makes a shell complete commands and options."""

from __future__ import annotations

import argparse

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="bash, zsh or fish")


def _run(context: Context, options: argparse.Namespace) -> int:
    from lineal.cli.catalogue import commands  # noqa: PLC0415 - only who asks for it waits for it
    from lineal.cli.completion import SCRIPTS  # noqa: PLC0415

    context.out.write(SCRIPTS[options.shell](commands()))
    return 0


COMPLETION = Command(
    words="completion",
    description="Print a script for your shell. It completes commands and options; evaluate it in the shell's start-up file.",
    add_arguments=_add_arguments,
    run=_run,
)
