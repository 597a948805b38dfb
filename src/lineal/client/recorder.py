"""Record a program into a repository: run it, and deliver what was seen of it.

Whatever fails on our side, the program runs and its own exit status is told. What could not be stored stays in the
*spool*, a directory of the run, and the next command delivers it.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from lineal.capture.files.watch.choose import LEVELS
from lineal.capture.launch import launch, launch_bare
from lineal.capture.launched import Launched, state_of
from lineal.capture.native.beside import exit_seconds
from lineal.capture.secrets import mask_command
from lineal.capture.spool import hold, reserve
from lineal.capture.spool_places import make_place, places
from lineal.client.delivery import NAME, deliver, name_of, spools
from lineal.client.local import LocalRepository
from lineal.objects.errors import Busy
from lineal.objects.ulid import is_ulid, ulid
from lineal.operations.answers.models import RunAnswer
from lineal.storage.turns import patient

if TYPE_CHECKING:
    from types import TracebackType

    from lineal.capture.files.watch.choose import Level
    from lineal.client.connect import Repository

Warn = Callable[[str], None]


def _to_stderr(sentence: str) -> None:
    sys.stderr.write(f"lineal: warning: {sentence}\n")


def record(  # noqa: PLR0913 what may be chosen
    repository: Repository,
    command: Sequence[str],
    *,
    variables: Mapping[str, str],
    name: str = "",
    directory: Path | None = None,
    levels: Sequence[Level] = LEVELS,
    warn: Warn = _to_stderr,
    tell: Warn = _to_stderr,
    meanwhile: Callable[[], None] = lambda: None,
) -> RunAnswer:
    """Run ``command`` as it would run without us, and keep everything that was seen of it.

    Args:
        repository: where, here or on a server.
        command: the program and its arguments.
        variables: the environment variables it gets.
        name: what to call the run; by default after the program.
        directory: where it runs; by default here.
        levels: the ways to see files, best first.
        warn: is told when the record could not be stored; the program is not disturbed.
        tell: is told instead where nothing is wrong, but so many others write that the end would be held up.
        meanwhile: is called while the program runs, in another thread.

    Raises:
        Invalid: there is no such program.
    """
    shown, directory = name or name_of(command), directory or Path.cwd()
    spool = _make_spool(spools(repository, variables), name)
    if spool is None:
        warn(f"nowhere is room to write down what a program does, so this run is not recorded; {_ROOM}")
        return run_bare(command, directory=directory, variables=variables, name=shown)
    with closing(hold(spool)), _hurried(repository), _Begin(repository, spool.name, shown, command) as beginning:
        try:
            launched = launch(
                command,
                directory=directory,
                spool=spool,
                variables=variables,
                run_id=spool.name,
                parent=_parent(variables),
                # What the store itself reads and writes is no part of the run.
                ignore=(spool.parent.parent,),
                levels=levels,
                before=beginning.wait,
                meanwhile=meanwhile,
            )
        except OSError as error:
            beginning.end()
            repository.close()
            return _unrecorded(spool, error, command, directory=directory, variables=variables, warn=warn)
        beginning.end()
        try:
            with patient(exit_seconds(variables)):
                return deliver(repository, launched, name, spool, has_begun=beginning.has_begun)
        except Busy:
            tell(f"run:{launched.run_id} waits in {spool}: others write just now; a later lineal command stores it")
            return _undelivered(launched, name)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 whatever fails, the program's own end is told
            return _waiting(launched, name, spool, error, warn)


def _parent(variables: Mapping[str, str]) -> Path | None:
    """Return the spool of the run whose program started us, if there is one."""
    spool = Path(variables.get("LINEAL_SPOOL", ""))
    return spool if is_ulid(spool.name) and spool.is_dir() else None


def begin(repository: Repository, run_id: str, name: str, command: Sequence[str], at: int) -> None:
    """Write down that a run goes on. Raises LinealError and OSError: the end of the run says it again."""
    repository.runs.start(
        run_id=run_id, name=name, command=mask_command(command)[0], host=os.uname().nodename, started_at=at
    )


def record_for_later(
    root: Path,
    fault: Exception,
    command: Sequence[str],
    *,
    variables: Mapping[str, str],
    name: str = "",
    warn: Warn = _to_stderr,
) -> RunAnswer:
    """Run ``command`` as `record` does, for the repository at ``root``, which could not be opened for ``fault``.

    Raises:
        Invalid: there is no such program.
    """
    name = name or name_of(command)
    spool = _make_spool(places(root / "spool", str(root), variables), name)
    if spool is None:
        warn(f"this run is not recorded: {fault}")
        return run_bare(command, directory=Path.cwd(), variables=variables, name=name)
    try:
        launched = launch(
            command, directory=Path.cwd(), spool=spool, variables=variables, run_id=spool.name, ignore=(root,)
        )
    except OSError as error:
        return _unrecorded(spool, error, command, directory=Path.cwd(), variables=variables, warn=warn)
    return _waiting(launched, name, spool, fault, warn)


def _unrecorded(
    spool: Path,
    error: OSError,
    command: Sequence[str],
    *,
    directory: Path,
    variables: Mapping[str, str],
    warn: Warn,
) -> RunAnswer:
    """Run a program that could not be started beside a recorder, and say once that it is not recorded."""
    shutil.rmtree(spool, ignore_errors=True)
    warn(f"this run is not recorded: {error.strerror}; raise the limit of open files, ulimit -n")
    return run_bare(command, directory=directory, variables=variables)


def _waiting(launched: Launched, name: str, spool: Path, error: BaseException, warn: Warn) -> RunAnswer:
    """Say once that a run waits, and return what is known of it."""
    said = "it was interrupted" if isinstance(error, KeyboardInterrupt) else str(error) or type(error).__name__
    run = f"run:{launched.run_id}"
    if spool.is_dir():
        warn(f"{run} could not be stored and waits in {spool}: {said}; the next lineal command tries again")
    else:
        warn(f"{run} is lost: its spool {spool} went away, and it could not be stored: {said}")
    return _undelivered(launched, name)


_ROOM = "make room on a disk, or set XDG_CACHE_HOME to a directory that can be written"


def run_bare(command: Sequence[str], *, directory: Path, variables: Mapping[str, str], name: str = "") -> RunAnswer:
    """Run ``command`` and record nothing of it. Raises Invalid when there is no such program."""
    at = time.time_ns() // 1_000_000
    status = launch_bare(command, directory=directory, variables=variables)
    ended = time.time_ns() // 1_000_000
    return RunAnswer(
        reference="",
        id="",
        name=name or name_of(command),
        state=state_of(status),
        command=mask_command(command)[0],
        started_by="",
        host=os.uname().nodename,
        started_at=at,
        ended_at=ended,
        exit_status_of_program=status,
    )


class _Begin:
    """Writes down that a run has begun, beside everything else: no server and no lock holds the program up.

    That it fails is nothing: the end of the run says it again.
    """

    _SECONDS_MAX = 0.25
    _PAUSES_S = (1, 2, 4, 8, 16, 32, 64)
    """So often is tried again while others write, in a run that takes its time."""

    def __init__(self, repository: Repository, run_id: str, name: str, command: Sequence[str]) -> None:
        self._start = partial(
            repository.runs.start,
            run_id=run_id,
            name=name,
            command=mask_command(command)[0],
            host=os.uname().nodename,
            started_at=time.time_ns() // 1_000_000,
        )
        self._is_local = isinstance(repository, LocalRepository)
        self.has_begun = False
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lineal-begin", daemon=True)
        with suppress(RuntimeError):  # no room for another thread
            self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def _run(self) -> None:
        for pause in self._PAUSES_S:
            try:
                with patient(self._SECONDS_MAX):
                    self._start()
            except Busy:
                if self._is_over.wait(pause):
                    return
            except Exception:  # noqa: BLE001 the end of the run says it again
                return
            else:
                self.has_begun = True
                return

    def end(self) -> None:
        """Wait for the end where a database is in use, which nobody may close meanwhile; a server is left to itself."""
        self._is_over.set()
        if self._is_local and self._thread.is_alive():
            self._thread.join()

    def wait(self) -> None:
        """Wait a little, so that whoever looks finds the run while it runs."""
        if self._thread.is_alive():
            self._thread.join(self._SECONDS_MAX)


@contextmanager
def _hurried(repository: Repository) -> Iterator[None]:
    """Wait for a server only so long that the end of a run is not held up."""
    if isinstance(repository, LocalRepository):
        yield
        return
    with repository.hurried():
        yield


def _make_spool(places: Sequence[Path], name: str) -> Path | None:
    """Return the spool of a new run in the first of ``places`` that can be written, or None where there is none."""
    run_id = ulid(time.time_ns() // 1_000_000, os.urandom(10))
    for place in places:
        spool = place / run_id
        try:
            make_place(place)
            spool.mkdir()
            (spool / NAME).write_text(name, encoding="utf-8", errors="surrogateescape")
            reserve(spool)
        except OSError:
            shutil.rmtree(spool, ignore_errors=True)
            continue
        return spool
    return None


def _undelivered(launched: Launched, name: str) -> RunAnswer:
    """Return what is known of a run that no repository knows yet."""
    return RunAnswer(
        reference=f"run:{launched.run_id}",
        id=launched.run_id,
        name=name or launched.record.about.name or name_of(launched.command),
        state=launched.state,
        command=launched.command,
        started_by=launched.user,
        host=launched.host,
        started_at=launched.started_at,
        ended_at=launched.ended_at,
        exit_status_of_program=launched.exit_status,
        params=launched.record.params,
        metrics=launched.record.metrics,
    )
