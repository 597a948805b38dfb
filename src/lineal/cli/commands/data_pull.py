"""``lineal data pull``: bytes from a remote, and the files put in place where that is wanted."""

from __future__ import annotations

import argparse

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.cli.progress import waiting


def _add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "name", nargs="?", default="", metavar="NAME", help="what, as for data get; by default every dataset known here"
    )
    parser.add_argument(
        "directory", nargs="?", default="", metavar="DIRECTORY", help="also put the files in place there"
    )
    parser.add_argument(
        "--from", dest="source", default="", metavar="REMOTE", help="a remote's name or address; by default the default"
    )
    parser.add_argument("--force", action="store_true", help="also write over files that nobody keeps a copy of")


def _run(context: Context, options: argparse.Namespace) -> int:
    with context.connect() as repository, waiting(context, f"data pull {options.name}") as progress:
        repository.tell(progress)
        names = (options.name,) if options.name else ()
        if not options.directory:
            context.answer(repository.data.pull(names, source=options.source))
            return 0
        with repository.placing(options.directory, options.name):
            (found, *_) = repository.data.pull(names, source=options.source)
            context.answer(repository.data.get(found.reference, options.directory, force=options.force))
    return 0


DATA_PULL = Command(
    words="data pull",
    description=(
        "Fetch the bytes of a dataset, a version or a run from a remote, each checked against its digest, and put the\n"
        "files in place if a directory is named. A dataset that is not known here comes with its number and its author."
    ),
    add_arguments=_add_arguments,
    run=_run,
)
