"""``lineal init``: make a repository."""

from __future__ import annotations

import argparse

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.objects.errors import Invalid


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("directory", nargs="?", metavar="DIRECTORY", help="the project; by default where you are")
    parser.add_argument(
        "--database", default="", metavar="URL", help="postgresql://… for a team; by default a file beside the data"
    )


def _run(context: Context, options: argparse.Namespace) -> int:
    from lineal.client.connect import init  # noqa: PLC0415 - help does without the database

    where = options.directory or context.settings.repository or "."
    if where.startswith(("http://", "https://")):
        raise Invalid(f"{where} is a server", hint="lineal init makes a repository in a directory")
    with init(where, database=options.database) as repository:
        root = repository.store.root
    if context.settings.json:
        context.data({"repository": str(root)})
    else:
        context.out.write(f"{root}\n")
    context.talk("next: lineal run -- python train.py (or any other program)")
    return 0


INIT = Command(
    words="init",
    description="Make a repository in a directory. It lives in .lineal beside the project's files, out of Git's sight; "
    "one that is there stays as it is.",
    add_arguments=_add_arguments,
    run=_run,
)
