"""The verb that tells of a model what tags of other systems say of it."""

from __future__ import annotations

from collections import defaultdict

from lineal.objects.runs import Code
from lineal.operations.answers.tags import Stay, TaggedModel, TaggedVersion
from lineal.operations.operation import operation
from lineal.operations.references import Row, check_model, semantic
from lineal.operations.statements import bump_of
from lineal.operations.versioning.models import version_of
from lineal.storage.store import Store


@operation("export tags", effect="reads", internal=True, about={"model": "model"})
def tagged(store: Store, model: str) -> TaggedModel:
    """Tell of the versions of a model, in the order of their numbers: the commit of each, and where it stood when.

    Args:
        model: the model.

    Raises:
        NotFound: there is none.
    """
    row = check_model(store, model)
    stays = defaultdict[int, list[Stay]](list)
    for each in store.database.run(
        "SELECT number, stage, since, until FROM stage_period WHERE model = :model ORDER BY since, revision",
        model=model,
    ):
        stays[each["number"]].append(Stay(stage=each["stage"], since=each["since"], until=each["until"]))
    rows = store.database.run("SELECT * FROM version WHERE model = :model ORDER BY number", model=model)
    gone = store.database.run("SELECT * FROM removed_version WHERE model = :model ORDER BY number", model=model)
    found = [(each["number"], _version(store, each, tuple(stays[each["number"]]))) for each in rows]
    found += [(each["number"], _removed(each)) for each in gone]
    versions = tuple(version for _, version in sorted(found, key=lambda each: each[0]))
    return TaggedModel(name=model, versions=versions, deleted_at=row["deleted_at"])


def _version(store: Store, row: Row, stays: tuple[Stay, ...]) -> TaggedVersion:
    code, why = store.get_object(version_of(store, row).code, Code), bump_of(store, row)
    return TaggedVersion(
        semantic=semantic(row),
        digest=row["digest"],
        commit=code.commit,
        is_changed=code.diff is not None,
        by=row["created_by"],
        at=row["created_at"],
        why=f"{why.level} after {why.previous}" if why and why.previous else "",
        stays=stays,
    )


def _removed(row: Row) -> TaggedVersion:
    return TaggedVersion(
        semantic=semantic(row),
        digest=row["digest"],
        by=row["removed_by"],
        at=row["created_at"],
        removed_at=row["removed_at"],
    )
