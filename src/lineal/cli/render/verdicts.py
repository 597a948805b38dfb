"""What gates, promotions and evaluations say, as people read it. The words carry the meaning; colours repeat it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lineal.cli.render.page import Page, plain
from lineal.cli.render.units import count, duration, number
from lineal.formats import costs
from lineal.objects.canonical import Number
from lineal.objects.statements import Evaluation, Outcome, SliceResult, Verdict
from lineal.operations.answers.models import EvaluationAnswer, GateAnswer, Promotion

_SIGNS: dict[Outcome, tuple[str, str]] = {
    "pass": ("✓", "good"),
    "warn": ("!", "doubtful"),
    "fail": ("✗", "bad"),
    "inconclusive": ("?", "doubtful"),
}
"""Each outcome's sign and tone."""


def gate(answer: GateAnswer, page: Page) -> Iterator[str]:
    """Yield what the gate of a stage says of a version."""
    against = f", compared with {answer.champion}" if answer.champion else ""
    yield f"{page.title(f'{answer.reference} before {answer.stage}')}{against}: {outcome(answer.outcome, page)}"
    yield from verdicts(answer.verdicts, page)


def promotion(answer: Promotion, page: Page) -> Iterator[str]:
    """Yield what became of a promotion."""
    yield f"{page.title(answer.reference)}  {answer.before} → {answer.stage}"
    yield from page.facts(
        (("archived", answer.archived), ("forced", answer.forced_because and f"because {answer.forced_because}"))
    )
    if answer.verdicts:
        yield f"  gate: {outcome(answer.outcome, page)}"
        yield from verdicts(answer.verdicts, page)


def verdicts(found: Sequence[Verdict], page: Page) -> Iterator[str]:
    """Yield a line for each verdict: its sign, its word, the check and why."""
    words = max((len(each.outcome) for each in found), default=0)
    names = max((len(each.check) for each in found), default=0)
    for each in found:
        sign, tone = _SIGNS[each.outcome]
        lead = f"  {sign} {each.outcome.ljust(words)}  {plain(each.check).ljust(names)}  "
        lines = list(page.wrapped(each.reason, indent=" " * len(lead))) or [lead]
        yield page.paint(lead.rstrip(), tone) + " " * (len(lead) - len(lead.rstrip())) + lines[0][len(lead) :]
        yield from lines[1:]


def outcome(word: Outcome, page: Page) -> str:
    """Return an outcome with its sign."""
    sign, tone = _SIGNS[word]
    return page.paint(f"{sign} {word}", tone)


def evaluation(answer: EvaluationAnswer, page: Page) -> Iterator[str]:
    """Yield how a version did, overall and on each subgroup."""
    yield f"{page.title(answer.reference)} on {answer.dataset}"
    yield from page.facts(
        (
            ("task", _task(answer.evaluation)),
            ("rows", f"{answer.evaluation.overall.row_count:,}"),
            (
                "queries",
                f"{queries:,} with something to find" if (queries := answer.evaluation.overall.query_count) else "",
            ),
            ("environment", answer.environment),
            ("took", duration(answer.evaluation.duration_ms)),
        )
    )
    yield from results(answer.evaluation, page)
    for each in answer.notes:
        yield from page.wrapped(f"note: {each}", indent="  ")


def results(found: Evaluation, page: Page, indent: str = "  ") -> Iterator[str]:
    """Yield a table of metrics, a row for all rows with the 95 % intervals and one for each subgroup; and what it costs."""
    overall = found.overall
    yield from page.table(
        ("METRIC", "VALUE", "95 % INTERVAL"),
        ((name, number(value), _interval(overall, name)) for name, value in overall.metrics.items()),
        indent=indent,
        right=("VALUE",),
    )
    if found.slices:
        yield f"{indent}{page.title('subgroups')} ({len(found.slices)})"
        yield from _subgroups(found, page, indent)
    if found.cost:
        yield f"{indent}{page.title('costs')}"
        yield from page.facts(costs.facts(found.cost), indent=indent + "  ")


_MOST_ASKED = (
    "accuracy",
    "recall",
    "precision",
    "selection_rate",
    "f1",
    "auc",
    "rmse",
    "mae",
    "r2",
    "ndcg@10",
    "map",
    "mrr",
)
"""The metrics that come first where not all fit."""


def _subgroups(found: Evaluation, page: Page, indent: str) -> Iterator[str]:
    """Yield a table of subgroups, with as many metrics as fit the page; four digits tell subgroups apart."""
    groups = [f"{each.feature}={each.value}" for each in found.slices]
    space = page.width - len(indent) - max(map(len, groups)) - len("  1,000,000")
    names: list[str] = []
    for name in _ordered(found.overall.metrics):
        space -= 2 + max(len(name), 7)
        if space >= 0 or not names:
            names.append(name)
    yield from page.table(
        ("SUBGROUP", "ROWS", *names),
        (
            (group, f"{each.row_count:,}", *(_brief(each.metrics.get(name, "")) for name in names))
            for group, each in zip(groups, found.slices, strict=True)
        ),
        indent=indent,
        right=("ROWS", *names),
    )
    if left := len(found.overall.metrics) - len(names):
        yield f"{indent}… {count(left, 'more metric')}; --json has them all"


def _ordered(metrics: Mapping[str, Number]) -> list[str]:
    asked = [each for each in _MOST_ASKED if each in metrics]
    return asked + [each for each in metrics if each not in asked]


def _brief(value: Number) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"


def _interval(result: SliceResult, name: str) -> str:
    if name not in result.intervals:
        return ""
    low, high = result.intervals[name]
    return f"{number(low)} to {number(high)}"


def _task(found: Evaluation) -> str:
    if found.task == "other":
        return f"numbers of {found.function}"
    if found.query:
        return f"ranking by {found.label} within {found.query}"
    positive = f", {found.positive} is positive" if found.positive else ""
    return f"{found.task} of {found.label}{positive}"


def summary(found: Evaluation) -> str:
    """Return an evaluation in one line."""
    values = found.overall.metrics
    shown = ", ".join(f"{name} {_brief(values[name])}" for name in _ordered(values)[:3])
    return f"{shown} on {count(found.overall.row_count, 'row')}, {count(len(found.slices), 'subgroup')}"
