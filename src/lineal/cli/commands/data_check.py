"""``lineal data check``: whether a source is still what it was."""

from __future__ import annotations

import argparse

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.cli.progress import waiting


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", help="the dataset version, as data:NAME, data:NAME@2 or a digest")


def _run(context: Context, options: argparse.Namespace) -> int:
    with context.connect() as repository, waiting(context, f"data check {options.name}") as progress:
        repository.tell(progress)
        answer = repository.data.check(options.name)
    context.answer(answer)
    return answer.exit_status


DATA_CHECK = Command(
    words="data check",
    description=(
        "Tell whether the source of a dataset version is still what it was: unchanged; superseded (it holds something\n"
        "else, and what was pinned can still be had); changed (exit status 4); gone (exit status 3)."
    ),
    add_arguments=_add_arguments,
    run=_run,
)
