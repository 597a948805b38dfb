"""Run a program as it would run without us, and return what was seen of it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lineal.capture import standard
from lineal.capture.files import FilesUsed, classify
from lineal.capture.gaps import Gaps
from lineal.capture.git import CodeFound, find_code
from lineal.capture.launched import Launched, gathered, named_like_files, state_of, write_end
from lineal.capture.metrics import metrics_of
from lineal.capture.places import Ignored, readable
from lineal.capture.processes import Family, start_time
from lineal.capture.runtime import VARIABLES, find_runtime
from lineal.capture.secrets import mask_command
from lineal.capture.signals import Forwarding
from lineal.capture.spool import Start, reserve, this_process, write_start, write_whole
from lineal.capture.tee import Tees
from lineal.capture.told.reading import read
from lineal.capture.told.record import SpoolRecord
from lineal.capture.watch.choose import LEVELS, paths_in, roots_of, start_watching
from lineal.capture.watch.watcher import Seen
from lineal.objects.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lineal.capture.watch.choose import Level
    from lineal.capture.watch.watcher import Watcher

SHIM = Path(__file__).parent / "shim"


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known before the program starts."""

    command: tuple[str, ...]
    program: tuple[str, ...]
    directory: Path
    spool: Path
    variables: dict[str, str]
    ignore: tuple[Path, ...]
    levels: tuple[Level, ...]
    code: CodeFound


def launch(
    command: Sequence[str],
    *,
    directory: Path,
    spool: Path,
    variables: Mapping[str, str],
    run_id: str,
    ignore: Sequence[Path] = (),
    levels: Sequence[Level] = LEVELS,
    before: Callable[[], None] = lambda: None,
) -> Launched:
    """Run ``command`` to its end and return what was seen.

    The program has our stdin, stdout and stderr; signals reach it. Whatever goes wrong with the recording is a
    sentence in ``gaps``, never the program's failure.

    Args:
        command: the program and its arguments; a path that ends in ``.py`` is run with this interpreter.
        directory: where it runs.
        spool: a directory for this run alone, made when missing; the caller removes it once all is stored.
        variables: the program's environment variables.
        run_id: the run's id.
        ignore: paths that are no part of the run, such as the store itself.
        levels: the ways to see files, best first.
        before: is called just before the program starts.

    Raises:
        Invalid: there is no such program, or it cannot be started.
    """
    directory, spool = directory.resolve(), spool.resolve()
    program = _resolve(tuple(command), directory, variables)
    gaps = Gaps()
    code = CodeFound(root=directory)
    with gaps.guard("code"):
        code = find_code(directory, command)
    plan = _Plan(
        command=tuple(command),
        program=program,
        directory=directory,
        spool=spool,
        variables=dict(variables),
        ignore=tuple(ignore),
        levels=tuple(levels),
        code=code,
    )
    masked, count = mask_command(command)
    start = Start(
        run_id=run_id,
        command=masked,
        masked_secrets=count,
        directory=readable(str(directory)),
        started_at=_now(),
        host=platform.node(),
        process=this_process()[0],
        process_started=this_process()[1],
        variables={name: variables[name] for name in VARIABLES & variables.keys()},
    )
    with gaps.guard("the spool could not be written"):
        _open_spool(spool, start, code)
    watcher = _watch(plan, gaps)
    before()
    try:
        exit_status = _execute(plan, start, gaps)
    finally:
        seen = _stop(watcher, gaps)
    return _gather(plan, start, exit_status, seen, gaps)


def launch_bare(command: Sequence[str], *, directory: Path, variables: Mapping[str, str]) -> int:
    """Run ``command`` unseen and return its exit status. Raises Invalid when there is no such program."""
    program = _resolve(tuple(command), directory, variables)
    with Forwarding() as forwarding:
        process = _start(program, directory, variables)
        forwarding.to(process.pid)
        status = process.wait()
        forwarding.stop()
    return status


def _resolve(command: tuple[str, ...], directory: Path, variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the command as it is started. Raises Invalid when there is no such program."""
    if not command:
        raise Invalid("no program was given", hint="write it after --, as in: lineal run -- python train.py")
    first = command[0]
    if first.endswith(".py"):
        if not (directory / first).is_file():
            raise Invalid(f"there is no program {first} in {directory}", hint="check the path, or change the directory")
        return (sys.executable, *command)
    path = variables.get("PATH", os.defpath)
    found = shutil.which(str(directory / first) if os.sep in first else first, path=path)
    if found is None:
        where = directory if os.sep in first else "PATH"
        raise Invalid(
            f"there is no program {first} in {where} that can be run", hint="check its name, path and permissions"
        )
    return command


def _open_spool(spool: Path, start: Start, code: CodeFound) -> None:
    """Write down who runs what from which code, before the program can do anything. Raises OSError."""
    spool.mkdir(parents=True, exist_ok=True)
    write_start(spool, start)
    write_whole(spool / "code.json", msgspec.json.encode(code, enc_hook=str))
    reserve(spool)


def _watch(plan: _Plan, gaps: Gaps) -> Watcher | None:
    with gaps.guard("files: nothing was watched"):
        roots, said = roots_of(plan.code.root, plan.directory, plan.command)
        gaps.extend(said)
        return start_watching(
            roots,
            _ignored(plan),
            paths=paths_in(plan.command, plan.directory),
            is_ours=Family(plan.spool).has,
            levels=plan.levels,
        )
    return None


def _stop(watcher: Watcher | None, gaps: Gaps) -> Seen:
    with gaps.guard("files: what was watched is lost"):
        if watcher is not None:
            return watcher.stop()
    return Seen(level="")


def _ignored(plan: _Plan) -> Ignored:
    # An interpreter inside the project is no data; a project inside an interpreter's prefix (/usr) is.
    prefix = Path(sys.prefix)
    inner = (prefix,) if prefix != plan.code.root and prefix.is_relative_to(plan.code.root) else ()
    return Ignored((plan.spool, *plan.ignore, *inner))


def _execute(plan: _Plan, start: Start, gaps: Gaps) -> int:
    """Run the program and return its exit status, negative for a signal. Raises Invalid when it cannot start."""
    variables = dict(plan.variables)
    variables["LINEAL_SPOOL"] = str(plan.spool)
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, (str(SHIM), variables.get("PYTHONPATH"))))
    tees = Tees(plan.spool, gaps)
    with Forwarding() as forwarding:
        try:
            process = _start(plan.program, plan.directory, variables, tees.ends)
        finally:
            tees.start()
        forwarding.to(process.pid)
        with gaps.guard("the program's process could not be written down"):
            told = msgspec.structs.replace(start, program=process.pid, program_started=start_time(process.pid))
            write_start(plan.spool, told)
        exit_status = process.wait()
        forwarding.stop()
        tees.finish()
    return exit_status


def _start(
    program: Sequence[str], directory: Path, variables: Mapping[str, str], ends: Mapping[str, int] = {}
) -> subprocess.Popen[bytes]:
    """Start ``program``. Raises Invalid when it cannot start."""
    try:
        return subprocess.Popen(
            program,
            cwd=directory,
            env=variables,
            stdout=ends.get("stdout"),
            stderr=ends.get("stderr"),
            preexec_fn=standard.close_again if standard.closed else None,  # noqa: PLW1509 - one call, before any lock
            close_fds=False,  # what a shell or make opened for the program reaches it; ours are closed by themselves
        )
    except OSError as error:
        raise Invalid(f"{program[0]} cannot be started: {error.strerror}", hint="try it without lineal run") from None


def _gather(plan: _Plan, start: Start, exit_status: int, seen: Seen, gaps: Gaps) -> Launched:
    """Put together what was seen, told and printed."""
    ended_at, root = _now(), plan.code.root
    record = SpoolRecord()
    with gaps.guard("what the program's interpreter told is lost"):
        record = read(plan.spool)
    used = FilesUsed()
    with gaps.guard("files"):
        # A model may be saved where nobody watched; the interpreter told where.
        saved = frozenset(each for each in record.models if os.path.isfile(each))
        seen = msgspec.structs.replace(seen, writes=seen.writes | saved)
        used = classify(seen, root, _ignored(plan), entry_point=plan.code.entry_point)
    record = named_like_files(record, root)
    with gaps.guard("metrics in files"):
        metrics = metrics_of((*used.outputs, *used.intermediates), root)
        record = msgspec.structs.replace(record, metrics=metrics | record.metrics)
    runtime = find_runtime(
        root=root,
        directory=plan.directory,
        python=_python(plan.program, plan.variables),
        record=record,
        variables=plan.variables,
    )
    for each in (plan.code.gaps, seen.gaps, used.gaps, runtime.gaps, record.gaps):
        gaps.extend(each)
    launched = gathered(
        start,
        plan.spool,
        state=state_of(exit_status),
        exit_status=exit_status,
        ended_at=ended_at,
        record=record,
        code=plan.code,
        found=runtime,
        used=used,
        capture_level=seen.level,
        gaps=gaps,
    )
    with gaps.guard("the outcome could not be written down"):
        write_end(plan.spool, launched)
    return launched


def _python(program: tuple[str, ...], variables: Mapping[str, str]) -> Path | None:
    """Return the interpreter that the command line names, or None when it names none."""
    if not Path(program[0]).name.startswith("python"):
        return None
    found = shutil.which(program[0], path=variables.get("PATH", os.defpath))
    return Path(found) if found else None


def _now() -> int:
    return time.time_ns() // 1_000_000
