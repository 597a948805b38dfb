"""Runs as people read them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from lineal.cli.render.page import Page, plain
from lineal.cli.render.units import ago, duration, metrics, moment, number, size, when
from lineal.objects.digest import short
from lineal.operations.answers.models import RunAnswer
from lineal.operations.answers.run_sections import sections_of
from lineal.operations.answers.sections import Cell, Link, Measured, Section, Sha, Size
from lineal.operations.answers.tracking import ExperimentAnswer, Forgotten

_ROWS_SHOWN = 40
"""A run that wrote thousands of files shows so many; ``--json`` has them all."""

_COLUMNS_SHOWN = 6

_STATE_TONES = {"finished": "good", "running": "doubtful"}

_PRINTED = {"stdout": "what it printed", "stderr": "its errors"}


def one(answer: RunAnswer, page: Page) -> Iterator[str]:
    """Yield everything that is known of a run."""
    tone = _STATE_TONES.get(answer.state, "bad")
    yield f"{page.title(answer.reference)}  {page.paint(ending(answer), tone)}"
    yield from page.facts(
        (
            ("name", answer.name),
            ("command", shlex.join(answer.command)),
            ("directory", answer.run.directory if answer.run else ""),
            ("started", f"{when(answer.started_at, page.now)} by {_by(answer)}"),
            ("took", duration(answer.ended_at - answer.started_at) if answer.ended_at else ""),
            ("within", f"run:{answer.parent}" if answer.parent else ""),
            ("digest", answer.digest or ""),
            ("seen by", answer.run.capture_level if answer.run else ""),
        )
    )
    for section in sections_of(answer):
        yield from _section(section, page)
    for stream, text in answer.printed.items():
        yield f"  {page.title(_PRINTED[stream])}"
        yield from (f"    {plain(line)}".rstrip() for line in text.splitlines())


def _section(section: Section, page: Page) -> Iterator[str]:
    """Yield a section: facts, a table, or sentences where it has one column without a name."""
    remark = f" ({section.remark})" if section.remark else ""
    title = page.paint(section.title, section.tone) if section.tone else page.title(section.title)
    yield f"  {title}{remark}"
    rows = [[_cell(cell) for cell in row] for row in section.rows]
    if section.header == ("",):
        for row in rows:
            yield from page.wrapped(f"- {row[0]}", indent="    ", hanging="  ")
        return
    if section.is_list:
        yield from page.wrapped(", ".join(" ".join(each for each in row if each) for row in rows), indent="    ")
        return
    if not section.header or not any(any(row[2:]) for row in rows):
        # A column of names and one of values need no heads.
        yield from page.facts(((row[0], row[1]) for row in rows[:_ROWS_SHOWN]), indent="    ")
    else:
        yield from page.table(section.header, rows[:_ROWS_SHOWN], indent="    ", right=("SIZE",), whole=("WHAT",))
    if len(rows) > _ROWS_SHOWN:
        yield f"    … {len(rows) - _ROWS_SHOWN:,} more; --json lists them all"


def _cell(cell: Cell) -> str:
    match cell:
        case Size():
            return size(cell.size_bytes)
        case Sha():
            return short(cell.digest)
        case Measured():
            return number(cell.value)
        case Link():
            return cell.text or cell.reference
        case _:
            return cell


def many(answers: Sequence[RunAnswer], page: Page) -> Iterator[str]:
    """Yield a table of runs."""
    yield from page.table(
        ("RUN", "NAME", "STATE", "STARTED (UTC)", "TOOK", "BY", "METRICS"),
        (
            (
                each.reference,
                f"└ {each.name}" if is_within else each.name,
                ending(each),
                f"{moment(each.started_at)} ({ago(each.started_at, page.now)})",
                duration(each.ended_at - each.started_at) if each.ended_at else "",
                each.started_by,
                metrics(each.metrics, limit=4),
            )
            for each, is_within in _nested(answers)
        ),
        right=("TOOK",),
    )


def _nested(answers: Sequence[RunAnswer]) -> Iterator[tuple[RunAnswer, bool]]:
    """Yield runs in their order, each right above those that were started within it, and whether it is one of those."""
    here = {each.id for each in answers}
    within: dict[str, list[RunAnswer]] = {}
    for each in answers:
        if each.parent in here:
            within.setdefault(each.parent, []).append(each)
    stack = [(each, False) for each in reversed(answers) if each.parent not in here]
    while stack:
        each, is_within = stack.pop()
        yield each, is_within
        stack += [(inner, True) for inner in reversed(within.get(each.id, []))]


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


def forgotten(answer: Forgotten, page: Page) -> Iterator[str]:
    """Yield what went."""
    yield f"{page.title(answer.reference)}  was removed because {answer.reason}"
    counts = (("runs", answer.runs), ("logged models", answer.logged_models), ("files", answer.files))
    yield from page.facts((*((name, f"{count:,}") for name, count in counts), ("by", answer.forgotten_by)))


def ending(answer: RunAnswer) -> str:
    """Return how a run ended, with the exit status or signal when it did not go well."""
    status = answer.exit_status_of_program
    if answer.state in {"running", "finished"} or status is None:
        return answer.state
    return f"{answer.state} (signal {-status})" if status < 0 else f"{answer.state} (exit status {status})"


def _by(answer: RunAnswer) -> str:
    return f"{answer.started_by} on {answer.host}" if answer.host else answer.started_by
