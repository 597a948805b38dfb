"""Bytes come from caches and remotes of DVC checked, from wherever they are sound."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lineal.formats.dvc.digests import Name
from lineal.formats.dvc.pointer import Member, Out
from lineal.objects.digest import digest_of
from lineal.objects.errors import Conflict, Corrupt, Invalid, NotFound
from lineal.storage import alternate_digests
from lineal.storage.alternate_digests import Known
from lineal.storage.dvc.objects import PIECE_BYTES, DvcObjects
from lineal.storage.dvc.reading import Source, bring, files_of
from lineal.storage.store import Store
from tests.unit.storage.dvc.folder import Folder
from tests.unit.storage.dvc.making import TWINS, damage, make_store, md5, put, put_directory

FILES = {"a.txt": b"hello\n", "empty": b"", "sub/run.sh": b"x", "é b.txt": "naïve\n".encode()}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return make_store(tmp_path / "project")


@pytest.fixture
def cache(tmp_path: Path) -> Source:
    (tmp_path / "cache").mkdir()
    return Source(DvcObjects(Folder(tmp_path / "cache"), directory=tmp_path / "cache"))


@pytest.fixture
def remote(tmp_path: Path) -> Source:
    (tmp_path / "remote").mkdir()
    return Source(DvcObjects(Folder(tmp_path / "remote")))


def top(source: Source) -> Path:
    return Path(source.objects.where)


def brought(store: Store, out: Out, *sources: Source) -> dict[str, bytes]:
    """Return the files of an out by their paths, through a store."""
    files = files_of(out, sources, "d.dvc")
    return {
        each.path: store.blobs.get(each.digest) for each in bring(files, sources, store.blobs, store.database, "d.dvc")
    }


@pytest.mark.parametrize("legacy", [False, True])
def test_a_directory_comes_from_a_cache_or_a_remote(store: Store, cache: Source, remote: Source, legacy: bool) -> None:
    out = put_directory(top(remote), FILES, legacy=legacy)

    assert FILES == brought(store, out, cache, remote)
    assert not legacy or Name(out.md5, "md5-dos2unix").key == f"{out.md5[:2]}/{out.md5[2:]}"


def test_text_of_dvc_2_is_named_without_its_carriage_returns(store: Store, remote: Source) -> None:
    put(top(remote), b"a\r\nb\r\n", name=md5(b"a\nb\n"), legacy=True)

    assert {"t.csv": b"a\r\nb\r\n"} == brought(store, Out(path="data/t.csv", md5=md5(b"a\nb\n")), remote)
    assert md5(b"a\nb\n") in alternate_digests.by_value(store.database, "md5-dos2unix", [md5(b"a\nb\n")])


@pytest.mark.parametrize("size_bytes", [PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES])
def test_large_objects_come_in_pieces(store: Store, remote: Source, size_bytes: int) -> None:
    data = os.urandom(size_bytes)
    put(top(remote), data)

    assert {"m": data} == brought(store, Out(path="m", md5=md5(data), hash="md5"), remote)


def test_a_single_file_keeps_its_executable_bit(store: Store, cache: Source) -> None:
    put(top(cache), b"x")
    files = files_of(Out(path="run.sh", md5=md5(b"x"), is_executable=True, hash="md5"), [cache], "run.sh.dvc")

    assert "executable" == bring(files, [cache], store.blobs, store.database, "run.sh.dvc")[0].mode


def test_a_damaged_object_of_the_cache_is_quarantined_and_healed(store: Store, cache: Source, remote: Source) -> None:
    out = put_directory(top(remote), FILES)
    put_directory(top(cache), FILES)
    for name in (md5(b"hello\n"), out.md5):
        damage(top(cache) / Name(name).key)

    assert FILES == brought(store, out, cache, remote)
    for name in (md5(b"hello\n"), out.md5):
        healed = top(cache) / Name(name).key
        assert (top(remote) / Name(name).key).read_bytes() == healed.read_bytes()
        assert 0o444 == healed.stat().st_mode & 0o777
        assert (top(cache) / "quarantine" / name).read_bytes().startswith(b"CORRUPT"[:6])


def test_a_cache_that_cannot_be_mended_is_passed_over(store: Store, cache: Source, remote: Source) -> None:
    out = put_directory(top(remote), FILES)
    put_directory(top(cache), FILES)
    damage(top(cache) / Name(md5(b"hello\n")).key)
    (top(cache) / "quarantine").write_bytes(b"in the way")

    assert FILES == brought(store, out, cache, remote)


def test_what_is_damaged_everywhere_is_told_with_path_and_digest(store: Store, cache: Source, remote: Source) -> None:
    out = put_directory(top(cache), FILES)
    put_directory(top(remote), FILES)
    damaged = Name(md5(b"hello\n"))
    for each in (cache, remote):
        damage(top(each) / damaged.key)

    with pytest.raises(Corrupt, match=rf"a\.txt of d\.dvc \({damaged}\) is damaged: .*quarantine"):
        brought(store, out, cache, remote)
    assert (top(remote) / damaged.key).exists()


def test_a_damaged_list_is_not_believed(store: Store, remote: Source) -> None:
    out = put_directory(top(remote), FILES)
    path = top(remote) / Name(out.md5).key
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"empty", b"other"))

    with pytest.raises(Corrupt, match=r"the list of files of d\.dvc"):
        brought(store, out, remote)


def test_all_that_is_missing_is_told(store: Store, cache: Source, remote: Source) -> None:
    out = put_directory(top(remote), FILES)
    for data in (b"x", b"hello\n"):
        (top(remote) / Name(md5(data)).key).unlink()

    with pytest.raises(NotFound, match=r"2 of 4 files of d\.dvc cannot be had: a\.txt .*; sub/run\.sh ") as caught:
        brought(store, out, cache, remote)
    assert "dvc push" in caught.value.hint
    with pytest.raises(NotFound, match=r"the list of files of d\.dvc .* is not in"):
        brought(store, out, cache)


def test_what_the_store_holds_is_not_read_again(store: Store, cache: Source, remote: Source) -> None:
    out = put_directory(top(remote), FILES)
    brought(store, out, cache, remote)
    for data in FILES.values():
        (top(remote) / Name(md5(data)).key).unlink(missing_ok=True)
    asked = remote.objects.bucket.calls["get"]  # type: ignore[attr-defined]

    assert FILES == brought(store, out, cache, remote)
    assert asked + 1 == remote.objects.bucket.calls["get"]  # type: ignore[attr-defined]


def test_what_the_store_has_lost_is_read_again(store: Store, remote: Source) -> None:
    out = put_directory(top(remote), FILES)
    brought(store, out, remote)
    store.blobs.delete(digest_of(b"x"))

    assert FILES == brought(store, out, remote)


def test_other_bytes_under_a_known_md5_are_refused(store: Store, remote: Source) -> None:
    one, other = TWINS
    alternate_digests.record(store.database, "md5", {md5(one): Known(digest_of(one), len(one))})
    put(top(remote), other)

    with pytest.raises(Conflict, match=md5(one)):
        brought(store, Out(path="m", md5=md5(other), hash="md5"), remote)


def test_files_that_a_cloud_keeps_by_name_are_found_there(store: Store, remote: Source) -> None:
    named = Source(remote.objects, is_named=True)
    (top(remote) / "data/d").mkdir(parents=True)
    (top(remote) / "data/d/x").write_bytes(b"x")
    out = Out(path="d", hash="md5", files=(Member(relpath="x", md5=md5(b"x"), is_executable=True),))
    files = files_of(out, [named], "d.dvc", folder="data")

    assert ["executable"] == [each.mode for each in bring(files, [named], store.blobs, store.database, "d.dvc")]
    (top(remote) / "data/d/x").write_bytes(b"y")
    with pytest.raises(Corrupt, match="another version of the file"):
        bring(files, [named], make_store(top(remote).parent / "other").blobs, None, "d.dvc")


@pytest.mark.parametrize(
    ("out", "message"),
    [
        (Out(path="d"), "does not say what d holds"),
        (Out(path="d", files=(Member(relpath="../x", md5="0" * 32),)), "leads out"),
        (Out(path="d", files=(Member(relpath="x"),)), "no MD5"),
    ],
)
def test_pointers_that_name_no_content_are_refused(store: Store, remote: Source, out: Out, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        brought(store, out, remote)
