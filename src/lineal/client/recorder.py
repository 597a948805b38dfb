"""Record a program into a repository: run it, keep the bytes, then write the names.

Whatever fails on our side, the program runs and its own exit status is told. What could not be stored stays in the
*spool*, a directory of the run, and the next command delivers it; a delivery that was cut short is done again from its
beginning, to the same result.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec

from lineal.capture.launch import launch, launch_bare
from lineal.capture.launched import Launched, recover, state_of
from lineal.capture.secrets import mask_command
from lineal.capture.spool import make_place, orphans, places, reserve
from lineal.capture.watch.choose import LEVELS
from lineal.client.local import LocalRepository
from lineal.objects.canonical import object_digest
from lineal.objects.digest import Digest
from lineal.objects.errors import LinealError, Unavailable
from lineal.objects.files import Entry, Tree
from lineal.objects.runs import Code, FileUse, Run, Runtime, Seeds
from lineal.objects.ulid import ulid
from lineal.operations.answers import RunAnswer
from lineal.storage.blobs.blobs import BlobStore

if TYPE_CHECKING:
    from types import TracebackType

    from lineal.capture.watch.choose import Level
    from lineal.client.connect import Repository

INPUT_KEPT_BYTES = 1 << 30
"""A larger input is known by its digest only; `lineal data add` keeps it for good."""

_NAME = "name"
"""The file in a spool that holds the run's name."""

Warn = Callable[[str], None]


def _to_stderr(sentence: str) -> None:
    sys.stderr.write(f"lineal: warning: {sentence}\n")


def record(
    repository: Repository,
    command: Sequence[str],
    *,
    variables: Mapping[str, str],
    name: str = "",
    directory: Path | None = None,
    levels: Sequence[Level] = LEVELS,
    warn: Warn = _to_stderr,
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

    Raises:
        Invalid: there is no such program.
    """
    name, directory = name or name_of(command), directory or Path.cwd()
    spool = _make_spool(spools(repository, variables), name)
    if spool is None:
        warn(f"nowhere is room to write down what a program does, so this run is not recorded; {_ROOM}")
        return run_bare(command, directory=directory, variables=variables, name=name)
    with _hurried(repository), _Begin(repository, spool.name, name, command) as begin:
        launched = launch(
            command,
            directory=directory,
            spool=spool,
            variables=variables,
            run_id=spool.name,
            # What the store itself reads and writes is no part of the run.
            ignore=(spool.parent.parent,),
            levels=levels,
            before=begin.wait,
        )
        begin.end()
        try:
            return deliver(repository, launched, name, spool)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 whatever fails, the program's own end is told
            return _waiting(launched, name, spool, error, warn)


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
    launched = launch(
        command, directory=Path.cwd(), spool=spool, variables=variables, run_id=spool.name, ignore=(root,)
    )
    return _waiting(launched, name, spool, fault, warn)


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
        with suppress(Exception):
            self._start()

    def end(self) -> None:
        """Wait for the end where a database is in use, which nobody may close meanwhile; a server is left to itself."""
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
            (spool / _NAME).write_text(name, encoding="utf-8", errors="surrogateescape")
            reserve(spool)
        except OSError:
            shutil.rmtree(spool, ignore_errors=True)
            continue
        return spool
    return None


def spools(repository: Repository, variables: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the directories of spools of a repository, best first.

    They are in the repository itself, for one on a server in the user's cache, and where neither can be written in the
    system's directory for temporary files.
    """
    if isinstance(repository, LocalRepository) and (root := repository.store.root) is not None:
        return places(root / "spool", str(root), variables)
    return places(None, getattr(repository, "url", ""), variables)


def name_of(command: Sequence[str]) -> str:
    """Return what a run of ``command`` is called: its script without suffix, or its program."""
    scripts = (Path(each) for each in command if each.endswith((".py", ".sh", ".ipynb", ".R")))
    if script := next(scripts, None):
        return script.stem
    if len(command) > 2 and command[1] == "-m":
        return command[2]
    return Path(command[0]).name if command else ""


def deliver_orphans(repository: Repository, variables: Mapping[str, str] | None = None) -> tuple[RunAnswer, ...]:
    """Store what dead recorders left in their spools; return those runs.

    Raises:
        Unavailable: one of them cannot be stored; its spool stays.
    """
    found, fault = [], None
    for spool in (each for place in spools(repository, variables or {}) for each in orphans(place)):
        name = (spool / _NAME).read_text(encoding="utf-8", errors="surrogateescape") if (spool / _NAME).exists() else ""
        try:
            launched = recover(spool)
            found.append(deliver(repository, launched, name or name_of(launched.command), spool))
        except Exception as error:  # noqa: BLE001 the others need not wait for this one
            fault = fault or error
    if fault is not None:
        raise Unavailable(f"{fault}") from fault
    return tuple(found)


def deliver(repository: Repository, launched: Launched, name: str, spool: Path) -> RunAnswer:
    """Store the bytes, then the names, then let go of the spool."""
    gaps = list(launched.gaps)
    code = _code(repository, launched)
    runtime = _runtime(repository.blobs, launched)
    run = Run(
        id=launched.run_id,
        name=name,
        command=launched.command,
        directory=str(launched.directory),
        state=launched.state,
        started_at=launched.started_at,
        ended_at=launched.ended_at,
        exit_status=launched.exit_status,
        code=object_digest(code),
        runtime=object_digest(runtime),
        user=launched.user,
        host=launched.host,
        inputs=_kept(repository.blobs, launched, launched.inputs, gaps),
        outputs=_kept(repository.blobs, launched, launched.outputs, gaps),
        intermediates=_kept(repository.blobs, launched, launched.intermediates, gaps),
        params=launched.record.params,
        metrics=launched.record.metrics,
        seeds=Seeds(set=launched.record.seeds, flags=launched.record.flags),
        models=launched.record.models,
        stdout=_text(repository.blobs, launched.stdout),
        stderr=_text(repository.blobs, launched.stderr),
        capture_level=launched.capture_level,
        gaps=tuple(gaps),
    )
    answer = repository.runs.finish(run=run, code=code, runtime=runtime, series=launched.record.series)
    shutil.rmtree(spool, ignore_errors=True)
    return answer


def _kept(blobs: BlobStore, launched: Launched, uses: tuple[FileUse, ...], gaps: list[str]) -> tuple[FileUse, ...]:
    """Return ``uses`` with the bytes of each in the store, where that could be."""
    present = blobs.has({each.digest for each in uses})
    return tuple(
        msgspec.structs.replace(each, kept=each.digest in present or _send(blobs, launched.root, each, gaps))
        for each in uses
    )


def _send(blobs: BlobStore, root: Path, use: FileUse, gaps: list[str]) -> bool:
    """Store the bytes of a file, if it is still what the run saw; say in ``gaps`` why not."""
    if use.size_bytes > INPUT_KEPT_BYTES:
        gaps.append(
            f"files: {use.path} is larger than {INPUT_KEPT_BYTES >> 30} GiB and was not kept; lineal data add keeps it"
        )
        return False
    try:
        blobs.put_file(root / use.path, expected=use.digest)
    except LinealError as error:
        # A full disk or a dead server is no matter of this file: the whole delivery waits for a better time.
        if error.exit_status in _OF_THE_STORE:
            raise
        gaps.append(f"files: {use.path} was not kept: it changed or went away after the run")
        return False
    return True


_OF_THE_STORE = frozenset((6, 8))
"""Denied and Unavailable, by their exit status."""


def _code(repository: Repository, launched: Launched) -> Code:
    found = launched.code
    return Code(
        entry_point=found.entry_point,
        commit=found.commit,
        branch=found.branch,
        remote=found.remote,
        diff=repository.blobs.put(found.diff) if found.diff else None,
        untracked=_sources(repository, found.sources),
        masked_secrets=launched.masked_secrets,
    )


def _sources(repository: Repository, sources: Mapping[str, bytes]) -> Digest | None:
    """Store the sources that Git did not know as a tree."""
    if not sources:
        return None
    entries = (
        Entry(path=path, digest=repository.blobs.put(data), size_bytes=len(data))
        for path, data in sorted(sources.items())
    )
    return repository.put_tree(Tree(entries=tuple(entries)))


def _runtime(blobs: BlobStore, launched: Launched) -> Runtime:
    locks = {path: blobs.put_file(file)[0] for path, file in launched.locks.items() if file.is_file()}
    return msgspec.structs.replace(launched.runtime, locks=locks)


def _text(blobs: BlobStore, path: Path | None) -> Digest | None:
    if path is None or not path.is_file() or not path.stat().st_size:
        return None
    return blobs.put_file(path)[0]


def _undelivered(launched: Launched, name: str) -> RunAnswer:
    """Return what is known of a run that no repository knows yet."""
    return RunAnswer(
        reference=f"run:{launched.run_id}",
        id=launched.run_id,
        name=name,
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
