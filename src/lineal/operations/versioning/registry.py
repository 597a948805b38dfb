"""What a registry shows of models and versions: those that nobody deleted over MLflow's protocol, many at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from lineal.objects.errors import NotFound
from lineal.operations.answers.registry import RegisteredModel, RegisteredVersion
from lineal.operations.messages.outbox import STAGE_NAMES
from lineal.operations.operation import operation
from lineal.operations.people.sight import narrowed
from lineal.operations.references import Row, semantic, subject_of, version_reference
from lineal.operations.versioning.models import newest_by_stage
from lineal.operations.versioning.weights import by_alias, download_uri, find
from lineal.query.pages import read_page
from lineal.query.wanted import Wanted
from lineal.storage.store import Store

_ASKED_AT_ONCE = 500


@operation("model registered", effect="reads", internal=True, about={"name": "model"})
def model(store: Store, name: str) -> RegisteredModel:
    """Show a model as a registry does, with the newest version of each stage.

    Args:
        name: the model.

    Raises:
        NotFound: there is none, or it was deleted.
    """
    return show_model(store, find_model(store, name))


@operation("version registered", effect="reads", internal=True, about={"name": "model"})
def version(store: Store, name: str, *, number: int = 0, alias: str = "") -> RegisteredVersion:
    """Show a version as a registry does.

    Args:
        name: the model.
        number: which version.
        alias: the alias that points at it, in place of its number.

    Raises:
        NotFound: there is none, or it was deleted.
        Invalid: there is no such alias.
    """
    if alias:
        find_model(store, name)
    return show_version(store, by_alias(store, name, alias) if alias else find(store, name, number))


@operation("version latest", effect="reads", internal=True, about={"name": "model"})
def latest(store: Store, name: str, *, stages: tuple[str, ...] = ()) -> tuple[RegisteredVersion, ...]:
    """Show the newest version of each stage.

    Args:
        name: the model.
        stages: which stages; by default all.

    Raises:
        NotFound: there is no such model.
    """
    find_model(store, name)
    return tuple(show_versions(store, newest_by_stage(store, (name,), stages or tuple(STAGE_NAMES))))


def find_model(store: Store, name: str) -> Row:
    """Return the row of a model that was not deleted. Raises NotFound."""
    rows = store.database.run("SELECT * FROM model WHERE name = :name AND deleted_at IS NULL", name=name)
    if rows:
        return rows[0]
    raise NotFound(f"Registered Model with name={name} not found", hint="lineal model list shows the models")


class Models(NamedTuple):
    """A page of models. ``next_token`` is empty when it is the last one."""

    found: list[RegisteredModel]
    next_token: str


class Versions(NamedTuple):
    """A page of versions. ``next_token`` is empty when it is the last one."""

    found: list[RegisteredVersion]
    next_token: str


def models_page(store: Store, wanted: Wanted, *, limit: int, page_token: str = "") -> Models:
    """Return a page of the models that are wanted. Raises Invalid for a token of another search."""
    rows, token = read_page(narrowed(store, wanted), limit=limit, page_token=page_token, ask=store.database.run)
    return Models(list(show_models(store, rows)), token)


def versions_page(store: Store, wanted: Wanted, *, limit: int, page_token: str = "") -> Versions:
    """Return a page of the versions that are wanted. Raises Invalid for a token of another search."""
    rows, token = read_page(narrowed(store, wanted), limit=limit, page_token=page_token, ask=store.database.run)
    return Versions(list(show_versions(store, rows)), token)


def show_model(store: Store, row: Row) -> RegisteredModel:
    """Return what a registry shows of the model of a row."""
    return next(show_models(store, [row]))


def show_models(store: Store, rows: Sequence[Row]) -> Iterator[RegisteredModel]:
    """Yield what a registry shows of the models of rows, asked for together."""
    rest = iter(rows)
    while asked := list(islice(rest, _ASKED_AT_ONCE)):
        names = [row["name"] for row in asked]
        newest = defaultdict[str, list[RegisteredVersion]](list)
        for each in show_versions(store, newest_by_stage(store, names, tuple(STAGE_NAMES))):
            newest[each.model].append(each)
        tags = _tags(store, [f"model:{name}" for name in names])
        aliases = _aliases(store, names)
        for row in asked:
            yield RegisteredModel(
                reference=row["name"],
                name=row["name"],
                description=row["description"],
                created_by=row["created_by"],
                created_at=row["created_at"],
                updated_at=row["updated_at"],
                tags=tags[f"model:{row['name']}"],
                aliases=aliases[row["name"]],
                latest=tuple(newest[row["name"]]),
            )


def _aliases(store: Store, names: Sequence[str]) -> dict[str, dict[str, int]]:
    found = defaultdict[str, dict[str, int]](dict)
    for name, alias, number in _pointers(store, names):
        found[name][alias] = number
    return found


def _pointers(store: Store, names: Sequence[str], numbers: Sequence[int] = ()) -> Iterator[tuple[str, str, int]]:
    """Yield the aliases of models: model, alias, number; only those of versions with one of ``numbers`` where they are given."""
    narrowed = f" AND number IN ({', '.join(map(str, map(int, numbers)))})" if numbers else ""
    rows = store.database.run(
        f"SELECT model, alias, number FROM alias WHERE model IN ({_marks(names)}){narrowed} ORDER BY model, alias",
        **_bound(names),
    )
    return ((row["model"], row["alias"], row["number"]) for row in rows)


def show_version(store: Store, row: Row) -> RegisteredVersion:
    """Return what a registry shows of the version of a row."""
    return next(show_versions(store, [row]))


def show_versions(store: Store, rows: Iterable[Row]) -> Iterator[RegisteredVersion]:
    """Yield what a registry shows of the versions of rows, asked for together."""
    rest = iter(rows)
    while asked := list(islice(rest, _ASKED_AT_ONCE)):
        tags = _tags(store, [subject_of(row) for row in asked])
        aliases = defaultdict[tuple[str, int], list[str]](list)
        names = list(dict.fromkeys(row["model"] for row in asked))
        for name, alias, number in _pointers(store, names, [row["number"] for row in asked]):
            aliases[name, number].append(alias)
        for row in asked:
            yield RegisteredVersion(
                reference=version_reference(row),
                model=row["model"],
                number=row["number"],
                semantic=semantic(row),
                stage=row["stage"],
                digest=row["digest"],
                description=row["description"],
                source=row["source"] or download_uri(row),
                location=download_uri(row),
                run=row["run"] or "",
                run_link=row["run_link"],
                logged_model=row["logged_model"],
                status=row["status"],
                status_message=row["status_message"],
                created_by=row["created_by"],
                created_at=row["created_at"],
                updated_at=row["updated_at"],
                tags=tags[subject_of(row)],
                aliases=tuple(aliases[row["model"], row["number"]]),
            )


def _tags(store: Store, subjects: Sequence[str]) -> dict[str, dict[str, str]]:
    found = defaultdict[str, dict[str, str]](dict)
    if subjects:
        for row in store.database.run(
            f"SELECT subject, key, value FROM tag WHERE subject IN ({_marks(subjects)}) ORDER BY subject, key",
            **_bound(subjects),
        ):
            found[row["subject"]][row["key"]] = row["value"]
    return found


def _marks(values: Sequence[str]) -> str:
    return ", ".join(f":m{place}" for place in range(len(values)))


def _bound(values: Sequence[str]) -> dict[str, str]:
    return {f"m{place}": value for place, value in enumerate(values)}
