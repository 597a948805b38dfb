"""``lineal gate``: what the gate of a stage says of a version, for people and for pipelines."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.objects.errors import Invalid, NotFound

_DESCRIPTION = (
    "Ask what the gate of a stage would say of a version, and move nothing. The exit status is 0 when it may pass\n"
    "(pass, warn) and 5 when it may not (fail, inconclusive), as that of a promotion would be."
)
_POLICY = "lineal.toml"


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("version", metavar="VERSION", nargs="?", default="", help="the version")
    parser.add_argument("--to", metavar="TO", default="production", help="the stage; default production")
    parser.add_argument("--policy", metavar="FILE", default="", help="try this policy instead of the repository's own")
    parser.add_argument("--dry-run", action="store_true", help="only report: exit with 0 whatever the gate says")
    parser.add_argument("--junit", metavar="FILE", default="", help="write the verdicts as JUnit's XML")
    parser.add_argument("--markdown", metavar="FILE", default="", help="write them as Markdown, for a pull request")
    parser.add_argument(
        "--annotations",
        choices=("github", "gitlab"),
        help="github: workflow commands on standard error; gitlab: a code quality report on standard output",
    )
    parser.add_argument(
        "--explain", metavar="CHECK", nargs="?", const="", help="say what a check does and takes, or every check"
    )


def _run(context: Context, options: argparse.Namespace) -> int:
    if options.explain is not None:
        context.out.writelines(f"{line}\n" for line in _explained(options.explain, context.width))
        return 0
    if not options.version:
        raise Invalid("lineal gate needs a version", hint="lineal gate churn:1.2.0; --explain tells of the checks")
    given = _read(options.policy) if options.policy else ""
    if options.policy and not given.strip():
        raise Invalid(f"{options.policy} asks for nothing", hint="write a [[gate.STAGE]] in it")
    with context.connect() as repository:
        answer = repository.gate(options.version, to=options.to, policy=given)
        root = getattr(getattr(repository, "store", None), "root", None)
    from lineal.cli.render import reports  # noqa: PLC0415 - people at a terminal need none of them

    _write(options.junit, reports.junit(answer))
    _write(options.markdown, reports.markdown(answer))
    path, lines = _policy_lines(options.policy, root, options.to)
    if options.annotations == "gitlab":
        from lineal.cli.render.answers import render  # noqa: PLC0415

        context.out.write(reports.gitlab(answer, path, lines))
        context.talk("\n".join(render(answer, context.page())))
    else:
        context.answer(answer)
    if options.annotations == "github":
        context.err.writelines(f"{line}\n" for line in reports.github(answer, path, lines))
    if not answer.exit_status:
        context.talk(f"next: lineal promote {answer.reference} --to {answer.stage}")
    return 0 if options.dry_run else answer.exit_status


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFound(f"there is no file {path}", hint="--policy with a file like lineal.toml") from None
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} cannot be read: {error}", hint="it must be UTF-8 text") from None


def _write(path: str, text: str) -> None:
    if not path:
        return
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Invalid(
            f"{path} cannot be written: {error.strerror}", hint="name a file in a directory that is there"
        ) from None


def _policy_lines(given: str, root: Path | None, stage: str) -> tuple[str, list[int]]:
    """Return the path of the policy from here, and the line of each check of a stage, where the file is at hand."""
    from lineal.checks.policies.lines import check_lines  # noqa: PLC0415

    path = Path(given) if given else (root.parent if root else Path()) / _POLICY
    try:
        lines = check_lines(path.read_text(encoding="utf-8"), stage)
    except (OSError, UnicodeDecodeError):
        lines = []
    return os.path.relpath(path), lines


def _explained(name: str, width: int) -> Iterator[str]:
    """Yield what a check does and takes; a line for each where none is named."""
    from lineal.checks.check import checks  # noqa: PLC0415
    from lineal.checks.explaining import explain  # noqa: PLC0415
    from lineal.cli.render.page import Page  # noqa: PLC0415
    from lineal.operations.references import near  # noqa: PLC0415

    page = Page(width=width, now=0)
    known = checks()
    if not name:
        space = max(map(len, known))
        yield from (f"{each.ljust(space)}  {explain(kind).question}" for each, kind in known.items())
        yield "lineal gate --explain CHECK tells more"
        return
    if name not in known:
        raise NotFound(f"no check is called {name!r}", hint=near(name, known, "lineal gate --explain lists them"))
    found = explain(known[name])
    yield f"{found.name}: {found.question}"
    for paragraph in found.text.replace("``", "").split("\n\n"):
        yield from page.wrapped(" ".join(paragraph.split()))
    yield from page.table(
        ("OPTION", "TYPE", "DEFAULT", "WHAT IT SAYS"),
        [(each.name, each.type, each.default, each.text) for each in found.options],
        indent="  ",
    )


GATE = Command(words="gate", description=_DESCRIPTION, add_arguments=_add_arguments, run=_run)
