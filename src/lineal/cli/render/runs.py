"""Runs as people read them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from lineal.cli.render.page import Page
from lineal.cli.render.units import ago, count, duration, metrics, moment, number, scalar, size, when
from lineal.objects.code import Code, Notebook
from lineal.objects.digest import short
from lineal.objects.runs import FileUse, ModelFacts, Run
from lineal.objects.runtime import LockCheck, Package, Runtime
from lineal.operations.answers import ExperimentAnswer, RunAnswer

_FILES_SHOWN = 40
"""A run that wrote thousands of files shows so many; ``--json`` has them all."""

_STATE_TONES = {"finished": "good", "running": "doubtful"}


def one(answer: RunAnswer, page: Page) -> Iterator[str]:
    """Yield everything that is known of a run."""
    tone = _STATE_TONES.get(answer.state, "bad")
    yield f"{page.title(answer.reference)}  {page.paint(ending(answer), tone)}"
    yield from page.facts(
        (
            ("name", answer.name),
            ("command", shlex.join(answer.command)),
            ("started", f"{when(answer.started_at, page.now)} by {_by(answer)}"),
            ("took", duration(answer.ended_at - answer.started_at) if answer.ended_at else ""),
            ("digest", answer.digest or ""),
            ("code", _code(answer.code) if answer.code else ""),
            *_submodules(answer.code),
            ("runtime", _runtime(answer.runtime) if answer.runtime else ""),
            *(_around(answer.runtime) if answer.runtime else ()),
            ("hardware", _hardware(answer.runtime) if answer.runtime else ""),
            ("seeds", _seeds(answer.run) if answer.run else ""),
            ("seen by", answer.run.capture_level if answer.run else ""),
        )
    )
    yield from bullets(page, "notebooks", (_notebook(each) for each in (answer.code.notebooks if answer.code else ())))
    yield from mapping(page, "parameters", {name: scalar(value) for name, value in answer.params.items()})
    yield from mapping(page, "metrics", {name: number(value) for name, value in answer.metrics.items()})
    if answer.run:
        yield from _seen(answer.run, page)


def many(answers: Sequence[RunAnswer], page: Page) -> Iterator[str]:
    """Yield a table of runs."""
    yield from page.table(
        ("RUN", "NAME", "STATE", "STARTED (UTC)", "TOOK", "BY", "METRICS"),
        (
            (
                each.reference,
                each.name,
                ending(each),
                f"{moment(each.started_at)} ({ago(each.started_at, page.now)})",
                duration(each.ended_at - each.started_at) if each.ended_at else "",
                each.started_by,
                metrics(each.metrics, limit=4),
            )
            for each in answers
        ),
        right=("TOOK",),
    )


def experiments(answers: Sequence[ExperimentAnswer], page: Page) -> Iterator[str]:
    """Yield a table of experiments."""
    yield from page.table(
        ("NUMBER", "EXPERIMENT", "RUNS", "LAST CHANGED (UTC)", "BY", "TAGS"),
        (
            (
                str(each.number),
                each.name,
                f"{each.run_count:,}",
                f"{moment(each.updated_at)} ({ago(each.updated_at, page.now)})" if each.updated_at else "",
                each.created_by,
                ", ".join(f"{key}={value}" for key, value in each.tags.items()),
            )
            for each in answers
        ),
        right=("NUMBER", "RUNS"),
    )


def ending(answer: RunAnswer) -> str:
    """Return how a run ended, with the exit status or signal when it did not go well."""
    status = answer.exit_status_of_program
    if answer.state in {"running", "finished"} or status is None:
        return answer.state
    return f"{answer.state} (signal {-status})" if status < 0 else f"{answer.state} (exit status {status})"


def mapping(page: Page, heading: str, values: dict[str, str]) -> Iterator[str]:
    """Yield names and values under a heading; nothing when there are none."""
    if values:
        yield f"  {page.title(heading)}"
        yield from page.facts(values.items(), indent="    ")


def files(page: Page, heading: str, uses: Sequence[FileUse]) -> Iterator[str]:
    """Yield a table of files under a heading; nothing when there are none."""
    if not uses:
        return
    yield f"  {page.title(heading)} ({count(len(uses), 'file')}, {size(sum(each.size_bytes for each in uses))})"
    yield from page.table(
        ("PATH", "SIZE", "DIGEST", "NOTE"),
        ((each.path, size(each.size_bytes), short(each.digest), _note(each)) for each in uses[:_FILES_SHOWN]),
        indent="    ",
        right=("SIZE",),
    )
    if len(uses) > _FILES_SHOWN:
        yield f"    … {len(uses) - _FILES_SHOWN:,} more; --json lists them all"


def _seen(run: Run, page: Page) -> Iterator[str]:
    yield from files(page, "inputs", run.inputs)
    yield from files(page, "outputs", run.outputs)
    yield from files(page, "intermediates", run.intermediates)
    yield from bullets(page, "models", _models(run))
    yield from bullets(page, "gaps: what could not be seen", run.gaps, tone="doubtful")


def bullets(page: Page, heading: str, sentences: Iterable[str], tone: str = "title") -> Iterator[str]:
    """Yield sentences under a heading; nothing when there are none."""
    found = list(sentences)
    if found:
        yield f"  {page.paint(heading, tone)}"
        for each in found:
            yield from page.wrapped(f"- {each}", indent="    ", hanging="  ")


def _models(run: Run) -> Iterator[str]:
    for path, facts in run.models.items():
        yield f"{path}: {made_by(facts) or 'a model'}"


def made_by(facts: ModelFacts) -> str:
    """Return what a model is and which framework made it; empty when nothing is known."""
    framework = f"{facts.framework} {facts.framework_version}".strip()
    # One line a part, each with its module; the classes' own names are what people know.
    parts = " › ".join(line.rpartition(".")[2].strip() for line in facts.architecture.splitlines())
    return f"{parts} ({framework})" if parts and framework else parts or framework


def _note(use: FileUse) -> str:
    notes = ("changed while it was read" if use.changed_while_reading else "", "" if use.kept else "bytes not kept")
    return ", ".join(each for each in notes if each)


def _by(answer: RunAnswer) -> str:
    return f"{answer.started_by} on {answer.host}" if answer.host else answer.started_by


def _code(code: Code) -> str:
    parts = (
        f"commit {code.commit[:12]}" if code.commit else "not under Git",
        f"on {code.branch}" if code.branch else "",
        *code.state,
        f"with uncommitted changes ({short(code.diff)})" if code.diff else "",
        f"with untracked sources ({short(code.untracked)})" if code.untracked else "",
        f"with modules from elsewhere ({short(code.imported)})" if code.imported else "",
        f"{count(code.masked_secrets, 'secret')} masked" if code.masked_secrets else "",
    )
    return ", ".join(each for each in parts if each)


def _submodules(code: Code | None) -> Iterator[tuple[str, str]]:
    for each in code.submodules if code else ():
        commit = f"commit {each.commit[:12]}" if each.commit else "not checked out"
        parts = (commit, "moved" if each.is_moved else "", "with uncommitted changes" if each.is_changed else "")
        yield "submodule", f"{each.path}: {', '.join(part for part in parts if part)}"


def _notebook(notebook: Notebook) -> str:
    parts = (
        f"{count(notebook.run_count, 'cell')} ran",
        f"{notebook.rerun_count} of them again" if notebook.rerun_count else "",
        f"{notebook.edited_count} edited" if notebook.edited_count else "",
        f"in the order of {short(notebook.cells)}" if notebook.cells else "",
    )
    return f"{notebook.path or 'a notebook without a file'}: {', '.join(part for part in parts if part)}"


def _runtime(runtime: Runtime) -> str:
    in_development = [each for each in runtime.packages if each.is_editable]
    changed = len(runtime.packages_before)
    parts = (
        f"{runtime.implementation or 'Python'} {runtime.python}".strip(),
        count(len(runtime.packages), "package"),
        f"{count(len(runtime.conda_packages), 'package')} of conda" if runtime.conda_packages else "",
        f"{', '.join(map(_in_development, in_development))} in development" if in_development else "",
        f"{count(changed, 'package')} changed while it ran" if changed else "",
        runtime.platform,
    )
    return ", ".join(each for each in parts if each)


def _in_development(package: Package) -> str:
    changes = " with changes" if package.is_changed else ""
    return f"{package.name} ({package.commit[:12]}{changes})" if package.commit else package.name


def _around(runtime: Runtime) -> Iterator[tuple[str, str]]:
    for path, check in runtime.lock_checks.items():
        yield "lock", f"{path}: {_agreement(check)}"
    if runtime.libraries:
        yield "libraries", "; ".join(f"{name}: {said}" for name, said in runtime.libraries.items())
    container = runtime.container
    if container.kind:
        parts = (container.kind, container.image, container.image_id[:19], container.id[:12])
        yield "container", " ".join(part for part in parts if part)


def _agreement(check: LockCheck) -> str:
    """Return how a lock file agrees with what was installed, in words."""
    pinned = check.same_count + len(check.other)
    if not check.other and not check.unlocked_count:
        return f"all {pinned} are installed as locked"
    parts = (
        f"{check.same_count} of {pinned} are installed as locked",
        f"others: {', '.join(check.other)}" if check.other else "",
        f"{check.unlocked_count} more are installed" if check.unlocked_count else "",
    )
    return "; ".join(part for part in parts if part)


def _hardware(runtime: Runtime) -> str:
    hardware = runtime.hardware
    parts = (
        hardware.processor or hardware.machine,
        count(hardware.core_count, "core") if hardware.core_count else "",
        f"at most {hardware.cpu_limit_millicores / 1000:g} of them at a time" if hardware.cpu_limit_millicores else "",
        f"{size(hardware.memory_bytes)} memory" if hardware.memory_bytes else "",
        f"at most {size(hardware.memory_limit_bytes)} of it" if hardware.memory_limit_bytes else "",
        *hardware.accelerators,
        f"driver {hardware.driver}" if hardware.driver else "",
    )
    return ", ".join(each for each in parts if each)


def _seeds(run: Run) -> str:
    states = {f"{name} began at": short(state) for name, state in run.seeds.states.items()}
    said = [f"{name}={value}" for name, value in {**run.seeds.set, **run.seeds.flags}.items()]
    return ", ".join((*said, *(f"{name} {state}" for name, state in states.items())))
