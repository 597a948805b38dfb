"""Models, their versions and their cards, as people read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lineal.checks.bump.changes import changes_said
from lineal.cli.render import golden, outside, scans, structures, verdicts
from lineal.cli.render.page import Page
from lineal.cli.render.runs import many as runs_in_lines
from lineal.cli.render.units import ago, count, metrics, moment, number, scalar, when
from lineal.formats.cards.sections import HUMAN
from lineal.objects.digest import short
from lineal.objects.outside_evaluations import OutsideEvaluation
from lineal.objects.replays import AnswerChanges, Golden, Replay
from lineal.objects.runs import ModelFacts
from lineal.objects.scans import Scan
from lineal.objects.statements import (
    Approval,
    Bump,
    CardEdit,
    Evaluation,
    GateReport,
    Observation,
    Sighting,
    Signature,
    Statement,
)
from lineal.objects.structures import Structure
from lineal.objects.versions import DataUse, Version
from lineal.operations.answers.models import CardAnswer, ModelAnswer, VersionAnswer, VersionLine
from lineal.operations.answers.questions import Found
from lineal.operations.answers.run_sections import made_by

_DATA_SHOWN = 20
_STATEMENTS_SHOWN = 12
_FINDINGS_SHOWN = 8


def one(answer: VersionAnswer, page: Page) -> Iterator[str]:
    """Yield everything that is known of a version of a model."""
    version = answer.version
    aliases = "".join(f" @{each}" for each in answer.aliases)
    yield f"{page.title(answer.reference)}  {answer.stage}{aliases}"
    yield from page.facts(
        (
            ("digest", answer.digest),
            ("made by", answer.run),
            ("registered", f"{when(answer.created_at, page.now)} by {answer.created_by}"),
            ("number", f"{answer.number} of {answer.model}"),
            ("model", _model(version, answer.facts)),
            ("parent", version.parent or ""),
        )
    )
    yield from _scan(answer.statements, page)
    yield from _bump(answer, page)
    yield from golden.of_version(answer.statements, page)
    yield from structures.of_version(answer.statements, page)
    yield from page.bullets("data", _data(version.data, answer.datasets))
    yield from page.mapping("parameters", {name: scalar(value) for name, value in version.params.items()})
    yield from page.mapping("metrics of the run", {name: number(value) for name, value in version.metrics.items()})
    if evaluation := _newest_evaluation(answer.statements):
        yield f"  {page.title('newest evaluation')}"
        yield from verdicts.results(evaluation, page, indent="    ")
    yield from outside.of_version(answer.statements, page)
    # How it got its number, and what it is built of, is told above.
    if said := [each for each in _newest(answer.statements) if not isinstance(each.predicate, Bump | Structure)]:
        yield f"  {page.title('said of it')} (newest first)"
        yield from page.table(("WHEN (UTC)", "BY", "WHAT"), _said(said, page), indent="    ")
    yield from page.bullets("deployments", answer.deployments)


def lines(versions: Sequence[VersionLine], page: Page, indent: str = "") -> Iterator[str]:
    """Yield a table of versions."""
    # A list of one model knows what the scans said; one of many does not ask.
    has_scans = any(each.scan for each in versions)
    yield from page.table(
        (
            "VERSION",
            "STAGE",
            "ALIASES",
            "METRICS",
            *(("SCAN",) if has_scans else ()),
            "REGISTERED (UTC)",
            "BY",
            "DIGEST",
        ),
        (
            (
                each.reference,
                each.stage,
                " ".join(f"@{alias}" for alias in each.aliases),
                metrics(each.metrics, limit=4),
                *((each.scan or "not scanned",) if has_scans else ()),
                f"{moment(each.created_at)} ({ago(each.created_at, page.now)})",
                each.created_by,
                short(each.digest),
            )
            for each in versions
        ),
        indent=indent,
    )


def model(answer: ModelAnswer, page: Page) -> Iterator[str]:
    """Yield a model and all its versions."""
    yield f"{page.title(answer.reference)}  {count(answer.version_count, 'version')}"
    yield from page.facts(
        (
            *((f"in {stage}", reference) for stage, reference in answer.stages.items()),
            ("created", f"{when(answer.created_at, page.now)} by {answer.created_by}"),
        )
    )
    yield from lines(answer.versions, page, indent="  ")


def models(answers: Sequence[ModelAnswer], page: Page) -> Iterator[str]:
    """Yield a table of models."""
    yield from page.table(
        ("MODEL", "VERSIONS", "STANDS", "CREATED (UTC)", "BY"),
        (
            (
                each.reference,
                f"{each.version_count:,}",
                ", ".join(f"{stage}: {reference}" for stage, reference in each.stages.items() if reference),
                f"{moment(each.created_at)} ({ago(each.created_at, page.now)})",
                each.created_by,
            )
            for each in answers
        ),
        right=("VERSIONS",),
    )


def card(answer: CardAnswer, page: Page) -> Iterator[str]:
    """Yield a card as it is, ready to be written to a file."""
    del page
    yield from answer.text.rstrip("\n").splitlines()


def card_states(answer: CardAnswer, page: Page) -> Iterator[str]:
    """Yield how each section that people write stands, and since what it is stale."""
    shown = {name: state for name, state in answer.sections.items() if state != "missing" or not HUMAN[name].profile}
    rows = [(name, state, "; ".join(answer.changes.get(name, ()))) for name, state in shown.items()]
    yield page.title(answer.reference)
    yield from page.table(("SECTION", "STATE", "WHAT CHANGED"), rows, indent="  ")


def _model(version: Version, facts: ModelFacts) -> str:
    made = made_by(facts)
    shape = f"{count(len(facts.inputs), 'input column')}" if facts.inputs else ""
    return ", ".join(each for each in (version.main_file, made, shape) if each)


def _data(uses: Sequence[DataUse], datasets: Mapping[str, str]) -> Iterator[str]:
    for each in uses[:_DATA_SHOWN]:
        known = datasets.get(each.dataset or "") or (f"dataset {short(each.dataset)}" if each.dataset else "")
        yield f"{each.path}  {known or f'file {short(each.digest)}'}"
    if len(uses) > _DATA_SHOWN:
        yield f"… {len(uses) - _DATA_SHOWN:,} more; --json lists them all"


def _newest(statements: Sequence[Statement]) -> list[Statement]:
    return sorted(statements, key=lambda each: each.at, reverse=True)


def _newest_evaluation(statements: Sequence[Statement]) -> Evaluation | None:
    found = (each.predicate for each in _newest(statements))
    return next((each for each in found if isinstance(each, Evaluation)), None)


def _scan(statements: Sequence[Statement], page: Page) -> Iterator[str]:
    """Yield what is wrong with the files, the worst first; that nothing is, is said among the statements."""
    found = next((each.predicate for each in _newest(statements) if isinstance(each.predicate, Scan)), None)
    if found is not None and found.outcome != "clean":
        yield f"  {page.title('scan of its files')}: {scans.outcome(found.outcome, page)}"
        for each in found.findings[:_FINDINGS_SHOWN]:
            yield from scans.finding(each, page)
        if (left := len(found.findings) - _FINDINGS_SHOWN + found.left_out) > 0:
            yield f"  … {count(left, 'more finding')}; lineal model scan says them all"


def _bump(answer: VersionAnswer, page: Page) -> Iterator[str]:
    """Yield why the version has its number; the same bytes may have got others, with reasons of their own."""
    found = [each.predicate for each in _newest(answer.statements) if isinstance(each.predicate, Bump)]
    bump = next((each for each in found if each.semantic == answer.semantic), found[0] if found else None)
    if bump is None:
        return
    since = f", {bump.level} after {bump.previous}" if bump.previous else ""
    why = (f"overridden because {bump.overridden_because}",) if bump.overridden_because else ()
    yield from page.bullets(f"why {bump.semantic}{since}", (*why, *bump.findings))
    if bump.pre_release:
        changed = bump.since_pre_release or ("nothing: it became the release",)
        yield from page.bullets(f"since {bump.pre_release}", changed)


def _said(statements: Sequence[Statement], page: Page) -> Iterator[tuple[str, str, str]]:
    for each in statements[:_STATEMENTS_SHOWN]:
        yield f"{moment(each.at)} ({ago(each.at, page.now)})", each.by, sentence(each)


def _card_edit(said: CardEdit) -> str:
    verb = "confirmed" if said.is_confirmed else "edited"
    return f"its card was {verb}" + (f": {', '.join(said.sections)}" if said.sections else "")


_PLAIN: dict[type, Callable[[Any], str]] = {
    CardEdit: _card_edit,
    Sighting: lambda _: "its source held exactly this",
    Structure: lambda _: "its files were read",
    Signature: lambda _: "its files were signed; lineal verify says by whom",
    Scan: scans.summary,
    OutsideEvaluation: outside.summary,
    Golden: golden.golden_summary,
    Replay: golden.replay_summary,
    AnswerChanges: changes_said,
}


def sentence(statement: Statement) -> str:
    """Return a statement in one line."""
    match statement.predicate:
        case Evaluation() as said:
            return f"evaluated: {verdicts.summary(said)}"
        case GateReport() as said:
            failed = [each.check for each in said.verdicts if each.outcome in {"fail", "inconclusive"}]
            return f"gate of {said.stage}: {said.outcome}" + (f" ({', '.join(failed)})" if failed else "")
        case Approval() as said:
            return f"approved for {said.stage}" + (f": {said.comment}" if said.comment else "")
        case Bump() as said:
            return f"became {said.semantic}"
        case Observation() as said:
            health = "healthy" if said.healthy else "not healthy"
            return f"seen at {said.deployment}: {health}, {count(said.request_count, 'request')}"
        case said:
            return _PLAIN[type(said)](said)


def found(answer: Found, page: Page) -> Iterator[str]:
    """Yield the versions and the runs that a search found, one a line."""
    yield from lines(answer.versions, page)
    yield from runs_in_lines(answer.runs, page)
