"""Runs as people read them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from lineal.cli.render.page import Page
from lineal.cli.render.units import ago, count, duration, metrics, moment, number, scalar, size, when
from lineal.objects.digest import short
from lineal.objects.runs import Code, FileUse, ModelFacts, Run, Runtime
from lineal.operations.answers import ExperimentAnswer, RelatedRun, RunAnswer

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
            ("runtime", _runtime(answer.runtime) if answer.runtime else ""),
            ("hardware", _hardware(answer.runtime) if answer.runtime else ""),
            ("seeds", _seeds(answer.run) if answer.run else ""),
            ("seen by", answer.run.capture_level if answer.run else ""),
        )
    )
    yield from mapping(page, "parameters", {name: scalar(value) for name, value in answer.params.items()})
    yield from mapping(page, "metrics", {name: number(value) for name, value in answer.metrics.items()})
    yield from bullets(page, "related runs", map(_related, answer.related))
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


def _related(run: RelatedRun) -> str:
    step = "" if run.step is None else f" at step {run.step}"
    return f"{run.role} {run.reference}{step}: {run.name}, {run.state}"


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
        f"with uncommitted changes ({short(code.diff)})" if code.diff else "",
        f"with untracked sources ({short(code.untracked)})" if code.untracked else "",
        f"{count(code.masked_secrets, 'secret')} masked" if code.masked_secrets else "",
    )
    return ", ".join(each for each in parts if each)


def _runtime(runtime: Runtime) -> str:
    parts = (
        f"{runtime.implementation or 'Python'} {runtime.python}".strip(),
        count(len(runtime.packages), "package"),
        runtime.platform,
    )
    return ", ".join(each for each in parts if each)


def _hardware(runtime: Runtime) -> str:
    hardware = runtime.hardware
    parts = (
        hardware.processor or hardware.machine,
        count(hardware.core_count, "core") if hardware.core_count else "",
        f"{size(hardware.memory_bytes)} memory" if hardware.memory_bytes else "",
        *hardware.accelerators,
    )
    return ", ".join(each for each in parts if each)


def _seeds(run: Run) -> str:
    return ", ".join(f"{name}={value}" for name, value in {**run.seeds.set, **run.seeds.flags}.items())
