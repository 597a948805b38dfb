"""``lineal server``: the repository for a team, as pages and over HTTP."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from msgspec import structs

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser, whole_number
from lineal.objects.errors import Invalid
from lineal.storage.store import Programs, Store

if TYPE_CHECKING:
    from lineal.client.signing import Identity
    from lineal.storage.remotes.addresses import Addresses
    from lineal.storage.remotes.staging import Staging

_PORT = 8420
_PORT_MAX = 65_535


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("--host", default="127.0.0.1", metavar="HOST", help="where to listen; default 127.0.0.1")
    parser.add_argument(
        "--port", type=whole_number, default=_PORT, metavar="N", help=f"the port; 0 takes a free one; default {_PORT}"
    )
    parser.add_argument(
        "--tokens",
        default="",
        metavar="FILE",
        help='who may do what, as TOML: [NAME] token = "sha256:…" role = "reader|writer|approver|admin"',
    )
    parser.add_argument(
        "--accounts",
        action="store_true",
        help="let those log in who have an account (lineal user create); without this and --tokens only this machine is"
        " listened to",
    )
    parser.add_argument(
        "--oidc", default="", metavar="FILE", help="the provider of identities where people log in, as TOML"
    )
    parser.add_argument(
        "--tls-certificate", default="", metavar="FILE", help="encrypt everything by this certificate chain, in PEM"
    )
    parser.add_argument(
        "--policy-commands",
        action="store_true",
        help="run the programs that lineal.toml names, as this user; without this such checks are inconclusive",
    )
    parser.add_argument(
        "--artifacts-from",
        default="",
        metavar="REMOTE",
        help="let MLflow's clients get large files from this remote on S3 by addresses that are good for 15 minutes, where it"
        " holds them whole; without this everything comes through the server",
    )
    parser.add_argument(
        "--artifacts-to",
        default="",
        metavar="REMOTE",
        help="let MLflow's clients send the parts of large files to this remote on S3, by signed addresses, and read them there"
        " once all have arrived; without this they come to the server",
    )
    parser.add_argument("--tls-key", default="", metavar="FILE", help="the key of the certificate, in PEM")


def _run(context: Context, options: argparse.Namespace) -> int:
    from lineal.client.local import LocalRepository  # noqa: PLC0415 - help does without the web's libraries
    from lineal.server.serve import serve  # noqa: PLC0415

    if not 0 <= options.port <= _PORT_MAX:
        raise Invalid(f"{options.port} is no port", hint=f"--port with 0 to {_PORT_MAX}; 0 takes a free one")
    with context.connect() as repository:
        if not isinstance(repository, LocalRepository):
            raise Invalid(f"{context.settings.repository} is a server already", hint="--repository with a directory")
        programs: Programs = "own" if options.policy_commands else "none"
        repository.store = structs.replace(
            repository.store,
            programs=programs,
            signer=_signer(context),
            addresses=_addresses(repository.store, options.artifacts_from),
            staging=_staging(repository.store, options.artifacts_to),
        )
        _check_policy(context, repository.store)
        # Whoever runs services stops them so: the server answers what is under way, and this process ends as by Ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            serve(
                repository,
                host=options.host,
                port=options.port,
                tokens=options.tokens,
                accounts=options.accounts,
                oidc=options.oidc,
                certificate=options.tls_certificate,
                key=options.tls_key,
            )
        except KeyboardInterrupt:  # how a person ends a server; requests under way were answered
            context.talk("lineal: the server has ended")
    return 0


def _signer(context: Context) -> Callable[[], Identity] | None:
    """Return what gives the key by which the server signs what programs register; None where it has none."""
    from lineal.storage import private_keys  # noqa: PLC0415 - help does without it

    if not private_keys.signing(context.variables):
        return None
    from lineal.client.signing import identity  # noqa: PLC0415 - few servers have a key

    return partial(identity, context.variables)


def _addresses(store: Store, remote: str) -> Addresses | None:
    """Return what gives addresses of a remote; None where none is named. Raises NotFound, Invalid, Denied."""
    if not remote:
        return None
    from lineal.operations.data.stores import addresses_of  # noqa: PLC0415 - few servers name a remote

    return addresses_of(store, remote)


def _staging(store: Store, remote: str) -> Staging | None:
    """Return what takes uploads in a remote; None where none is named. Raises NotFound, Invalid, Denied."""
    if not remote:
        return None
    from lineal.operations.data.stores import staging_of  # noqa: PLC0415 - as above

    return staging_of(store, remote)


def _check_policy(context: Context, store: Store) -> None:
    """Say at once what the policy asks of the server and it cannot do. Raises Invalid."""
    from lineal.operations.versioning.policies import policy_of, policy_text  # noqa: PLC0415 - as above

    if not policy_text(store):  # it asks nothing of the server, and checks need not be loaded to say so
        return
    policy, _ = policy_of(store)
    if policy.signing.server:
        if store.signer is None:
            raise Invalid(
                "[signing] has the server sign what is registered, and it has no key",
                hint="lineal key create makes one, or LINEAL_SIGNING_KEY names one",
            )
        store.signer()
    if policy.hooks and store.programs == "none":
        context.talk("lineal: the policy has hooks, and this server runs none of them without --policy-commands")


SERVER = Command(
    words="server",
    description="Serve the pages and the HTTP API of the repository, until Ctrl-C.",
    add_arguments=_add_arguments,
    run=_run,
)
