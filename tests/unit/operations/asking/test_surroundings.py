"""What is around a run, over each database."""

from __future__ import annotations

import msgspec

from lineal.client.local import LocalRepository
from lineal.objects.ulid import ulid
from lineal.operations.answers.models import RunAnswer
from tests.unit.operations.making import CODE, RUNTIME, dataset, run


def within(repository: LocalRepository, parent: str, step: RunAnswer) -> RunAnswer:
    """Record a run like ``step`` again, as one that was started within another."""
    assert step.run

    value = msgspec.structs.replace(step.run, id=repository.store.clock.new_id(), parent=parent)
    answer: RunAnswer = repository.runs.finish(run=value, code=CODE, runtime=RUNTIME)
    return answer


def test_a_file_that_was_changed_unseen_is_tied_to_what_wrote_it_before(either: LocalRepository) -> None:
    first = run(either, writes={"a.csv": b"1"})
    second = run(either, reads={"a.csv": b"2"})
    edges = {each.role: each.trust for each in either.lineage(second.reference).edges}
    shown = either.show(second.reference)

    assert {"read": "verified", "changed from": "inferred", "written by": "verified"} == edges
    assert (f"files: a.csv was changed by something that was not seen, after {first.reference} had written it",) == (
        shown.notes
    )
    assert [(first.reference, "train")] == [(each.reference, each.name) for each in shown.related]


def test_a_file_whose_origin_is_known_is_not_tied_by_its_path(either: LocalRepository) -> None:
    run(either, writes={"a.csv": b"1", "b.csv": b"1"})
    dataset(either, "b", b"2")
    run(either, writes={"a.csv": b"3"})
    reader = run(either, reads={"a.csv": b"3", "b.csv": b"2", "raw.csv": b"4"})

    assert () == either.show(reader.reference).notes
    assert {"data:b@1"} == {each for names in either.show(reader.reference).datasets.values() for each in names}


def test_runs_within_a_run_are_tied_to_it_whichever_ends_first(either: LocalRepository) -> None:
    model = run(either)
    parent_id = ulid(either.store.clock.now(), bytes(range(10)))
    early = within(either, parent_id, model)
    assert model.run
    parent = either.runs.finish(
        run=msgspec.structs.replace(model.run, id=parent_id, name="whole"), code=CODE, runtime=RUNTIME
    )
    late = within(either, parent_id, model)

    assert {early.reference, late.reference} == {
        each.reference for each in either.show(parent.reference).related if each.steps == -1
    }
    assert {parent_id} == {each.parent for each in either.runs() if each.id in {early.id, late.id}}
