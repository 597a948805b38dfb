"""The verb that binds a run into a version of a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

import msgspec

from lineal.checks.bump.rules import LEVELS
from lineal.objects.canonical import object_digest
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid
from lineal.objects.files import Entry, Tree
from lineal.objects.reference import check_name
from lineal.objects.runs import Code, FileUse, ModelFacts, Run, Runtime
from lineal.objects.semantic import check_series, parse_semantic, pre_order
from lineal.objects.statements import Bump
from lineal.objects.versions import DataUse, Version
from lineal.operations.answers.models import VersionAnswer
from lineal.operations.asking import lineage
from lineal.operations.messages.outbox import emit, told_of
from lineal.operations.operation import operation
from lineal.operations.recording.runs import write_metrics, write_params
from lineal.operations.recording.summaries import write_tags
from lineal.operations.references import Row, find_run, find_version, subject_of
from lineal.operations.statements import make_statement
from lineal.operations.versioning import replays, scans
from lineal.operations.versioning.bumps import prepared
from lineal.operations.versioning.card_files import take_along
from lineal.operations.versioning.choosing import choose
from lineal.operations.versioning.models import show_row, version_of
from lineal.operations.versioning.numbers import (
    Asked,
    last_pre_release,
    newest,
    promised,
    release_of,
    unused,
    weighed,
)
from lineal.operations.versioning.structures import keep_structure
from lineal.storage.made_with import note_made_with, note_stage
from lineal.storage.store import Store
from lineal.storage.trees import ROOTS


def _look_first(store: Store, run: str, *, name: str, file: str = "", **_: object) -> None:
    """Look into the files, and compare them with the newest, before the transaction, which then knows: that takes long."""
    seen = finished(store, run)
    main, tree, facts = model_files(seen, file)
    digest, previous = store.put_tree(tree), newest(store, name)
    for before in (previous, last_pre_release(store, name)):
        prepared(store, before, digest, main)
    scans.scanned(store, digest, seen.runtime)
    if not _registered(store, name, object_digest(seen), digest):
        replays.prepare(store, version_from(store, seen, (main, digest, facts), previous), name, previous)


@operation("model register", effect="writes", prepare=_look_first, about={"run": "read run", "name": "model"})
def register(
    store: Store, run: str, *, name: str, file: str = "", pre: str = "", level: str = "", reason: str = ""
) -> VersionAnswer:
    """Bind a run into the next version of a model: weights, data, code, parameters, runtime, metrics and card.

    The version begins in staging. Its files are scanned: hostile ones are registered too, and no gate lets them pass. Its semantic version is derived from what differs from the version before.
    Registering the same run again gives the version that it has; without pre, a pre-release becomes the release.

    Args:
        run: the run that made the model, as run:ID or run:NAME.
        name: the model's name.
        file: which output of the run is the model; needed only when it wrote more than one and none is clearly the last.
        pre: make it a pre-release of what it will be, called so: rc makes 1.3.0-rc.1, then 1.3.0-rc.2.
        level: major, minor or patch, in place of the derived one; a lower one needs the role of an approver.
        reason: why the derived level is not right; needed with level.

    Raises:
        NotFound: the run wrote no model.
        Ambiguous: it wrote more than one, none stands out, and file does not say which.
        Invalid: the run did not finish, the level has no reason, or pre is no name of pre-releases.
        Denied: the level is lower than the derived one, and the actor is no approver.
    """
    check_name(name, "model")
    if level and (level not in LEVELS or not reason):
        raise Invalid(
            "a level needs a reason", hint="--level major|minor|patch --reason 'why the derived one is wrong'"
        )
    asked = Asked(level=level, reason=reason, pre=check_series(pre) if pre else "")
    seen = finished(store, run)
    if not (pre or level) and (row := only_pre_released(store, seen, name, file)):
        return released(store, row)
    found = bind(store, seen, name, file, lambda before, it: weighed(store, name, before, it, asked), pre=asked.pre)
    return take_along(store, find_version(store, found.reference)) if found.created else found


@operation("model release", effect="writes", about={"version": "version"})
def release(store: Store, version: str) -> VersionAnswer:
    """Make a pre-release the release: the same bytes, with all that was found out about them, under the number that it was for.

    The release has a number of its own in the list of versions and begins in staging; the pre-release stays what it is.
    Releasing it again gives the release that it became.

    Args:
        version: the pre-release, such as churn:1.3.0-rc.2.

    Raises:
        Conflict: another version was released with this number.
    """
    return released(store, find_version(store, version))


Weigh = Callable[[Row | None, Version], Bump]
"""Says which semantic version a version gets, from the row of the newest release before."""


def bind(
    store: Store,
    seen: Run,
    name: str,
    file: str,
    weigh: Weigh,
    *,
    pre: str = "",
    by: str = "",
    at: int | None = None,
) -> VersionAnswer:
    """Bind a finished run into the next version of a model, as ``register`` does.

    Args:
        store: where.
        seen: the run.
        name: the model's name.
        file: which output of the run is the model; empty for the only one.
        weigh: gives the semantic version.
        pre: what the pre-releases are called that it would be one of; empty for a release.
        by: who registered it; by default whoever acts.
        at: when, in milliseconds since 1970; by default now.
    """
    main, tree, facts = model_files(seen, file)
    weights = store.put_tree(tree)
    made_by = store.put_object(seen)
    known = _registered(store, name, made_by, weights)
    if same := next((row for row in known if not row["pre"]), None) or (known[-1] if pre and known else None):
        return show_row(store, same)

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
        card: what its card holds, where that is not what the version says.
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
    card: str = ""


def place(store: Store, name: str, made: Callable[[Row | None], Version], weigh: Weigh, label: Label) -> Row:
    """Give a model its next version, and return the row.

    Args:
        store: where.
        name: the model; made if there is none.
        made: makes the version, from the row of the newest one before, be it a pre-release.
        weigh: gives the semantic version, from the row of the newest release before.
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
    version, released = made(newest(store, name, pre_releases=True)), newest(store, name)
    said = unused(store, name, weigh(released, version))
    row = _insert_version(store, name, label.number or last, version, said, msgspec.structs.replace(label, at=at))
    write_tags(store.database, subject_of(row), label.tags)
    _connect(store, row["digest"], version, said)
    replays.keep(store, row["digest"], version, released)
    note_stage(store.database, row, at)
    emit(store, "model_version.created", told_of(row, label.tags), row)
    return row


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


def released(store: Store, row: Row, *, by: str = "", at: int | None = None) -> VersionAnswer:
    """Make the version of a pre-release's row the release: the same value, under the number without what is behind the hyphen.

    Args:
        store: where.
        row: the pre-release; a release stays what it is.
        by: who released it; by default whoever acts.
        at: when; by default now.

    Raises:
        Conflict: another version was released with this number.
    """
    if not row["pre"]:
        return show_row(store, row)
    if there := release_of(store, row):
        return show_row(store, there)
    kept = ("description", "source", "location", "run_link", "logged_model", "card")
    tags = {
        each["key"]: each["value"]
        for each in store.database.run("SELECT key, value FROM tag WHERE subject = :subject", subject=subject_of(row))
    }
    label = Label(**{name: row[name] for name in kept}, run=row["run"] or "", tags=tags, by=by, at=at)
    version, said = version_of(store, row), promised(store, row)
    return show_row(store, place(store, row["model"], lambda _: version, lambda *_: said, label), created=True)


def only_pre_released(store: Store, seen: Run, name: str, file: str) -> Row | None:
    """Return the newest pre-release that a run was bound into, if it was and no release is."""
    _, tree, _ = model_files(seen, file)
    known = _registered(store, name, object_digest(seen), store.put_tree(tree))
    return known[-1] if known and all(row["pre"] for row in known) else None


def _registered(store: Store, name: str, run: Digest, weights: Digest) -> list[Row]:
    """Return the rows of the versions that a run was bound into, by number."""
    rows = store.database.run(
        "SELECT v.* FROM version v JOIN edge e ON e.child = v.digest"
        " WHERE v.model = :name AND e.parent = :run AND e.role = :role ORDER BY v.number",
        name=name,
        run=run,
        role=lineage.MADE_BY,
    )
    return [row for row in rows if store.get_object(row["digest"], Version).weights == weights]


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


def _insert_version(store: Store, name: str, number: int, version: Version, said: Bump, label: Label) -> Row:
    semantic = parse_semantic(said.semantic)
    return store.database.run(
        "INSERT INTO version (model, number, digest, major, minor, patch, pre, pre_order, stage, card, created_by, created_at,"
        " revision, updated_at, description, source, location, run, run_link, logged_model)"
        " VALUES (:model, :number, :digest, :major, :minor, :patch, :pre, :pre_order, :stage, :card, :by, :at, 1,"
        " :at, :description, :source, :location, :run, :run_link, :logged_model) RETURNING *",
        **{
            **msgspec.structs.asdict(label),
            "tags": None,
            "card": label.card or version.card or "",
            "by": label.by or store.actor.name,
            "run": label.run or None,
            "number": number,
        },
        model=name,
        digest=store.put_object(version),
        **msgspec.structs.asdict(semantic),
        pre_order=pre_order(semantic.pre),
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
