"""Objects that runs used elsewhere, in the lineage: by themselves, and as datasets that refer to the same state."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.formats import listing
from lineal.objects.canonical import object_digest
from lineal.objects.places import ObjectUse, QueryUse
from lineal.objects.runs import Code, Run, Runtime
from lineal.objects.sources import ListedObject, ObjectSource, PrefixSource
from lineal.objects.ulid import ulid
from lineal.operations.data.sources import reference

URI = "s3://bucket/raw/train.csv"


@pytest.fixture(params=["sqlite", "postgresql"])
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocalRepository]:
    database = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    with init(tmp_path, database=database) as found:
        yield found


def ran(repository: LocalRepository, *objects: ObjectUse, number: int = 1) -> str:
    code, runtime = Code(), Runtime()
    run = Run(
        id=ulid(number, bytes(10)),
        name="train",
        command=("train",),
        directory=".",
        state="finished",
        started_at=number,
        ended_at=number + 1,
        exit_status=0,
        code=object_digest(code),
        runtime=object_digest(runtime),
        objects=objects,
        queries=(QueryUse(connection="sqlite:///shop.db", sql="select 1", row_count=1),),
    )
    return repository.runs.finish(run=run, code=code, runtime=runtime).reference


def pinned(repository: LocalRepository, name: str, **state: str) -> str:
    source = ObjectSource(uri=URI, size_bytes=3, **state)  # type: ignore[arg-type]
    return refer(repository, source, name)


def refer(repository: LocalRepository, source: ObjectSource | PrefixSource, name: str) -> str:
    return reference(repository, source, name=name, read_at=1).reference


def datasets(repository: LocalRepository, run: str) -> dict[str, str]:
    return {each.reference: each.kind for each in repository.lineage(run).nodes if each.kind in {"dataset", "object"}}


@pytest.mark.parametrize(
    ("used", "known", "is_same"),
    [
        ({"version": "1"}, {"version": "1"}, True),
        ({"version": "1"}, {"version": "2"}, False),
        ({"etag": '"a"'}, {"version": "1", "etag": '"a"'}, True),
        ({"version": "2", "etag": '"a"'}, {"version": "1", "etag": '"a"'}, False),
        ({"etag": '"a"'}, {"etag": '"b"'}, False),
        ({}, {"etag": '"a"'}, False),
        ({"etag": '"a"', "endpoint": "http://one"}, {"etag": '"a"', "endpoint": "http://other"}, False),
        ({"etag": '"a"', "endpoint": "http://one"}, {"etag": '"a"'}, True),
    ],
)
def test_a_run_read_a_dataset_that_refers_to_the_same_state_whichever_came_first(
    repository: LocalRepository, used: dict[str, str], known: dict[str, str], is_same: bool
) -> None:
    use = ObjectUse(uri=URI, access="read", **used)  # type: ignore[arg-type]
    before = ran(repository, use)
    name = pinned(repository, "raw", **known)
    after = ran(repository, use, number=2)

    assert [is_same] * 2 == [name in datasets(repository, each) for each in (before, after)]
    assert [not is_same] * 2 == ["object" in datasets(repository, each).values() for each in (before, after)]


def test_a_run_that_read_one_object_of_a_prefix_read_the_dataset(repository: LocalRepository) -> None:
    lines = listing.encode([ListedObject(key="train.csv", size_bytes=3, etag='"a"')])
    source = PrefixSource(uri="s3://bucket/raw/", objects=repository.blobs.put(lines), object_count=1, size_bytes=3)
    name = refer(repository, source, "raw")

    assert name in datasets(repository, ran(repository, ObjectUse(uri=URI, access="read", etag='"a"')))


def test_an_object_that_one_run_wrote_and_another_read_links_them(repository: LocalRepository) -> None:
    first = ran(repository, ObjectUse(uri=URI, access="written", version="7"))
    second = ran(repository, ObjectUse(uri=URI, access="read", version="7"), number=2)

    graph = repository.lineage(second)
    assert first in {each.reference for each in graph.nodes}
    assert {("read", "verified"), ("written by", "verified")} == {(each.role, each.trust) for each in graph.edges}


def test_what_a_run_read_after_its_own_write_is_no_input_and_an_unknown_state_is_declared(
    repository: LocalRepository,
) -> None:
    own = (ObjectUse(uri=URI, access="written", etag='"a"'), ObjectUse(uri=URI, access="read", etag='"a"'))
    run = ran(repository, *own, ObjectUse(uri="https://example.org/x.csv", access="read"))

    edges = repository.lineage(run).edges
    assert [("written by", "verified"), ("read", "declared")] == sorted(
        ((each.role, each.trust) for each in edges), reverse=True
    )


def test_objects_and_queries_are_asked_for_in_sql(repository: LocalRepository) -> None:
    run = ran(repository, ObjectUse(uri=URI, access="read", version="7", size_bytes=3)).removeprefix("run:")

    assert ((run, "read", URI, "7", 3),) == repository.sql(
        "select run, access, uri, version, size_bytes from run_objects"
    ).rows
    assert ((run, "select 1", 1),) == repository.sql("select run, query, row_count from run_queries").rows
