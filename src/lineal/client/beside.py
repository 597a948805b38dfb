"""The process beside a program that called `lineal.start`: sees its files and its end, gathers and delivers its run.

It is started with a socket as descriptor 3 and says one line there when it watches, and one when the run is stored.
"""

from __future__ import annotations

import os
import platform
import select
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from lineal.capture.code.found import CodeFound
from lineal.capture.files.watch.choose import LEVELS
from lineal.capture.gaps import Gaps
from lineal.capture.launch import Plan, gather, open_spool, see_files
from lineal.capture.program.processes import Family, exit_status, is_alive
from lineal.capture.program.usage import Sampler
from lineal.capture.runtime.ahead import Ahead, look_around
from lineal.capture.runtime.finding import VARIABLES, Memory
from lineal.capture.secrets import mask_command
from lineal.capture.spool import JOINED, Start, hold, this_process, write_whole
from lineal.capture.spool_places import places
from lineal.capture.told.record import SpoolRecord
from lineal.objects.prepared import prepared
from lineal.objects.runs import RunState
from lineal.storage.where import find

_POLL_MS = 500
"""So often is looked for processes that joined the run."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What the program says when it begins. ``repository`` is where the run goes; empty for what the environment says."""

    run_id: str
    name: str
    command: tuple[str, ...]
    directory: str
    process: int
    process_started: int
    repository: str = ""


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How the program says that the run ends. ``stays``: it waits for the run to be stored. An empty state: as it exits."""

    state: RunState | str = ""
    stays: bool = False


class _Talk:
    """Lines on the socket."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._text = b""

    def fileno(self) -> int:
        """Return what to wait for."""
        return self._socket.fileno()

    def hear(self) -> bytes:
        """Return the next line; nothing once the program is gone."""
        while b"\n" not in self._text:
            try:
                piece = self._socket.recv(1 << 16)
            except OSError:
                return b""
            if not piece:
                return b""
            self._text += piece
        line, _, self._text = self._text.partition(b"\n")
        return line

    def say(self, *parts: str) -> None:
        """Say a line; a program that is gone need not hear it."""
        text = "\t".join(each.replace("\t", " ").replace("\n", " ") for each in parts)
        try:
            self._socket.sendall(f"{text}\n".encode())
        except OSError:
            return


def main(descriptor: int = 3) -> None:
    """Record the program at the other end of the socket."""
    if os.fork():
        os._exit(0)  # the program waits for this process, and so does not keep us as a child
    talk = _Talk(descriptor)
    request = msgspec.json.decode(talk.hear(), type=prepared(Request))
    try:
        root, said = _spools(request, os.environ)
        spool = root / request.run_id
        if _has_joined(spool, request):
            talk.say("ready", str(spool), "1", "")
            return
        hold(spool)
        recording = Recording(request, spool, (root.parent,))
    except Exception as error:  # noqa: BLE001 the program must hear of it, and go on
        talk.say("failed", f"{error}")
        return
    talk.say("ready", str(spool), "0", said)
    # What takes long, and is not needed to see the first file.
    recording.look_around()
    repository = recording.connect()
    ending = recording.wait(talk)
    recording.gather(ending)
    said = recording.deliver(repository)
    talk.say("stored", said)


def _spools(request: Request, variables: Mapping[str, str]) -> tuple[Path, str]:
    """Return the directory of spools, and what the user should hear; makes a repository when there is none."""
    where = request.repository or variables.get("LINEAL_REPOSITORY", "")
    if where.startswith(("http://", "https://")):
        return places(None, where.rstrip("/"), variables)[0], ""
    here = Path(where or request.directory).absolute()
    inside = here if here.name == ".lineal" else here / ".lineal"
    if where and inside.is_dir():
        return inside / "spool", ""
    if not where and (found := find(here)):
        return found / "spool", ""
    from lineal.client.connect import find as must_find  # noqa: PLC0415 - it brings the database along
    from lineal.client.connect import init  # noqa: PLC0415

    if where:
        must_find(where)
    with init(here):
        return here / ".lineal" / "spool", f"made a repository in {here / '.lineal'}"


def _has_joined(spool: Path, request: Request) -> bool:
    """Make the spool of a run, or join the run whose spool it is; tell whether it was that. Raises OSError."""
    spool.parent.mkdir(parents=True, exist_ok=True)
    try:
        spool.mkdir()
    except FileExistsError:
        mark = spool / f"{JOINED}{request.process}"
        write_whole(mark, str(request.process_started).encode())
        return True
    return False


class Recording:
    """One run, from the moment its files are seen until it is stored.

    Args:
        request: what the program said.
        spool: the run's, which is there.
        ignore: paths that are no part of it.

    Raises:
        Unavailable: the spool cannot be written.
    """

    def __init__(self, request: Request, spool: Path, ignore: tuple[Path, ...]) -> None:
        directory = Path(request.directory).resolve()
        masked, count = mask_command(request.command)
        process, started = this_process()
        self._request, self._spool, self._gaps = request, spool.resolve(), Gaps()
        # Now: a program that ends a moment later can still be asked how.
        self._processes = _opened(request.process)
        self._status: int | None = None
        self._start = Start(
            run_id=request.run_id,
            command=masked,
            masked_secrets=count,
            directory=str(directory),
            started_at=_now(),
            host=platform.node(),
            process=process,
            process_started=started,
            program=request.process,
            program_started=request.process_started,
            variables={name: os.environ[name] for name in sorted(VARIABLES & os.environ.keys())},
            is_beside=True,
        )
        self._plan = Plan(
            command=request.command,
            program=request.command,
            directory=directory,
            spool=self._spool,
            variables=dict(os.environ),
            ignore=ignore,
            levels=LEVELS,
            code=CodeFound(root=_top(directory)),
        )
        open_spool(self._spool, self._start, self._plan.code)
        (self._spool / "name").write_text(request.name, encoding="utf-8")
        self._family = Family(self._spool, (request.process,))
        self._files = see_files(self._plan, self._family, self._gaps)
        self._memory = Memory()
        self._ahead = Ahead(self._spool, self._look_ahead)
        self._usage = Sampler(self._spool, lambda: self._family.programs)

    def look_around(self) -> None:
        """Find the code, and begin to sample the machine and to look at what the program runs with."""
        from lineal.capture.code.finding import find_code  # noqa: PLC0415

        with self._gaps.guard("code"):
            code = find_code(self._plan.directory, self._request.command)
            self._plan = msgspec.structs.replace(self._plan, code=code)
            write_whole(self._spool / "code.json", msgspec.json.encode(code, enc_hook=str))
        with self._gaps.guard("what the program used of the machine is not known"):
            self._usage.start()
        with self._gaps.guard("nothing could be looked at while the program ran"):
            self._ahead.start()

    def _look_ahead(self, record: SpoolRecord) -> None:
        with suppress(Exception):  # what goes wrong goes wrong again at the end, which says so
            look_around(self._plan, record, self._memory)

    def connect(self) -> Any:
        """Return the repository, in which the run has begun; None when it cannot be reached now."""
        from lineal.client.connect import connect  # noqa: PLC0415
        from lineal.client.delivery import name_of  # noqa: PLC0415
        from lineal.client.recorder import begin  # noqa: PLC0415

        try:
            repository = connect(self._request.repository or self._where())
            name = self._request.name or name_of(self._request.command)
            begin(repository, self._start.run_id, name, self._request.command, self._start.started_at)
        except Exception:  # noqa: BLE001 it is tried again when the run has ended
            return None
        return repository

    def _where(self) -> str | None:
        return None if os.environ.get("LINEAL_REPOSITORY") else str(self._spool.parent.parent)

    def wait(self, talk: _Talk) -> Ending:
        """Return when the program has said that the run ends, or all its processes have ended by themselves."""
        processes = self._processes
        ending: Ending | None = None
        hears = True
        while True:
            self._join(processes)
            if not processes:
                return ending or Ending(state="killed" if self._status is None or self._status < 0 else "")
            heard: list[Any] = [talk] if hears else []
            ready = select.select([*heard, *processes.values()], [], [], _POLL_MS / 1000)[0]
            if talk in ready:
                line = talk.hear()
                hears = bool(line)
                if line:
                    ending = msgspec.json.decode(line, type=prepared(Ending))
                    if ending.stays:
                        return ending
            for process, descriptor in [each for each in processes.items() if each[1] in ready]:
                if process == self._request.process:
                    self._status = exit_status(descriptor, process)
                os.close(processes.pop(process))

    def _join(self, processes: dict[int, int]) -> None:
        for mark in self._spool.glob(f"{JOINED}*"):
            process = int(mark.name.removeprefix(JOINED))
            if process not in self._family.programs:
                self._family.join(process)
                started = int(mark.read_text(encoding="ascii") or 0)
                if is_alive(process, started):
                    processes |= _opened(process)

    def gather(self, ending: Ending) -> None:
        """Put together what was seen."""
        self._usage.stop()
        self._files.stop()
        self._ahead.stop()
        status = self._status
        state: Any = ending.state
        if status is not None and not ending.stays:
            state = "finished" if status == 0 else "failed" if status > 0 else "killed"
        elif not ending.stays:
            self._gaps.note("the program's exit status is not known")
        self._launched = gather(
            self._plan,
            self._start,
            state or "finished",
            status,
            files=self._files,
            memory=self._memory,
            gaps=self._gaps,
        )

    def deliver(self, repository: Any) -> str:
        """Store the run, and return what the user should hear."""
        from lineal.client.connect import connect  # noqa: PLC0415
        from lineal.client.delivery import deliver  # noqa: PLC0415

        try:
            repository = repository or connect(self._request.repository or self._where())
            deliver(repository, self._launched, self._request.name, self._spool)
        except Exception as error:  # noqa: BLE001 the next command tries again
            return f"run:{self._start.run_id} could not be stored and waits in {self._spool}: {error}; the next lineal command tries again"
        return ""


def _opened(process: int) -> dict[int, int]:
    """Return a descriptor that tells when ``process`` ends, by its number; nothing when it has ended."""
    try:
        return {process: os.pidfd_open(process)}
    except ProcessLookupError:
        return {}


def _top(directory: Path) -> Path:
    return next((each for each in (directory, *directory.parents) if (each / ".git").exists()), directory)


def _now() -> int:
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    main()
