"""Gather what stands on a card: everything that is known of a version, as it is now."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import msgspec

from lineal.checks.bump.changes import changes_said
from lineal.checks.policies.tables import CardPolicy
from lineal.formats.cards.facts import (
    ApprovalFact,
    Card,
    CardFacts,
    CheckFact,
    DataFact,
    DeploymentFact,
    EdgeFact,
    FileFact,
    GateFact,
    Labels,
    LineageFact,
    NodeFact,
    OutsideFact,
    ReleaseFact,
)
from lineal.objects import versions
from lineal.objects.canonical import decode
from lineal.objects.datasets import DatasetVersion
from lineal.objects.digest import short
from lineal.objects.errors import Invalid
from lineal.objects.outside_evaluations import OutsideEvaluation
from lineal.objects.runs import Code, Runtime
from lineal.objects.statements import Approval, Bump, Evaluation, GateReport, Statement
from lineal.objects.versions import DataUse, Version
from lineal.operations.answers.lineage import Lineage
from lineal.operations.asking.lineage import around
from lineal.operations.references import Row, version_reference
from lineal.operations.statements import bump_of, said, statements_about
from lineal.operations.versioning.bumps import version_before
from lineal.operations.versioning.changes import changes_known
from lineal.operations.versioning.evidence import section_states
from lineal.operations.versioning.models import dataset_name, version_aliases, version_of
from lineal.operations.versioning.policies import policy_of
from lineal.storage.store import Store

_FILES_MAX, _NODES_MAX, _DEPTH, _RELEASES_MAX, _DEPLOYMENTS_MAX = 1_000, 60, 8, 200, 50


def card_of(store: Store, row: Row) -> Card:
    """Return the whole card of the version of a row."""
    version = version_of(store, row)
    evaluated = said(store, row["digest"], Evaluation)
    evaluation = evaluated[0][1] if evaluated else None
    policy = card_policy(store)
    written = store.get_object(row["card"], versions.Card).sections if row["card"] else {}
    return Card(
        facts=_facts(store, row, version, evaluated[0] if evaluated else None, policy),
        written=written,
        states=section_states(store, row, version, evaluation),
        profiles=policy.profiles,
        base=row["card"] or "",
    )


def card_policy(store: Store) -> CardPolicy:
    """Return what the policy says of cards; a policy that cannot be read says nothing, for a card must be read anyway."""
    try:
        return policy_of(store)[0].card
    except Invalid:
        return CardPolicy()


def _facts(
    store: Store, row: Row, version: Version, evaluated: tuple[Statement, Evaluation] | None, policy: CardPolicy
) -> CardFacts:
    code, runtime = store.get_object(version.code, Code), store.get_object(version.runtime, Runtime)
    run = store.database.run("SELECT id FROM run WHERE digest = :digest", digest=version.run)
    return CardFacts(
        title=row["model"],
        reference=version_reference(row),
        digest=row["digest"],
        stage=row["stage"],
        aliases=version_aliases(store, row),
        owner=row["created_by"],
        created_at=row["created_at"],
        labels=Labels(license=policy.license, languages=policy.languages, tags=policy.tags),
        facts=version.facts,
        files=tuple(
            FileFact(path=each.path, digest=each.digest, size_bytes=each.size_bytes)
            for each in islice(store.entries(version.weights), _FILES_MAX)
        ),
        params=version.params,
        run_metrics=version.metrics,
        data=tuple(_data(store, each) for each in version.data),
        evaluation=evaluated[1] if evaluated else None,
        evaluation_dataset=dataset_name(store, evaluated[1].dataset) if evaluated else "",
        evaluated_at=evaluated[0].at if evaluated else 0,
        evaluated_by=evaluated[0].by if evaluated else "",
        outside=tuple(_outside(store, row)),
        base=_base(store, version),
        code=tuple(_code_lines(code)),
        repository=code.remote,
        runtime=tuple(_runtime_lines(runtime)),
        hardware=tuple(_hardware_lines(runtime)),
        packages=runtime.packages,
        run=f"run:{run[0]['id']}" if run else "",
        lineage=_lineage(store, row),
        bump=bump_of(store, row),
        changes=tuple(_changes(store, row)),
        releases=tuple(_releases(store, row["model"])),
        scan=next(iter(_found_out(store, row, "scan")), None),
        signatures=_found_out(store, row, "signature"),
        gates=tuple(_gates(store, row)),
        approvals=tuple(
            ApprovalFact(stage=each.stage, by=statement.by, at=statement.at, comment=each.comment)
            for statement, each in said(store, row["digest"], Approval)
        ),
        deployments=_deployments(store, row),
    )


def _outside(store: Store, row: Row) -> Iterator[OutsideFact]:
    """Yield the newest result of each tool and format."""
    newest: dict[tuple[str, str], tuple[Statement, OutsideEvaluation]] = {}
    for statement, found in said(store, row["digest"], OutsideEvaluation):
        newest.setdefault((found.tool, found.format), (statement, found))
    for statement, found in newest.values():
        bound = dataset_name(store, found.dataset) if found.dataset else ""
        yield OutsideFact(found=found, by=statement.by, at=statement.at, dataset=bound)


def _data(store: Store, use: DataUse) -> DataFact:
    if not use.dataset:
        return DataFact(path=use.path, digest=use.digest)
    known = store.get_object(use.dataset, DatasetVersion)
    return DataFact(
        path=use.path,
        digest=use.digest,
        reference=dataset_name(store, use.dataset),
        size_bytes=known.size_bytes,
        row_count=known.row_count,
        columns={each.name: each.dtype for each in known.columns},
    )


def _base(store: Store, version: Version) -> str:
    """Return the version whose weights the training began with."""
    rows = store.database.run(
        "SELECT * FROM version WHERE digest = :digest ORDER BY created_at LIMIT 1", digest=version.parent or ""
    )
    return version_reference(rows[0]) if rows else ""


def _lineage(store: Store, row: Row) -> LineageFact:
    found = _seen(store, around(store, row["digest"], _DEPTH, version_reference(row)))
    nodes = sorted(found.nodes, key=lambda each: (abs(each.depth), each.kind, each.reference))
    kept = {each.digest for each in nodes[:_NODES_MAX]}
    return LineageFact(
        nodes=tuple(
            NodeFact(key=each.digest, kind=each.kind, reference=each.reference, depth=each.depth)
            for each in found.nodes
            if each.digest in kept
        ),
        edges=tuple(
            EdgeFact(child=each.child, parent=each.parent, role=each.role)
            for each in found.edges
            if each.child in kept and each.parent in kept
        ),
        left_out=max(0, len(nodes) - _NODES_MAX),
    )


def _seen(store: Store, found: Lineage) -> Lineage:
    """Return a lineage without what the actor may not see."""
    if store.actor.may("reader"):
        return found
    from lineal.operations.people import access  # noqa: PLC0415 - most see everything

    seen: Lineage = access.visible(store, found)
    return seen


def _changes(store: Store, row: Row) -> Iterator[str]:
    """Yield how many answers changed since the version before, where that is known."""
    previous = version_before(store, row)
    for each in changes_known(store, row["digest"], previous["digest"]) if previous else ():
        where = dataset_name(store, each.dataset) if each.dataset else "golden requests"
        yield f"answers to {where}: {changes_said(each)}"


def _releases(store: Store, model: str) -> Iterator[ReleaseFact]:
    rows = store.database.run(
        "SELECT v.*, o.body FROM version v"
        " LEFT JOIN statement s ON s.subject = v.digest AND s.kind = 'bump' LEFT JOIN object o ON o.digest = s.digest"
        " WHERE v.model = :model AND v.deleted_at IS NULL ORDER BY v.number DESC, s.made_at LIMIT :limit",
        model=model,
        limit=_RELEASES_MAX,
    )
    for each in {row["number"]: row for row in rows}.values():
        bump = decode(each["body"], Statement).predicate if each["body"] else None
        yield ReleaseFact(
            reference=version_reference(each),
            at=each["created_at"],
            by=each["created_by"],
            stage=each["stage"],
            level=bump.level if isinstance(bump, Bump) else "",
            findings=bump.findings if isinstance(bump, Bump) else (),
        )


def _found_out(store: Store, row: Row, kind: str) -> tuple[CheckFact, ...]:
    """Return what was found out about the version, in words: every plain field of those statements, newest first."""
    return tuple(
        CheckFact(
            by=each.by,
            at=each.at,
            said={
                name: value
                for name, value in msgspec.to_builtins(each.predicate).items()
                if isinstance(value, str | int | float | bool) and name != "type"
            },
        )
        for each in statements_about(store, row["digest"], kind)
    )


def _gates(store: Store, row: Row) -> Iterator[GateFact]:
    """Yield the newest report of each stage's gate."""
    newest: dict[str, tuple[Statement, GateReport]] = {}
    for statement, report in said(store, row["digest"], GateReport):
        newest.setdefault(report.stage, (statement, report))
    for stage, (statement, report) in newest.items():
        yield GateFact(stage=stage, outcome=report.outcome, by=statement.by, at=statement.at, verdicts=report.verdicts)


def _deployments(store: Store, row: Row) -> tuple[DeploymentFact, ...]:
    rows = store.database.run(
        "SELECT * FROM deployment WHERE model = :model AND number = :number ORDER BY id DESC LIMIT :limit",
        model=row["model"],
        number=row["number"],
        limit=_DEPLOYMENTS_MAX,
    )
    return tuple(
        DeploymentFact(
            reference=f"deployment:{each['id']}",
            environment=each["environment"],
            target=each["target"],
            state=each["state"],
            endpoint=each["endpoint"],
            started_at=each["started_at"],
            ended_at=each["ended_at"],
        )
        for each in rows
    )


def _code_lines(code: Code) -> Iterator[str]:
    if code.entry_point:
        yield f"entry point {code.entry_point}"
    yield f"commit {code.commit}" if code.commit else "no commit"
    if code.remote:
        yield f"of {code.remote}"
    if code.diff:
        yield f"with changes that were not committed, {short(code.diff)}"
    if code.untracked:
        yield f"with sources that Git did not know, {short(code.untracked)}"


def _runtime_lines(runtime: Runtime) -> Iterator[str]:
    yield f"{runtime.implementation or 'Python'} {runtime.python}, {runtime.platform}, {runtime.libc}".rstrip(", ")
    yield f"{len(runtime.packages)} packages"
    yield from (f"{name} {version}" for name, version in runtime.libraries.items())


def _hardware_lines(runtime: Runtime) -> Iterator[str]:
    hardware = runtime.hardware
    if hardware.core_count:
        memory = f"{hardware.memory_bytes / 2**30:.0f} GiB of memory"
        yield f"{hardware.machine} {hardware.processor}, {hardware.core_count} cores, {memory}"
    yield from hardware.accelerators
