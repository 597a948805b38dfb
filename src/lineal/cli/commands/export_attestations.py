"""``lineal export attestations``: what is known of a version, signed, for other programs that verify it."""

from __future__ import annotations

import argparse
from pathlib import Path

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("version", metavar="VERSION", help="the version")
    parser.add_argument("directory", metavar="DIR", help="where to; made if there is none")
    parser.add_argument(
        "--key", metavar="NAME|FILE", default="", help="the key; default LINEAL_SIGNING_KEY, or the one called default"
    )


def _run(context: Context, options: argparse.Namespace) -> int:
    from lineal.client.signing import export_attestations, identity  # noqa: PLC0415 - help does without it

    signer = identity(context.variables, key=options.key)
    with context.connect() as repository:
        written = export_attestations(repository, options.version, Path(options.directory), signer)
    for path in written:
        print(path, file=context.out)
    return 0


EXPORT_ATTESTATIONS = Command(
    words="export attestations",
    description="Write what is known of a version as in-toto statements, each signed in a DSSE envelope.\n\n"
    "provenance (SLSA 1.0: data, code and packages that went into it), release (its name and number), gate-STAGE (each "
    "check, as the result of a test), promotion-STAGE (that it may stand there), and model.sig, its newest signature.",
    add_arguments=_add_arguments,
    run=_run,
)
