"""Run the server until it is told to stop; requests under way are answered first."""

from __future__ import annotations

import socket
import sys
from functools import partial
from pathlib import Path

import uvicorn

from lineal.client.local import LocalRepository
from lineal.objects.errors import Denied, Invalid, Unavailable
from lineal.server.app import LoginRoutes, create_app, no_logins
from lineal.server.guard import Guard, Programs
from lineal.server.identities import Identities
from lineal.server.origins import LOOPBACK
from lineal.server.settings import read_settings
from lineal.server.tls import ONLY_ENCRYPTED, load, watch
from lineal.server.tokens import read_tokens
from lineal.server.wire import protocol
from lineal.storage.store import Actor

_KEEP_ALIVE_S = 75
"""Programs keep connections, and say something every few seconds: one that was closed the moment before fails them."""


def serve(
    repository: LocalRepository,
    *,
    host: str,
    port: int,
    tokens: str = "",
    accounts: bool = False,
    oidc: str = "",
    certificate: str = "",
    key: str = "",
) -> None:
    """Serve ``repository`` at ``host`` and ``port``; 0 takes a free one. The address is told on standard error.

    Args:
        repository: what is served; its actor is the owner. Programs that a policy names run if it says ``own``.
        host: the address to listen at.
        port: the port.
        tokens: a file that says who may do what.
        accounts: ask everybody who they are, though there is no such file. Without both, only this machine is listened to.
        oidc: a file that says which provider of identities vouches for whom.
        certificate: a file with the certificate chain, by which everything is encrypted; read anew when it changes.
        key: a file with its key.

    Raises:
        Denied: the address is open to others, and nobody would be asked who they are.
        Invalid: the file of tokens, the certificate or a setting cannot be read.
        Unavailable: the address is taken.
    """
    if not (tokens or accounts or oidc) and host not in LOOPBACK:
        raise Denied(
            f"without logins everyone who reaches {host} could do everything",
            hint="--accounts or --tokens FILE, or --host 127.0.0.1 for this machine only",
        )
    settings = read_settings()
    filed = read_tokens(Path(tokens)) if tokens else None
    identities = Identities(repository.store) if accounts or oidc or filed is not None else None
    programs, logins = _providers(oidc)
    guard = Guard(repository.store.actor, filed, identities, settings, programs)
    config = uvicorn.Config(
        create_app(repository, guard, settings, logins),
        host=host,
        port=port,
        http=protocol(),
        log_level="warning",
        access_log=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=settings.shutdown_s,
        server_header=False,
        lifespan="on",
        ssl_certfile=certificate or None,
        ssl_keyfile=key or None,
        headers=[ONLY_ENCRYPTED] if certificate else [],
    )
    if is_encrypted := bool(certificate or key):
        watch(load(config), Path(certificate), Path(key))
    listening = _listening(config)
    shown = f"{'https' if is_encrypted else 'http'}://{f'[{host}]' if ':' in host else host}"
    sys.stderr.write(f"lineal: serving {repository.store.root} at {shown}:{listening.getsockname()[1]}\n")
    sys.stderr.write(_needs_admin(repository, filed) if accounts else "")
    sys.stderr.flush()
    uvicorn.Server(config).run(sockets=[listening])


def _listening(config: uvicorn.Config) -> socket.socket:
    """Return the socket of a server's address. Raises Unavailable."""
    try:
        listening = config.bind_socket()
    except SystemExit:  # uvicorn's own answer to an address that is taken
        raise Unavailable(
            f"{config.host}:{config.port} is taken or may not be used", hint="--port 0 takes a free one"
        ) from None
    # What is sent in several writes: without this, the second waits 40 ms for the client's word on the first.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # Whoever reads the address may connect at once.
    listening.listen()
    return listening


def _providers(path: str) -> tuple[Programs | None, LoginRoutes]:
    """Return who knows programs by a provider's tokens, and what answers browsers that log in there. Raises Invalid."""
    if not path:
        return None, no_logins
    try:
        from lineal.server import logins, oidc  # noqa: PLC0415 - they need a package that most do without
    except ModuleNotFoundError as error:
        raise Invalid(f"--oidc needs the package {error.name}", hint="pip install 'lineal[server]'") from None
    found = oidc.read_configuration(Path(path))
    return oidc.Programs(found.program), partial(logins.login_routes, found)


def _needs_admin(repository: LocalRepository, tokens: dict[str, Actor] | None) -> str:
    """Return what is told when nobody could make users; nothing when somebody can."""
    if Identities(repository.store).has_admin() or any(each.role == "admin" for each in (tokens or {}).values()):
        return ""
    return (
        "lineal: there is no admin yet; here, where the repository is: lineal user create NAME --role admin,"
        " then lineal token create NAME, or lineal user password NAME\n"
    )
