"""``lineal run``: record a program, unchanged."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.objects.errors import Invalid, LinealError, NotFound

if TYPE_CHECKING:
    from lineal.client.connect import Repository
    from lineal.operations.answers.models import RunAnswer

_GAPS_SHOWN = 5


def _add_arguments(parser: Parser) -> None:
    parser.usage = "lineal run [--name NAME] [--] PROGRAM [ARGUMENTS …]"
    parser.add_argument("--name", default="", metavar="NAME", help="what to call the run; by default after the program")


def _run(context: Context, options: argparse.Namespace) -> int:
    from lineal.client.recorder import record, record_for_later  # noqa: PLC0415 - help does without it

    program = context.settings.program
    if not program:
        raise Invalid("lineal run needs a program", hint="for example: lineal run -- python train.py --depth 6")
    try:
        repository = _repository(context)
    except (Invalid, NotFound):
        raise  # what was asked for is not there: the program has not run, and nothing is lost
    except (LinealError, OSError) as error:
        root = _root(context)
        answer = record_for_later(root, error, program, name=options.name, variables=context.variables)
    else:
        with repository:
            answer = record(
                repository,
                program,
                name=options.name,
                variables=context.variables,
                tell=lambda sentence: context.talk(f"lineal: {sentence}"),
                meanwhile=(lambda: None) if context.settings.quiet else _prepare,
            )
            if answer.run is not None:
                # Not before: the program need not wait for what others left behind.
                context.deliver(repository)
    if context.settings.json:
        context.data(answer)
    for line in summary(answer) if answer.id and not context.settings.quiet else ():
        context.talk(line)
    status: int | None = answer.exit_status_of_program
    return 1 if status is None else status


def _prepare() -> None:
    """Import what the summary needs while the program runs, so that nobody waits for it at the end."""
    import_module("lineal.cli.render.runs")


def _repository(context: Context) -> Repository:
    """Return the repository; the first run in a project makes it."""
    from lineal.client.connect import init  # noqa: PLC0415

    try:
        return context.find()
    except NotFound:
        if context.settings.repository or context.variables.get("LINEAL_REPOSITORY"):
            raise
    made = init(".")
    context.talk(f"lineal: made a repository in {made.store.root}")
    return made


def _root(context: Context) -> Path:
    """Return where the repository is that cannot be opened, or would be."""
    from lineal.client.connect import find  # noqa: PLC0415
    from lineal.storage.repository import DIRECTORY  # noqa: PLC0415

    try:
        return find(context.settings.repository or context.variables.get("LINEAL_REPOSITORY", ""))
    except LinealError:
        return Path.cwd() / DIRECTORY


def summary(answer: RunAnswer) -> list[str]:
    """Return what is said after a run: what was seen, what was not, and what to do next."""
    from lineal.cli.render.runs import ending  # noqa: PLC0415
    from lineal.cli.render.units import count, metrics  # noqa: PLC0415

    seen = answer.run
    files = [count(len(seen.inputs), "input"), count(len(seen.outputs), "output")] if seen else []
    counts = [*files, count(len(answer.params), "parameter"), count(len(answer.metrics), "metric")]
    lines = [f"lineal: {answer.reference} {ending(answer)}: {', '.join(counts)}"]
    if answer.metrics:
        lines.append(f"lineal: {metrics(answer.metrics, limit=5)}")
    gaps = seen.gaps if seen else ()
    lines += [f"lineal: not seen: {each}" for each in gaps[:_GAPS_SHOWN]]
    if len(gaps) > _GAPS_SHOWN:
        lines.append(f"lineal: not seen: {len(gaps) - _GAPS_SHOWN} more")
    short = answer.name if answer.name and " " not in answer.name else answer.id
    does_register = answer.state == "finished" and bool(seen and seen.outputs)
    lines.append(f"next: lineal {f'model register run:{short} --name NAME' if does_register else f'show run:{short}'}")
    return lines


RUN = Command(
    words="run",
    description="Run a program as it is, and record what made its outputs: the files it read and wrote, the commit and "
    "what was changed since, arguments, parameters, packages, hardware, seeds, output and metrics.\n\n"
    "It exits with the program's own exit status. The program's output passes through unchanged; with --json the "
    "run is the last line of standard output.",
    add_arguments=_add_arguments,
    run=_run,
)
