"""Run the server until it is told to stop; requests under way are answered first."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import uvicorn

from lineal.client.local import LocalRepository
from lineal.objects.errors import Denied, Unavailable
from lineal.server.app import create_app
from lineal.server.guard import Guard
from lineal.server.identities import Identities
from lineal.server.origins import LOOPBACK
from lineal.server.settings import read_settings
from lineal.server.tls import ONLY_ENCRYPTED, load, watch
from lineal.server.tokens import read_tokens
from lineal.storage.store import Actor


def serve(
    repository: LocalRepository,
    *,
    host: str,
    port: int,
    tokens: str = "",
    accounts: bool = False,
    certificate: str = "",
    key: str = "",
) -> None:
    """Serve ``repository`` at ``host`` and ``port``; 0 takes a free one. The address is told on standard error.

    Args:
        repository: what is served; its actor is the owner.
        host: the address to listen at.
        port: the port.
        tokens: a file that says who may do what.
        accounts: ask everybody who they are, though there is no such file. Without both, only this machine is listened to.
        certificate: a file with the certificate chain, by which everything is encrypted; read anew when it changes.
        key: a file with its key.

    Raises:
        Denied: the address is open to others, and nobody would be asked who they are.
        Invalid: the file of tokens, the certificate or a setting cannot be read.
        Unavailable: the address is taken.
    """
    if not (tokens or accounts) and host not in LOOPBACK:
        raise Denied(
            f"without logins everyone who reaches {host} could do everything",
            hint="--accounts or --tokens FILE, or --host 127.0.0.1 for this machine only",
        )
    settings = read_settings()
    filed = read_tokens(Path(tokens)) if tokens else None
    identities = Identities(repository.store) if accounts or filed is not None else None
    guard = Guard(repository.store.actor, filed, identities, settings)
    config = uvicorn.Config(
        create_app(repository, guard, settings),
        host=host,
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=settings.shutdown_s,
        server_header=False,
        lifespan="on",
        ssl_certfile=certificate or None,
        ssl_keyfile=key or None,
        headers=[ONLY_ENCRYPTED] if certificate else [],
    )
    scheme = "http"
    if certificate or key:
        scheme = "https"
        watch(load(config), Path(certificate), Path(key))
    try:
        listening = config.bind_socket()
    except SystemExit:  # uvicorn's own answer to an address that is taken
        raise Unavailable(f"{host}:{port} is taken or may not be used", hint="--port 0 takes a free one") from None
    # Head and body of an answer are two writes: without this, the second waits 40 ms for the client's word on the first.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # Whoever reads the address may connect at once.
    listening.listen()
    shown = f"[{host}]" if ":" in host else host
    sys.stderr.write(f"lineal: serving {repository.store.root} at {scheme}://{shown}:{listening.getsockname()[1]}\n")
    sys.stderr.write(_needs_admin(repository, filed) if accounts else "")
    sys.stderr.flush()
    uvicorn.Server(config).run(sockets=[listening])


def _needs_admin(repository: LocalRepository, tokens: dict[str, Actor] | None) -> str:
    """Return what is told when nobody could make users; nothing when somebody can."""
    if Identities(repository.store).has_admin() or any(each.role == "admin" for each in (tokens or {}).values()):
        return ""
    return (
        "lineal: there is no admin yet; here, where the repository is: lineal user create NAME --role admin,"
        " then lineal token create NAME, or lineal user password NAME\n"
    )
