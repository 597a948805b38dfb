"""The code and packages that runs ran with and versions were made with, and stages, as rows that searches look into."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from lineal.objects.canonical import decode
from lineal.objects.digest import digest_of
from lineal.objects.journal import JournalEntry
from lineal.objects.runs import Code, Run, Runtime
from lineal.objects.versions import Version
from lineal.storage.database.database import Database, Row

_AT_ONCE = 200
_FIRST_STAGE, _ALONE, _DISPLACED = "staging", "production", "archived"


def package_name(name: str) -> str:
    """Return the name of a distribution as package indexes write it: small letters, hyphens."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def note_made_with(database: Database, subject: str, code: Code, runtime: Runtime) -> None:
    """Let a run, by its id, or a version, by its digest, be found by its code and packages."""
    packages = {package_name(each.name): each.version for each in runtime.packages}
    packages |= {"python": runtime.python} if runtime.python else {}
    digest = digest_of(msgspec.json.encode(packages, order="sorted")) if packages else ""
    if packages and not database.run("SELECT 1 FROM package WHERE packages = :digest LIMIT 1", digest=digest):
        database.many(
            "INSERT INTO package (packages, name, version) VALUES (:packages, :name, :version)"
            " ON CONFLICT (packages, name) DO NOTHING",
            [{"packages": digest, "name": name, "version": version} for name, version in sorted(packages.items())],
        )
    database.run(
        "INSERT INTO made_with (subject, commit_id, branch, entry_point, packages)"
        " VALUES (:subject, :commit_id, :branch, :entry_point, :packages) ON CONFLICT (subject) DO UPDATE SET"
        " commit_id = excluded.commit_id, branch = excluded.branch, entry_point = excluded.entry_point,"
        " packages = excluded.packages",
        subject=subject,
        commit_id=code.commit,
        branch=code.branch,
        entry_point=code.entry_point,
        packages=digest,
    )


def note_stage(database: Database, version: Row, at: int) -> None:
    """Write down that a version came to the stage that its row names; it left the one before at the same time."""
    known = {"model": version["model"], "number": version["number"]}
    database.run(
        "UPDATE stage_period SET until = :at WHERE model = :model AND number = :number AND until IS NULL",
        at=at,
        **known,
    )
    database.run(
        "INSERT INTO stage_period (model, number, revision, stage, since)"
        " VALUES (:model, :number, :revision, :stage, :at) ON CONFLICT (model, number, revision) DO NOTHING",
        revision=version["revision"],
        stage=version["stage"],
        at=at,
        **known,
    )


def fill(database: Database) -> None:
    """Write down what was known before there were these tables."""
    for subject, value in (*_objects(database, "run", "id", Run), *_objects(database, "version", "digest", Version)):
        bodies = {each["digest"]: each["body"] for each in _bodies(database, (value.code, value.runtime))}
        if len(bodies) == len({value.code, value.runtime}):
            note_made_with(database, subject, decode(bodies[value.code], Code), decode(bodies[value.runtime], Runtime))
    for version in database.run("SELECT * FROM version ORDER BY model, number"):
        note_stage(database, {**version, "revision": 0, "stage": _FIRST_STAGE}, version["created_at"])
    for entry in _promotions(database):
        _replay(database, entry)
    for version in database.run(
        "SELECT v.* FROM version v JOIN stage_period p ON p.model = v.model AND p.number = v.number"
        " WHERE p.until IS NULL AND p.stage <> v.stage"
    ):
        note_stage(database, version, version["updated_at"])


def _objects(database: Database, table: str, key: str, kind: type[Any]) -> Iterator[tuple[str, Any]]:
    after = ""
    while rows := database.run(
        f"SELECT t.{key} AS subject, min(o.body) AS body FROM {table} t JOIN object o ON o.digest = t.digest"
        f" WHERE t.{key} > :after GROUP BY t.{key} ORDER BY t.{key} LIMIT {_AT_ONCE}",
        after=after,
    ):
        yield from ((row["subject"], decode(row["body"], kind)) for row in rows)
        after = rows[-1]["subject"]


def _bodies(database: Database, digests: tuple[str, str]) -> list[Row]:
    code, runtime = digests
    return database.run("SELECT digest, body FROM object WHERE digest IN (:code, :runtime)", code=code, runtime=runtime)


def _promotions(database: Database) -> Iterator[JournalEntry]:
    after = 0
    while rows := database.run(
        "SELECT sequence, body FROM journal WHERE operation = 'promote' AND sequence > :after"
        f" ORDER BY sequence LIMIT {_AT_ONCE}",
        after=after,
    ):
        entries = [decode(row["body"], JournalEntry) for row in rows]
        yield from (each for each in entries if each.outcome == "done")
        after = rows[-1]["sequence"]


def _replay(database: Database, entry: JournalEntry) -> None:
    model, _, line = entry.subject.rpartition(":")
    stage = msgspec.json.decode(entry.request).get("to", "")
    for row in database.run("SELECT model, number, major, minor, patch FROM version WHERE model = :model", model=model):
        is_it = line == f"{row['major']}.{row['minor']}.{row['patch']}"
        had_to_go = not is_it and stage == _ALONE and _stands_alone(database, row)
        if stage and (is_it or had_to_go):
            moved = {**row, "revision": -entry.sequence, "stage": stage if is_it else _DISPLACED}
            note_stage(database, moved, entry.at)


def _stands_alone(database: Database, version: Row) -> bool:
    rows = database.run(
        "SELECT 1 FROM stage_period WHERE model = :model AND number = :number AND until IS NULL AND stage = :stage",
        model=version["model"],
        number=version["number"],
        stage=_ALONE,
    )
    return bool(rows)
