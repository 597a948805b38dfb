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
from lineal.server.settings import Settings, read_settings
from lineal.server.tokens import read_tokens
from lineal.storage.store import Actor


def serve(repository: LocalRepository, *, host: str, port: int, tokens: str = "", accounts: bool = False) -> None:
    """Serve ``repository`` at ``host`` and ``port``; 0 takes a free one. The address is told on standard error.

    Args:
        repository: what is served; its actor is the owner.
        host: the address to listen at.
        port: the port.
        tokens: a file that says who may do what.
        accounts: whether those may log in who have an account. Without both, only this machine is listened to.

    Raises:
        Denied: the address is open to others, and nobody would be asked who they are.
        Invalid: the file of tokens or a setting cannot be read.
        Unavailable: the address is taken.
    """
    if not (tokens or accounts) and host not in LOOPBACK:
        raise Denied(
            f"without logins everyone who reaches {host} could do everything",
            hint="--accounts or --tokens FILE, or --host 127.0.0.1 for this machine only",
        )
    settings = read_settings()
    guard = _guard(repository, read_tokens(Path(tokens)) if tokens else None, accounts=accounts, settings=settings)
    config = uvicorn.Config(
        create_app(repository, guard, settings),
        host=host,
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=settings.shutdown_s,
        server_header=False,
        lifespan="on",
    )
    try:
        listening = config.bind_socket()
    except SystemExit:  # uvicorn's own answer to an address that is taken
        raise Unavailable(f"{host}:{port} is taken or may not be used", hint="--port 0 takes a free one") from None
    # Head and body of an answer are two writes: without this, the second waits 40 ms for the client's word on the first.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # Whoever reads the address may connect at once.
    listening.listen()
    shown = f"[{host}]" if ":" in host else host
    sys.stderr.write(f"lineal: serving {repository.store.root} at http://{shown}:{listening.getsockname()[1]}\n")
    sys.stderr.flush()
    uvicorn.Server(config).run(sockets=[listening])


def _guard(
    repository: LocalRepository, tokens: dict[str, Actor] | None, *, accounts: bool, settings: Settings
) -> Guard:
    if not accounts and tokens is None:
        return Guard(repository.store.actor, settings=settings)
    identities = Identities(repository.store)
    is_anybody = identities.has_admin() or any(each.role == "admin" for each in (tokens or {}).values())
    if not is_anybody:
        sys.stderr.write(
            "lineal: there is no admin yet; here, where the repository is: lineal user create NAME --role admin,"
            " and lineal token create NAME or lineal user password NAME\n"
        )
    return Guard(repository.store.actor, tokens, identities, settings)
