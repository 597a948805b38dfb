"""``lineal data add``: a path is copied into the store; an address, such as ``s3://…``, is referred to."""

from __future__ import annotations

import argparse
import os

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.cli.progress import waiting
from lineal.objects.errors import Invalid

_ADDRESS_ONLY = ("at", "digest", "copy")


def _add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "path",
        metavar="PATH",
        help="the file or directory; or an address: s3:// gs:// az:// https:// delta:// iceberg://",
    )
    parser.add_argument("--name", default="", metavar="NAME", help="the dataset's name; by default after the path")
    parser.add_argument("--message", default="", metavar="MESSAGE", help="why this version came to be")
    parser.add_argument("--at", default="", metavar="VERSION", help="of an address: which state; by default the newest")
    parser.add_argument("--digest", action="store_true", help="of an address: read it once and keep its digest")
    parser.add_argument("--copy", action="store_true", help="of an address: keep the content too")


def _run(context: Context, options: argparse.Namespace) -> int:
    from lineal.cli.next import next_step  # noqa: PLC0415 - help does without operations

    notes: tuple[str, ...] = ()
    with context.connect() as repository, waiting(context, "data add") as progress:
        repository.tell(progress)
        if _is_address(options.path):
            from lineal.client.sources import refer  # noqa: PLC0415 - a path has no source

            given = {each: getattr(options, each) for each in ("name", "message", *_ADDRESS_ONLY)}
            answer, notes = refer(repository, repository.ways, options.path, **given)
        else:
            if wrong := next((each for each in _ADDRESS_ONLY if getattr(options, each)), ""):
                raise Invalid(f"--{wrong} is for addresses; a path is copied as it is", hint="leave it out")
            _check_name(options.path, options.name)
            answer = repository.data.add(options.path, name=options.name, message=options.message)
    context.answer(answer)
    for said in (*notes, next_step("data add", answer)):
        if said:
            context.talk(said)
    return 0


def _check_name(path: str, name: str) -> None:
    """Refuse a name before a large directory is read for it; what DVC keeps has a name of its own."""
    from pathlib import Path, PurePosixPath  # noqa: PLC0415 - help does without them

    from lineal.objects.reference import check_name  # noqa: PLC0415

    if name or (not path.endswith(".dvc") and os.path.lexists(path)):
        named = Path(path)
        # "." and ".." are called what the directory is called.
        called = named.name if named.name not in {"", ".."} else named.resolve().name
        check_name(name or PurePosixPath(called).stem, "dataset")


def _is_address(path: str) -> bool:
    if "://" not in path:
        return False
    from lineal.storage.sources.registry import is_address  # noqa: PLC0415 - it knows every kind of source

    return is_address(path)


DATA_ADD = Command(
    words="data add",
    description=(
        "Add a file or directory as the next version of a dataset. The content is stored once, however often it is\n"
        "added; unchanged content keeps its version.\n\n"
        "What stands at an address is referred to, not copied: what names its state is kept (version, ETag, snapshot),\n"
        "so that later lineal data get brings that state or says that it changed, and lineal data check tells."
    ),
    add_arguments=_add_arguments,
    run=_run,
)
