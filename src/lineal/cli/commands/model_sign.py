"""``lineal model sign``, and what ``lineal model register`` signs: the private key stays on this machine."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.cli.progress import waiting
from lineal.objects.errors import LinealError

if TYPE_CHECKING:
    from lineal.client.connect import Repository


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("version", metavar="VERSION", help="the version")
    parser.add_argument(
        "--key", metavar="NAME|FILE", default="", help="the key; default LINEAL_SIGNING_KEY, or the one called default"
    )
    parser.add_argument(
        "--certificate", metavar="FILE", default="", help="the key's certificate, and those up to a root"
    )


def _run(context: Context, options: argparse.Namespace) -> int:
    from lineal.client.signing import identity, sign_version  # noqa: PLC0415 - help does without it

    signer = identity(context.variables, key=options.key, certificate=options.certificate)
    with context.connect() as repository, waiting(context, f"model sign {options.version}"):
        answer = sign_version(repository, options.version, signer)
    context.answer(answer)
    if answer.state != "good":
        context.talk("next: lineal key trust NAME, where the repository is, has its gates count this signature")
    return 0


MODEL_SIGN = Command(
    words="model sign",
    description="Sign the files of a version, in the bundle format of OpenSSF's model signing, version 1.0.\n\n"
    "Only the digests of the files are read, which the version has, so it takes no time. The private key stays on this "
    "machine; the signature goes to the repository, and other programs verify it too.",
    add_arguments=_add_arguments,
    run=_run,
)


def sign_new(context: Context, repository: Repository, answer: Any) -> None:
    """Sign a version that was just registered, where a key is configured. It stays registered whatever comes of it."""
    from lineal.client import signing  # noqa: PLC0415 - few commands need it

    try:
        if signed := signing.sign_new(repository, answer, context.variables):
            context.talk(
                f"lineal: signed; the key is {signed.key[:16]}…" if not signed.by else f"lineal: {signed.reason}"
            )
    except LinealError as error:
        context.talk(f"lineal: warning: {answer.reference} was not signed: {error}")
