"""``lineal import mlflow``: everything that MLflow knows."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.cli.progress import waiting

if TYPE_CHECKING:
    from lineal.client.mlflow.importing import Imported

_SHOWN = 10


def _add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a server's http://…, a database (sqlite:///…, postgresql://…, a file mlflow.db), or a folder mlruns",
    )
    parser.add_argument(
        "--artifacts",
        default="",
        metavar="PLACE",
        help="where artifacts are, a directory or a bucket's URL, when a database or folder names a place that is not here",
    )
    parser.add_argument(
        "--without-artifacts",
        dest="without",
        action="store_true",
        help="bring no files; they stay where they are, and programs go on finding them there",
    )


def _run(context: Context, options: argparse.Namespace) -> int:
    # Help does without them.
    from lineal.client.mlflow.importing import import_history  # noqa: PLC0415
    from lineal.storage.mlflow.opening import open_source  # noqa: PLC0415

    with context.connect() as repository, waiting(context, "import mlflow") as progress:
        source = open_source(options.source, artifacts=options.artifacts, variables=context.variables)
        try:
            found = import_history(repository, source, files=not options.without, progress=progress)
        finally:
            source.close()
    tell(context, found, ("THERE", "HERE"))
    context.talk("next: lineal experiments" if found.new else "unchanged: everything was here")
    return found.check()


def tell(context: Context, found: Imported, places: tuple[str, str]) -> None:
    """Print how much there is at both ``places``, and say what was left out."""
    if context.settings.json:
        context.data(found)
    elif not context.settings.quiet:
        context.out.writelines(f"{line}\n" for line in _lines(context, found, places))
    for each in found.left_out[:_SHOWN]:
        context.talk(f"lineal: left out: {each}")
    if len(found.left_out) > _SHOWN:
        context.talk(f"lineal: left out: {len(found.left_out) - _SHOWN} more; --json lists them all")


def _lines(context: Context, found: Imported, places: tuple[str, str]) -> Iterator[str]:
    from lineal.cli.render.units import count  # noqa: PLC0415 - help does without it

    rows = ((each.kind, f"{each.source:,}", f"{each.target:,}") for each in found.counts)
    yield f"{found.address}:"
    yield from context.page().table(("KIND", *places), rows, indent="  ", right=places)
    yield f"new: {count(found.new, 'item')}"


IMPORT_MLFLOW = Command(
    words="import mlflow",
    description="Bring everything that MLflow knows: experiments, runs with their ids, times, parameters, tags and every "
    "point of every metric, datasets that they name, logged models, files, and the registry with its numbers, stages and "
    "aliases.\n\n"
    "It is read from a server, a database of MLflow 1 to 3, or a folder, and nothing of it is changed. What is here "
    "already is passed over, so it can be stopped and done again; at the end everything is counted there and here. "
    "Exit status 3 says that something could not be had, and which.",
    add_arguments=_add_arguments,
    run=_run,
)
