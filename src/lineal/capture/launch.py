"""Run a program as it would run without us, and return what was seen of it."""

from __future__ import annotations

import errno
import os
import platform
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lineal.capture.code.completing import complete_code
from lineal.capture.code.finding import find_code
from lineal.capture.code.found import CodeFound
from lineal.capture.context import RUN_ID, find_context, find_parent
from lineal.capture.files.labelling import labelled
from lineal.capture.files.places import Ignored, caches, readable
from lineal.capture.files.saved import described, files_of
from lineal.capture.files.seeing import Seeing
from lineal.capture.files.sorting import FilesUsed
from lineal.capture.files.watch.choose import LEVELS
from lineal.capture.files.watch.watcher import Seen
from lineal.capture.gaps import Gaps
from lineal.capture.launched import Launched, gathered, named_like_files, state_of, write_end
from lineal.capture.metrics import metrics_of
from lineal.capture.program import standard
from lineal.capture.program.neighbours import Neighbours
from lineal.capture.program.network import Connection, Sampling
from lineal.capture.program.network import gaps as network_gaps
from lineal.capture.program.processes import Family, start_time
from lineal.capture.program.signals import Forwarding
from lineal.capture.program.steps import read_steps, without_steps, write_step
from lineal.capture.program.tee import Tees
from lineal.capture.program.usage import Sampler
from lineal.capture.runtime.ahead import Ahead, look_around
from lineal.capture.runtime.finding import VARIABLES, Memory
from lineal.capture.secrets import mask_command
from lineal.capture.shim.lineal_shim.ranks import OUTER, place
from lineal.capture.spool import Start, reserve, this_process, write_start, write_whole
from lineal.capture.told.ranks import outer_training
from lineal.capture.told.reading import read
from lineal.capture.told.record import SpoolRecord
from lineal.objects.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lineal.capture.files.watch.choose import Level
    from lineal.objects.runs import RunState

SHIM = Path(__file__).parent / "shim"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known before the program starts."""

    command: tuple[str, ...]
    program: tuple[str, ...]
    directory: Path
    spool: Path
    variables: dict[str, str]
    ignore: tuple[Path, ...]
    levels: tuple[Level, ...]
    code: CodeFound


def launch(  # noqa: PLR0913 what may be chosen
    command: Sequence[str],
    *,
    directory: Path,
    spool: Path,
    variables: Mapping[str, str],
    run_id: str,
    parent: Path | None = None,
    ignore: Sequence[Path] = (),
    levels: Sequence[Level] = LEVELS,
    before: Callable[[], None] = lambda: None,
    meanwhile: Callable[[], None] = lambda: None,
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
        parent: the spool of the run within which this one is started, if any; its name is that run's id.
        ignore: paths that are no part of the run, such as the store itself.
        levels: the ways to see files, best first.
        before: is called just before the program starts.
        meanwhile: is called while it runs, in another thread.

    Raises:
        Invalid: there is no such program, or it cannot be started.
        OSError: so few files may be open that the program has not been started; it can be without us.
    """
    directory, spool = directory.resolve(), spool.resolve()
    program = _resolve(tuple(command), directory, variables)
    gaps = Gaps()
    code = CodeFound(root=directory)
    with gaps.guard("code"):
        code = find_code(directory, command)
    plan = Plan(
        command=tuple(command),
        program=program,
        directory=directory,
        spool=spool,
        variables=dict(variables),
        ignore=tuple(ignore),
        levels=tuple(levels),
        code=code,
    )
    start = _start(plan, run_id, parent.name if parent else "", gaps)
    with gaps.guard("the spool could not be written"):
        open_spool(spool, start, code)
    return _run(plan, start, parent, gaps, before=before, meanwhile=meanwhile)


def _run(
    plan: Plan,
    start: Start,
    parent: Path | None,
    gaps: Gaps,
    *,
    before: Callable[[], None],
    meanwhile: Callable[[], None],
) -> Launched:
    """Run the program to its end, and return what was seen."""
    family = Family(plan.spool, is_of_another=Neighbours(plan.spool, gaps).had)
    files = see_files(plan, family, gaps)
    before()
    memory = Memory()

    def look(record: SpoolRecord) -> None:
        with suppress(Exception):  # what goes wrong goes wrong again at the end, which says so
            look_around(plan, record, memory)
            meanwhile()

    ahead = Ahead(plan.spool, look)
    try:
        status, connections = _execute(plan, start, files.level, ahead, gaps)
    finally:
        files.stop()
    ahead.stop()
    files.seen = _own(files.seen, plan.spool, parent, gaps)
    state = state_of(status)
    return gather(plan, start, state, status, files=files, connections=connections, memory=memory, gaps=gaps)


def _start(plan: Plan, run_id: str, parent: str, gaps: Gaps) -> Start:
    """Return who runs what, and within what."""
    masked, count = mask_command(plan.command)
    start = Start(
        run_id=run_id,
        command=masked,
        masked_secrets=count,
        directory=readable(str(plan.directory)),
        started_at=_now(),
        host=platform.node(),
        process=this_process()[0],
        process_started=this_process()[1],
        variables={name: plan.variables[name] for name in VARIABLES & plan.variables.keys()},
        parent=parent or find_parent(plan.variables),
        training=outer_training(plan.variables),
    )
    with gaps.guard("context"):
        return msgspec.structs.replace(start, context=find_context(plan.variables))
    return start


def launch_bare(command: Sequence[str], *, directory: Path, variables: Mapping[str, str]) -> int:
    """Run ``command`` unseen and return its exit status. Raises Invalid when there is no such program."""
    program = _resolve(tuple(command), directory, variables)
    with Forwarding() as forwarding:
        process = _spawn(program, directory, variables)
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


def open_spool(spool: Path, start: Start, code: CodeFound) -> None:
    """Write down who runs what from which code, before the program can do anything. Raises OSError."""
    spool.mkdir(parents=True, exist_ok=True)
    write_start(spool, start)
    write_whole(spool / "code.json", msgspec.json.encode(code, enc_hook=str))
    reserve(spool)


def see_files(plan: Plan, family: Family, gaps: Gaps) -> Seeing:
    """Begin to see the files that ``family`` uses; where nothing can be watched, that is a gap."""
    files = Seeing(plan.code.root, _ignored(plan), family, gaps)
    files.start(plan.directory, plan.command, plan.levels)
    return files


def _own(seen: Seen, spool: Path, parent: Path | None, gaps: Gaps) -> Seen:
    """Return what was seen without the files of runs within this one; tell the one within which it is of all."""
    with gaps.guard("the files of the steps within could not be told from its own"):
        steps = read_steps(spool)
        if parent:
            write_step(parent, spool.name, seen, steps)
        return without_steps(seen, steps)
    return seen


def _ignored(plan: Plan) -> Ignored:
    # An interpreter inside the project is no data; a project inside an interpreter's prefix (/usr) is.
    prefix = Path(sys.prefix)
    inner = (prefix,) if prefix != plan.code.root and prefix.is_relative_to(plan.code.root) else ()
    return Ignored((plan.spool, *plan.ignore, *inner, *caches(plan.variables, plan.directory)))


def _execute(plan: Plan, start: Start, level: str, ahead: Ahead, gaps: Gaps) -> tuple[int, frozenset[Connection]]:
    """Run the program and return its exit status, negative for a signal, and whom it was connected to.

    Raises Invalid when it cannot start.
    """
    variables = dict(plan.variables)
    variables["LINEAL_SPOOL"] = str(plan.spool)
    variables["LINEAL_LEVEL"] = level
    variables[RUN_ID] = start.run_id
    # Interpreters of a run around this one are no part of this one.
    variables.pop("LINEAL_AROUND", None)
    if "RANK" in variables:
        variables[OUTER] = "{}/{}".format(*place(variables))
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, (str(SHIM), variables.get("PYTHONPATH"))))
    tees = Tees(plan.spool, gaps)
    variables["LINEAL_STREAMS"] = tees.streams
    with Forwarding() as forwarding:
        try:
            process = _spawn(plan.program, plan.directory, variables, tees.ends)
        finally:
            tees.start()
        forwarding.to(process.pid)
        sampling = Sampling(process.pid)
        with gaps.guard("whom the program was connected to is not known"):
            sampling.start()
        with gaps.guard("the program's process could not be written down"):
            told = msgspec.structs.replace(start, program=process.pid, program_started=start_time(process.pid))
            write_start(plan.spool, told)
        usage = Sampler(plan.spool, lambda: (process.pid,))
        with gaps.guard("what the program used of the machine is not known"):
            usage.start()
        with gaps.guard("nothing could be looked at while the program ran"):
            ahead.start()
        exit_status = process.wait()
        forwarding.stop()
        connections = sampling.stop()
        usage.stop()
        tees.finish()
    return exit_status, connections


def _spawn(
    program: Sequence[str], directory: Path, variables: Mapping[str, str], ends: Mapping[str, int] = {}
) -> subprocess.Popen[bytes]:
    """Start ``program``. Raises Invalid when it cannot start, and OSError when so few files may be open that we are in its way."""
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
        if error.errno in {errno.EMFILE, errno.ENFILE}:
            raise
        raise Invalid(f"{program[0]} cannot be started: {error.strerror}", hint="try it without lineal run") from None


def gather(
    plan: Plan,
    start: Start,
    state: RunState,
    exit_status: int | None,
    *,
    files: Seeing,
    gaps: Gaps,
    memory: Memory,
    connections: frozenset[Connection] = frozenset(),
) -> Launched:
    """Put together what was seen, told and printed, and write it down."""
    ended_at, root = _end_of(start, gaps), plan.code.root
    record = SpoolRecord()
    with gaps.guard("what the program's interpreter told is lost"):
        record = read(plan.spool)
    used, record = _files(plan, start, record, files, gaps)
    with gaps.guard("network"):
        gaps.extend(network_gaps(connections, record, plan.variables))
    record = named_like_files(record, root)
    with gaps.guard("metrics in files"):
        metrics = metrics_of((*used.outputs, *used.intermediates), root)
        record = msgspec.structs.replace(record, metrics=metrics | record.metrics)
    code = _code(plan, start, record, used, gaps)
    runtime = look_around(plan, record, memory)
    for each in (code.gaps, files.seen.gaps, used.gaps, runtime.gaps, record.gaps):
        gaps.extend(each)
    launched = gathered(
        start,
        plan.spool,
        state=state,
        exit_status=exit_status,
        ended_at=ended_at,
        record=record,
        code=code,
        found=runtime,
        used=used,
        capture_level=files.seen.level,
        gaps=gaps,
    )
    with gaps.guard("the outcome could not be written down"):
        write_end(plan.spool, launched)
    return launched


def _files(plan: Plan, start: Start, record: SpoolRecord, files: Seeing, gaps: Gaps) -> tuple[FilesUsed, SpoolRecord]:
    """Return the files of the program, and what is known of the models among them."""
    used = FilesUsed()
    with gaps.guard("files"):
        # A model may be saved where nobody watched; the interpreter told where.
        saved = files_of(record.models, since=start.started_at)
        used = labelled(files.used(record, plan.code.entry_point, saved), record.labels, plan.code.root)
    if not record.models:
        with gaps.guard("models that files describe"):
            record = msgspec.structs.replace(record, models=described(used.outputs, plan.code.root))
    return used, record


def _code(plan: Plan, start: Start, record: SpoolRecord, used: FilesUsed, gaps: Gaps) -> CodeFound:
    """Return the code with what only the end tells: what was imported, and the notebooks that ran."""
    with gaps.guard("code: what was imported, and the notebooks that ran"):
        uses = [each.path for each in (*used.inputs, *used.intermediates, *used.outputs)]
        at = start.started_at
        return complete_code(
            plan.code, record, directory=plan.directory, command=plan.command, used=uses, started_at=at
        )
    return plan.code


def _end_of(start: Start, gaps: Gaps) -> int:
    """Return when the program ended: not before it began, whatever the machine's clock says now."""
    now = _now()
    if now < start.started_at:
        gaps.note("the machine's clock was set back while the program ran, so when it ended is not known")
    return max(now, start.started_at)


def _now() -> int:
    return time.time_ns() // 1_000_000
