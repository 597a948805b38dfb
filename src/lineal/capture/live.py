"""``lineal.start``, ``lineal.log`` and their like inside a program: a line in the spool each, nothing more."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from lineal.capture.native.run import LiveRun, warn
from lineal.capture.native.shim import recording, scalars, writing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


_lock = threading.RLock()
_roots: list[LiveRun] = []
"""The run that this process belongs to, once it was asked for; the last one counts."""


def log(metrics: Mapping[str, float] | None = None, /, step: int | None = None, **named: float) -> None:
    """Record values of metrics at a step; without a step they count up by themselves, metric by metric.

    Never raises and never waits for a disk or network: outside of a recorded run it warns once and does nothing.

    Args:
        metrics: values by name, for names that are no Python names, as ``{"train/loss": 0.5}``.
        step: the training step, epoch or whatever counts.
        named: more values by name; NaN and infinities are kept as such.
    """
    if not _is_recorded():
        return
    try:
        values = writing.encoded({**metrics, **named} if metrics else named)
        writing.append("metric", f',"step":{writing.encoded(step)},"metrics":{values}')
    except Exception as error:  # noqa: BLE001 logging a metric must never end a training
        warn(f"a metric could not be logged: {error}")


def param(params: Mapping[str, object] | None = None, /, **named: object) -> None:
    """Record parameters of the run; the last value of a name stays. Never raises, as `log`.

    Args:
        params: values by name; whatever is no number, text or boolean is kept as text.
        named: more values by name.
    """
    _emit(
        "param",
        lambda: {
            "params": {name: scalars.scalar(value) for name, value in {**(params or {}), **named}.items()},
            "source": "lineal.param",
        },
    )


def tag(tags: Mapping[str, object] | None = None, /, **named: object) -> None:
    """Record tags of the run, which are texts; the last one of a name stays. Never raises, as `log`.

    Args:
        tags: texts by name.
        named: more texts by name.
    """
    _emit("tag", lambda: {"tags": {name: str(value) for name, value in {**(tags or {}), **named}.items()}})


def _emit(kind: str, facts: Callable[[], dict[str, Any]]) -> None:
    if not _is_recorded():
        return
    try:
        writing.emit(kind, **facts())
    except Exception as error:  # noqa: BLE001 as in log
        warn(f"a {kind} could not be logged: {error}")


def _is_recorded() -> bool:
    if writing.is_open() or writing.spool():
        return True
    warn("no run is being recorded, so nothing was logged; start the program with `lineal run`, or call lineal.start()")
    return False


def start(
    name: str = "",
    *,
    params: Mapping[str, object] | None = None,
    tags: Mapping[str, object] | None = None,
    parent: str = "",
    resume: str = "",
    fork: str = "",
    nested: bool = False,
    repository: os.PathLike[str] | str = "",
) -> LiveRun:
    """Begin to record this program, and return its run. Never raises, as `log`.

    Under ``lineal run`` this is the run that is being recorded. Otherwise a process beside this one sees the files that are
    read and written from now on, and stores the run when the program ends, whatever ends it. Called again while the run goes
    on, it begins a run inside it; in a notebook, it ends the run and begins another one.

    Args:
        name: what to call the run; by default after the program.
        params: its first parameters.
        tags: its first tags.
        parent: the run that it is a part of; by default the one that goes on.
        resume: a run that ended or was lost, which this one goes on with; ``run:ID@STEP`` from a step on.
        fork: a run whose history this one shares, ``run:ID@STEP`` up to a step.
        nested: begin a run inside the one that goes on, in a notebook too.
        repository: where to, a directory or an address; by default as for every command.
    """
    with _lock:
        run = _begun(name, os.fspath(repository), nested=nested)
        about: dict[str, object] = {"name": name, "parent": parent.removeprefix("run:")}
        for role, said in (("resumes", resume), ("forks", fork)):
            about[role], about["from_step"] = _with_step(said) if said else ("", about.get("from_step", ""))
        run.about(**{key: value for key, value in about.items() if value != ""})
    if params:
        run.param(params)
    if tags:
        run.tag(tags)
    return run


def _with_step(reference: str) -> tuple[str, object]:
    name, _, step = reference.removeprefix("run:").rpartition("@")
    return (name, int(step)) if name and step.isdecimal() else (reference.removeprefix("run:"), "")


def finish(state: str = "finished") -> None:
    """End the run that this thread or task is in, as `LiveRun.finish`; without one it does nothing."""
    if run := current():
        run.finish(state)


def current() -> LiveRun | None:
    """Return the run that this thread or task is in, if `start` began one."""
    inside = writing.nested.get()
    if inside is not None:
        return getattr(inside, "run", None)
    root = _roots[-1] if _roots else None
    return root if root is not None and root.process == os.getpid() and not root.has_ended else None


def _begun(name: str, repository: str, *, nested: bool) -> LiveRun:
    goes_on = current()
    if goes_on is not None and _is_notebook() and not nested and writing.nested.get() is None:
        goes_on.finish()
        made = _alone(name, repository)
        _say(f"run:{goes_on.id} has ended, run:{made.id} has begun")
        return made
    if goes_on is None and writing.spool():
        goes_on = _joined(writing.spool())
        if not nested:
            return goes_on
    if goes_on is None:
        return _alone(name, repository)
    return _inside(goes_on)


def _joined(spool: str) -> LiveRun:
    """Return the run that ``lineal run`` or another process began."""
    run = LiveRun(os.path.basename(spool), writing.own, spool, lambda _state: None)
    _roots.append(run)
    return run


def _alone(name: str, repository: str) -> LiveRun:
    """Begin a run with a recorder beside this process."""
    from lineal.capture.native.alone import begin, inherit  # noqa: PLC0415 - not needed under lineal run

    try:
        beside, run_id = begin(name, repository)
    except Exception as error:  # noqa: BLE001 the program runs all the same
        warn(f"this program is not recorded: {error}")
        return LiveRun("", None, "", lambda _state: None)
    forget = inherit(beside.spool)
    recording.start()

    def end(state: str, *, leaves: bool = False) -> None:
        recording.end()
        writing.own.close()
        forget()
        if not beside.has_joined:
            _say(beside.leave(state) if leaves else beside.finish(state))

    run = LiveRun(run_id, writing.own, beside.spool, end)
    _roots.append(run)
    atexit.register(_leave, run, end)
    _say(beside.said)
    return run


def _leave(run: LiveRun, end: Callable[..., None]) -> None:
    """End the run as its program ends."""
    if run.has_ended or run.process != os.getpid():
        return
    run.has_ended = True
    has_failed = getattr(sys, "last_value", None) is not None and not _is_notebook()
    try:
        end("failed" if has_failed else "finished", leaves=True)
    except Exception as error:  # noqa: BLE001 the program ends as it would
        warn(f"the run could not be ended: {error}")


def _inside(outer: LiveRun) -> LiveRun:
    """Begin a run inside another one; until it ends, what this thread or task tells belongs to it."""
    from lineal.capture.native.alone import new_id  # noqa: PLC0415

    before = writing.nested.get()
    run_id = new_id()
    spool = os.path.join(writing.spool(), "nested", run_id)
    try:
        os.makedirs(spool)
    except OSError as error:
        warn(f"a run inside run:{outer.id} could not be begun: {error}")
        return LiveRun("", None, "", lambda _state: None)
    sink = writing.Sink(spool)

    def end(_state: str) -> None:
        if writing.nested.get() is sink:
            writing.nested.set(before)
        sink.close()

    run = LiveRun(run_id, sink, spool, end)
    sink.run = run
    writing.nested.set(sink)
    run.about(parent=outer.id)
    return run


def _is_notebook() -> bool:
    return "ipykernel" in sys.modules or hasattr(sys, "ps1")


def _say(sentence: str) -> None:
    if sentence:
        sys.stderr.write(f"lineal: {sentence}\n")
