"""What other tools measured of a version, as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lineal.cli.render.page import Page
from lineal.cli.render.units import count, number
from lineal.objects.digest import short
from lineal.objects.outside_evaluations import OutsideEvaluation, OutsideResult
from lineal.objects.statements import Statement
from lineal.operations.answers.models import OutsideEvaluationAnswer

_SHOWN = 40
_NOTES_SHOWN = 8
_TOOLS_SHOWN = 5


def one(answer: OutsideEvaluationAnswer, page: Page) -> Iterator[str]:
    """Yield what was kept."""
    found = answer.evaluation
    yield f"{page.title(answer.reference)} by {source(found)}"
    yield from page.facts(
        (
            ("measured", found.model),
            ("dataset", answer.dataset or "bound to none"),
            ("it says", found.dataset_said),
            ("files", found.tree),
        )
    )
    yield from results(found, page)


def of_version(statements: Sequence[Statement], page: Page) -> Iterator[str]:
    """Yield the newest result of each tool and format among what was said of a version."""
    newest: dict[tuple[str, str], OutsideEvaluation] = {}
    for each in sorted(statements, key=lambda each: each.at, reverse=True):
        if isinstance(found := each.predicate, OutsideEvaluation):
            newest.setdefault((found.tool, found.format), found)
    for found in list(newest.values())[:_TOOLS_SHOWN]:
        bound = f"dataset {short(found.dataset)}" if found.dataset else "bound to no dataset"
        yield f"  {page.title(f'measured by {source(found)}')}, {bound}"
        yield from results(found, page, indent="    ")


def results(found: OutsideEvaluation, page: Page, indent: str = "  ") -> Iterator[str]:
    """Yield a table of metrics, and what was not taken over."""
    rows = [(each, name) for each in found.results for name in each.metrics]
    yield from page.table(
        ("OF", "METRIC", "VALUE", "ERROR", "ROWS"),
        (
            (
                _of(each),
                name,
                number(each.metrics[name]),
                _error(each, name),
                f"{each.row_count:,}" if each.row_count else "",
            )
            for each, name in rows[:_SHOWN]
        ),
        indent=indent,
        right=("VALUE", "ROWS"),
    )
    if left := len(rows) - _SHOWN:
        yield from (f"{indent}… {count(left, 'more metric')}; --json has them all",) if left > 0 else ()
    for note in found.notes[:_NOTES_SHOWN]:
        yield from page.wrapped(f"{indent}{note}", indent=indent + "  ")
    if (left := len(found.notes) - _NOTES_SHOWN) > 0:
        yield f"{indent}… {count(left, 'more note')}; --json has them all"


def summary(found: OutsideEvaluation) -> str:
    """Return a result in one line."""
    first = found.results[0]
    shown = ", ".join(f"{_of(first)} {name} {number(value)}".strip() for name, value in list(first.metrics.items())[:3])
    rest = len(found.results) - 1
    return f"{source(found)} measured {shown}" + (f" and {count(rest, 'more result')}" if rest else "")


def source(found: OutsideEvaluation) -> str:
    """Return who measured."""
    return f"{found.tool} {found.tool_version}".strip()


def _of(result: OutsideResult) -> str:
    group = f"{result.feature}={result.value}" if result.feature else ""
    return " ".join(filter(None, (result.task, group))) or "all"


def _error(result: OutsideResult, name: str) -> str:
    if ends := result.intervals.get(name):
        return f"{number(ends[0])} to {number(ends[1])}"
    if name in result.standard_errors:
        return f"± {number(result.standard_errors[name])}"
    if hits := result.shares.get(name):
        return f"{hits[0]:,} of {hits[1]:,}"
    return ""
