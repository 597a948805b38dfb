"""A process of its own that passes on what a program prints, byte for byte as it comes, and keeps a copy.

``python -I -S passing.py CONTROL LISTENING KEPT_BYTES_MAX SPOOL NAME:SOURCE:TARGET…`` reads pipes and writes to what the
program would have without us, so that the program goes on undisturbed when its recorder is killed. CONTROL is a socket to the
recorder: a byte from there says that the program has ended. Only processes that the program left behind can print then;
they are served until they end, but what they print is not kept, and nobody waits for them: a byte to the recorder says so.
To LISTENING come ranks of a distributed training, each with a pipe of its own in place of one that all of them have.

Nothing is imported that need not be: a run waits for this to start.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Iterable

_PIECE_BYTES = 1 << 18
_IDLE_MS = 100
_LINGER_SECONDS_MAX = 2.0
_RANK_SECONDS_MAX = 0.5
_SURVIVED = ("SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGXFSZ")
"""Sent to the whole group of processes, they are the program's to answer."""


class _Stream:
    """One stream of the program: its name, the pipe it is read from, where it goes, and its copy."""

    def __init__(self, name: str, source: int, target: int, spool: str, room_bytes: int) -> None:
        self.name, self.source, self.target = name, source, target
        self.whole: _Stream | None = None
        """The stream of all ranks, when this is that of one."""
        self._spool = spool
        self._max_bytes = self._room_bytes = room_bytes
        self._copy = -1

    def open(self) -> None:
        """Open the copy; that it cannot be opened is a gap."""
        try:
            path = os.path.join(self._spool, self.name)
            self._copy = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError as error:
            self._stop_keeping(f"{self.name} was not kept: {error.strerror}")

    def pass_on(self, ranks: Iterable[_Stream] = ()) -> bool:
        """Pass on what is there; tell whether there may be more. What one rank prints is kept twice.

        What ``ranks`` printed comes first: a launcher says of a rank that it died after the rank has said why.
        """
        piece = os.read(self.source, _PIECE_BYTES)
        for each in ranks:
            while select.select([each.source], [], [], 0)[0] and each.pass_on():
                pass
        if not piece:
            return False
        try:
            _write_all(self.target, piece)
        except OSError:
            return False  # nobody listens any more: closing our end tells the program, as it would be told without us
        self.keep(piece)
        if self.whole is not None:
            self.whole.keep(piece)
        return True

    def of_rank(self, name: str, source: int) -> _Stream:
        """Return the stream of one rank, which goes where this goes."""
        stream = _Stream(name, source, self.target, self._spool, self._max_bytes)
        stream.whole = self
        return stream

    def keep(self, piece: bytes) -> None:
        if not self._room_bytes:
            return
        try:
            _write_all(self._copy, piece[: self._room_bytes])
        except OSError as error:
            self._stop_keeping(f"{self.name} was not kept in full: {error.strerror}")
            return
        self._room_bytes -= min(len(piece), self._room_bytes)
        if not self._room_bytes:
            self._stop_keeping(f"{self.name} was kept only up to {self._max_bytes >> 20} MiB")

    def let_go(self) -> None:
        """Keep nothing more; the spool may go away."""
        if self._room_bytes:
            self._stop_keeping(f"{self.name}: a process outlived the program; what it prints is not kept")

    def _stop_keeping(self, sentence: str) -> None:
        self._room_bytes = 0
        if self._copy >= 0:
            os.close(self._copy)
        _gap(self._spool, sentence)


def _gap(spool: str, sentence: str) -> None:
    import json  # noqa: PLC0415 - most runs have no gap to tell

    line = json.dumps({"kind": "gap", "at": time.time_ns() // 1_000_000, "text": sentence})
    try:
        with open(os.path.join(spool, "events-passing.jsonl"), "a", encoding="utf-8") as events:
            events.write(line + "\n")
    except OSError:
        return


def _write_all(descriptor: int, data: bytes) -> None:
    """Write all of ``data``, also to a descriptor that does not block. Raises OSError."""
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:
            select.select([], [descriptor], [])


class _Serving:
    """Passes on until every stream has ended.

    Args:
        control: the socket to the recorder.
        listening: the socket that ranks come to.
        streams: what to pass on.
    """

    def __init__(self, control: int, listening: int, streams: list[_Stream]) -> None:
        self._control = control
        self._listening = listening
        self._named = {each.name: each for each in streams}
        self._open = {each.source: each for each in streams}
        self._ended_at: float | None = None
        self._poll = select.poll()
        for each in streams:
            self._poll.register(each.source, select.POLLIN | select.POLLHUP)
            self._poll.register(each.target, 0)  # only that its reader went away, so that the program learns it at once
        self._poll.register(control, select.POLLIN)
        self._poll.register(listening, select.POLLIN)

    def run(self) -> None:
        """Go on until the end."""
        while self._open:
            ready = self._poll.poll(None if self._ended_at is None else _IDLE_MS)
            if self._ended_at is not None:
                is_idle = not any(descriptor in self._open for descriptor, _ in ready)
                if is_idle or time.monotonic() - self._ended_at > _LINGER_SECONDS_MAX:
                    self._stay_behind()
            for descriptor, events in ready:
                self._answer(descriptor, events)

    def _answer(self, descriptor: int, events: int) -> None:
        if descriptor == self._control:
            # Without a byte the recorder was killed; the program goes on, and so do we.
            self._ended_at = time.monotonic() if os.read(descriptor, 1) else None
            self._poll.unregister(descriptor)
        elif descriptor == self._listening:
            self._welcome()
        elif descriptor in self._open:
            stream = self._open[descriptor]
            if not stream.pass_on([each for each in self._open.values() if each.whole is stream]):
                self._close(stream)
        elif events & (select.POLLERR | select.POLLNVAL):
            for each in [each for each in self._open.values() if each.target == descriptor]:
                self._close(each)

    def _welcome(self) -> None:
        """Serve a rank of our own user; to any other, and when something fails, nothing is answered."""
        import socket  # noqa: PLC0415 - most runs have no ranks

        with socket.socket(fileno=os.dup(self._listening)) as listening, listening.accept()[0] as talk:
            talk.settimeout(_RANK_SECONDS_MAX)
            try:
                user = int.from_bytes(talk.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[4:8], sys.byteorder)
                message, descriptors, _, _ = socket.recv_fds(talk, 64, 1)
                whole = self._named.get(message.decode("ascii").partition("-")[0])
                if user != os.getuid() or whole is None or whole.source not in self._open or self._ended_at is not None:
                    for each in descriptors:
                        os.close(each)
                    return
                stream = whole.of_rank(message.decode("ascii"), descriptors[0])
                stream.open()
                self._open[stream.source] = stream
                self._poll.register(stream.source, select.POLLIN | select.POLLHUP)
                talk.sendall(b"k")
            except (OSError, ValueError, IndexError):
                return  # its pipe ends with it, and then so does the stream

    def _close(self, stream: _Stream) -> None:
        del self._open[stream.source]
        self._poll.unregister(stream.source)
        if stream.target not in {each.target for each in self._open.values()}:
            self._poll.unregister(stream.target)
        os.close(stream.source)

    def _stay_behind(self) -> None:
        """Go on for those that outlived the program; the recorder need not."""
        self._ended_at = None
        for each in self._open.values():
            each.let_go()
        os.write(self._control, b"l")
        os.close(self._control)


def _main(words: list[str]) -> None:
    for name in _SURVIVED:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    control, listening, room_bytes, spool = int(words[0]), int(words[1]), int(words[2]), words[3]
    streams = []
    for each in words[4:]:
        name, source, target = each.rsplit(":", 2)
        streams.append(_Stream(name, int(source), int(target), spool, room_bytes))
        streams[-1].open()
    _Serving(control, listening, streams).run()


if __name__ == "__main__":
    try:
        _main(sys.argv[1:])
    finally:
        os._exit(0)  # the recorder waits for our end, not for an interpreter's tidying up
