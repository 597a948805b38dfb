"""Verbs of model cards: read one, write its human sections."""

from __future__ import annotations

from collections.abc import Iterator

from lineal.checks import staleness
from lineal.formats.card import HUMAN, CardFacts, render
from lineal.objects.digest import short
from lineal.objects.errors import Conflict, Invalid
from lineal.objects.runs import Code, Runtime
from lineal.objects.statements import Bump, CardEdit, Evaluation
from lineal.objects.versions import Card, DataUse, Version
from lineal.operations.answers import CardAnswer
from lineal.operations.operation import operation
from lineal.operations.references import Row, find_version, near, version_reference
from lineal.operations.statements import make_statement, said
from lineal.operations.versioning.evidence import newest_evaluation, section_states
from lineal.operations.versioning.models import dataset_name, version_of
from lineal.storage.store import Store


@operation("model card", effect="reads", about={"version": "version"})
def card(store: Store, version: str) -> CardAnswer:
    """Show the model card of a version: facts as they are now, and what people wrote, with what of it is stale.

    Args:
        version: the version.
    """
    return _answer(store, find_version(store, version))


@operation("model describe", effect="writes", about={"version": "version"})
def describe(store: Store, version: str, section: str, text: str) -> CardAnswer:
    """Write a human section of a version's card. Versions that follow keep it, and it goes stale when its facts change.

    Args:
        version: the version.
        section: intended-use, factors, training-data, ethical-considerations or caveats.
        text: Markdown; empty removes the section.

    Raises:
        Invalid: there is no such section.
        Conflict: someone else wrote in the card just now.
    """
    if section not in HUMAN:
        raise Invalid(
            f"nobody writes a section {section!r}", hint=near(section, HUMAN, "sections: " + ", ".join(HUMAN))
        )
    row = find_version(store, version)
    found = version_of(store, row)
    digests = staleness.fact_digests(found, newest_evaluation(store, row))
    old = store.get_object(row["card"], Card) if row["card"] else Card()
    sections, about = dict(old.sections), dict(old.about)
    sections[section], about[section] = text, digests[section]
    if not text.strip():
        del sections[section], about[section]
    digest = store.put_object(Card(sections=sections, about=about))
    moved = store.database.run(
        "UPDATE version SET card = :card, revision = revision + 1"
        " WHERE model = :model AND number = :number AND revision = :revision RETURNING *",
        card=digest,
        model=row["model"],
        number=row["number"],
        revision=row["revision"],
    )
    if not moved:
        raise Conflict(f"{version_reference(row)} was changed by someone else just now", hint="read the card again")
    make_statement(store, row["digest"], CardEdit(card=digest))
    return _answer(store, moved[0])


def _answer(store: Store, row: Row) -> CardAnswer:
    version = version_of(store, row)
    evaluation = newest_evaluation(store, row)
    states = section_states(store, row, version, evaluation)
    written = store.get_object(row["card"], Card).sections if row["card"] else {}
    return CardAnswer(
        reference=version_reference(row),
        markdown=render(_facts(store, row, version, evaluation), written, states),
        sections=states,
    )


def _facts(store: Store, row: Row, version: Version, evaluation: Evaluation | None) -> CardFacts:
    code = store.get_object(version.code, Code)
    runtime = store.get_object(version.runtime, Runtime)
    bumps = said(store, row["digest"], Bump)
    run = store.database.run("SELECT id FROM run WHERE digest = :digest", digest=version.run)
    return CardFacts(
        title=row["model"],
        reference=version_reference(row),
        digest=row["digest"],
        stage=row["stage"],
        owner=row["created_by"],
        created_at=row["created_at"],
        facts=version.facts,
        params=version.params,
        data=tuple(_data_line(store, each) for each in version.data),
        evaluation=evaluation,
        evaluation_dataset=dataset_name(store, evaluation.dataset) if evaluation else "",
        code=tuple(_code_lines(code)),
        runtime=tuple(_runtime_lines(runtime)),
        hardware=tuple(_hardware_lines(runtime)),
        lineage=tuple(f"made by run:{each['id']}" for each in run),
        findings=bumps[0][1].findings if bumps else (),
    )


def _data_line(store: Store, use: DataUse) -> str:
    name = dataset_name(store, use.dataset) if use.dataset else "a file that is in no dataset"
    return f"{use.path}: {name}, {short(use.digest)}"


def _code_lines(code: Code) -> Iterator[str]:
    if code.entry_point:
        yield f"entry point {code.entry_point}"
    yield f"commit {code.commit}" if code.commit else "no commit"
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
