"""``lineal model push`` and ``lineal model pull``: versions in a registry of OCI artifacts."""

from __future__ import annotations

import argparse

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.cli.progress import waiting


def _add_push(parser: Parser) -> None:
    parser.add_argument("version", metavar="VERSION", help="the version")
    parser.add_argument("target", metavar="oci://HOST/REPOSITORY", help="where to; :TAG behind it is one more tag")


def _push(context: Context, options: argparse.Namespace) -> int:
    from lineal.client.oci import push  # noqa: PLC0415 - help does without it

    with context.connect() as repository, waiting(context, f"model push {options.version}"):
        found = push(repository, options.version, options.target, variables=context.variables)
    if context.settings.json:
        context.data(found)
    else:
        print(f"{found.place}@{found.digest}", file=context.out)
    if found.moved:
        context.talk(f"lineal: {', '.join(found.moved)} lead{'s' if len(found.moved) == 1 else ''} there now")
    for tag in found.kept:
        context.talk(f"lineal: {tag} leads to a newer version, and stays")
    for each in found.told:
        context.talk(f"lineal: {each}")
    return 0


def _add_pull(parser: Parser) -> None:
    parser.add_argument("source", metavar="oci://HOST/REPOSITORY:TAG", help="which one, by tag or @sha256:…")
    parser.add_argument("--name", default="", metavar="NAME", help="the model's name here; by default as it is there")


def _pull(context: Context, options: argparse.Namespace) -> int:
    from lineal.client.oci import pull  # noqa: PLC0415 - as above

    with context.connect() as repository, waiting(context, f"model pull {options.source}"):
        answer = pull(repository, options.source, name=options.name, variables=context.variables)
    context.answer(answer)
    context.talk(f"next: lineal evaluate {answer.reference}" if answer.created else "unchanged: it was here")
    return 0


MODEL_PUSH = Command(
    words="model push",
    description="Write a version to a registry as an artifact of OCI 1.1: its files under the digests that they have here, itself "
    "as the config, its card and signatures as what refers to it.\n\n"
    "1.3.0 leads to it for ever; 1.3, 1 and latest move forward only, and never to a pre-release; staging and production lead to "
    "what stands there. Logins are those of docker login and podman login, or in the file that REGISTRY_AUTH_FILE names.",
    add_arguments=_add_push,
    run=_push,
)

MODEL_PULL = Command(
    words="model pull",
    description="Bring a version from a registry into this repository: every byte is checked, and it has the digest and the number "
    "that it has there.",
    add_arguments=_add_pull,
    run=_pull,
)
