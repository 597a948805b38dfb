"""``lineal export mlflow``: everything that is here, for MLflow."""

from __future__ import annotations

import argparse

from lineal.cli.command import Command
from lineal.cli.commands.import_mlflow import tell
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.cli.progress import waiting


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("target", metavar="TARGET", help="a folder mlruns, or a server's http://…")


def _run(context: Context, options: argparse.Namespace) -> int:
    # Help does without them.
    from lineal.client.mlflow.exporting import export_history  # noqa: PLC0415
    from lineal.storage.mlflow.opening import open_target  # noqa: PLC0415

    with context.connect() as repository, waiting(context, "export mlflow") as progress:
        target = open_target(options.target, variables=context.variables)
        try:
            found = export_history(repository, target, progress=progress)
        finally:
            target.source().close()
    tell(context, found, ("HERE", "THERE"))
    if not found.new and not found.left_out:
        context.talk("unchanged: everything was there")
    return found.check()


EXPORT_MLFLOW = Command(
    words="export mlflow",
    description="Take everything that is here to MLflow: experiments, runs with every point of their metrics, datasets that "
    "they name, logged models, files, and the registry.\n\n"
    "In a folder, ids, times and numbers are those that are here. A server gives ids and numbers of its own; tags that "
    "begin with lineal.exported say which is which. What is there already is passed over, so it can be stopped and done "
    "again. Exit status 3 says that something could not be taken, and which.",
    add_arguments=_add_arguments,
    run=_run,
)
