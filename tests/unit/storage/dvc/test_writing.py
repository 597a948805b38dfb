"""What Lineal puts into caches and remotes of DVC is whole, and in DVC's order."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from lineal.formats.dvc.digests import Name
from lineal.objects.digest import digest_of
from lineal.objects.errors import Conflict, Invalid
from lineal.objects.files import Entry
from lineal.storage import alternate_digests
from lineal.storage.dvc.objects import PIECE_BYTES, DvcObjects
from lineal.storage.dvc.writing import export
from lineal.storage.store import Store
from tests.unit.storage.dvc.folder import Folder
from tests.unit.storage.dvc.making import TWINS, entries_of, make_store, md5, put_directory
from tests.unit.storage.dvc.test_reading import FILES


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return make_store(tmp_path / "project")


@pytest.fixture
def remote(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "remote")


def content(top: Path) -> dict[str, bytes]:
    return {str(each.relative_to(top)): each.read_bytes() for each in top.rglob("*") if each.is_file()}


def test_the_objects_are_those_of_dvc(store: Store, remote: Folder, tmp_path: Path) -> None:
    out, (sent,) = export(
        entries_of(store, FILES), "d", store.blobs, store.database, [DvcObjects(remote)], is_directory=True
    )

    assert put_directory(tmp_path / "by hand", FILES) == out
    assert "100822b9cebd777d887220d4124c5b7a.dir" == out.md5
    assert content(tmp_path / "by hand") == content(remote.top)
    assert (4, 14) == (sent.objects, sent.size_bytes)


def test_a_cache_is_read_only(store: Store, tmp_path: Path) -> None:
    cache = DvcObjects(Folder(tmp_path / "cache"), directory=tmp_path / "cache")
    export(entries_of(store, FILES), "d", store.blobs, store.database, [cache], is_directory=True)

    assert {0o444} == {each.stat().st_mode & 0o777 for each in (tmp_path / "cache").rglob("*") if each.is_file()}


def test_what_is_there_is_not_sent_again(store: Store, remote: Folder) -> None:
    entries = entries_of(store, FILES)
    for _ in range(2):
        _, (sent,) = export(entries, "d", store.blobs, store.database, [DvcObjects(remote)], is_directory=True)

    assert 0 == sent.objects
    assert 5 == remote.calls["put"]
    assert 0 == remote.calls["delete"]


def test_a_list_is_no_proof_that_its_members_are_there(store: Store, remote: Folder) -> None:
    entries = entries_of(store, FILES)
    export(entries, "d", store.blobs, store.database, [DvcObjects(remote)], is_directory=True)
    before = content(remote.top)
    (remote.top / Name(md5(b"x")).key).unlink()
    (remote.top / Name(md5(b"hello\n")).key).write_bytes(b"cut")

    _, (sent,) = export(entries, "d", store.blobs, store.database, [DvcObjects(remote)], is_directory=True)

    assert 2 == sent.objects
    assert before == content(remote.top)


def test_the_list_goes_last(store: Store, tmp_path: Path) -> None:
    class Broken(Folder):
        def put(self, key: str, data: bytes):
            if data == b"x":
                raise ConnectionResetError("gone")
            return super().put(key, data)

    remote = Broken(tmp_path / "remote")
    with pytest.raises(ConnectionResetError, match="gone"):
        export(entries_of(store, FILES), "d", store.blobs, store.database, [DvcObjects(remote)], is_directory=True)

    assert not [key for key in content(remote.top) if key.endswith(".dir")]


@pytest.mark.parametrize("count", [999, 1100])
def test_many_files_are_looked_up_in_listings_or_one_by_one(store: Store, remote: Folder, count: int) -> None:
    files = {f"{number:05}": str(number).encode() for number in range(count)}
    entries = entries_of(store, files)
    for _ in range(2):
        _, (sent,) = export(entries, "d", store.blobs, store.database, [DvcObjects(remote)], is_directory=True)

    assert 0 == sent.objects
    assert (remote.calls["list"] > 0) == (count > 1000)
    assert (remote.calls["head"] < 10) == (count > 1000)


def test_a_large_file_is_sent_as_a_file(store: Store, remote: Folder) -> None:
    data = os.urandom(PIECE_BYTES + 1)
    (entry,) = entries_of(store, {"m.bin": data})
    out, _ = export(
        [msgspec.structs.replace(entry, mode="executable")],
        "m.bin",
        store.blobs,
        store.database,
        [DvcObjects(remote)],
        is_directory=False,
    )

    assert (md5(data), True, len(data)) == (out.md5, out.is_executable, out.size_bytes)
    assert data == (remote.top / Name(md5(data)).key).read_bytes()
    assert 1 == remote.calls["put_file"]


def test_an_md5_is_found_once(store: Store, remote: Folder) -> None:
    entries = entries_of(store, {"x": b"x"})
    export(entries, "d", store.blobs, store.database, [DvcObjects(remote)], is_directory=True)
    store.blobs.delete(digest_of(b"x"))

    export(entries, "d", store.blobs, store.database, [DvcObjects(remote)], is_directory=True)


def test_two_files_with_one_md5_are_refused(store: Store, remote: Folder) -> None:
    one, other = TWINS
    both = entries_of(store, {"a.bin": one, "b.bin": other})
    for entries in (both, both[:1], both[1:]):
        if entries == both[:1]:
            export(entries, "d", store.blobs, store.database, [DvcObjects(remote)], is_directory=True)
            continue
        with pytest.raises(Conflict, match=rf"two different files have the md5 {md5(one)}"):
            export(entries, "d", store.blobs, store.database, [DvcObjects(remote)], is_directory=True)

    assert one == (remote.top / Name(md5(one)).key).read_bytes()
    assert {md5(one)} == set(alternate_digests.by_value(store.database, "md5", [md5(one)]))


def test_what_dvc_would_lose_is_refused_and_listed(store: Store, remote: Folder) -> None:
    x, text, nothing = store.blobs.put(b"x"), store.blobs.put(b"text"), store.blobs.put(b"")
    entries = [
        Entry(path="empty", digest=nothing, size_bytes=0, mode="directory"),  # type: ignore[arg-type]
        Entry(path="l", digest=x, size_bytes=1, mode="symlink"),
        Entry(path="run.sh", digest=x, size_bytes=1, mode="executable"),
        Entry(path="t", digest=text, size_bytes=4),
    ]
    with pytest.raises(Invalid) as caught:
        export(entries, "d", store.blobs, store.database, [DvcObjects(remote)], is_directory=True)

    assert (
        "3 of 4 files cannot be kept by DVC as they are: empty is an empty directory, which DVC would leave out; "
        "l is a symbolic link, which DVC would make a file; run.sh is executable, which DVC would forget"
        == caught.value.message
    )
    assert not remote.top.exists()
