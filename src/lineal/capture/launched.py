"""What a recorded program was, did and left: the value that a run is made from, also when its recorder died."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from lineal.capture.code.completing import complete_code
from lineal.capture.code.found import CodeFound
from lineal.capture.files.places import shown
from lineal.capture.files.saved import standing
from lineal.capture.files.sorting import FilesUsed
from lineal.capture.gaps import Gaps
from lineal.capture.runtime.finding import Memory, RuntimeFound, find_runtime
from lineal.capture.spool import Start, read_start, write_last
from lineal.capture.told.reading import read
from lineal.capture.told.record import SpoolRecord
from lineal.objects.context import Context
from lineal.objects.errors import NotFound
from lineal.objects.prepared import prepared
from lineal.objects.runs import FileUse, RunState, Runtime, Training

if TYPE_CHECKING:
    from collections.abc import Iterable


class Launched(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of a program, with the bytes still where they are.

    ``root / use.path`` is where a file of the run lies. ``record.models`` are by the same paths. ``command`` has its
    secrets masked. ``locks`` are lock files by their path in the project; ``stdout`` and ``stderr`` are copies in the
    spool, None when nothing was kept. Times are in milliseconds since 1970 UTC.
    """

    run_id: str
    command: tuple[str, ...]
    directory: Path
    root: Path
    state: RunState
    exit_status: int | None
    started_at: int
    ended_at: int
    code: CodeFound
    runtime: Runtime
    record: SpoolRecord
    inputs: tuple[FileUse, ...] = ()
    outputs: tuple[FileUse, ...] = ()
    intermediates: tuple[FileUse, ...] = ()
    locks: dict[str, Path] = {}
    stdout: Path | None = None
    stderr: Path | None = None
    capture_level: str = ""
    user: str = ""
    host: str = ""
    masked_secrets: int = 0
    gaps: tuple[str, ...] = ()
    parent: str = ""
    context: tuple[Context, ...] = ()
    training: Training | None = None


def state_of(exit_status: int) -> RunState:
    """Return what a program's exit status means; it is negative for a signal."""
    return "finished" if exit_status == 0 else "failed" if exit_status > 0 else "killed"


def gathered(  # noqa: PLR0913 the parts of a whole, each found by another module
    start: Start,
    spool: Path,
    *,
    state: RunState,
    exit_status: int | None,
    ended_at: int,
    record: SpoolRecord,
    code: CodeFound,
    found: RuntimeFound,
    used: FilesUsed,
    capture_level: str,
    gaps: Iterable[str],
) -> Launched:
    """Return the whole that the parts make."""
    return Launched(
        run_id=start.run_id,
        command=start.command,
        directory=Path(start.directory),
        root=code.root,
        state=state,
        exit_status=exit_status,
        started_at=start.started_at,
        ended_at=ended_at,
        code=code,
        runtime=found.runtime,
        record=record,
        inputs=used.inputs,
        outputs=used.outputs,
        intermediates=used.intermediates,
        locks=found.locks,
        stdout=_existing(spool / "stdout"),
        stderr=_existing(spool / "stderr"),
        capture_level=capture_level,
        user=_user(),
        host=start.host,
        masked_secrets=start.masked_secrets + code.masked_secrets + record.masked_secrets,
        gaps=tuple(gaps),
        parent=start.parent,
        context=start.context,
        training=record.training or start.training,
    )


def write_end(spool: Path, launched: Launched) -> None:
    """Keep the whole outcome in the spool until it is stored. Raises OSError."""
    # The events are in the spool already, and a long training has many.
    lean = msgspec.structs.replace(launched, record=SpoolRecord(metrics=launched.record.metrics))
    write_last(spool / "end.json", msgspec.json.encode(lean, enc_hook=str))


def recover(spool: Path) -> Launched:
    """Return what ``spool`` kept of a run whose recorder died; ``lost`` when it died before the program's end.

    Raises:
        NotFound: the spool does not say who it belongs to.
    """
    start = read_start(spool)
    if start is None:
        raise NotFound(f"{spool} holds no recorded program", hint="remove it")
    gaps = Gaps()
    record = read(spool)
    end: Launched | None = _decoded(spool / "end.json", Launched)
    if end is not None:
        record = msgspec.structs.replace(named_like_files(record, end.root), metrics=end.record.metrics)
        return msgspec.structs.replace(end, record=record)
    gaps.note("the recorder died before the program ended, so its files and its exit status are not known")
    directory = Path(start.directory)
    code: CodeFound | None = _decoded(spool / "code.json", CodeFound)
    if code is None:
        gaps.note("code: what was found is lost")
        code = CodeFound(root=directory)
    with gaps.guard("code: what was imported, and the notebooks that ran"):
        code = complete_code(code, record, directory=directory, command=start.command, started_at=start.started_at)
    record = named_like_files(record, code.root)
    found = find_runtime(
        root=code.root,
        directory=directory,
        python=None,
        record=record,
        variables=start.variables,
        memory=Memory(),
        is_over=False,
    )
    for each in (code.gaps, found.gaps, record.gaps):
        gaps.extend(each)
    return gathered(
        start,
        spool,
        state="lost",
        exit_status=None,
        ended_at=max(start.started_at, record.last_at),
        record=record,
        code=code,
        found=found,
        used=FilesUsed(),
        capture_level="",
        gaps=gaps,
    )


def named_like_files(record: SpoolRecord, root: Path) -> SpoolRecord:
    """Return ``record`` with models by the paths that its run's files have, without those that are gone."""
    models = {shown(path, root): facts for path, facts in standing(record.models).items()}
    return msgspec.structs.replace(record, models=models)


def _decoded(path: Path, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes(), type=prepared(kind), dec_hook=lambda made, text: made(text))
    except (OSError, msgspec.MsgspecError):
        return None


def _existing(path: Path) -> Path | None:
    return path if path.is_file() else None


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
