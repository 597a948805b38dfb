"""The run within which a run was started is known in one way, whoever said it and however it is asked."""

from __future__ import annotations

import msgspec

from lineal.client.local import LocalRepository
from lineal.objects.ulid import hexadecimal
from lineal.operations.recording import tracking
from lineal.operations.recording.tracking import NewRun
from lineal.storage.parents import PARENT_TAG
from tests.unit.operations import making
from tests.unit.operations.making import CODE, RUNTIME


def begin(repository: LocalRepository, **tags: str) -> str:
    store = repository.store
    run = NewRun(id=store.clock.new_id(), name="r", started_at=store.clock.now(), tags=tags)
    return tracking.create(repository, run).id


def within(repository: LocalRepository, run: str) -> dict[str, object]:
    """Return whom a run is said to be within: by lists, by what it is to others, by MLflow's tag, and by search."""
    shown = repository.show(f"run:{run}")
    tags = {each["key"]: each["value"] for each in msgspec.json.decode(tracking.tracked(repository, run_id=run).tags)}
    parent = tags.get(PARENT_TAG, "")
    found = repository.search(f'tags."{PARENT_TAG}" = "{parent}"', kind="runs").runs if parent else ()
    return {
        "lists": shown.parent,
        "relations": [each.reference for each in shown.relations if each.role == "parent"],
        "tag": parent,
        "search": run in {each.id for each in found},
    }


def everywhere(parent: str) -> dict[str, object]:
    return {"lists": parent, "relations": [f"run:{parent}"], "tag": hexadecimal(parent), "search": True}


NOWHERE = {"lists": "", "relations": [], "tag": "", "search": False}


def test_a_tag_that_a_program_sets_changes_or_removes_is_the_relation(either: LocalRepository) -> None:
    one, other = begin(either), begin(either)
    child = begin(either, **{PARENT_TAG: hexadecimal(one)})
    assert everywhere(one) == within(either, child)
    assert ["child"] == [each.role for each in either.show(f"run:{one}").relations]

    tracking.record(either, run_id=child, tags={PARENT_TAG: hexadecimal(other)})
    assert everywhere(other) == within(either, child)

    tracking.record(either, run_id=child, untag=(PARENT_TAG,))
    assert NOWHERE == within(either, child)

    tracking.record(either, run_id=child, tags={PARENT_TAG: "of another system"})
    assert NOWHERE | {"tag": "of another system", "search": True} == within(either, child)


def test_a_run_that_was_recorded_within_another_has_the_tag(either: LocalRepository) -> None:
    parent, child = (recorded(either) for _ in range(2))
    inner = recorded(either, parent=parent)
    # What its program told some tracker of a run that is not here, or against what we know, is no parent.
    stranger = recorded(either, tags={PARENT_TAG: "a" * 32})
    sure = recorded(either, parent=parent, tags={PARENT_TAG: hexadecimal(child)})
    known = recorded(either, tags={PARENT_TAG: hexadecimal(child)})

    assert everywhere(parent) == within(either, inner) == within(either, sure)
    assert everywhere(child) == within(either, known)
    assert ("", []) == (within(either, stranger)["lists"], within(either, stranger)["relations"])


def test_what_was_recorded_is_shown_to_programs_of_mlflow_and_stays_when_they_add_to_it(
    either: LocalRepository,
) -> None:
    run = recorded(either, params={"depth": 3}, metrics={"fit": 0.5})
    tracking.record(either, run_id=run, tags={"team": "a"})

    shown = tracking.tracked(either, run_id=run)

    params, metrics, tags = (msgspec.json.decode(each) for each in (shown.params, shown.metrics, shown.tags))
    assert [{"key": "depth", "value": "3"}] == params
    assert [("fit", 0.5)] == [(each["key"], each["value"]) for each in metrics]
    assert {"team": "a"} == {each["key"]: each["value"] for each in tags}


def test_a_run_that_was_recorded_before_lists_were_kept_ready_is_shown_all_the_same(either: LocalRepository) -> None:
    run = recorded(either, params={"depth": 3})
    either.store.database.run("DELETE FROM run_summary WHERE run = :run", run=run)

    assert b'[{"key":"depth","value":"3"}]' == bytes(tracking.tracked(either, run_id=run).params)


def recorded(repository: LocalRepository, **more: object) -> str:
    made = making.run(repository, depth=3).run
    assert made is not None
    bare = msgspec.structs.replace(made, id=repository.store.clock.new_id(), params={}, metrics={})
    run = msgspec.structs.replace(bare, **more)
    return repository.runs.finish(run=run, code=CODE, runtime=RUNTIME).id
