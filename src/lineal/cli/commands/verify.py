"""``lineal verify``: with what was kept elsewhere, which only this machine can read."""

from __future__ import annotations

import argparse
from pathlib import Path

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser, decimal_number
from lineal.cli.progress import waiting
from lineal.objects.errors import NotFound


def _add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "reference",
        metavar="VERSION",
        nargs="?",
        default="",
        help="only this version: its files, statements, signatures",
    )
    parser.add_argument(
        "--sample", type=decimal_number, metavar="X", default=1.0, help="which share of the bytes to read; default 1.0"
    )
    parser.add_argument(
        "--log", action="store_true", help="the journal only, with the statements and versions it names"
    )
    parser.add_argument(
        "--checkpoint",
        metavar="FILE",
        default="",
        help="a checkpoint kept elsewhere: all it covers must still be there",
    )
    parser.add_argument(
        "--remote", metavar="NAME|URL", default="", help="what this remote holds instead, for whatever repository"
    )
    parser.add_argument(
        "--tiles", metavar="DIR|URL", default="", help="what lineal export log wrote: entries that differ are named"
    )


def _run(context: Context, options: argparse.Namespace) -> int:
    import msgspec  # noqa: PLC0415 - help does without them

    from lineal.client.log_tiles import compare_log  # noqa: PLC0415
    from lineal.operations import upkeep  # noqa: PLC0415
    from lineal.storage.buckets.opening import open_bucket  # noqa: PLC0415

    checkpoint = read_note(options.checkpoint) if options.checkpoint else ""
    with context.connect() as repository, waiting(context, "verify") as progress:
        repository.tell(progress)
        answer = upkeep.verify(
            repository,
            options.reference,
            sample=options.sample,
            log=options.log,
            checkpoint=checkpoint,
            remote=options.remote,
        )
        if options.tiles:
            found = compare_log(repository, open_bucket(options.tiles))
            answer = msgspec.structs.replace(answer, problems=(*found, *answer.problems))
    context.answer(answer)
    return answer.exit_status


def read_note(path: str) -> str:
    """Return the text of a file. Raises NotFound."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound(f"{path} cannot be read: {error}", hint="name the file of a checkpoint") from None


VERIFY = Command(
    words="verify",
    description="Read everything and check it: each file and object against its digest, each name, the journal.\n\n"
    "With a VERSION only that, and who signed it. What is wrong is named, with the versions, datasets and runs that need it.",
    add_arguments=_add_arguments,
    run=_run,
)
