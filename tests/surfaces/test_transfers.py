"""Bytes go to remotes and come back: only what is missing, checked, mended, shared, and never half there."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Conflict, Corrupt, Invalid, LinealError, NotFound, Unavailable
from lineal.storage.blobs.spares import Spares
from lineal.storage.buckets import directory
from lineal.storage.remotes import remote as remote_module
from tests.parts.s3 import S3
from tests.surfaces.filled import content, fill
from tests.unit.storage.spoiling import flip, spoil


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """An empty directory to send to."""
    place = tmp_path / "remote"
    place.mkdir()
    return place


@pytest.fixture
def here(tmp_path: Path, remote: Path) -> Iterator[LocalRepository]:
    """A repository with a dataset, and a remote."""
    with init(fresh(tmp_path / "here")) as repository:
        repository.remote.add("backup", str(remote), default=True)
        repository.data.add(fill(tmp_path / "here" / "images"))
        yield repository


@pytest.fixture
def there(tmp_path: Path, remote: Path) -> Iterator[LocalRepository]:
    """Another repository with the same remote, and nothing in it."""
    with init(fresh(tmp_path / "there")) as repository:
        repository.remote.add("backup", str(remote), default=True)
        yield repository


def fresh(place: Path) -> Path:
    place.mkdir()
    return place


def test_a_dataset_goes_to_a_remote_and_comes_back_somewhere_else_as_it_was(
    here: LocalRepository, there: LocalRepository, tmp_path: Path
) -> None:
    here.data.push(("data:images",))
    (pulled,) = there.data.pull(("data:images",))
    there.data.get("data:images", tmp_path / "out")

    assert "data:images@1" == pulled.reference
    assert content(tmp_path / "here" / "images") == content(tmp_path / "out")
    assert here.data.log("images")[0].digest == there.data.log("images")[0].digest
    assert here.data.log("images")[0].created_at == there.data.log("images")[0].created_at
    assert () == there.verify().problems


def test_what_is_pulled_into_a_directory_is_there_as_it_was_and_nothing_is_left_beside_it(
    here: LocalRepository, there: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved, move = list[bool](), Spares.move

    def noting(spares: Spares, digest: Digest, path: Path) -> bool:
        moved.append(move(spares, digest, path))
        return moved[-1]

    monkeypatch.setattr(Spares, "move", noting)
    here.data.push(("data:images",))
    with there.placing(tmp_path / "there" / "out"):
        there.data.pull(("data:images",))
        there.data.get("data:images", tmp_path / "there" / "out")

    assert content(tmp_path / "here" / "images") == content(tmp_path / "there" / "out")
    assert [True] == moved  # the large file was not read once more
    assert [] == list((tmp_path / "there" / ".lineal" / "tmp").iterdir())
    assert () == there.verify().problems


def test_what_is_there_is_not_sent_or_fetched_again(here: LocalRepository, there: LocalRepository) -> None:
    (first,) = here.data.push(("data:images",))
    (again,) = here.data.push(("data:images",))
    there.data.pull(("data:images",))
    (fetched,) = there.data.pull(("data:images",))

    assert first.files == 2  # one pack of small files and nodes, one large file
    assert (0, 0) == (again.files, again.size_bytes)
    assert again.present == 2
    assert (0, 0) == (fetched.files, fetched.size_bytes)


def test_of_a_new_version_only_what_is_new_is_sent(here: LocalRepository, tmp_path: Path) -> None:
    here.data.push(("data:images",))
    (tmp_path / "here" / "images" / "0" / "000.bin").write_bytes(b"new")
    here.data.add(tmp_path / "here" / "images")
    (sent,) = here.data.push(("data:images@2",))

    assert sent.files == 1
    assert sent.size_bytes < 40_000


@pytest.mark.parametrize("changed", [20, 60, 100])
def test_packs_of_many_versions_are_sent_to_one_place_after_another(
    changed: int, here: LocalRepository, there: LocalRepository, tmp_path: Path
) -> None:
    top, chance = tmp_path / "here" / "images", random.Random(changed)
    for _ in range(6):
        for path in chance.sample(sorted(top.rglob("*.bin")), changed):
            path.write_bytes(chance.randbytes(chance.randrange(10, 3_000)))
        here.data.add(top)
    packs = list[int]()
    for number in range(3):
        there.remote.add(f"place {number}".replace(" ", "-"), str(fresh(tmp_path / f"place {number}")))
        here.data.push(("data:images@7",), to=str(tmp_path / f"place {number}"))
        packs.append(len(here.store.blobs.packs.list()))  # type: ignore[attr-defined]
        shutil.rmtree(tmp_path / "copy", ignore_errors=True)
        there.data.pull(("data:images",), source=f"place-{number}")
        there.data.get("data:images", tmp_path / "copy")
        assert content(top) == content(tmp_path / "copy")

    # What was packed anew for the first is worth sending to the others.
    assert packs[0] == packs[1] == packs[2]


def test_a_push_mends_a_remote_that_lost_a_member_of_a_directory(
    here: LocalRepository, there: LocalRepository, remote: Path, tmp_path: Path
) -> None:
    here.data.push(("data:images",))
    for each in (*(remote / "packs").rglob("*"), *(remote / "blobs").rglob("*")):
        if each.is_file():
            each.unlink()
    with pytest.raises(NotFound, match="images"):
        there.data.pull(("data:images",))
    (sent,) = here.data.push(("data:images",))
    there.data.pull(("data:images",))
    there.data.get("data:images", tmp_path / "out")

    assert sent.files == 2
    assert content(tmp_path / "here" / "images") == content(tmp_path / "out")


def test_a_file_that_was_cut_short_in_the_remote_is_sent_again(here: LocalRepository, remote: Path) -> None:
    here.data.push(("data:images",))
    (pack,) = (each for each in (remote / "packs").rglob("*") if each.is_file())
    pack.chmod(0o600)
    pack.write_bytes(pack.read_bytes()[:-1])
    (sent,) = here.data.push(("data:images",))

    assert sent.files == 1


def test_a_damaged_file_of_the_remote_is_refused_and_nothing_of_it_is_kept(
    here: LocalRepository, there: LocalRepository, remote: Path
) -> None:
    here.data.push(("data:images",))
    spoil(next(each for each in (remote / "packs").rglob("*") if each.is_file()))
    with pytest.raises(Corrupt, match="holds other bytes"):
        there.data.pull(("data:images",))

    kept = list(there.store.blobs.list())
    assert kept == [digest_of(there.store.blobs.get(each)) for each in kept]
    assert not any(each.is_file() for each in there.store.root.joinpath("blobs", "packs").rglob("*"))  # type: ignore[union-attr]
    assert [] == list(there.store.root.joinpath("tmp").iterdir())  # type: ignore[union-attr]


def test_a_pull_asks_every_other_remote_before_it_gives_up(
    here: LocalRepository, there: LocalRepository, remote: Path, tmp_path: Path
) -> None:
    second = fresh(tmp_path / "second")
    here.data.push(("data:images",))
    here.data.push(("data:images",), to=str(second))
    there.remote.add("second", str(second))
    for each in (remote / "packs").rglob("*"):
        if each.is_file():
            spoil(each)
    (pulled,) = there.data.pull(("data:images",))

    assert f"file://{second}" == pulled.remote
    assert () == there.verify().problems


@pytest.mark.parametrize(
    ("kind", "where"), [("sha256", 0.5), ("packs", 0.01), ("packs", 0.99)], ids=["a file", "a blob", "the table"]
)
def test_what_is_damaged_here_is_not_sent_and_nothing_is_left_of_it(
    kind: str, where: float, here: LocalRepository, remote: Path
) -> None:
    file = next(each for each in (here.store.root / "blobs" / kind).rglob("*") if each.is_file())  # type: ignore[operator]
    flip(file, int(file.stat().st_size * where))
    with pytest.raises((Corrupt, NotFound)):
        here.data.push(("data:images",))

    gone = {"sha256": ("holdings",), "packs": ("holdings", "packs")}[kind]
    assert not any(each.is_file() for name in gone for each in (remote / name).rglob("*"))


def test_what_is_damaged_here_is_mended_from_a_remote(here: LocalRepository) -> None:
    here.data.push(("data:images",))
    for each in here.store.root.joinpath("blobs").rglob("*"):  # type: ignore[union-attr]
        if each.is_file():
            spoil(each)
    damaged = here.verify().problems
    repaired = here.repair()

    assert damaged
    assert () == repaired.problems
    assert len(repaired.mended) >= 2
    assert () == here.verify().problems


def test_what_is_missing_here_is_fetched_by_a_repair(here: LocalRepository, tmp_path: Path) -> None:
    here.data.push(("data:images",))
    shutil.rmtree(here.store.root / "blobs")  # type: ignore[operator]
    assert here.verify().problems
    repaired = here.repair()
    here.data.get("data:images", tmp_path / "out")

    assert () == repaired.problems
    assert content(tmp_path / "here" / "images") == content(tmp_path / "out")


def test_rows_of_packs_that_a_restored_database_lost_are_found_again(here: LocalRepository, tmp_path: Path) -> None:
    here.store.database.run("DELETE FROM packed")
    here.store.database.run("DELETE FROM pack")
    assert here.verify().problems
    repaired = here.repair()

    assert 1 == repaired.indexed_packs
    assert () == repaired.problems


@pytest.mark.parametrize("at", range(0, 12, 3))
def test_a_push_that_is_cut_off_leaves_no_holding_and_goes_on_where_it_was(
    at: int, here: LocalRepository, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = [at]
    write = directory.DirectoryBucket.put_copied

    def failing(*args: object, **options: object) -> object:
        calls[0] -= 3
        if calls[0] < 0:
            raise Unavailable("the disk went away")
        return write(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(directory.DirectoryBucket, "put_copied", failing)
    try:
        here.data.push(("data:images",))
    except Unavailable:
        assert not any(each.is_file() for each in (remote / "holdings").rglob("*"))
    monkeypatch.undo()
    here.data.push(("data:images",))

    assert 1 == sum(each.is_file() for each in (remote / "holdings").rglob("*"))


def test_two_repositories_share_a_remote_and_neither_collects_what_the_other_needs(
    here: LocalRepository, there: LocalRepository, remote: Path, tmp_path: Path
) -> None:
    here.data.push(("data:images",))
    there.data.add(fill(tmp_path / "there" / "sounds", seed=2))
    there.data.push(("data:sounds",))
    (remote / "packs" / "ff").mkdir(exist_ok=True)
    (remote / "packs" / "ff" / ("0" * 62)).write_bytes(b"what a crash left")
    said = there.gc(remote="backup", grace_days=0)
    done = there.gc(remote="backup", grace_days=0, delete=True)

    assert (1, 17) == (said.packs, said.size_bytes)
    assert (1, 17) == (done.packs, done.size_bytes)
    shutil.rmtree(here.store.root / "blobs")  # type: ignore[operator]
    assert () == here.repair().problems


def test_nobody_collects_while_somebody_writes_and_nobody_writes_while_somebody_collects(here: LocalRepository) -> None:
    from lineal.operations.data.stores import remote_of

    here.data.push(("data:images",))
    remote = remote_of(here.store, "backup")
    with remote.writing("bob"), pytest.raises(Conflict, match="bob is at work"):
        here.gc(remote="backup")
    with remote.collecting("eve"), pytest.raises(Conflict, match="eve removes"):
        here.data.push(("data:images",))
    here.data.push(("data:images",))


def test_a_place_that_holds_something_else_is_not_made_into_a_remote(here: LocalRepository, remote: Path) -> None:
    (remote / "holiday.jpeg").write_bytes(b"\xff\xd8")
    with pytest.raises(Invalid, match="holds something"):
        here.data.push(("data:images",))


def test_a_place_that_is_no_remote_is_told(there: LocalRepository) -> None:
    with pytest.raises(NotFound, match="no remote of Lineal"):
        there.data.pull(("data:images",))


def test_a_version_that_came_by_another_number_here_gets_the_next_one(
    here: LocalRepository, there: LocalRepository, tmp_path: Path
) -> None:
    here.data.push(("data:images",))
    there.data.add(fill(tmp_path / "there" / "images", seed=9))
    (pulled,) = there.data.pull(("data:images",))

    assert pulled.reference.startswith("data:images@")
    assert {each.digest for each in here.data.log("images")} <= {each.digest for each in there.data.log("images")}


def test_a_reader_of_a_server_may_name_no_place_of_their_own(here: LocalRepository) -> None:
    from lineal.storage.store import Actor

    with pytest.raises(LinealError, match="writer"):
        here.acting(Actor("bob", "reader")).data.push(("data:images",))
    with pytest.raises(LinealError, match="only use remotes"):
        here.acting(Actor("bob", "writer")).data.push(("data:images",), to="/tmp")


def use(ceph: S3, bucket: str, monkeypatch: pytest.MonkeyPatch, *repositories: LocalRepository) -> None:
    """Make a bucket a remote of repositories."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ceph.options["access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", ceph.options["secret_access_key"])
    for each in repositories:
        each.remote.add("ceph", f"s3://{bucket}/models", option=(f"endpoint={ceph.endpoint}", "region=us-east-1"))


def test_a_real_object_store_holds_it_too(
    here: LocalRepository, there: LocalRepository, ceph: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(ceph, ceph.make(), monkeypatch, here, there)
    here.data.push(("data:images",), to="ceph")
    there.data.pull(("data:images",), source="ceph")
    there.data.get("data:images", tmp_path / "out")

    assert content(tmp_path / "here" / "images") == content(tmp_path / "out")
    assert 0 == here.data.push(("data:images",), to="ceph")[0].files


@pytest.mark.parametrize("listed", [False, True])
def test_what_is_deleted_or_overwritten_where_versions_are_kept_is_fetched_all_the_same(
    listed: bool,
    here: LocalRepository,
    there: LocalRepository,
    ceph: S3,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bucket = ceph.make(versions=True)
    use(ceph, bucket, monkeypatch, here, there)
    here.data.push(("data:images",), to="ceph")
    if listed:
        # A list does not tell versions; what was known of them before stays known.
        monkeypatch.setattr(remote_module, "_LISTED_RATHER_THAN_ASKED", 0)
        here.data.push(("data:images",), to="ceph")
    pack, blob = (
        next(each["Key"] for each in ceph.client.list_objects_v2(Bucket=bucket, Prefix=f"models/{kind}/")["Contents"])
        for kind in ("packs", "blobs")
    )
    ceph.client.delete_object(Bucket=bucket, Key=blob)
    ceph.client.put_object(Bucket=bucket, Key=pack, Body=b"ransom")
    there.data.pull(("data:images",), source="ceph")
    there.data.get("data:images", tmp_path / "out")

    assert content(tmp_path / "here" / "images") == content(tmp_path / "out")


def test_what_was_overwritten_where_no_versions_are_kept_is_told(
    here: LocalRepository, there: LocalRepository, ceph: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = ceph.make()
    use(ceph, bucket, monkeypatch, here, there)
    here.data.push(("data:images",), to="ceph")
    there.remote.remove("backup")
    (blob,) = ceph.client.list_objects_v2(Bucket=bucket, Prefix="models/blobs/")["Contents"]
    ceph.client.put_object(Bucket=bucket, Key=blob["Key"], Body=b"ransom")
    with pytest.raises(Corrupt, match="holds other bytes"):
        there.data.pull(("data:images",), source="ceph")
