"""Verbs for what another system kept before: it comes with the names and times of those who made it.

Importing an item again changes nothing.
"""

from __future__ import annotations

import msgspec

from lineal.objects.digest import Digest
from lineal.objects.errors import Conflict, Invalid
from lineal.objects.reference import check_name
from lineal.objects.runs import IMPORTED, Code, Run, Runtime
from lineal.objects.semantic import Level, SemanticVersion, parse_semantic
from lineal.objects.statements import Bump
from lineal.objects.versions import Version
from lineal.operations.answers.data import DatasetAnswer
from lineal.operations.answers.models import RunAnswer, VersionAnswer
from lineal.operations.data import datasets
from lineal.operations.operation import Upload, operation
from lineal.operations.recording import runs
from lineal.operations.references import Row, find_version, semantic_of
from lineal.operations.versioning import promotions, registration
from lineal.storage.store import Store


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """How another system knows a thing: its name there, empty when it need not be remembered, and who made it when."""

    system: str
    name: str
    by: str
    at: int
    message: str = ""


@operation("import known", effect="reads", internal=True)
def known(store: Store, system: str) -> dict[str, str]:
    """Return what was imported from a system: a reference for each item.

    Args:
        system: for example dvc.
    """
    rows = store.database.run("SELECT item, reference FROM imported WHERE system = :system", system=system)
    return {row["item"]: row["reference"] for row in rows}


@operation("import states", effect="reads", internal=True)
def states(store: Store, system: str) -> dict[str, str]:
    """Return what each item of a system was like when it was last imported; empty where not all of it came.

    Args:
        system: for example mlflow.
    """
    rows = store.database.run("SELECT item, state FROM imported WHERE system = :system", system=system)
    return {row["item"]: row["state"] for row in rows}


@operation("import dataset", effect="writes", role="admin", internal=True)
def dataset(store: Store, *, name: str, tree: Digest, item: Item) -> DatasetAnswer:
    """Keep a version of a dataset that another system kept; content that the newest version holds makes none.

    Args:
        name: the dataset.
        tree: its files, which the store holds.
        item: how it is known there.

    Raises:
        Invalid: the tree is empty, or the name cannot be one.
    """
    check_name(name, "dataset")
    answer = datasets.keep_files(store, Upload(tree, item.name), name, by=item.by, at=item.at, message=item.message)
    remember(store, item, answer.reference)
    return answer


@operation("import run", effect="writes", role="admin", internal=True)
def run(store: Store, *, run: Run, code: Code, runtime: Runtime, item: Item) -> RunAnswer:
    """Keep a run that another system knew.

    Args:
        run: what it knew, with the capture level that says so. The bytes that it says are kept must be in the store.
        code: the code that its digest names.
        runtime: the runtime that its digest names.
        item: how it is known there.

    Raises:
        Invalid: bytes are missing, or it claims to have been seen.
        Conflict: a run with this id has ended in another way.
    """
    if run.capture_level != IMPORTED:
        raise Invalid(f"run:{run.id} claims to have been seen by {run.capture_level!r}", hint=f"say {IMPORTED!r}")
    answer = runs.keep(store, run, code, runtime, by=item.by)
    remember(store, item, answer.reference)
    return answer


@operation("import version", effect="writes", role="admin", internal=True)
def version(store: Store, *, run: str, name: str, file: str, semantic: str, item: Item) -> VersionAnswer:
    """Keep a version of a model with the number that it had elsewhere. What is registered already stays as it is.

    Args:
        run: the run that made it.
        name: the model.
        file: which output of the run it is.
        semantic: its three numbers, and what stands behind a hyphen.
        item: how it is known there.

    Raises:
        Conflict: another version has these numbers.
    """
    check_name(name, "model")
    number = parse_semantic(semantic)

    def weigh(previous: Row | None, _: Version) -> Bump:
        taken = store.database.run(
            "SELECT number FROM version WHERE model = :name AND major = :major AND minor = :minor AND patch = :patch"
            " AND pre = :pre",
            name=name,
            **msgspec.structs.asdict(number),
        )
        if taken:
            raise Conflict(f"{name}:{semantic} is another version here", hint=f"lineal show {name}:{semantic}")
        return numbered_elsewhere(previous, number, f"{item.system} calls it {item.name}")

    seen = registration.finished(store, run)
    candidate = None if number.pre else registration.only_pre_released(store, seen, name, file)
    if candidate and semantic_of(candidate).release == number:
        answer = registration.released(store, candidate, by=item.by, at=item.at)
    else:
        answer = registration.bind(store, seen, name, file, weigh, pre=number.pre, by=item.by, at=item.at)
    remember(store, item, answer.reference)
    return answer


@operation("import alias", effect="writes", role="admin", internal=True)
def alias(store: Store, *, version: str, name: str, item: Item) -> VersionAnswer:
    """Point an alias at a version, as another system did. What is remembered stays where somebody moved it since.

    Args:
        version: the version.
        name: the alias.
        item: how it is known there.
    """
    answer = promotions.point(store, find_version(store, version), name, by=item.by, at=item.at)
    remember(store, item, f"{answer.model}@{name}")
    return answer


def numbered_elsewhere(previous: Row | None, number: SemanticVersion, reason: str) -> Bump:
    """Return why a version has a number that was given elsewhere.

    Args:
        previous: the row of the newest release here.
        number: the number.
        reason: who gave it.
    """
    if previous is None:
        return Bump(semantic=str(number), level="first", findings=(f"first: {reason}",))
    before = semantic_of(previous)
    level: Level = "major" if number.major != before.major else "minor" if number.minor != before.minor else "patch"
    return Bump(semantic=str(number), level=level, findings=(), previous=str(before), overridden_because=reason)


def remember(store: Store, item: Item, reference: str, *, state: str = "") -> None:
    """Take note of an item that is here now.

    Args:
        store: where.
        item: how it is known there; one without a name need not be remembered.
        reference: what it is here.
        state: what it was like there, where a later import asks.
    """
    if item.name:
        note(store, item.system, item.name, reference, state=state)


def note(store: Store, system: str, name: str, reference: str, *, state: str = "") -> None:
    """Take note of an item by its name there."""
    store.database.run(
        "INSERT INTO imported (system, item, reference, at, state) VALUES (:system, :item, :reference, :at, :state)"
        " ON CONFLICT (system, item) DO UPDATE SET reference = excluded.reference, state = excluded.state",
        system=system,
        item=name,
        reference=reference,
        at=store.clock.now(),
        state=state,
    )
