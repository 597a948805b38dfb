"""``lineal data status``: what was changed in the workspace since it was added."""

from __future__ import annotations

import argparse

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.cli.progress import waiting


def _add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "path", nargs="?", default=None, metavar="PATH", help="a file or directory; by default all that was ever added"
    )


def _run(context: Context, options: argparse.Namespace) -> int:
    with context.connect() as repository, waiting(context, "data status") as progress:
        repository.tell(progress)
        found = repository.data.status(options.path)
    context.answer(found)
    if not found:
        context.talk("hint: nothing was added yet: lineal data add PATH")
    return int(any(not each.is_clean for each in found))


DATA_STATUS = Command(
    words="data status",
    description=(
        "Show what was added, modified and removed in the workspace since it was added or put there.\n"
        "Exits with 1 when something differs. A file whose times and size are the same is not read."
    ),
    add_arguments=_add_arguments,
    run=_run,
)
