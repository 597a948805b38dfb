"""A program that tells of one point after the other waits for nothing but the disk, and everybody sees each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineal.client.local import LocalRepository
from lineal.objects.ulid import hexadecimal, ulid, ulid_of
from lineal.operations.recording import last_metrics, tracking
from lineal.operations.recording.forgetting import forget
from lineal.storage import series
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import MEMORY, Sqlite
from tests.unit.operations.recording.test_tracking import begun, in_database, metrics, point
from tests.unit.protocols.mlflow.asking import Client

GONE = hexadecimal(ulid(9_000, b"0123456789"))


@pytest.fixture(params=["sqlite", "postgresql"])
def repository(request: pytest.FixtureRequest) -> Iterator[LocalRepository]:
    """An empty repository over each database."""
    database = Sqlite(MEMORY) if request.param == "sqlite" else Postgres(request.getfixturevalue("postgres_url"))
    with in_database(database) as found:
        yield found


@pytest.fixture
def client(repository: LocalRepository) -> Client:
    """A program of MLflow's."""
    return Client(repository)


def begin(client: Client) -> str:
    """Begin a run; return its id."""
    return str(client.post("/runs/create").said["run"]["info"]["run_id"])


def measured(run: str, key: str, value: float, step: int = 0) -> tuple[str, dict[str, Any]]:
    """Return a request that tells of one point."""
    return "/runs/log-metric", {"run_id": run, "key": key, "value": value, "step": step, "timestamp": step}


def shown(client: Client, run: str) -> dict[str, float]:
    """Return the metrics that a run is shown with."""
    return said(client.get("/runs/get", run_id=run).said["run"])


def said(run: dict[str, Any]) -> dict[str, float]:
    """Return the metrics of a run, by their keys."""
    return {each["key"]: each["value"] for each in run["data"].get("metrics", [])}


def is_behind(repository: LocalRepository, run: str) -> bool:
    return bool(tracking.find(repository.store, ulid_of(run))["is_behind"])


def test_each_point_is_seen_at_once_and_lists_catch_up_when_the_run_ends(
    repository: LocalRepository, client: Client
) -> None:
    run = begin(client)
    params = [{"key": key, "value": "1"} for key in "ba"]
    client.post("/runs/log-batch", run_id=run, metrics=[{"key": "auc", "value": 0.7, "timestamp": 1}], params=params)
    for step, value in enumerate((0.5, 0.25, 0.125)):
        assert 200 == client.post_together(measured(run, "loss", value, step))[0].status
        assert {"auc": 0.7, "loss": value} == shown(client, run)
    found = client.post("/runs/search", experiment_ids=["0"], filter="metrics.loss < 0.2").said["runs"]
    assert [{"auc": 0.7, "loss": 0.125}] == [said(each) for each in found]
    assert is_behind(repository, run)

    client.post("/runs/update", run_id=run, status="FINISHED", end_time=9)
    assert not is_behind(repository, run)
    assert {"auc": 0.7, "loss": 0.125} == shown(client, run)
    assert (
        params == client.get("/runs/get", run_id=run).said["run"]["data"]["params"]
    )  # in the order in which it told of them
    history = client.get("/metrics/get-history", run_id=run, metric_key="loss").said["metrics"]
    assert [0.5, 0.25, 0.125] == [each["value"] for each in history]


def test_over_a_server_a_point_is_waited_for_once(
    postgres_url: str, waits: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "_LOOKED_AT_EVERY", 1 << 62)
    with in_database(Postgres(postgres_url)) as repository:
        client = Client(repository)
        run = begin(client)
        client.post_together(measured(run, "loss", 0.5))
        waits.clear()
        client.post_together(measured(run, "loss", 0.25, 1))
        assert 1 == len(waits)


@pytest.mark.parametrize("state", ["never there", "deleted", "removed"])
def test_a_point_of_a_run_that_is_not_there_is_refused_and_nothing_of_it_is_kept(
    repository: LocalRepository, client: Client, state: str
) -> None:
    run, other = begin(client) if state != "never there" else GONE, begin(client)
    if state != "never there":
        client.post("/runs/delete", run_id=run)
    if state == "removed":
        forget(repository, f"run:{ulid_of(run)}", reason="tried out")
    answers = client.post_together(measured(run, "loss", 0.5), measured(other, "loss", 0.25))

    assert [400 if state == "deleted" else 404, 200] == [each.status for each in answers]
    assert ("must be in the 'active' state" if state == "deleted" else "not found") in answers[0].said["message"]
    assert {"loss": 0.25} == shown(client, other)
    rows = repository.store.database.run("SELECT subject FROM metric_last UNION ALL SELECT run FROM metric_recent")
    assert {ulid_of(other)} == {row["subject"] for row in rows}


def test_many_single_points_are_put_into_chunks_too(
    repository: LocalRepository, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series, "RECENT_POINTS_MAX", 20)
    monkeypatch.setattr(tracking, "_LOOKED_AT_EVERY", 2)
    run = begin(client)
    for step in range(80):
        assert 200 == client.post_together(measured(run, "loss", step / 7, step))[0].status

    recent = repository.store.database.run("SELECT count(*) AS count FROM metric_recent")[0]["count"]
    assert recent < 80  # unless the clock says eighty times, or nearly, that nobody looks
    assert [step / 7 for step in range(80)] == tracking.history(repository, ulid_of(run), key="loss").values


def test_a_page_of_runs_that_go_on_asks_once_for_what_they_measured(
    repository: LocalRepository, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [begin(client) for _ in range(7)]
    client.post_together(*(measured(run, "loss", number / 7) for number, run in enumerate(runs)))
    asked, read = list[int](), tracking.read_metrics

    def noting(database: Any, some: Any) -> Any:
        asked.append(len(some))
        return read(database, some)

    monkeypatch.setattr(tracking, "read_metrics", noting)
    monkeypatch.setattr(last_metrics, "_ASKED_AT_ONCE", 3)
    found = client.post("/runs/search", experiment_ids=["0"]).said["runs"]

    wanted = {run: {"loss": number / 7} for number, run in enumerate(runs)}
    assert wanted == {each["info"]["run_id"]: said(each) for each in found}
    assert [7] == asked


def test_what_a_recorder_began_and_a_program_measures_is_shown_with_its_tags(repository: LocalRepository) -> None:
    tracking.create(repository, begun(run := ulid(5, b"0123456789"), tags={"team": "risk"}))
    repository.store.database.run("DELETE FROM run_summary")  # as of older runs
    tracking.record(repository, run, points=(point("loss", 0.5),))
    found = tracking.tracked(repository, run)

    assert ({"loss": 0.5}, b'[{"key":"team","value":"risk"}]') == (metrics(found), bytes(found.tags))
    tracking.update(repository, run, state="finished")
    ended = tracking.tracked(repository, run)
    assert (found.metrics, found.tags) == (ended.metrics, ended.tags)


VALUES = st.sampled_from([1.0, -2.5, math.inf, math.nan])
ACTS = st.one_of(
    st.tuples(st.just("point"), st.sampled_from("ab"), VALUES, st.integers(0, 3)),
    st.tuples(st.just("batch"), st.lists(st.tuples(st.sampled_from("abc"), VALUES, st.integers(0, 3)), max_size=6)),
    st.tuples(st.just("param"), st.sampled_from("pq")),
    st.tuples(st.just("end"), st.sampled_from(["FINISHED", "RUNNING"])),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turns=st.lists(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), ACTS), max_size=4), max_size=6))
@pytest.mark.parametrize("over", ["sqlite", "postgresql"])
def test_whatever_two_servers_are_told_of_runs_both_show_the_latest_points_and_so_does_search(
    over: str, turns: list[list[tuple[int, int, tuple[Any, ...]]]], request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres_url") if over == "postgresql" else ""
    with in_database(Postgres(url) if url else Sqlite(MEMORY)) as repository:
        other = LocalRepository(repository.store if not url else _beside(repository, url))
        servers = [Client(repository), Client(other)]
        runs = [begin(servers[0]) for _ in range(2)]
        last: list[dict[str, tuple[int, int, float, float]]] = [{}, {}]
        for turn in turns:
            for server in (0, 1):
                here = [(run, act) for where, run, act in turn if where == server]
                answers = servers[server].post_together(*(_asked(runs[run], act) for run, act in here))
                assert [200] * len(here) == [each.status for each in answers]
            for _, run, act in turn:
                _take(last[run], act)
        for server in servers:
            for place, run in enumerate(runs):
                wanted = {key: _written(value) for key, (_, _, _, value) in last[place].items()}
                assert wanted == {key: str(value) for key, value in shown(server, run).items()}
        for place, run in enumerate(runs):
            rows = repository.store.database.run("SELECT key FROM metric_last WHERE subject = :run", run=ulid_of(run))
            assert sorted(last[place]) == sorted(row["key"] for row in rows)


def _beside(repository: LocalRepository, url: str) -> Any:
    from msgspec.structs import replace

    return replace(repository.store, database=Postgres(url))


def _asked(run: str, act: tuple[Any, ...]) -> tuple[str, dict[str, Any]]:
    kind, *rest = act
    if kind == "point":
        return measured(run, *rest)
    if kind == "batch":
        told = [measured(run, *each)[1] for each in rest[0]]
        return "/runs/log-batch", {"run_id": run, "metrics": told}
    if kind == "param":
        return "/runs/log-parameter", {"run_id": run, "key": rest[0], "value": "1"}
    return "/runs/update", {"run_id": run, "status": rest[0], "end_time": 9}


def _take(last: dict[str, tuple[int, int, float, float]], act: tuple[Any, ...]) -> None:
    kind, *rest = act
    for key, value, step in [rest] if kind == "point" else rest[0] if kind == "batch" else []:
        new = (step, step, 0.0 if math.isnan(value) else value, value)
        if key not in last or new[:3] >= last[key][:3]:
            last[key] = new


def _written(value: float) -> str:
    return "NaN" if math.isnan(value) else str(1.7976931348623157e308) if math.isinf(value) else str(value)
