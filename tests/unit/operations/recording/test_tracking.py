"""A run tells of itself while it goes on: all of a request or nothing, the latest value of each metric, nothing lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineal.client.local import LocalRepository
from lineal.objects.canonical import decode, number
from lineal.objects.digest import digest_of
from lineal.objects.errors import Exists, Invalid, NotFound
from lineal.objects.journal import JournalEntry
from lineal.objects.runs import Point, Training
from lineal.objects.ulid import hexadecimal, is_ulid, ulid, ulid_of
from lineal.operations.answers.tracking import TrackedRun
from lineal.operations.recording import experiments, tracking
from lineal.operations.recording.related import Relations, relate
from lineal.operations.recording.summaries import SUMMARY_BYTES_MAX
from lineal.operations.recording.tracking import NewRun
from lineal.storage import series
from lineal.storage.blobs.memory import MemoryBlobs
from lineal.storage.clock import FixedClock
from lineal.storage.database.grouping import Grouping
from lineal.storage.database.migrations import migrate
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import MEMORY, Sqlite
from lineal.storage.parents import PARENT_TAG
from lineal.storage.store import Actor, Store
from tests.unit.operations import making
from tests.unit.operations.making import CODE, RUNTIME

RUN = ulid(1_000, b"0123456789")
OTHER = ulid(1_001, b"0123456789")


def in_database(database: Any) -> LocalRepository:
    migrate(database, phase="pre")
    return LocalRepository(
        Store(blobs=MemoryBlobs(), database=database, clock=FixedClock(), actor=Actor("ada", "admin"))
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def repository(request: pytest.FixtureRequest) -> Iterator[LocalRepository]:
    """A repository over each database, with one run."""
    database = Sqlite(MEMORY) if request.param == "sqlite" else Postgres(request.getfixturevalue("postgres_url"))
    with in_database(database) as found:
        tracking.create(found, begun())
        yield found


def begun(run: str = RUN, **more: Any) -> NewRun:
    return NewRun(id=run, name="train", started_at=5, **more)


def point(key: str, value: float, *, step: int = 0, at: int = 0) -> Point:
    return Point(key=key, step=step, value=number(value), at=at)


def metrics(found: TrackedRun) -> dict[str, Any]:
    return {each["key"]: each["value"] for each in msgspec.json.decode(found.metrics)}


def pairs(text: msgspec.Raw) -> dict[str, str]:
    return {each["key"]: each["value"] for each in msgspec.json.decode(text)}


def journalled(repository: LocalRepository) -> list[str]:
    return [
        row["operation"] for row in repository.store.database.run("SELECT operation FROM journal ORDER BY sequence")
    ]


def test_a_run_is_what_it_told_of_itself(repository: LocalRepository) -> None:
    tracking.record(
        repository,
        RUN,
        points=(point("loss", 0.5, step=1), point("loss", 0.25, step=2), point("auc", float("nan"))),
        params={"lr": "0.1"},
        tags={"team": "risk"},
    )
    tracking.record(repository, RUN, tags={"team": "fraud", "note": ""})
    found = tracking.tracked(repository, RUN)

    assert {"loss": 0.25, "auc": "NaN"} == metrics(found)
    assert {"lr": "0.1"} == pairs(found.params)
    assert {"team": "fraud", "note": ""} == pairs(found.tags)
    assert ("running", "ada", 5, None) == (found.state, found.started_by, found.started_at, found.ended_at)


def test_the_journal_has_the_beginning_and_the_end_of_a_run_and_none_of_its_points(repository: LocalRepository) -> None:
    for step in range(20):
        tracking.record(repository, RUN, points=(point("loss", 1.0, step=step),))
    tracking.update(repository, RUN, state="finished", ended_at=9)

    assert ["runs create", "runs update"] == journalled(repository)


def test_the_last_value_of_a_metric_is_that_of_the_latest_step_then_time_then_the_greatest(
    repository: LocalRepository,
) -> None:
    for value, step, at in ((1.0, 3, 5), (9.0, 2, 9), (2.0, 3, 4), (0.5, 3, 5), (3.0, 3, 5)):
        tracking.record(repository, RUN, points=(point("loss", value, step=step, at=at),))

    assert {"loss": 3.0} == metrics(tracking.tracked(repository, RUN))
    assert [(3.0, 3)] == [
        (row["value"], row["step"]) for row in repository.store.database.run("SELECT value, step FROM metric_last")
    ]


def test_acts_that_share_commits_are_one_chain(repository: LocalRepository) -> None:
    database = repository.store.database

    async def ask() -> None:
        grouping = Grouping(database)
        ids = [ulid(3_000 + n, b"0123456789") for n in range(40)]
        for act in (lambda run: tracking.create(repository, begun(run)), lambda run: tracking.update(repository, run)):
            await asyncio.gather(*(grouping.carry_out(partial(act, run)) for run in ids))
            await asyncio.gather(*(grouping.carry_out(partial(tracking.record, repository, RUN)) for _ in ids))

    asyncio.run(ask())

    rows = database.run("SELECT sequence, digest, body FROM journal ORDER BY sequence")
    before = None
    for place, row in enumerate(rows, 1):
        entry = decode(row["body"], JournalEntry)
        assert (place, place, row["digest"], before) == (
            row["sequence"], entry.sequence, digest_of(row["body"].encode()), entry.previous
        )  # fmt: skip
        before = row["digest"]
    assert 81 == len(rows)
    assert [{"sequence": 81, "digest": before}] == database.run("SELECT sequence, digest FROM journal_head")


def test_a_run_that_was_seen_too_takes_what_it_tells_of_what_was_seen(repository: LocalRepository) -> None:
    tracking.record(repository, RUN, points=(point("told", 1),), params={"told": "1"}, tags={"told": "1"})
    made = making.run(repository).run
    assert made is not None
    seen = msgspec.structs.replace(made, id=RUN, params={"seen": "2"}, metrics={"seen": 2}, tags={"seen": "2"})
    repository.runs.finish(run=seen, code=CODE, runtime=RUNTIME)
    shown = tracking.tracked(repository, RUN)
    assert {"told": 1, "seen": 2} == metrics(shown)
    assert [{"told": "1", "seen": "2"}] * 2 == [pairs(shown.params), pairs(shown.tags)]

    with pytest.raises(Invalid, match="already logged with value='2'"):
        tracking.record(repository, RUN, params={"seen": "3"})
    tracking.record(
        repository, RUN, points=(point("seen", 3, step=1),), params={"seen": "2"}, tags={"seen": "4", "new": "5"}
    )

    rows = repository.store.database.run("SELECT key, value FROM tag WHERE subject = :run ORDER BY key", run=RUN)
    assert {"new": "5", "seen": "4", "told": "1"} == {row["key"]: row["value"] for row in rows}
    assert {"new": "5", "seen": "4", "told": "1"} == pairs(tracking.tracked(repository, RUN).tags)
    assert [("seen", 3), ("told", 1)] == [
        (row["key"], row["value"])
        for row in repository.store.database.run(
            "SELECT key, value FROM metric_last WHERE subject = :run ORDER BY key", run=RUN
        )
    ]


def test_a_run_of_many_ranks_is_listed_with_what_all_of_them_measured(repository: LocalRepository) -> None:
    ids, made = (RUN, ulid(1_001, b"0123456789")), making.run(repository).run
    assert made is not None
    for rank, run in reversed([*enumerate(ids)]):
        training = Training("key", 2, (rank,))
        seen = msgspec.structs.replace(
            made, id=run, started_at=5, ended_at=9, metrics={"loss": rank}, training=training
        )
        repository.runs.finish(run=seen, code=CODE, runtime=RUNTIME)
    whole, part = (tracking.tracked(repository, each) for each in ids)

    assert {"loss": 0, "loss/rank_1": 1} == metrics(whole)
    assert {"loss": 1} == metrics(part)
    assert pairs(part.tags)["lineal.rank_of"] == RUN
    assert pairs(part.tags)[PARENT_TAG] == hexadecimal(RUN)


def test_a_run_that_has_a_parent_takes_another_by_its_tag(repository: LocalRepository) -> None:
    parents = [ulid(2_000 + n, b"0123456789") for n in range(2)]
    with repository.store.database.transaction():
        relate(repository.store, RUN, Relations(parent=parents[0]))
    tracking.record(repository, RUN, tags={PARENT_TAG: hexadecimal(parents[1]), "other": "1"})

    told = {each["key"]: each["value"] for each in msgspec.json.decode(tracking.tracked(repository, RUN).tags)}
    assert {PARENT_TAG: hexadecimal(parents[1]), "other": "1"} == told


def test_a_param_keeps_its_first_value_and_nothing_else_of_the_request_is_kept(repository: LocalRepository) -> None:
    tracking.record(repository, RUN, params={"lr": "0.1"})
    tracking.record(repository, RUN, params={"lr": "0.1"})
    with pytest.raises(
        Invalid, match=f"value='0.1' for run ID='{hexadecimal(RUN)}'. Attempted logging new value '0.2'"
    ):
        tracking.record(repository, RUN, points=(point("loss", 1.0),), params={"a": "b", "lr": "0.2"}, tags={"t": "v"})
    found = tracking.tracked(repository, RUN)

    assert {"lr": "0.1"} == pairs(found.params)
    assert ({}, {}) == (metrics(found), pairs(found.tags))
    assert 0 == len(tracking.history(repository, RUN, key="loss").steps)


def test_a_tag_that_is_gone_is_gone_and_one_that_was_never_there_is_told(repository: LocalRepository) -> None:
    tracking.record(repository, RUN, tags={"a": "1", "b": "2"})
    tracking.record(repository, RUN, untag=("a",))

    assert {"b": "2"} == pairs(tracking.tracked(repository, RUN).tags)
    with pytest.raises(NotFound, match="No tag with name: a"):
        tracking.record(repository, RUN, untag=("a",))


def test_a_run_with_more_than_a_list_shows_at_once_is_shown_whole(repository: LocalRepository) -> None:
    many = {f"param {number:05}": "x" * 200 for number in range(SUMMARY_BYTES_MAX // 200)}
    for start in range(0, len(many), 100):
        tracking.record(repository, RUN, params=dict(list(many.items())[start : start + 100]))
    tracking.record(repository, RUN, points=tuple(point(f"metric {number:05}", number) for number in range(2_000)))
    tracking.record(repository, RUN, points=(point("metric 00007", 70.0, step=1),), params={"param 00000": "x" * 200})
    found = tracking.tracked(repository, RUN)

    rows = repository.store.database.run("SELECT metrics, params, tags FROM run_summary")
    assert [{"metrics": None, "params": None, "tags": "[]"}] == rows
    assert many == pairs(found.params)
    assert {f"metric {number:05}": 70.0 if number == 7 else number for number in range(2_000)} == metrics(found)
    with pytest.raises(Invalid, match="Changing param values is not allowed"):
        tracking.record(repository, RUN, params={"param 00000": "y"})


def test_points_are_folded_when_there_are_many_and_when_the_run_ends(repository: LocalRepository) -> None:
    def recent() -> int:
        return int(repository.store.database.run("SELECT count(*) AS rows FROM metric_recent")[0]["rows"])

    for start in range(0, series.RECENT_POINTS_MAX, 1_000):
        tracking.record(repository, RUN, points=tuple(point("loss", 1.0, step=start + step) for step in range(1_000)))
    assert 0 == recent()
    tracking.record(repository, RUN, points=(point("loss", 1.0, step=99_999),))
    tracking.update(repository, RUN, state="failed")
    assert 1 == recent()  # not worth a chunk
    tracking.record(repository, RUN, points=tuple(point("loss", 2.0, step=100_000 + step) for step in range(1_000)))
    tracking.update(repository, RUN, state="failed")

    assert 0 == recent()
    assert series.RECENT_POINTS_MAX + 1_001 == len(tracking.history(repository, RUN, key="loss").steps)


def test_a_run_that_was_deleted_takes_nothing_until_it_is_restored(repository: LocalRepository) -> None:
    tracking.delete(repository, RUN)
    for act in (
        lambda: tracking.record(repository, RUN, tags={"a": "b"}),
        lambda: tracking.update(repository, RUN, state="finished"),
    ):
        with pytest.raises(Invalid, match=r"must be in the 'active' state\. Current state is deleted"):
            act()
    tracking.restore(repository, RUN)
    tracking.record(repository, RUN, tags={"a": "b"})

    assert tracking.tracked(repository, RUN).deleted_at is None


def test_ids_are_used_once_and_must_be_some(repository: LocalRepository) -> None:
    with pytest.raises(Exists):
        tracking.create(repository, begun())
    with pytest.raises(Invalid, match="no run id"):
        tracking.create(repository, begun("train"))
    with pytest.raises(NotFound, match="No Experiment with id=7 exists"):
        tracking.create(repository, begun(OTHER, experiment=7))
    for ask in (tracking.tracked, tracking.delete, tracking.record):
        with pytest.raises(NotFound, match=f"Run with id={hexadecimal(OTHER)} not found"):
            ask(repository, OTHER)


@given(st.integers(0, (1 << 128) - 1))
def test_a_run_has_the_same_bits_in_both_writings(value: int) -> None:
    text = f"{value:032x}"

    assert is_ulid(ulid_of(text))
    assert text == hexadecimal(ulid_of(text))


REQUESTS = st.lists(
    st.tuples(
        st.lists(
            st.builds(
                point,
                st.sampled_from(["loss", "auc"]),
                st.sampled_from([0.0, 1.0, float("nan"), float("inf")]),
                step=st.integers(0, 3),
                at=st.integers(0, 2),
            ),
            max_size=4,
        ),
        st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy"), max_size=2),
    ),
    max_size=8,
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(REQUESTS)
def test_what_lists_show_and_what_search_reads_are_the_same(requests: list[tuple[list[Point], dict[str, str]]]) -> None:
    with in_database(Sqlite(MEMORY)) as repository:
        tracking.create(repository, begun())
        for points, tags in requests:
            tracking.record(repository, RUN, points=tuple(points), tags=tags)
        found, database = tracking.tracked(repository, RUN), repository.store.database

        rows = database.run("SELECT key, value, word FROM metric_last")
        assert metrics(found) == {row["key"]: row["word"] or row["value"] for row in rows}
        assert pairs(found.tags) == {row["key"]: row["value"] for row in database.run("SELECT key, value FROM tag")}


def test_an_experiment_hides_its_runs_with_it_and_brings_back_only_those(repository: LocalRepository) -> None:
    made = experiments.create(repository, "churn", tags={"team": "risk"})
    for run in (OTHER, ulid(1_002, b"0123456789")):
        tracking.create(repository, begun(run, experiment=made.number))
    tracking.delete(repository, OTHER)
    repository.store.clock.at += 10  # type: ignore[attr-defined]  # a fixed clock's
    experiments.delete(repository, made.number)
    with pytest.raises(Invalid, match="must be in the 'active' state"):
        tracking.create(repository, begun(ulid(1_003, b"0123456789"), experiment=made.number))
    with pytest.raises(Exists):
        experiments.create(repository, "churn")
    again = experiments.restore(repository, made.number)

    assert ("active", {"team": "risk"}) == (again.state, again.tags)
    assert tracking.tracked(repository, OTHER).deleted_at is not None
    assert tracking.tracked(repository, ulid(1_002, b"0123456789")).deleted_at is None


def test_the_number_of_an_experiment_is_never_handed_out_twice(repository: LocalRepository) -> None:
    first = experiments.create(repository, "a").number
    experiments.delete(repository, first)

    assert first + 1 == experiments.create(repository, "b").number
    with pytest.raises(Invalid, match="default"):
        experiments.delete(repository, experiments.DEFAULT)
    with pytest.raises(Exists):
        experiments.update(repository, first + 1, name="a")
