"""Which semantic version a version gets: derived or chosen, a release or a pre-release, and never one that was used before."""

from __future__ import annotations

import msgspec

from lineal.checks.bump.rules import LEVELS
from lineal.objects.errors import Conflict, Denied
from lineal.objects.semantic import Level, SemanticVersion, parse_semantic
from lineal.objects.statements import Bump
from lineal.objects.versions import Version
from lineal.operations.references import NEWEST_FIRST, RELEASES, Row, semantic, semantic_of, version_reference
from lineal.operations.statements import bump_of
from lineal.operations.versioning.bumps import derived
from lineal.storage.store import Store


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks of a number.

    Args:
        level: in place of the derived one; empty for that.
        reason: why.
        pre: what the pre-releases are called that it becomes one of; empty for a release.
    """

    level: str = ""
    reason: str = ""
    pre: str = ""


def newest(store: Store, name: str, *, pre_releases: bool = False) -> Row | None:
    """Return the row of the newest release of a model, or of its newest version of any kind, if it has one."""
    which = "" if pre_releases else f" AND {RELEASES}"
    rows = store.database.run(
        f"SELECT * FROM version WHERE model = :name{which} ORDER BY {NEWEST_FIRST} LIMIT 1", name=name
    )
    return rows[0] if rows else None


def last_pre_release(store: Store, name: str) -> Row | None:
    """Return the row of the pre-release that was registered last, if no release is newer."""
    rows = store.database.run(
        "SELECT * FROM version WHERE model = :name AND pre <> '' ORDER BY number DESC LIMIT 1", name=name
    )
    released = newest(store, name)
    is_newer = rows and (released is None or semantic_of(rows[0]) > semantic_of(released))
    return rows[0] if is_newer else None


def weighed(store: Store, name: str, previous: Row | None, version: Version, asked: Asked) -> Bump:
    """Return the semantic version that somebody's wish and the evidence give, with what changed since the last pre-release.

    Args:
        store: where.
        name: the model.
        previous: the row of its newest release.
        version: the version.
        asked: what is wished.

    Raises:
        Denied: the level is lower than the derived one, and the actor is no approver.
    """
    found = _chosen(store, previous, version, asked)
    if last := last_pre_release(store, name):
        since = derived(store, last, version).findings
        found = msgspec.structs.replace(found, pre_release=semantic(last), since_pre_release=since)
    found = unused(store, name, found)
    if not asked.pre:
        return found
    number = _next(store, name, parse_semantic(found.semantic), asked.pre)
    return msgspec.structs.replace(found, semantic=str(number))


def promised(store: Store, row: Row) -> Bump:
    """Return what is said of a pre-release when it becomes the release that it was one of."""
    why = bump_of(store, row) or Bump(semantic="", level="first", findings=())
    number = str(semantic_of(row).release)
    return msgspec.structs.replace(why, semantic=number, pre_release=semantic(row), since_pre_release=())


def release_of(store: Store, row: Row) -> Row | None:
    """Return the row of the release that a pre-release became, if it did.

    Raises:
        Conflict: something else has its number, or had it.
    """
    number = semantic_of(row).release
    known = {"model": row["model"], "major": number.major, "minor": number.minor, "patch": number.patch}
    where = " WHERE model = :model AND major = :major AND minor = :minor AND patch = :patch AND pre = ''"
    rows = store.database.run(f"SELECT * FROM version{where}", **known)
    if rows and rows[0]["digest"] == row["digest"]:
        return rows[0]
    if rows or store.database.run(f"SELECT 1 FROM removed_version{where}", **known):
        other = "is another version" if rows else "was removed, and its number is never used again"
        raise Conflict(
            f"{row['model']}:{number} {other}; {version_reference(row)} cannot become it",
            hint="register it anew to get the next number: lineal model register RUN --level patch --reason '…'",
        )
    return None


def _chosen(store: Store, previous: Row | None, version: Version, asked: Asked) -> Bump:
    """Return the number of the level that somebody chose; what was derived stays on record."""
    found = derived(store, previous, version)
    if not asked.level or previous is None:
        return found
    level: Level = asked.level  # type: ignore[assignment]  # checked against LEVELS at the door
    if found.level != "first" and LEVELS.index(level) < LEVELS.index(found.level):
        _check_lowering(store, previous["model"], level, found)
    return msgspec.structs.replace(
        found,
        semantic=str(semantic_of(previous).bumped(level)),
        level=level,
        overridden_because=f"{asked.reason} (derived: {found.level})",
    )


def _check_lowering(store: Store, model: str, level: str, found: Bump) -> None:
    """Let approvers alone say that less changed than the evidence does."""
    if not store.actor.may("approver", f"model:{model}"):
        raise Denied(
            f"the evidence asks for a {found.level} version ({found.findings[0]}); {store.actor.name} is"
            f" {store.actor.role_on(f'model:{model}')} there, and only approvers may lower it to a {level} one",
            hint="register without --level, or ask one of the approvers",
        )


def unused(store: Store, model: str, said: Bump) -> Bump:
    """Return what was said with a number that no version of the model ever had: those that were removed keep theirs.

    Raises:
        Conflict: it is that of a pre-release that was removed.
    """
    wanted = parse_semantic(said.semantic)
    rows = store.database.run("SELECT * FROM removed_version WHERE model = :model", model=model)
    taken = {semantic_of(row) for row in rows}
    if wanted in taken and wanted.pre:
        raise Conflict(f"{model}:{wanted} was removed, and its number is never used again", hint="give it another one")
    while wanted in taken:
        wanted = wanted.bumped("patch" if said.level == "first" else said.level)
    return msgspec.structs.replace(said, semantic=str(wanted))


def _next(store: Store, model: str, release: SemanticVersion, series: str) -> SemanticVersion:
    """Return the next pre-release of a series, such as rc; the numbers of those that were removed are not used again."""
    counted = [0]
    for table in ("version", "removed_version"):
        rows = store.database.run(
            f"SELECT pre FROM {table} WHERE model = :model AND major = :major AND minor = :minor AND patch = :patch"
            " AND pre <> ''",
            model=model,
            major=release.major,
            minor=release.minor,
            patch=release.patch,
        )
        ends = (row["pre"].removeprefix(f"{series}.") for row in rows if row["pre"].startswith(f"{series}."))
        counted += [int(end) for end in ends if end.isdigit()]
    return SemanticVersion(release.major, release.minor, release.patch, f"{series}.{max(counted) + 1}")
