"""``lineal server``: the repository for a team, as pages and over HTTP."""

from __future__ import annotations

import argparse

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser, whole_number
from lineal.objects.errors import Invalid


def _add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="HOST", help="the address to listen at; default 127.0.0.1"
    )
    parser.add_argument("--port", type=whole_number, default=8420, metavar="N", help="the port; default 8420")
    parser.add_argument(
        "--tokens", default="", metavar="FILE", help="who may do what; without it, only this machine may"
    )


def _run(context: Context, options: argparse.Namespace) -> int:
    # Web frameworks take their time to load; only a server waits for them.
    from lineal.client.local import LocalRepository  # noqa: PLC0415
    from lineal.server.serve import serve  # noqa: PLC0415

    repository = context.connect()
    if not isinstance(repository, LocalRepository):
        raise Invalid("a server serves a directory, not another server", hint="--repository DIRECTORY")
    with repository:
        serve(repository, host=options.host, port=options.port, tokens=options.tokens)
    return 0


SERVER = Command(
    words="server",
    description="Serve the pages and the HTTP API of the repository, until Ctrl-C.",
    add_arguments=_add_arguments,
    run=_run,
)
