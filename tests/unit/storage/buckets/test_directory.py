"""A directory as a bucket: what only a directory can do wrong."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from lineal.objects.errors import Conflict, Corrupt, Denied, NotFound
from lineal.storage.buckets.directory import DirectoryBucket
from lineal.storage.buckets.opening import open_bucket
from lineal.testing.crashes import run_until_write
from lineal.testing.faults import run_on_small_disk
from tests.unit.storage.processes import as_nobody, command

IMPORT = "from lineal.storage.buckets.directory import DirectoryBucket\n"

SEND = f"""{IMPORT}
bucket = DirectoryBucket(here / "bucket")
bucket.put("folder/small", b"newer")
bucket.put_file("folder/large", here / "large")
"""

FILL = f"""{IMPORT}
bucket = DirectoryBucket(here)
bucket.put("a/fits", b"it fits")
told(lambda: bucket.put("b/large", os.urandom(2_000_000)))
told(lambda: bucket.fetch("a/fits", here / "missing" / "file"))
print([each.key for each in bucket.list()], bucket.get("a/fits"), [each.name for each in (here / "b").iterdir()])
"""

READ = """
bucket = DirectoryBucket(here)
print(bucket.get("key"), [each.key for each in bucket.list()])
told(lambda: bucket.put("key", b"more"))
told(lambda: bucket.put("a/b/c", b"more"))
told(lambda: bucket.delete(["key"]))
"""


@pytest.fixture
def bucket(tmp_path: Path) -> DirectoryBucket:
    """An empty one in a directory of its own."""
    (tmp_path / "bucket").mkdir()
    return DirectoryBucket(tmp_path / "bucket")


def test_a_directory_that_is_not_there_is_told_and_never_made(tmp_path: Path) -> None:
    bucket = DirectoryBucket(tmp_path / "disk that is not mounted")
    for ask in (lambda: bucket.put("a", b""), lambda: bucket.get("a"), lambda: bucket.head("a"), bucket.list):
        with pytest.raises(NotFound, match=r"there is no directory .*disk that is not mounted") as caught:
            ask()

        assert "mkdir -p" in caught.value.hint
    assert [] == list(tmp_path.iterdir())


def test_a_crash_at_any_write_leaves_whole_objects_only(tmp_path: Path) -> None:
    content = os.urandom(100_000)
    deaths = 0
    for kill_at in range(1, 60):
        here = tmp_path / str(kill_at)
        (here / "bucket" / "folder").mkdir(parents=True)
        (here / "large").write_bytes(content)
        bucket = DirectoryBucket(here / "bucket")
        bucket.put("folder/small", b"older")
        ended = run_until_write(command(SEND, here), kill_at=kill_at, directory=here, variables={**os.environ})
        found = {each.key: bucket.get(each.key) for each in bucket.list()}

        assert found.pop("folder/small") in {b"older", b"newer"}
        assert found in ({}, {"folder/large": content})
        if ended.exit_status == 0:
            break
        deaths += 1

    assert ended.exit_status == 0
    assert deaths > 8
    assert {"pwrite64", "fsync", "rename"} <= set(ended.writes)


def test_what_a_crash_left_is_no_object(bucket: DirectoryBucket, tmp_path: Path) -> None:
    bucket.put("folder/key", b"")
    for left in ("~123.0123456789abcdef", "name with space", ".lineal-1-ab~"):
        (tmp_path / "bucket" / "folder" / left).write_bytes(b"half of it")

    assert ["folder/key"] == [each.key for each in bucket.list()]


def test_nothing_is_ever_read_or_written_through_a_link(bucket: DirectoryBucket, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (tmp_path / "bucket" / "folder").symlink_to(outside)
    (tmp_path / "bucket" / "key").symlink_to(outside / "secret")
    asks = [
        lambda: bucket.get("folder/secret"),
        lambda: bucket.put("folder/new", b""),
        lambda: bucket.delete(["folder/secret"]),
        lambda: bucket.get("key"),
    ]
    for ask in asks:
        with pytest.raises(Denied):
            ask()
    bucket.put("key", b"ours")

    assert ["key"] == [each.key for each in bucket.list()]
    assert {"secret": b"secret"} == {each.name: each.read_bytes() for each in outside.iterdir()}


def test_the_directory_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    DirectoryBucket(tmp_path / "link").put("a/b", b"content")

    assert b"content" == (tmp_path / "real" / "a" / "b").read_bytes()


def test_a_key_cannot_be_a_folder_too(bucket: DirectoryBucket) -> None:
    bucket.put("a/b", b"")
    for key in ("a", "a/b/c"):
        with pytest.raises(Conflict, match="both a folder and an object"):
            bucket.put(key, b"")

    assert ["a/b"] == [each.key for each in bucket.list()]


def test_objects_cannot_be_changed_by_accident(bucket: DirectoryBucket, tmp_path: Path) -> None:
    bucket.put("key", b"")

    assert 0o444 == (tmp_path / "bucket" / "key").stat().st_mode & 0o777


def test_what_is_made_of_a_file_is_stored_whole_or_not_at_all(bucket: DirectoryBucket, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"what came")

    def half(source: int, target: int) -> None:
        os.write(target, os.read(source, 4))
        raise Corrupt("the rest is another one")

    held = bucket.put_copied("a/whole", tmp_path / "file", lambda s, t: os.write(t, os.read(s, 100).upper()))
    with pytest.raises(Corrupt):
        bucket.put_copied("a/half", tmp_path / "file", half)

    assert (b"WHAT CAME", 9) == (bucket.get("a/whole"), held.size_bytes)
    assert ["whole"] == [each.name for each in (tmp_path / "bucket" / "a").iterdir()]


def test_a_sparse_or_growing_file_arrives_whole(bucket: DirectoryBucket, tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(5_000_000)
        file.seek(3_000_000)
        file.write(b"in the middle")
    bucket.put_file("sparse", tmp_path / "sparse")

    assert (tmp_path / "sparse").read_bytes() == bucket.get("sparse")


def test_a_file_that_tells_no_size_is_read_to_its_end(bucket: DirectoryBucket) -> None:
    held = bucket.put_file("version", Path("/proc/version"))

    assert Path("/proc/version").read_bytes() == bucket.get("version")
    assert held.size_bytes > 0


def test_a_full_disk_is_told_and_nothing_half_is_left(small_disk: Path) -> None:
    done = run_on_small_disk(command(FILL, small_disk), small_disk, size_bytes=1 << 20)
    full, missing, kept = done.stdout.splitlines()

    assert "" == done.stderr
    assert full.startswith("Unavailable | ")
    assert "No space left on device | free some space" in full
    assert missing.startswith("Unavailable | ")
    assert "['a/fits'] b'it fits' []" == kept


def test_a_directory_that_may_only_be_read_is_denied() -> None:
    with tempfile.TemporaryDirectory() as name:
        here = Path(name)
        DirectoryBucket(here).put("key", b"kept")
        here.chmod(0o555)
        lines = as_nobody(READ, here, imports=IMPORT).stdout.splitlines()
        here.chmod(0o755)

    assert "b'kept' ['key']" == lines[0]
    assert 4 == len(lines)
    assert all(line.startswith("Denied | ") and "ask the owner" in line for line in lines[1:])


def test_a_plain_path_is_where_you_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("remote").mkdir()
    open_bucket("remote").put("key", b"")

    assert (tmp_path / "remote" / "key").is_file()
    assert f"file://{tmp_path}/remote" == open_bucket("./remote").url
    assert b"" == open_bucket(f"file://{tmp_path}/remote").get("key")
