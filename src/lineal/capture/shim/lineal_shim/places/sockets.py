"""Tell which hosts the program connects to itself, so that those that nothing explains can be noted."""

from __future__ import annotations

from .telling import seen_by, tell_peer
from .wrapping import watch
from ..guarding import alike, quietly

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_NAMES_MAX = 1_000
_DNS = 53
_METADATA = "169.254."

_names: dict[str, str] = {}
"""Addresses that were looked up, and the names that they were looked up by."""


def watch_sockets(socket: Any) -> None:
    """Record the connections of stream sockets, the ports that are listened at, and what names meant."""
    for name in ("connect", "connect_ex", "listen"):
        _wrap(socket, name)
    watch(socket, "getaddrinfo", _note_names)


def _wrap(socket: Any, name: str) -> None:
    original = getattr(socket.socket, name)
    kinds, stream = (socket.AF_INET, socket.AF_INET6), socket.SOCK_STREAM

    def called(self: Any, *arguments: Any) -> Any:
        # Before, since a connection that does not wait raises.
        if self.family in kinds and self.type == stream:
            quietly(_note_listening if name == "listen" else _note_connection, self, arguments)
        result = original(self, *arguments)
        if name == "listen" and self.family in kinds:
            quietly(_note_listening, self, arguments)
        return result

    setattr(socket.socket, name, alike(called, original))


def _note_connection(_socket: object, arguments: tuple[Any, ...]) -> None:
    ip, port = arguments[0][:2]
    if port != _DNS and not str(ip).startswith(_METADATA):
        tell_peer(_names.get(ip, ip), ip, port, "explained" if seen_by.get() else "open")


def _note_listening(socket: Any, _arguments: tuple[Any, ...]) -> None:
    ip, port = socket.getsockname()[:2]
    if port:
        tell_peer(ip, ip, port, "listening")


def _note_names(result: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    host = arguments[0] if arguments else named.get("host")
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    for each in result if name and len(_names) < _NAMES_MAX else ():
        _names.setdefault(each[4][0], name)
