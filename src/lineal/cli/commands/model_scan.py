"""``lineal model scan``: what files would do if somebody loaded them."""

from __future__ import annotations

import argparse
from pathlib import Path

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.cli.progress import waiting


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("what", metavar="WHAT", help="a version, a run, or a file or directory on this disk")
    parser.add_argument("--file", default="", metavar="FILE", help="only this file or directory of it")


def _run(context: Context, options: argparse.Namespace) -> int:
    path = Path(options.what)
    if path.exists() or path.is_symlink():
        from lineal.client.scanning import scan_path  # noqa: PLC0415 - only a path needs it

        answer = scan_path(path, options.file)
    else:
        with context.connect() as repository, waiting(context, f"model scan {options.what}") as progress:
            repository.tell(progress)
            answer = repository.model.scan(options.what, file=options.file)
    context.answer(answer)
    return answer.exit_status


MODEL_SCAN = Command(
    words="model scan",
    description=(
        "Tell what the files of a model would do if somebody loaded them. Nothing in them is carried out.\n"
        "A path needs no repository. What is found of a version stays with it.\n"
        "Exits with 5 when they are hostile, and with 7 when that cannot be told."
    ),
    add_arguments=_add_arguments,
    run=_run,
)
