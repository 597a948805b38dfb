"""Datasets whose content stands elsewhere: the same at hand, over PostgreSQL and behind a server."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from lineal.client.connect import Repository, init
from lineal.client.remote import RemoteRepository
from lineal.objects.digest import digest_of
from lineal.objects.errors import Conflict, Invalid, NotFound
from lineal.objects.sources import ObjectSource, PrefixSource
from lineal.operations import every
from lineal.server.guard import Guard
from lineal.storage.store import Actor
from tests.sources.s3 import S3
from tests.sources.web import Site, serving
from tests.surfaces.conftest import served
from tests.surfaces.recording import record

DATA = b"a,b\n1,2\n"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("NETRC", "/nowhere")
    with serving() as site:
        site.files["/raw/customers.csv"] = DATA
        yield site


@pytest.fixture
def inside(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in the project, with a database beside it that ``lineal.toml`` names."""
    settings = project / "lineal.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + '\n[connections.shop]\nurl = "sqlite:///shop.db"\n')
    with sqlite3.connect(project / "shop.db") as shop:
        shop.executescript("CREATE TABLE t (id, name); INSERT INTO t VALUES (1, 'ada'), (2, 'bob')")
    shop.close()
    monkeypatch.chdir(project)
    return project


def test_an_address_is_referred_to_and_fetched_later(repository: Repository, site: Site, tmp_path: Path) -> None:
    added = repository.data.reference(f"{site.url}/raw/customers.csv", message="by reference")
    placed = repository.data.get(added.reference, tmp_path / "out")

    assert ("data:customers@1", False, len(DATA), True) == (
        added.reference, added.dataset.kept, added.dataset.size_bytes, added.created,
    )  # fmt: skip
    assert isinstance(added.source, ObjectSource)
    assert (1, DATA) == (placed.written, (tmp_path / "out" / "customers.csv").read_bytes())
    assert "unchanged" == repository.data.check("customers").state
    assert () == repository.verify().problems
    with pytest.raises(Conflict, match="would be written over"):
        repository.data.get(added.reference, tmp_path / "out")
    repository.data.get(added.reference, tmp_path / "out", force=True)


def test_an_unchanged_source_keeps_the_version_and_is_seen_again(repository: Repository, site: Site) -> None:
    first = repository.data.reference(f"{site.url}/raw/customers.csv")
    second = repository.data.reference(f"{site.url}/raw/customers.csv")

    assert (first.reference, False) == (second.reference, second.created)
    assert first.seen
    assert second.seen
    assert first.seen.read_at <= second.seen.read_at
    assert second.seen == repository.data.show("customers").seen


def test_a_change_makes_a_new_version_and_the_old_one_says_so(repository: Repository, site: Site, tmp_path: Path) -> None:  # fmt: skip
    repository.data.reference(f"{site.url}/raw/customers.csv")
    site.files["/raw/customers.csv"] = DATA + b"3,4\n"
    second = repository.data.reference(f"{site.url}/raw/customers.csv")

    assert ("data:customers@2", True) == (second.reference, second.created)
    assert ("changed", 4) == (
        repository.data.check("customers@1").state,
        repository.data.check("customers@1").exit_status,
    )
    with pytest.raises(Conflict, match="is not what it was") as caught:
        repository.data.get("data:customers@1", tmp_path / "out")
    site.files.clear()

    assert "--copy" in caught.value.hint
    assert ("gone", 3) == (repository.data.check("customers").state, repository.data.check("customers").exit_status)
    with pytest.raises(NotFound, match="is gone"):
        repository.data.get("data:customers@2", tmp_path / "out")
    assert not list((tmp_path / "out").rglob("*.csv"))


def test_a_copy_needs_its_source_no_more(repository: Repository, site: Site, tmp_path: Path) -> None:
    added = repository.data.reference(f"{site.url}/raw/customers.csv", copy=True)
    site.files.clear()
    repository.data.get(added.reference, tmp_path / "out")

    assert added.dataset.kept
    assert isinstance(added.source, ObjectSource)
    assert (["a", "b"], 1) == ([each.name for each in added.dataset.columns], added.dataset.row_count)
    assert digest_of(DATA) == added.source.digest
    assert DATA == (tmp_path / "out" / "customers.csv").read_bytes()
    assert "gone" == repository.data.check("customers").state


def test_a_prefix_with_many_objects(repository: Repository, s3: S3, tmp_path: Path) -> None:
    bucket = s3.bucket(keeps=True)
    for number in range(40):
        s3.client.put_object(Bucket=bucket, Key=f"images/{number % 4}/{number}.png", Body=str(number).encode())
    added = repository.data.reference(f"s3://{bucket}/images/")
    s3.client.put_object(Bucket=bucket, Key="images/0/0.png", Body=b"other")
    repository.data.get(added.reference, tmp_path / "all")
    repository.data.get(added.reference, tmp_path / "some", under="1")

    assert isinstance(added.source, PrefixSource)
    assert ("data:images@1", 40) == (added.reference, added.dataset.file_count)
    assert "superseded" == repository.data.check("images").state
    assert b"0" == (tmp_path / "all/0/0.png").read_bytes()
    assert (40, 10) == (len(list((tmp_path / "all").rglob("*.png"))), len(list((tmp_path / "some").rglob("*.png"))))
    assert () == repository.verify().problems


def test_a_fetch_that_was_interrupted_goes_on(repository: Repository, s3: S3, tmp_path: Path) -> None:
    bucket = s3.bucket(keeps=False)
    for name in "abc":
        s3.client.put_object(Bucket=bucket, Key=f"docs/{name}", Body=name.encode())
    repository.data.reference(f"s3://{bucket}/docs/", digest=True)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a").write_bytes(b"a")
    placed = repository.data.get("data:docs", tmp_path / "out")
    (tmp_path / "out/b").write_bytes(b"mine")

    assert (2, 1) == (placed.written, placed.kept)
    with pytest.raises(Conflict, match="b would be written over"):
        repository.data.get("data:docs", tmp_path / "out")
    assert b"mine" == (tmp_path / "out/b").read_bytes()


def test_a_version_that_came_from_elsewhere_brings_its_source(project: Path, site: Site) -> None:
    with init(project) as local:
        referred = local.data.reference(f"{site.url}/raw/customers.csv")
        copied = local.data.reference(f"{site.url}/raw/customers.csv", name="copy", copy=True)
        local.store.database.run("DELETE FROM object WHERE kind LIKE '%-source'")

        assert referred.source == local.data.show(referred.reference).source
        assert local.data.show(copied.reference).source is None
        with pytest.raises(Invalid, match="not known here"):
            local.data.check(copied.reference)


def test_what_is_pulled_brings_its_source(project: Path, site: Site, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "remote").mkdir()
    elsewhere.mkdir()
    with init(project) as here, init(elsewhere) as there:
        referred = here.data.reference(f"{site.url}/raw/customers.csv")
        copied = here.data.reference(f"{site.url}/raw/customers.csv", name="copy", copy=True)
        here.data.push(to=str(tmp_path / "remote"))
        for each in (referred, copied):
            there.data.pull((each.reference,), source=str(tmp_path / "remote"))

            assert each.source == there.data.show(each.reference).source
            assert "unchanged" == there.data.check(each.reference).state


def test_a_copied_prefix_is_a_dataset_like_any_other(repository: Repository, s3: S3, tmp_path: Path) -> None:
    bucket = s3.bucket(keeps=False)
    for name in ("a", "b/c"):
        s3.client.put_object(Bucket=bucket, Key=f"docs/{name}", Body=name.encode())
    added = repository.data.reference(f"s3://{bucket}/docs/", name="letters", copy=True)
    repository.data.get("data:letters", tmp_path / "out")

    assert ["a", "b/c"] == [each.path for each in repository.data.files("data:letters")]
    assert b"b/c" == (tmp_path / "out/b/c").read_bytes()
    assert added.created
    assert not repository.data.reference(f"s3://{bucket}/docs/", name="letters", copy=True).created


def test_the_result_of_a_query(repository: Repository, inside: Path, tmp_path: Path) -> None:
    sql = "SELECT * FROM t WHERE id >= :low ORDER BY id"
    added = repository.data.query("shop", sql, name="people", params={"low": 1})
    placed = repository.data.get("data:people", tmp_path / "out")

    assert (2, ["id", "name"]) == (added.dataset.row_count, [each.name for each in added.dataset.columns])
    assert b"id,name\n1,ada\n2,bob\n" == (tmp_path / "out" / "people.csv").read_bytes()
    assert 1 == placed.written
    assert "unchanged" == repository.data.check("people").state

    copied = repository.data.query("shop", sql, name="people", params={"low": 1}, copy=True)
    with sqlite3.connect(inside / "shop.db") as shop:
        shop.execute("DELETE FROM t")
    shop.close()
    repository.data.get(copied.reference, tmp_path / "copy")

    assert "changed" == repository.data.check("people@1").state
    assert (tmp_path / "copy/people.csv").read_bytes() == (tmp_path / "out/people.csv").read_bytes()


def test_a_model_that_was_trained_on_what_was_fetched_came_from_the_source(
    repository: Repository, site: Site, project: Path
) -> None:
    site.files["/raw/train.csv"] = (project / "train.csv").read_bytes()
    added = repository.data.reference(f"{site.url}/raw/train.csv")
    (project / "train.csv").unlink()
    repository.data.get(added.reference, project)
    run = record(repository, project, "python", "train.py", name="fit")
    version = repository.model.register(run.reference, name="rich")

    assert added.reference in repository.data.show("train").reference
    assert (version.reference,) == repository.data.show("train").origin_of
    nodes = {each.reference: each.kind for each in repository.lineage(version.reference).nodes}
    assert {"data:train@1": "dataset", f"{site.url}/raw/train.csv": "source"}.items() <= nodes.items()


def test_a_digest_ties_a_run_that_was_there_before(repository: Repository, site: Site, project: Path) -> None:
    site.files["/raw/train.csv"] = (project / "train.csv").read_bytes()
    run = record(repository, project, "python", "train.py", name="fit")
    version = repository.model.register(run.reference, name="rich")
    repository.data.reference(f"{site.url}/raw/train.csv", digest=True)

    assert (version.reference,) == repository.data.show("train").origin_of


def test_nobody_is_measured_on_what_may_change(repository: Repository, site: Site, project: Path) -> None:
    site.files["/raw/test.csv"] = (project / "test.csv").read_bytes()
    repository.data.reference(f"{site.url}/raw/test.csv")
    run = record(repository, project, "python", "train.py", name="fit")
    repository.model.register(run.reference, name="rich")
    with pytest.raises(Invalid, match="stands at its source") as caught:
        repository.evaluate("rich", dataset="data:test", label="rich")

    assert "--copy" in caught.value.hint


def test_what_has_no_source_says_so(repository: Repository, project: Path) -> None:
    repository.data.add(project / "train.csv")
    with pytest.raises(Invalid, match="no source"):
        repository.data.check("train")
    with pytest.raises(Invalid, match="begins an address") as caught:
        repository.data.add("s3://bucket/key")

    assert "data.reference" in caught.value.hint


@pytest.mark.parametrize(
    "source",
    [
        ObjectSource(uri="https://ada:hunter2@host/x", size_bytes=1, etag="x"),
        ObjectSource(uri="https://host/x?X-Amz-Signature=hunter2", size_bytes=1, etag="x"),
        ObjectSource(uri="s3://AK:hunter2@bucket/x", size_bytes=1, etag="x"),
    ],
)
def test_no_repository_takes_a_source_with_a_secret(repository: Repository, source: ObjectSource) -> None:
    request = every()["data reference"].request(source=source, name="x", read_at=1)
    with pytest.raises(Invalid) as caught:
        repository.perform(every()["data reference"], request)

    assert "hunter2" not in caught.value.message
    assert () == repository.data.list()


def test_a_list_that_nobody_sent_is_missed(repository: Repository) -> None:
    source = PrefixSource(uri="s3://b/p/", objects=digest_of(b"no"), object_count=1, size_bytes=1)
    request = every()["data reference"].request(source=source, name="x", read_at=1)
    with pytest.raises(NotFound, match="does not hold the list"):
        repository.perform(every()["data reference"], request)


def test_who_may_only_read_may_fetch(project: Path, site: Site, tmp_path: Path) -> None:
    with init(project) as local, served(local, Guard(Actor("eve", "reader"))) as url, RemoteRepository(url) as remote:
        added = local.data.reference(f"{site.url}/raw/customers.csv")
        remote.data.get(added.reference, tmp_path / "out")

        assert DATA == (tmp_path / "out/customers.csv").read_bytes()
        assert "unchanged" == remote.data.check("customers").state


def test_what_is_kept_is_plain_json(repository: Repository, site: Site) -> None:
    added = repository.data.reference(f"{site.url}/raw/customers.csv", digest=True)
    (entry,) = repository.data.files(added.reference)
    document = json.loads(b"".join(repository.blobs.open(entry.digest)))

    assert "source.json" == entry.path
    assert document["uri"] == f"{site.url}/raw/customers.csv"
    assert document["digest"] == digest_of(DATA)
    assert msgspec.convert(document, ObjectSource) == added.source
    assert time.time() * 1000 - 60_000 < (added.seen.read_at if added.seen else 0)
