"""Find what a reference names; when nothing has that name, say what is near."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lineal.objects.digest import short
from lineal.objects.errors import Ambiguous, Conflict, Invalid, NotFound
from lineal.objects.reference import Kind, Reference, parse_reference
from lineal.objects.semantic import SemanticVersion
from lineal.storage.store import Store

Row = dict[str, Any]

STAGES = ("staging", "production", "archived")
"""Where a version can be moved. It begins in staging; ``production`` has one version at a time."""

NO_STAGE = "none"
"""Where a version stands that somebody registered without saying what for, as programs do over MLflow's protocol."""

NEWEST_FIRST = "major DESC, minor DESC, patch DESC, pre_order DESC"
"""The order of SemVer's precedence, in SQL, on rows of versions."""

RELEASES = "pre = ''"
"""What is true of the rows of releases, in SQL; what is newest is one of them, unless pre-releases are asked for."""

_VERSION = "SELECT * FROM version WHERE model = :model"


def find_version(store: Store, text: str) -> Row:
    """Return the row of the version that ``text`` names; a bare model means its newest release.

    Raises:
        Invalid: ``text`` names something that is no version.
        NotFound: there is none; the hint lists near ones.
        Ambiguous: a short digest has more than one meaning.
    """
    reference = parse_reference(text)
    if reference.kind == "digest":
        return _by_digest(store, "SELECT * FROM version WHERE digest LIKE :prefix ORDER BY model, number", reference)
    if reference.kind not in {"model", "alias", "version"}:
        raise Invalid(f"{text!r} is a {reference.kind}, not a version", hint="write churn:2.3.1 or churn@production")
    check_model(store, reference.name)
    where, values = _version_clause(reference)
    rows = store.database.run(
        f"{_VERSION}{where} ORDER BY {NEWEST_FIRST} LIMIT 1",
        model=reference.name,
        **values,
    )
    if rows:
        return rows[0]
    gone = (
        store.database.run(f"SELECT * FROM removed_version WHERE model = :model{where}", model=reference.name, **values)
        if (reference.kind == "version")
        else []
    )
    if gone:
        raise NotFound(
            f"{text} was removed by {gone[0]['removed_by']}: {gone[0]['reason']}", hint=f"it was {gone[0]['digest']}"
        )
    raise NotFound(_missing(store, reference, text), hint=_versions_hint(store, reference.name))


def _missing(store: Store, reference: Reference, text: str) -> str:
    """Return that there is no such version, or that a model has only pre-releases."""
    is_only_pre = reference.kind == "model" and store.database.run(f"{_VERSION} LIMIT 1", model=reference.name)
    return f"{text} has no release yet, only pre-releases" if is_only_pre else f"there is no {text}"


def _version_clause(reference: Reference) -> tuple[str, dict[str, object]]:
    if reference.kind == "model":
        return f" AND {RELEASES}", {}
    if reference.kind == "alias":
        if reference.detail in STAGES:
            return " AND stage = :stage", {"stage": reference.detail}
        return " AND number = (SELECT number FROM alias WHERE model = :model AND alias = :alias)", {
            "alias": reference.detail
        }
    if reference.detail.startswith("#"):
        return " AND number = :number", {"number": int(reference.detail[1:])}
    line, _, pre = reference.detail.partition("-")
    parts = dict(zip(("major", "minor", "patch"), map(int, line.split(".")), strict=False))
    where = "".join(f" AND {name} = :{name}" for name in parts)
    if not pre:
        return f"{where} AND {RELEASES}", dict(parts)
    # What is called so exactly is never shadowed by one of a series with that name.
    exact = (
        f"EXISTS (SELECT 1 FROM version e WHERE e.model = :model{where.replace(' AND ', ' AND e.')} AND e.pre = :pre)"
    )
    series = f"substr(pre, 1, {len(pre) + 1}) = :series AND NOT {exact}"
    return f"{where} AND (pre = :pre OR ({series}))", {**parts, "pre": pre, "series": f"{pre}."}


def keep_production(store: Store, name: str, condition: str, **values: object) -> None:
    """See that nothing goes out of sight that a version was made of which stands in production, or which somebody holds.

    Args:
        store: where.
        name: what is about to go, for people.
        condition: which versions were made of it, in SQL.
        values: those in the condition.

    Raises:
        Conflict: one of them stands in production, or is held.
    """
    rows = store.database.run(
        f"SELECT model, number, stage FROM version WHERE {condition} AND (stage = 'production' OR EXISTS (SELECT 1 FROM"
        " hold h WHERE h.model = version.model AND h.number = version.number AND h.kind = 'legal'"
        " AND h.released_at IS NULL)) ORDER BY model, number LIMIT 1",
        **values,
    )
    if rows:
        version = f"version {rows[0]['number']} of {rows[0]['model']}"
        is_there = rows[0]["stage"] == "production"
        why, way = (
            ("in production", "move that version to another stage first")
            if is_there
            else ("held", "an administrator must release the hold first")
        )
        # People read the message alone, wherever it is shown.
        raise Conflict(
            f"{name} cannot be deleted: {version}, which is {why}, was made of it. {way.capitalize()}.", hint=way
        )


def check_model(store: Store, name: str) -> Row:
    """Return the row of the model called ``name``.

    Raises:
        NotFound: there is none; the hint lists near names.
    """
    rows = store.database.run("SELECT * FROM model WHERE name = :name", name=name)
    if rows and not rows[0]["renamed_to"]:
        return rows[0]
    if rows:
        raise NotFound(f"there is no model {name!r} any more", hint=f"it was renamed to {rows[0]['renamed_to']}")
    names = [row["name"] for row in store.database.run("SELECT name FROM model WHERE renamed_to = '' ORDER BY name")]
    raise NotFound(f"there is no model {name!r}", hint=near(name, names, "lineal model list shows the models"))


def find_dataset(store: Store, text: str) -> Row:
    """Return the row of the dataset version that ``text`` names; a bare dataset means its newest version.

    Raises:
        Invalid: ``text`` names something that is no dataset.
        NotFound: there is none; the hint lists near ones.
        Ambiguous: a short digest has more than one meaning.
    """
    reference = parse_reference(text)
    if reference.kind == "digest":
        return _by_digest(store, "SELECT * FROM dataset WHERE digest LIKE :prefix ORDER BY name, number", reference)
    if reference.kind != "dataset":
        raise Invalid(f"{text!r} is no dataset", hint=f"write data:{reference.name or 'NAME'}")
    rows = store.database.run("SELECT * FROM dataset WHERE name = :name ORDER BY number DESC", name=reference.name)
    if not rows:
        names = [row["name"] for row in store.database.run("SELECT DISTINCT name FROM dataset ORDER BY name")]
        hint = near(reference.name, names, "lineal data list shows the datasets", prefix="data:")
        raise NotFound(f"there is no dataset {reference.name!r}", hint=hint)
    wanted = reference.detail
    chosen = [row for row in rows if not wanted or row["digest"].startswith(wanted) or str(row["number"]) == wanted]
    if not chosen:
        raise NotFound(f"there is no {text}", hint=f"data:{reference.name} has versions 1 to {rows[0]['number']}")
    return chosen[0]


def find_run(store: Store, text: str) -> Row:
    """Return the row of the run that ``text`` names: by id, by the beginning of one, or the newest of a name.

    Raises:
        NotFound: there is none.
        Ambiguous: more than one id begins so.
    """
    reference = parse_reference(text if ":" in text else f"run:{text}")
    if reference.kind == "digest":
        return _by_digest(store, "SELECT * FROM run WHERE digest LIKE :prefix ORDER BY id", reference)
    if reference.kind != "run":
        raise Invalid(f"{text!r} is a {reference.kind}, not a run", hint="write run:ID or run:NAME")
    if reference.name == "latest":
        rows = store.database.run("SELECT * FROM run ORDER BY id DESC LIMIT 1")
    else:
        rows = store.database.run(
            "SELECT * FROM run WHERE name = :name ORDER BY id DESC LIMIT 1", name=reference.name
        ) or store.database.run(
            "SELECT * FROM run WHERE id LIKE :prefix ORDER BY id LIMIT 5", prefix=_prefix(reference.name.upper())
        )
    if len(rows) == 1:
        return rows[0]
    if rows:
        raise Ambiguous(f"more than one run begins with {reference.name}", hint=", ".join(r["id"] for r in rows))
    names = [row["name"] for row in store.database.run("SELECT DISTINCT name FROM run ORDER BY name")]
    raise NotFound(f"there is no run {reference.name!r}", hint=near(reference.name, names, "lineal runs lists them"))


def find_deployment(store: Store, text: str) -> Row:
    """Return the row of the deployment with the id that ``text`` begins.

    Raises:
        NotFound: there is none.
        Ambiguous: more than one begins so.
    """
    name = text.removeprefix("deployment:")
    rows = store.database.run(
        "SELECT * FROM deployment WHERE id LIKE :prefix ORDER BY id LIMIT 5", prefix=_prefix(name.upper())
    )
    if len(rows) == 1:
        return rows[0]
    if rows:
        raise Ambiguous(f"more than one deployment begins with {name}", hint=", ".join(r["id"] for r in rows))
    raise NotFound(f"there is no deployment {name!r}", hint="lineal deployments lists them")


def find_any(store: Store, text: str) -> tuple[Kind, Row]:
    """Return what ``text`` names, whatever it is, with its kind.

    Raises:
        NotFound: nothing has that name.
        Ambiguous: a short digest has more than one meaning.
    """
    reference = parse_reference(text)
    if reference.kind == "digest":
        return _any_by_digest(store, text)
    if reference.kind == "model":
        return "model", check_model(store, reference.name)
    finders = {"run": find_run, "dataset": find_dataset, "deployment": find_deployment}
    if finder := finders.get(reference.kind):
        return reference.kind, finder(store, text)
    return "version", find_version(store, text)


def _any_by_digest(store: Store, text: str) -> tuple[Kind, Row]:
    finders: tuple[tuple[Kind, Any], ...] = (("version", find_version), ("dataset", find_dataset), ("run", find_run))
    for kind, finder in finders:
        try:
            return kind, finder(store, text)
        except Ambiguous:
            raise
        except NotFound:
            continue
    raise NotFound(f"nothing here has the digest {text}", hint="lineal log shows what was added")


def _by_digest(store: Store, sql: str, reference: Reference) -> Row:
    rows = store.database.run(sql, prefix=_prefix(reference.detail))
    if len({row["digest"] for row in rows}) == 1:
        return rows[0]
    if rows:
        raise Ambiguous(
            f"more than one digest begins with {reference.detail}",
            hint=", ".join(sorted({short(row["digest"]) for row in rows})),
        )
    raise NotFound(f"nothing here has the digest {reference.detail}", hint="lineal log shows what was added")


def _prefix(text: str) -> str:
    """Return a LIKE pattern for texts that begin with ``text``; ids and digests hold none of its special signs."""
    return text.replace("%", "").replace("_", "") + "%"


def _versions_hint(store: Store, model: str) -> str:
    rows = store.database.run(f"{_VERSION} ORDER BY number DESC LIMIT 5", model=model)
    aliases = store.database.run("SELECT alias FROM alias WHERE model = :model ORDER BY alias", model=model)
    known = [f"{model}:{semantic(row)} ({row['stage']})" for row in rows]
    if not known:
        return f"it has no version yet: lineal model register RUN --name {model}"
    return "there are " + ", ".join([*known, *(f"{model}@{row['alias']}" for row in aliases)])


def near(name: str, names: Iterable[str], otherwise: str, *, prefix: str = "") -> str:
    """Return the hint for a name that nothing has: the names like it, or ``otherwise``."""
    from difflib import get_close_matches  # noqa: PLC0415 - most names are right

    close = get_close_matches(name, list(names), n=3, cutoff=0.5)
    return "did you mean " + " or ".join(prefix + each for each in close) + "?" if close else otherwise


def semantic(row: Row) -> str:
    """Return the semantic version of a version's row."""
    return str(semantic_of(row))


def semantic_of(row: Row) -> SemanticVersion:
    """Return the semantic version of a version's row, as a value that can be compared."""
    return SemanticVersion(row["major"], row["minor"], row["patch"], row["pre"])


def subject_of(row: Row) -> str:
    """Return the subject of the tags of a version's row."""
    return str(row["subject"])


def version_reference(row: Row) -> str:
    """Return the reference of a version's row."""
    return f"{row['model']}:{semantic(row)}"


def dataset_reference(row: Row) -> str:
    """Return the reference of a dataset version's row."""
    return f"data:{row['name']}@{row['number']}"
