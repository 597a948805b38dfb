"""The verb that binds a run into a version of a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

import msgspec

from lineal.checks.bump.rules import LEVELS
from lineal.objects.canonical import object_digest
from lineal.objects.digest import Digest
from lineal.objects.errors import Denied, Invalid
from lineal.objects.files import Entry, Tree
from lineal.objects.reference import check_name
from lineal.objects.runs import Code, FileUse, ModelFacts, Run, Runtime
from lineal.objects.semantic import Level, SemanticVersion, parse_semantic
from lineal.objects.statements import Bump
from lineal.objects.versions import DataUse, Version
from lineal.operations.answers import VersionAnswer
from lineal.operations.asking import lineage
from lineal.operations.messages.outbox import emit, told_of
from lineal.operations.operation import operation
from lineal.operations.recording.runs import write_metrics, write_params
from lineal.operations.recording.summaries import write_tags
from lineal.operations.references import Row, find_run, find_version, subject_of
from lineal.operations.statements import make_statement
from lineal.operations.versioning import replays, scans
from lineal.operations.versioning.bumps import derived, prepared
from lineal.operations.versioning.card_files import take_along
from lineal.operations.versioning.choosing import choose
from lineal.operations.versioning.models import show_row, version_of
from lineal.operations.versioning.structures import keep_structure
from lineal.storage.made_with import note_made_with, note_stage
from lineal.storage.store import Store
from lineal.storage.trees import ROOTS


def _look_first(store: Store, run: str, *, name: str, file: str = "", **_: object) -> None:
    """Look into the files, and compare them with the newest, before the transaction, which then knows: that takes long."""
    seen = finished(store, run)
    main, tree, facts = model_files(seen, file)
    digest, previous = store.put_tree(tree), newest(store, name)
    prepared(store, previous, digest, main)
    scans.scanned(store, digest, seen.runtime)
    if not _registered(store, name, object_digest(seen), digest):
        replays.prepare(store, version_from(store, seen, (main, digest, facts), previous), name, previous)


@operation("model register", effect="writes", prepare=_look_first, about={"run": "read run", "name": "model"})
def register(store: Store, run: str, *, name: str, file: str = "", level: str = "", reason: str = "") -> VersionAnswer:
    """Bind a run into the next version of a model: weights, data, code, parameters, runtime, metrics and card.

    The version begins in staging. Its files are scanned: hostile ones are registered too, and no gate lets them pass. Its semantic version is derived from what differs from the version before.
    Registering the same run again gives the version that it has.

    Args:
        run: the run that made the model, as run:ID or run:NAME.
        name: the model's name.
        file: which output of the run is the model; needed only when it wrote more than one and none is clearly the last.
        level: major, minor or patch, in place of the derived one; a lower one needs the role of an approver.
        reason: why the derived level is not right; needed with level.

    Raises:
        NotFound: the run wrote no model.
        Ambiguous: it wrote more than one, none stands out, and file does not say which.
        Invalid: the run did not finish, or the level has no reason.
        Denied: the level is lower than the derived one, and the actor is no approver.
    """
    check_name(name, "model")
    if level and (level not in LEVELS or not reason):
        raise Invalid(
            "a level needs a reason", hint="--level major|minor|patch --reason 'why the derived one is wrong'"
        )
    found = bind(store, finished(store, run), name, file, lambda before, it: _chosen(store, before, it, level, reason))
    return take_along(store, find_version(store, found.reference)) if found.created else found


Weigh = Callable[[Row | None, Version], Bump]
"""Says which semantic version a version gets, from the row of the newest one before."""


def bind(
    store: Store, seen: Run, name: str, file: str, weigh: Weigh, *, by: str = "", at: int | None = None
) -> VersionAnswer:
    """Bind a finished run into the next version of a model, as ``register`` does.

    Args:
        store: where.
        seen: the run.
        name: the model's name.
        file: which output of the run is the model; empty for the only one.
        weigh: gives the semantic version.
        by: who registered it; by default whoever acts.
        at: when, in milliseconds since 1970; by default now.
    """
    main, tree, facts = model_files(seen, file)
    weights = store.put_tree(tree)
    made_by = store.put_object(seen)
    if known := _registered(store, name, made_by, weights):
        return show_row(store, known)

    def made(previous: Row | None) -> Version:
        return version_from(store, seen, (main, weights, facts), previous)

    return show_row(store, place(store, name, made, weigh, Label(by=by, at=at, run=seen.id)), created=True)


def version_from(store: Store, seen: Run, model: tuple[str, Digest, ModelFacts], previous: Row | None) -> Version:
    """Return the version that a run makes, after another.

    Args:
        store: where.
        seen: the run.
        model: the main file, the tree of its files, and what the framework said of it.
        previous: the row of the version before; its card goes on.
    """
    main, weights, facts = model
    return Version(
        weights=weights,
        main_file=main,
        run=object_digest(seen),
        code=seen.code,
        runtime=seen.runtime,
        data=data_of(store, seen.inputs),
        params=seen.params,
        metrics=seen.metrics,
        facts=facts,
        card=Digest(previous["card"]) if previous and previous["card"] else None,
        parent=_parent(store, seen.inputs),
    )


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on a version beside what it is.

    Args:
        stage: where it begins.
        by: who registered it; by default whoever acts.
        at: when, in milliseconds since 1970; by default now.
        description: what people should know of it.
        source: what a program said of where its files were.
        location: where programs find its files.
        run: the id of the run that made it.
        run_link: the address of that run where another system shows it.
        logged_model: the id of the model that the run logged.
        tags: anything else that should be known of it.
        number: which number it has, where another system gave it one; by default the next.
    """

    stage: str = "staging"
    by: str = ""
    at: int | None = None
    description: str = ""
    source: str = ""
    location: str = ""
    run: str = ""
    run_link: str = ""
    logged_model: str = ""
    tags: dict[str, str] = {}
    number: int = 0


def place(store: Store, name: str, made: Callable[[Row | None], Version], weigh: Weigh, label: Label) -> Row:
    """Give a model its next version, and return the row.

    Args:
        store: where.
        name: the model; made if there is none.
        made: makes the version, from the row of the newest one before.
        weigh: gives the semantic version.
        label: what else stands on it.
    """
    at = store.clock.now() if label.at is None else label.at
    # This row's lock makes a second writer wait here, so it sees our version as the one before its own.
    last = store.database.run(
        "INSERT INTO model (name, last_number, created_by, created_at, updated_at)"
        " VALUES (:name, CASE WHEN :number > 0 THEN :number ELSE 1 END, :by, :now, :at) ON CONFLICT (name) DO UPDATE SET"
        " last_number = CASE WHEN :number = 0 THEN model.last_number + 1 WHEN :number > model.last_number THEN :number"
        " ELSE model.last_number END, updated_at = excluded.updated_at, deleted_at = NULL, renamed_to = ''"
        " RETURNING last_number",
        name=name,
        number=label.number,
        by=store.actor.name,
        now=store.clock.now(),
        at=at,
    )[0]["last_number"]
    previous = newest(store, name)
    version = made(previous)
    said = _unused(store, name, weigh(previous, version))
    row = _insert_version(store, name, label.number or last, version, said, msgspec.structs.replace(label, at=at))
    write_tags(store.database, subject_of(row), label.tags)
    _connect(store, row["digest"], version, said)
    replays.keep(store, row["digest"], version, previous)
    note_stage(store.database, row, at)
    emit(store, "model_version.created", told_of(row, label.tags), row)
    return row


def _unused(store: Store, model: str, said: Bump) -> Bump:
    """Return what was said with a semantic version that no version of the model ever had: those that were removed keep theirs."""
    wanted = parse_semantic(said.semantic)
    taken = {
        SemanticVersion(row["major"], row["minor"], row["patch"])
        for row in store.database.run(
            "SELECT major, minor, patch FROM removed_version WHERE model = :model", model=model
        )
    }
    while wanted in taken:
        wanted = wanted.bumped("patch" if said.level == "first" else said.level)
    return msgspec.structs.replace(said, semantic=str(wanted))


def finished(store: Store, reference: str) -> Run:
    """Return the run that ``reference`` names. Raises Invalid when it did not finish."""
    row = find_run(store, reference)
    if row["state"] != "finished":
        raise Invalid(
            f"run:{row['id']} is {row['state']}; only a finished run can become a version",
            hint=f"lineal show run:{row['id']} says what happened",
        )
    return store.get_object(row["digest"], Run)


def model_files(run: Run, wanted: str) -> tuple[str, Tree, ModelFacts]:
    """Return the model's main file, the tree of its files, and what the framework said of it."""
    chosen = choose(run, wanted)
    written = {each.path: each for each in (*run.outputs, *run.intermediates)}

    def inside(path: str) -> str:
        return PurePosixPath(path).relative_to(chosen.folder).as_posix()

    # How training came to a model is the run's; versions are compared by what the model is.
    facts = msgspec.structs.replace(chosen.facts, role="", step=None)
    entries = tuple(_entry(written[path], inside(path)) for path in chosen.paths)
    return inside(chosen.main), Tree(entries=entries), facts


def _entry(use: FileUse, path: str) -> Entry:
    return Entry(path=path, digest=use.digest, size_bytes=use.size_bytes, mode=use.mode)


def _registered(store: Store, name: str, run: Digest, weights: Digest) -> Row | None:
    rows = store.database.run(
        "SELECT v.* FROM version v JOIN edge e ON e.child = v.digest"
        " WHERE v.model = :name AND e.parent = :run AND e.role = :role ORDER BY v.number",
        name=name,
        run=run,
        role=lineage.MADE_BY,
    )
    return next((row for row in rows if store.get_object(row["digest"], Version).weights == weights), None)


def newest(store: Store, name: str) -> Row | None:
    """Return the row of the newest version of a model, if it has one."""
    rows = store.database.run(
        "SELECT * FROM version WHERE model = :name ORDER BY major DESC, minor DESC, patch DESC LIMIT 1", name=name
    )
    return rows[0] if rows else None


def data_of(store: Store, inputs: tuple[FileUse, ...]) -> tuple[DataUse, ...]:
    """Return what the model came from: each file that was read, and the newest dataset version that holds it."""
    return tuple(DataUse(path=each.path, digest=each.digest, dataset=_dataset(store, each.digest)) for each in inputs)


def _dataset(store: Store, digest: Digest) -> Digest | None:
    rows = store.database.run(
        f"{ROOTS} SELECT d.digest FROM up u JOIN dataset d ON d.tree = u.tree"
        " ORDER BY d.created_at DESC, d.name LIMIT 1",
        digest=digest,
    )
    return Digest(rows[0]["digest"]) if rows else None


def _parent(store: Store, inputs: tuple[FileUse, ...]) -> Digest | None:
    """Return the version whose weights the run read, as fine-tuning does."""
    for each in inputs:
        for row in store.database.run(
            "SELECT DISTINCT v.digest, v.created_at FROM edge w"
            " JOIN edge m ON m.parent = w.parent AND m.role = :made JOIN version v ON v.digest = m.child"
            " WHERE w.child = :digest AND w.role = :written ORDER BY v.created_at DESC",
            digest=each.digest,
            written=lineage.WRITTEN_BY,
            made=lineage.MADE_BY,
        ):
            if each.digest in {e.digest for e in store.get_tree(version_of(store, row).weights).entries}:
                return Digest(row["digest"])
    return None


def _chosen(store: Store, previous: Row | None, version: Version, level: str, reason: str) -> Bump:
    """Return the semantic version of the level that somebody chose; what was derived stays on record.

    Raises:
        Denied: it is lower than the derived one, and the actor is no approver.
    """
    found = derived(store, previous, version)
    if not level or previous is None:
        return found
    if found.level != "first" and LEVELS.index(level) < LEVELS.index(found.level):
        _check_lowering(store, previous["model"], level, found)
    before = SemanticVersion(previous["major"], previous["minor"], previous["patch"])
    chosen: Level = level  # type: ignore[assignment]  # checked against LEVELS at the door
    return msgspec.structs.replace(
        found,
        semantic=str(before.bumped(chosen)),
        level=chosen,
        overridden_because=f"{reason} (derived: {found.level})",
    )


def _check_lowering(store: Store, model: str, level: str, found: Bump) -> None:
    """Let approvers alone say that less changed than the evidence does."""
    if not store.actor.may("approver", f"model:{model}"):
        raise Denied(
            f"the evidence asks for a {found.level} version ({found.findings[0]}); {store.actor.name} is"
            f" {store.actor.role_on(f'model:{model}')} there, and only approvers may lower it to a {level} one",
            hint="register without --level, or ask one of the approvers",
        )


def _insert_version(store: Store, name: str, number: int, version: Version, said: Bump, label: Label) -> Row:
    major, minor, patch = (int(part) for part in said.semantic.split("."))
    return store.database.run(
        "INSERT INTO version (model, number, digest, major, minor, patch, stage, card, created_by, created_at, revision,"
        " updated_at, description, source, location, run, run_link, logged_model)"
        " VALUES (:model, :number, :digest, :major, :minor, :patch, :stage, :card, :by, :at, 1,"
        " :at, :description, :source, :location, :run, :run_link, :logged_model) RETURNING *",
        **{
            **msgspec.structs.asdict(label),
            "tags": None,
            "by": label.by or store.actor.name,
            "run": label.run or None,
            "number": number,
        },
        model=name,
        digest=store.put_object(version),
        major=major,
        minor=minor,
        patch=patch,
        card=version.card or "",
    )[0]


def _connect(store: Store, digest: Digest, version: Version, said: Bump) -> None:
    lineage.connect(store, digest, version.run, lineage.MADE_BY)
    code, runtime = store.get_object(version.code, Code), store.get_object(version.runtime, Runtime)
    note_made_with(store.database, digest, code, runtime)
    lineage.write_origins(store, digest)
    write_params(store, digest, version.params)
    write_metrics(store, digest, version.metrics)
    make_statement(store, digest, said)
    keep_structure(store, digest, version)
    scans.keep(store, digest, version)
