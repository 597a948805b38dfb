"""The process that answers for one version, until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import uvicorn

from lineal.objects.errors import Unavailable
from lineal.serving.app import Identified, create_app
from lineal.serving.listening import listen
from lineal.serving.loaders import Predictor
from lineal.serving.ready import Ready, write_ready
from lineal.serving.release import Release

GRACE_S = 8
"""Requests under way have so long to be answered; who stops a server waits a little longer before it kills it."""

_FAREWELL_S = 0.5
_KEEP_ALIVE_S = 75
"""Longer than common load balancers keep a connection, so that they close it and no request crosses its end."""


def serve_release(release: Release, predictor: Predictor, host: str, port: int, ready: Path | None) -> None:
    """Answer on ``port``, and on a port of this process alone, by which one asks exactly this process how it is.

    Args:
        release: the version.
        predictor: its loaded model.
        host: an address of this machine.
        port: the port; 0 for any free one.
        ready: the file to write ``Ready`` to once requests are answered.

    Raises:
        Unavailable: the port cannot be had.
    """
    try:
        sockets = [listen(host, port, shared=True), listen("127.0.0.1", 0, shared=False)]
    except (OSError, OverflowError) as error:
        raise Unavailable(f"port {port} of {host} cannot be had: {error}", hint="choose another port") from None
    app = create_app(release, predictor)
    config = uvicorn.Config(
        app,
        log_level="warning",
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=_KEEP_ALIVE_S,
    )
    _Server(config, app, ready).run(sockets)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, app: Identified, ready: Path | None) -> None:
        super().__init__(config)
        self._app = app
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets)
        if self._ready and sockets:
            public, private = (each.getsockname()[1] for each in sockets)
            write_ready(self._ready, Ready(public, private, os.getpid()))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, but not in a client's face: first each connection that is still used hears that it is about to end."""
        self._app.closing = True
        end = asyncio.get_running_loop().time() + _FAREWELL_S
        while self.server_state.connections and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110 - no event says so
            await asyncio.sleep(_FAREWELL_S / 25)
        await super().shutdown(sockets)
