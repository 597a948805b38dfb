"""``lineal import dvc``: the history of a DVC repository."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.cli.progress import waiting

if TYPE_CHECKING:
    from lineal.client.dvc.importing import Imported

_SHOWN = 10


def _add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "directory", nargs="?", default=".", metavar="DIRECTORY", help="a place in the DVC repository; by default here"
    )
    parser.add_argument(
        "--remote", default="", metavar="NAME", help="a remote of DVC to look into before its default one"
    )


def _run(context: Context, options: argparse.Namespace) -> int:
    from lineal.client.dvc.importing import import_history  # noqa: PLC0415 - help does without it

    directory = Path(options.directory)
    with context.connect() as repository, waiting(context, f"import dvc {directory}"):
        found = import_history(repository, directory, remote=options.remote, variables=context.variables)
    if context.settings.json:
        context.data(found)
    elif not context.settings.quiet:
        context.out.writelines(f"{line}\n" for line in _lines(found))
    for each in found.left_out[:_SHOWN]:
        context.talk(f"lineal: left out: {each}")
    if len(found.left_out) > _SHOWN:
        context.talk(f"lineal: left out: {len(found.left_out) - _SHOWN} more; --json lists them all")
    context.talk("next: lineal data list" if found.new else "unchanged: everything was here")
    return 0


def _lines(found: Imported) -> Iterator[str]:
    from lineal.cli.render.units import count  # noqa: PLC0415 - as above

    versions = f"{count(found.dataset_versions, 'version')} of {count(found.datasets, 'dataset')}"
    models = f"{count(found.model_versions, 'version')} of models, {count(found.aliases, 'alias', 'aliases')}"
    yield f"{found.directory}: {count(found.commits, 'commit')} with {versions}, {count(found.runs, 'run')}, {models}"
    yield f"new: {count(found.new, 'item')}"


IMPORT_DVC = Command(
    words="import dvc",
    description="Bring the history of a DVC repository: the datasets of every commit with their authors, times and "
    "messages, the runs behind dvc.lock, and the models that GTO's tags register.\n\n"
    "Everything is read from DVC's cache, or its remote, and checked. What is here already is passed over, so it can be "
    "stopped and done again. DVC and its files stay as they are, and need not be installed.",
    add_arguments=_add_arguments,
    run=_run,
)
