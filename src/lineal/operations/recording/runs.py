"""Verbs of runs: the recorder starts and finishes them, people list and look at them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from lineal.formats.series import Series
from lineal.objects.canonical import Number, Scalar, object_digest
from lineal.objects.code import named_by
from lineal.objects.digest import Digest
from lineal.objects.errors import Conflict, Invalid, NotFound
from lineal.objects.files import Tree
from lineal.objects.runs import Code, Run, Runtime
from lineal.objects.ulid import is_ulid
from lineal.operations.answers.models import RunAnswer
from lineal.operations.asking import lineage, places, surroundings
from lineal.operations.data.contents import written_by
from lineal.operations.operation import operation
from lineal.operations.recording import ranks
from lineal.operations.recording.related import Relations, relate, related_runs
from lineal.operations.recording.summaries import renew, write_tags
from lineal.operations.references import Row
from lineal.storage import series
from lineal.storage.made_with import note_made_with
from lineal.storage.store import Store

RUN_STATES = ("running", "finished", "failed", "killed", "lost")


@operation("runs", effect="reads", about={})
def runs(store: Store, *, limit: int = 20, state: str = "") -> tuple[RunAnswer, ...]:
    """List the newest runs, those of one distributed training as one.

    Args:
        limit: at most so many.
        state: only those that are running, finished, failed, killed or lost.
    """
    if state and state not in RUN_STATES:
        raise Invalid(f"{state!r} is no state of a run", hint="write one of " + ", ".join(RUN_STATES))
    rows = store.database.run(
        "SELECT * FROM run r WHERE (state = :state OR :state = '') AND NOT EXISTS"
        " (SELECT 1 FROM tag t WHERE t.subject = r.id AND t.key = :rank_of)"
        " ORDER BY started_at DESC, id DESC LIMIT :limit",
        state=state,
        limit=limit,
        rank_of=ranks.RANK_OF,
    )
    return tuple(lines(store, rows))


@operation("runs start", effect="writes", internal=True, about={"run_id": "new"})
def start(
    store: Store,
    *,
    run_id: str,
    name: str,
    command: tuple[str, ...],
    host: str,
    started_at: int,
    related: Relations = Relations(),  # noqa: B008 - never changed
) -> RunAnswer:
    """Write down that a run has begun. A second call with the same id changes nothing.

    Args:
        run_id: the ULID that the recorder chose.
        name: what people call it.
        command: the program and its arguments, secrets masked.
        host: the machine.
        started_at: when.
        related: the runs that it belongs to, or goes on with.
    """
    if not is_ulid(run_id):
        raise Invalid(f"{run_id!r} is no run id", hint="a run id is a ULID, 26 letters and digits")
    _insert(store, run_id, name, command, host, started_at)
    relate(store, run_id, related)
    return show_row(store, _row(store, run_id))


@operation("runs extend", effect="records", internal=True, about={"run_id": "run id"})
def extend(store: Store, run_id: str, *, points: dict[str, Series]) -> None:
    """Keep points of a run's metrics, many at once. A point that is known already is not kept twice.

    Args:
        run_id: which run; it must have begun.
        points: columns of steps, values and times by metric, in the order they were logged.

    Raises:
        NotFound: there is no such run.
    """
    if not store.database.run("SELECT 1 FROM run WHERE id = :id", id=run_id):
        raise NotFound(f"there is no run:{run_id}", hint="lineal runs lists them")
    series.extend(store.database, run_id, points)


@operation("runs finish", effect="writes", internal=True, about={"run": "finished run"})
def finish(store: Store, *, run: Run, code: Code, runtime: Runtime) -> RunAnswer:
    """Keep everything that was seen of a run. A second call with the same run changes nothing.

    Args:
        run: what was seen. The bytes that it says are kept must be in the store.
        code: the code that its digest names.
        runtime: the runtime that its digest names.

    Raises:
        Invalid: bytes are missing, or a digest names something else.
        Conflict: the run has ended already, in another way.
    """
    return keep(store, run, code, runtime)


def keep(store: Store, run: Run, code: Code, runtime: Runtime, *, by: str = "") -> RunAnswer:
    """Keep a run that has ended, as ``finish`` does; ``by`` is who started it, by default whoever acts."""
    if (run.code, run.runtime) != (object_digest(code), object_digest(runtime)):
        raise Invalid(f"run:{run.id} names another code or runtime than it came with", hint="record it again")
    _check_bytes(store, run, code)
    _insert(store, run.id, run.name, run.command, run.host, run.started_at, by=by)
    digest = object_digest(run)
    row = _row(store, run.id)
    if row["digest"] not in {None, digest}:
        raise Conflict(f"run:{run.id} has already ended as {row['state']}", hint=f"lineal show run:{run.id} shows it")
    if row["digest"] is None:
        for value in (code, runtime, run):
            store.put_object(value)
        if written := written_by(run):
            store.put_tree(Tree(entries=written))
        _end(store, run, digest)
        write_params(store, run.id, run.params)
        write_tags(store.database, run.id, dict(_context_tags(run)))
        write_metrics(store, run.id, run.metrics, at=run.ended_at)
        write_tags(store.database, run.id, run.tags)
        relate(store, run.id, Relations(run.parent, run.resumes, run.forks, run.from_step), run.tags)
        note_made_with(store.database, run.id, code, runtime)
        lineage.connect_run(store, digest, run)
        places.note_queries(store, run)
        lineage.connect_changed(store, run)
        lineage.connect_steps(store, run, digest)
        for changed in {run.id, *_join(store, digest, run)}:
            renew(store.database, changed)
    return msgspec.structs.replace(_ended_row(store, _row(store, run.id)), notes=_notes(store, digest, run))


def _join(store: Store, digest: Digest, run: Run) -> Iterator[str]:
    """Make a run one with those of the other ranks of its training; yield the ids of all whose rows that changed."""
    whole = ranks.join(store, digest, run) or run.id
    for part in ranks.parts(store, whole) if run.training else ():
        relate(store, part.id, Relations(parent=whole))
        write_metrics(store, whole, ranks.last_values(part), at=part.ended_at)
        yield from (whole, part.id)


def _notes(store: Store, digest: Digest, run: Run) -> tuple[str, ...]:
    return (*surroundings.notes(store, digest), *ranks.notes(store, run))


def _context_tags(run: Run) -> Iterator[tuple[str, str]]:
    """Yield the tags by which runs are found that are a part of something: ``airflow.task``, ``lineal.parent``."""
    if run.parent:
        yield "lineal.parent", run.parent
    for each in run.context:
        told = ((field, str(getattr(each, field))) for field in each.__struct_fields__ if field != "system")
        yield from ((f"{each.system}.{field}", value) for field, value in told if value)


def _check_bytes(store: Store, run: Run, code: Code) -> None:
    """Bytes before names: a run never names content that the store does not hold."""
    files = (each.digest for each in (*run.inputs, *run.outputs, *run.intermediates) if each.kept)
    needed = {*files, *(each for each in (run.stdout, run.stderr, *named_by(code)) if each)}
    if missing := needed - store.blobs.has(needed):
        raise Invalid(
            f"run:{run.id} names {len(missing)} files that the store does not hold, such as {min(missing)}",
            hint="upload the bytes first",
        )


def _insert(
    store: Store, run_id: str, name: str, command: tuple[str, ...], host: str, started_at: int, *, by: str = ""
) -> None:
    store.database.run(
        "INSERT INTO run (id, name, state, command, started_by, host, started_at, revision)"
        " VALUES (:id, :name, 'running', :command, :by, :host, :at, 1) ON CONFLICT (id) DO NOTHING",
        id=run_id,
        name=name,
        command=msgspec.json.encode(command).decode(),
        by=by or store.actor.name,
        host=host,
        at=started_at,
    )


def _end(store: Store, run: Run, digest: Digest) -> None:
    store.database.run(
        "UPDATE run SET state = :state, ended_at = :ended_at, exit_status = :exit_status, digest = :digest,"
        " name = :name, revision = revision + 1 WHERE id = :id",
        id=run.id,
        name=run.name,
        state=run.state,
        ended_at=run.ended_at,
        exit_status=run.exit_status,
        digest=digest,
    )


def _parents(store: Store, rows: Iterable[Row]) -> dict[str, str]:
    """Return the id of the run within which each was started, by its own."""
    ids = {f"i{place}": row["id"] for place, row in enumerate(rows)}
    if not ids:
        return {}
    found = store.database.run(
        f"SELECT run, other FROM run_relation WHERE role = 'parent' AND run IN ({', '.join(f':{name}' for name in ids)})",
        **ids,
    )
    return {row["run"]: row["other"] for row in found}


def write_params(store: Store, subject: str, params: dict[str, Scalar]) -> None:
    """Make the parameters of a run or version searchable; numbers also as numbers."""
    store.database.many(
        "INSERT INTO param (subject, key, value, number) VALUES (:subject, :key, :value, :number)"
        " ON CONFLICT (subject, key) DO UPDATE SET value = excluded.value, number = excluded.number",
        [
            {
                "subject": subject,
                "key": key,
                "value": value if isinstance(value, str) else msgspec.json.encode(value).decode(),
                "number": float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None,
            }
            for key, value in params.items()
        ],
    )


def write_metrics(store: Store, subject: str, metrics: dict[str, Number], *, at: int | None = None) -> None:
    """Make the last values of metrics searchable; beside an infinity stands its word, and in place of NaN.

    Args:
        store: the repository.
        subject: the id of a run, or the digest of a version.
        metrics: values by name.
        at: when they were measured, in milliseconds since 1970 UTC; by default now.
    """
    at = store.clock.now() if at is None else at
    store.database.many(
        "INSERT INTO metric_last (subject, key, value, word, step, at, experiment)"
        " VALUES (:subject, :key, :value, :word, 0, :at, (SELECT r.experiment FROM run r WHERE r.id = :subject))"
        " ON CONFLICT (subject, key) DO UPDATE SET value = excluded.value, word = excluded.word, at = excluded.at",
        [
            {
                "subject": subject,
                "key": key,
                "value": None if value == "NaN" else float(value),
                "word": value if isinstance(value, str) else None,
                "at": at,
            }
            for key, value in metrics.items()
        ],
    )


def read_metrics(store: Store, subject: str) -> dict[str, Number]:
    """Return the last value of every metric of a run or version; those that are not finite as their words."""
    rows = store.database.run("SELECT * FROM metric_last WHERE subject = :subject ORDER BY key", subject=subject)
    return {row["key"]: row["word"] or row["value"] for row in rows}


def _row(store: Store, run_id: str) -> Row:
    return store.database.run("SELECT * FROM run WHERE id = :id", id=run_id)[0]


def lines(
    store: Store, rows: Iterable[Row], *, metrics: Mapping[str, dict[str, Number]] | None = None
) -> Iterator[RunAnswer]:
    """Yield the answers of rows of runs as a list shows them: without what was seen of each.

    Args:
        store: where.
        rows: the rows.
        metrics: those that are shown, by the id of the run; by default all.
    """
    listed = list(rows)
    parents = _parents(store, listed)
    for row in listed:
        yield RunAnswer(
            reference=f"run:{row['id']}",
            id=row["id"],
            name=row["name"],
            state=row["state"],
            command=tuple(msgspec.json.decode(row["command"])),
            started_by=row["started_by"],
            host=row["host"],
            started_at=row["started_at"],
            ended_at=row["ended_at"],
            exit_status_of_program=row["exit_status"],
            digest=row["digest"],
            parent=parents.get(row["id"], ""),
            metrics=read_metrics(store, row["id"]) if metrics is None else metrics[row["id"]],
        )


def show_row(store: Store, row: Row) -> RunAnswer:
    """Return everything that is known of the run of a row, and what is around it."""
    answer = _ended_row(store, row)
    if answer.run is None or answer.digest is None:
        return msgspec.structs.replace(answer, artifacts=surroundings.artifacts(store, answer.id))
    return msgspec.structs.replace(
        answer,
        datasets=surroundings.datasets(store, answer.run),
        artifacts=surroundings.artifacts(store, answer.id),
        related=surroundings.related(store, answer.digest),
        notes=_notes(store, answer.digest, answer.run),
        printed=surroundings.printed(store, answer.run),
    )


def _ended_row(store: Store, row: Row) -> RunAnswer:
    """Return what was recorded of the run of a row."""
    answer = msgspec.structs.replace(next(lines(store, [row])), relations=related_runs(store, row["id"]))
    if row["digest"] is None:
        return answer
    run = store.get_object(row["digest"], Run)
    return msgspec.structs.replace(
        answer,
        params=run.params,
        run=run,
        code=store.get_object(run.code, Code),
        runtime=store.get_object(run.runtime, Runtime),
    )
