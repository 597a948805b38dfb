"""``lineal key``: keys of this user, and whose keys a repository trusts."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from lineal.cli.command import Command
from lineal.cli.commands.verify import read_note
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.objects.errors import Invalid

_KINDS = ("p256", "ed25519")


def _policy(context: Context) -> Path:
    """Return the file that says whom the repository trusts."""
    from lineal.client.connect import find  # noqa: PLC0415 - help does without it
    from lineal.operations.versioning.policies import POLICY_FILE  # noqa: PLC0415

    where = context.settings.repository or context.variables.get("LINEAL_REPOSITORY", "")
    if where.startswith(("http://", "https://")):
        raise Invalid("whom a repository trusts stands in lineal.toml beside it", hint="run this on its server")
    return find(where).parent / POLICY_FILE


def _add_create(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", default="default", help="what to call it; default: default")
    parser.add_argument(
        "--kind", choices=_KINDS, default="p256", help="p256 signs versions, ed25519 checkpoints of the journal"
    )


def _create(context: Context, options: argparse.Namespace) -> int:
    from lineal.formats.signatures.keys import make_key  # noqa: PLC0415 - help does without them
    from lineal.storage import private_keys  # noqa: PLC0415

    key = make_key(options.kind)
    path = private_keys.keep(options.name, key, context.variables)
    context.talk(f"lineal: {path}, which only you can read; this is its public half:")
    context.out.write(key.public.pem.decode())
    return 0


def _add_nothing(parser: Parser) -> None:
    pass


def _list(context: Context, _: argparse.Namespace) -> int:
    lines = list(_lines(context))
    if context.settings.json:
        context.data([dict(zip(("name", "where", "key", "state"), each, strict=True)) for each in lines])
    else:
        context.out.writelines(f"{line}\n" for line in context.page().table(("NAME", "WHERE", "KEY", "STATE"), lines))
    if not lines:
        context.talk("no keys yet; lineal key create makes one")
    return 0


def _lines(context: Context) -> Iterator[tuple[str, str, str, str]]:
    """Yield this user's keys, and then those that the repository trusts, where there is one."""
    from lineal.client.trusting import signing_policy  # noqa: PLC0415 - help does without them
    from lineal.formats.signatures.certificates import load_pem  # noqa: PLC0415
    from lineal.formats.signatures.keys import load_public  # noqa: PLC0415
    from lineal.objects.errors import LinealError  # noqa: PLC0415
    from lineal.storage import private_keys  # noqa: PLC0415

    for name in private_keys.names(context.variables):
        key = private_keys.find(name, context.variables).public
        yield name, "yours", key.digest, key.kind
    try:
        policy = signing_policy(_policy(context))
    except LinealError:
        return
    revoked = {each.key: each for each in policy.revoked}
    for name, held in policy.keys.items():
        state = f"revoked at {revoked[name].at.isoformat()}: {revoked[name].because}" if name in revoked else "trusted"
        yield name, "lineal.toml", load_public(held.public, name).digest, state
    for name, root in policy.roots.items():
        yield name, "lineal.toml", load_pem(root.certificate, name)[0].name, "trusted root"


def _add_trust(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", help="who holds it, as gates name them")
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        default="",
        help="a public key or a root certificate in PEM; default: your own",
    )


def _trust(context: Context, options: argparse.Namespace) -> int:
    from lineal.client.trusting import trust  # noqa: PLC0415 - help does without them
    from lineal.storage import private_keys  # noqa: PLC0415

    path = _policy(context)
    own = options.name if options.name in private_keys.names(context.variables) else private_keys.DEFAULT
    text = read_note(options.file) if options.file else private_keys.find(own, context.variables).public.text
    kind = trust(path, options.name, text, options.file or f"the key {options.name}")
    context.talk(f"lineal: {path} trusts the {kind} of {options.name} now")
    return 0


def _add_revoke(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", help="whose key")
    parser.add_argument(
        "--because", metavar="REASON", required=True, help="why; it is told with every signature it counts for"
    )


def _revoke(context: Context, options: argparse.Namespace) -> int:
    from lineal.client.trusting import revoke  # noqa: PLC0415 - help does without it

    path = _policy(context)
    at = revoke(path, options.name, options.because)
    context.talk(f"lineal: from {at.isoformat()} on, {path} trusts nothing that the key of {options.name} signs")
    return 0


KEY_CREATE = Command(
    words="key create",
    description="Make a key of your own: EC P-256 for versions, Ed25519 for checkpoints of the journal.\n\n"
    "The private half stays in your configuration directory, readable by you alone. The one called default signs every "
    "version that you register.",
    add_arguments=_add_create,
    run=_create,
)

KEY_LIST = Command(
    words="key list",
    description="List your keys, and those that the repository trusts.",
    add_arguments=_add_nothing,
    run=_list,
)

KEY_TRUST = Command(
    words="key trust",
    description="Have the repository trust somebody's key, or a root whose certificates name who signs: written into "
    "lineal.toml.",
    add_arguments=_add_trust,
    run=_trust,
)

KEY_REVOKE = Command(
    words="key revoke",
    description="Have the repository trust a key no longer. What it signed before stays good: the journal says when that was.",
    add_arguments=_add_revoke,
    run=_revoke,
)
