"""``lineal data get``: the files of a version, put in place."""

from __future__ import annotations

import argparse

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.cli.progress import waiting


def _add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "name", metavar="NAME", help="what: data:NAME, data:NAME@2, a version such as churn:1.2.0, run:NAME or a digest"
    )
    parser.add_argument("directory", nargs="?", default=".", metavar="DIRECTORY", help="where to; by default here")
    parser.add_argument("--under", default="", metavar="PATH", help="only this path of it, and what is below")
    parser.add_argument("--force", action="store_true", help="also write over files that nobody keeps a copy of")


def _run(context: Context, options: argparse.Namespace) -> int:
    with context.connect() as repository, waiting(context, f"data get {options.name}") as progress:
        repository.tell(progress)
        context.answer(repository.data.get(options.name, options.directory, under=options.under, force=options.force))
    return 0


DATA_GET = Command(
    words="data get",
    description=(
        "Make a directory hold the files of a version. Only what differs from the version that is there is touched;\n"
        "each file is checked against its digest, and nothing of yours is written over without --force."
    ),
    add_arguments=_add_arguments,
    run=_run,
)
