"""What a commit of the registry's record asks for, as people, pull requests and pipelines read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from lineal.cli.render.page import Page
from lineal.cli.render.reports import printable
from lineal.operations.answers.registry import RecordLine, Wish

_WORDS = {"made": "✅ made", "wanted": "➡️ wanted", "refused": "❌ refused", "conflict": "⚠️ conflict"}


def _where(wish: Wish) -> str:
    return f"{wish.kind} {wish.name}"


def _what(wish: Wish) -> str:
    return wish.reference if wish.version else f"nothing of {wish.model}"


def many(answers: Sequence[Wish], page: Page) -> Iterator[str]:
    """Yield a table of wishes."""
    rows = ((_what(each), _where(each), each.state, each.detail.replace("\n", " ")) for each in answers)
    yield from page.table(("VERSION", "TO", "STATE", "WHY"), rows)


def recorded(answers: Sequence[RecordLine], page: Page) -> Iterator[str]:
    """Yield a table of models' files."""
    yield from page.table(("MODEL", "FILE", "COMMIT"), ((each.model, each.state, each.commit[:12]) for each in answers))


def markdown(wishes: Sequence[Wish], commit: str, by: str) -> str:
    """Return wishes as Markdown, for a pull request or the summary of a job."""
    lines = [f"### Moves of commit `{commit[:12]}`, as {_cell(by)}", ""]
    if not wishes:
        return "\n".join([*lines, "It asks for nothing that is not so already.", ""])
    lines += ["| what came of it | version | to | why |", "|---|---|---|---|"]
    lines += (
        f"| {_WORDS.get(each.state, each.state)} | `{_what(each)}` | {_where(each)} | {_cell(each.detail)} |"
        for each in wishes
    )
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", "<br>")


def junit(wishes: Sequence[Wish], commit: str) -> str:
    """Return wishes as JUnit's XML: a failure for what a gate refused, an error for a conflict."""
    failures, errors = (sum(each.state == state for each in wishes) for state in ("refused", "conflict"))
    head = f'name={quoteattr(f"git apply {commit[:12]}")} tests="{len(wishes)}" failures="{failures}" errors="{errors}" skipped="0"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites {head}>", f"<testsuite {head}>"]
    for each in wishes:
        name, why = printable(f"{_what(each)} to {_where(each)}"), printable(each.detail)
        lines.append(f'<testcase classname="lineal.git" name={quoteattr(name)} time="0">')
        if tag := {"refused": "failure", "conflict": "error"}.get(each.state):
            lines.append(f"<{tag} type={quoteattr(each.state)} message={quoteattr(why)}>{escape(why)}</{tag}>")
        else:
            lines.append(f"<system-out>{escape(f'{each.state}: {why}')}</system-out>")
        lines.append("</testcase>")
    return "\n".join([*lines, "</testsuite>", "</testsuites>"]) + "\n"
