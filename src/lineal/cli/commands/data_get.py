"""``lineal data get``: the files of a dataset version, written to a directory."""

from __future__ import annotations

import argparse
from pathlib import Path

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.cli.progress import waiting
from lineal.objects.errors import Conflict


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", help="the dataset version, as data:NAME, data:NAME@2 or a digest")
    parser.add_argument("directory", nargs="?", default=".", metavar="DIRECTORY", help="where to; by default here")
    parser.add_argument("--force", action="store_true", help="also write over files that are there")


def _run(context: Context, options: argparse.Namespace) -> int:
    name = options.name if ":" in options.name else f"data:{options.name}"
    directory = Path(options.directory)
    with context.connect() as repository, waiting(context, f"data get {name}"):
        tree = repository.data.tree(name)
        there = [each.path for each in tree.entries if (directory / each.path).exists()]
        if there and not options.force:
            raise Conflict(
                f"{directory / there[0]} is there already", hint="--force writes over it; or name another directory"
            )
        repository.fetch(tree.entries, directory)
    if context.settings.json:
        context.data(tree)
    else:
        context.out.writelines(f"{directory / each.path}\n" for each in tree.entries)
    return 0


DATA_GET = Command(
    words="data get",
    description="Write the files of a dataset version to a directory. Each file is checked against its digest.",
    add_arguments=_add_arguments,
    run=_run,
)
