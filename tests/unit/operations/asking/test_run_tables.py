"""The table of runs: what each row has, in which order, and that a page of it costs the same among any number of runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.errors import Denied, Invalid
from lineal.objects.runs import Point
from lineal.objects.ulid import hexadecimal
from lineal.operations.answers.tables import RunTable
from lineal.operations.asking import experiment_tables, run_tables
from lineal.operations.recording import experiments, inputs, tracking
from lineal.operations.recording.ranks import RANK_OF
from lineal.operations.recording.summaries import Dataset, Pair, UsedDataset
from lineal.storage.database.sqlite import Sqlite
from lineal.storage.store import Actor
from tests.unit.operations.making import dataset, run
from tests.unit.operations.tracked import made, registered, tracked


def begin(repository: LocalRepository, name: str, *, at: int = 1, experiment: int = 0, **tags: str) -> str:
    """Begin a run with a metric and params of its own; return its id."""
    found: str = repository.store.clock.new_id()
    new = tracking.NewRun(id=found, name=name, started_at=at, experiment=experiment, tags=tags)
    tracking.create(repository, new)
    tracking.record(
        repository,
        found,
        points=(Point("auc", 1, at / 10, 1), Point("epoch", 1, 20, 1)),
        params={"at": str(at), "kind": "tree"},
    )
    return found


def names(found: RunTable) -> list[str]:
    return [each.name for each in found.rows]


def test_a_row_has_what_people_look_for(either: LocalRepository) -> None:
    whole = begin(either, "sweep", at=1)
    part = begin(either, "part", at=2, **{"mlflow.parentRunId": hexadecimal(whole), "mlflow.source.name": "fit.py"})
    tracking.update(either, part, state="finished", ended_at=1_502)
    used = UsedDataset(tags=[Pair("mlflow.data.context", "training")], dataset=Dataset("people", "d1", "local", ""))
    inputs.add_inputs(either, part, datasets=(used,))

    second, first = run_tables.table(either, experiment=0).rows

    assert ("part", "finished", 1_500, "fit.py", "ada") == (
        second.name,
        second.state,
        second.duration_ms,
        second.source,
        second.author,
    )
    assert ((whole, "sweep"), 1) == ((second.parent, second.parent_name), first.child_count)
    assert [("people", "training")] == [(each.name, each.context) for each in second.datasets]
    assert (None, "Default") == (first.duration_ms, first.experiment_name)


def test_the_versions_made_of_a_run_and_the_datasets_that_it_read_stand_beside_it(either: LocalRepository) -> None:
    dataset(either, "people", b"x,y\n1,2\n")
    seen = run(either, reads={"people.csv": b"x,y\n1,2\n"}, writes={"m.pkl": b"1"})
    either.model.register(seen.reference, name="churn")
    told = tracked(either)
    registered(either, made(either, "told"), told)

    rows = {each.id: each for each in run_tables.table(either).rows}

    assert ["data:people@1"] == [each.reference for each in rows[seen.id].datasets]
    assert [("churn:1.0.0", "staging")] == [(each.reference, each.stage) for each in rows[seen.id].versions]
    assert ["told:1.0.0"] == [each.reference for each in rows[told].versions]
    assert "python train.py" == rows[seen.id].source


def test_columns_are_those_that_differ_until_somebody_chooses(repository: LocalRepository) -> None:
    for at in (1, 2):
        begin(repository, f"r{at}", at=at, team="a")

    found = run_tables.table(repository)
    chosen = run_tables.table(repository, columns=("tags.team", "params.none", "source"))

    assert [("metrics.auc", True), ("metrics.epoch", False), ("params.at", True), ("params.kind", False)] == [
        (each.text, each.differs) for each in found.columns
    ]
    assert [(0.2, 20, "2", "tree"), (0.1, 20, "1", "tree")] == [each.values for each in found.rows]
    assert [("a", None), ("a", None)] == [each.values for each in chosen.rows]
    assert ("source",) == chosen.fields
    assert ("team",) == found.names["tags"]


def test_a_run_with_more_than_lists_hold_shows_what_is_chosen_of_it(repository: LocalRepository) -> None:
    long = begin(repository, "long", at=2)
    begin(repository, "short", at=1)
    tracking.record(repository, long, params={f"p{place:04}": "v" * 100 for place in range(1_000)})

    found = run_tables.table(repository, columns=("params.p0999", "params.at"))

    assert [("v" * 100, "2"), (None, "1")] == [each.values for each in found.rows]
    assert 200 == len(found.names["params"])


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["r3", "r2", "r1"]),
        ({"sort": "started asc"}, ["r1", "r2", "r3"]),
        ({"sort": "metrics.auc asc"}, ["r1", "r2", "r3"]),
        ({"sort": "params.at desc"}, ["r3", "r2", "r1"]),
        ({"sort": "name desc"}, ["r3", "r2", "r1"]),
        ({"sort": "duration asc"}, ["r3", "r2", "r1"]),
        ({"sort": "tags.team asc"}, ["r3", "r1", "r2"]),
        ({"query": "metrics.auc > 0.15 order by started"}, ["r2", "r3"]),
        ({"query": "metrics.auc > 0.15 order by started", "sort": "started desc"}, ["r3", "r2"]),
        ({"query": "limit 1"}, ["r3"]),
        ({"query": "experiment = trials"}, ["r3", "r2", "r1"]),
        ({"query": "experiment = Default"}, []),
        ({"deleted": True}, ["gone"]),
    ],
)
def test_runs_of_an_experiment_are_found_and_put_in_order(
    asked: dict[str, Any], expected: list[str], either: LocalRepository
) -> None:
    trials = experiments.create(either, "trials").number
    begin(either, "elsewhere", at=5)
    for at in (1, 2, 3):
        found = begin(either, f"r{at}", at=at, experiment=trials, **({"team": "a"} if at == 3 else {}))
        tracking.update(either, found, state="finished", ended_at=100 - at)
    tracking.delete(either, begin(either, "gone", at=4, experiment=trials))

    assert expected == names(run_tables.table(either, experiment=trials, **asked))


@pytest.mark.parametrize("sort", ["", "metrics.auc desc", "duration asc", "name asc", "params.at asc"])
def test_pages_one_after_the_other_have_each_run_once_whatever_is_added_meanwhile(
    sort: str, repository: LocalRepository
) -> None:
    for at in range(1, 8):
        begin(repository, f"r{at}", at=at)
    seen, page = list[str](), ""
    while True:
        found = run_tables.table(repository, sort=sort, limit=2, page=page)
        seen += names(found)
        if len(seen) == 2:
            begin(repository, "a new one", at=9)  # before all that follows, or behind nothing that was seen
        page = found.next_page
        if not page:
            break

    assert sorted(f"r{at}" for at in range(1, 8)) == sorted(each for each in seen if each != "a new one")
    with pytest.raises(Invalid, match="page"):
        run_tables.table(repository, sort="started asc", page=run_tables.table(repository, limit=2).next_page)


def test_the_ranks_of_one_training_are_one_row(repository: LocalRepository) -> None:
    whole = begin(repository, "rank 0")
    begin(repository, "rank 1", **{RANK_OF: whole})

    assert ["rank 0"] == names(run_tables.table(repository))


def test_a_search_that_cannot_be_read_points_at_the_place(repository: LocalRepository) -> None:
    with pytest.raises(Invalid, match=r"compared with a number\n  auc > high\n        \^\^\^\^"):
        run_tables.table(repository, query="auc > high")


@pytest.mark.parametrize("name", ["a\x00b", "a" * 5_000, "\ud800", "\x1b[31m"])
def test_what_no_name_can_be_is_refused_before_the_database_is_asked(name: str, either: LocalRepository) -> None:
    begin(either, "r")
    for asked in ({"columns": (f"params.{name}",)}, {"sort": f"metrics.{name} asc"}, {"query": name}):
        with pytest.raises(Invalid, match=r"cannot hold|too long"):
            run_tables.table(either, **asked)  # type: ignore[arg-type]
    with pytest.raises(Invalid, match=r"cannot hold|too long"):
        experiment_tables.table(either, name=name)


def test_what_may_not_be_seen_is_in_no_table(repository: LocalRepository) -> None:
    secret, shown = (experiments.create(repository, name).number for name in ("secret", "open"))
    parent = begin(repository, "hidden sweep", experiment=secret)
    part = begin(repository, "part", experiment=shown, **{"mlflow.parentRunId": hexadecimal(parent)})
    registered(repository, made(repository, "secret-model"), tracked(repository))
    for grants in (
        Actor("eve", "reader", {f"experiment:#{secret}": "none", "model:secret-model": "none"}),
        Actor("eve", "none", {f"experiment:#{shown}": "reader"}),
    ):
        eve = repository.acting(grants)

        assert "hidden sweep" not in names(run_tables.table(eve))
        assert ["part"] == names(run_tables.table(eve, experiment=shown))
        (row,) = run_tables.table(eve, experiment=shown).rows
        assert ("", "") == (row.parent, row.parent_name)
        assert not [each for each in run_tables.table(eve).rows if each.versions]
        with pytest.raises(Denied):
            run_tables.table(eve, experiment=secret)
        with pytest.raises(Denied):
            tracking.delete(eve, part)


def counted(repository: LocalRepository, ask: Callable[[], Any]) -> tuple[int, int]:
    """Return how many statements are asked, and how many hundreds of steps the database takes for them."""
    database = repository.store.database
    assert isinstance(database, Sqlite)
    raw, steps, statements = database._own().raw, [0], list[str]()
    raw.set_progress_handler(lambda: steps.__setitem__(0, steps[0] + 1), 100)
    raw.set_trace_callback(statements.append)
    try:
        ask()
    finally:
        raw.set_progress_handler(None, 0)
        raw.set_trace_callback(None)
    return len(statements), steps[0]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"experiment": None},
        {"query": "metrics.auc > 0.1"},
        {"sort": "metrics.auc desc"},
        {"sort": "metrics.epoch desc"},
        {"sort": "params.at asc"},
        {"sort": "params.kind asc"},
        {"sort": "tags.mlflow.user desc"},
        {"deleted": True},
    ],
    ids=str,
)
def test_a_page_asks_and_reads_the_same_among_a_few_runs_and_among_many(
    asked: dict[str, Any], repository: LocalRepository
) -> None:
    def fill(numbers: range) -> None:
        with repository.store.database.transaction():
            for at in numbers:
                begin(repository, f"r{at}", at=at, **{"mlflow.user": "ana"})

    def look() -> RunTable:
        return run_tables.table(repository, **{"experiment": 0, **asked}, limit=20)

    for at in range(1, 30):
        tracking.delete(repository, begin(repository, "gone", at=at))
    fill(range(100, 700))  # more than are looked at to find those of a page
    few = counted(repository, look)
    fill(range(700, 2_500))
    many = counted(repository, look)

    assert 20 == len(look().rows)
    assert few[0] == many[0] <= 15
    assert many[1] <= few[1] * 1.25
