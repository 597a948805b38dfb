"""Disks that are full, read-only, or somebody else's: told as such, and nothing is spoiled."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lineal.objects.errors import Unavailable
from lineal.storage import repository
from lineal.storage.blobs.files import FileBlobs
from lineal.storage.store import Actor
from lineal.testing.faults import run_on_small_disk
from tests.unit.storage.processes import as_nobody, command

FILL_BLOBS = """
blobs = FileBlobs(here / "blobs", here / "tmp")
small = blobs.put(b"it fits")
told(lambda: blobs.put(os.urandom(2_000_000)))
told(lambda: blobs.fetch_to(small, here / "missing" / "file"))
print(blobs.get(small), list(blobs.list()) == [small], list((here / "tmp").iterdir()))
blobs.delete(small)
print(len(blobs.put(os.urandom(500_000))))
"""

FILL_ROWS = """
from lineal.objects.runs import Code
store = repository.open_store(repository.create(here), actor=ada)
def fill():
    for number in range(100_000):
        store.put_object(Code(commit=str(number), branch="x" * 5_000))
        kept.append(number)
kept = []
told(fill)
store.database.close()
again = repository.open_store(here / ".lineal", actor=ada)
rows = again.database.run("SELECT count(*) AS count FROM object")[0]["count"]
print(len(kept) > 50, rows - len(kept), again.database.run("PRAGMA integrity_check"))
"""

MAKE = """
store = repository.open_store(repository.create(here), actor=ada)
store.blobs.put(b"kept")
store.database.close()
"""

READ = """
told(lambda: repository.create(here / "other"))
for read_only in (True, False):
    store = repository.open_store(here / ".lineal", actor=ada, read_only=read_only)
    print([store.blobs.get(digest) for digest in store.blobs.list()], store.database.run("SELECT id FROM journal_head"))
    told(lambda: store.blobs.put(b"more"))
    told(lambda: store.database.run("INSERT INTO answer VALUES ('a', 'b', 'c', 'd', 1)"))
"""


def test_a_full_disk_is_told_and_what_was_stored_is_whole(small_disk: Path) -> None:
    done = run_on_small_disk(command(FILL_BLOBS, small_disk), small_disk, size_bytes=1 << 20)
    full, missing, kept, after = done.stdout.splitlines()

    assert "" == done.stderr
    assert full.startswith("Unavailable | ")
    assert "No space left on device | free some space" in full
    assert missing.startswith("Unavailable | ")
    assert "b'it fits' True []" == kept
    assert "71" == after


def test_a_full_disk_loses_no_row_that_was_kept(small_disk: Path) -> None:
    done = run_on_small_disk(command(FILL_ROWS, small_disk), small_disk, size_bytes=4 << 20)
    full, kept = done.stdout.splitlines()

    assert "" == done.stderr
    assert full.startswith("Unavailable | the database ")
    assert "the disk is full | free some space on this disk" in full
    assert "True 0 [{'integrity_check': 'ok'}]" == kept


def test_a_read_only_disk_can_be_read_and_refuses_the_rest(small_disk: Path) -> None:
    done = run_on_small_disk(
        command(READ, small_disk),
        small_disk,
        size_bytes=4 << 20,
        read_only=True,
        prepare=command(MAKE, small_disk),
    )
    lines = done.stdout.splitlines()

    assert "" == done.stderr
    assert lines[0].startswith("Unavailable | ")
    assert "Read-only file system" in lines[0]
    assert ["[b'kept'] [{'id': 1}]"] * 2 == lines[1::3]
    assert all(line.startswith("Unavailable | ") for line in lines[2::3] + lines[3::3])


def test_a_directory_of_somebody_else_is_unavailable(tmp_path: Path) -> None:
    script = "told(lambda: repository.create(Path('/')))\ntold(lambda: FileBlobs(Path('/blobs'), Path('/tmp-of-blobs')).put(b''))"
    lines = as_nobody(script, tmp_path).stdout.splitlines()

    assert len(lines) == 2
    assert all(line.startswith("Unavailable | ") and "Permission denied | ask the owner" in line for line in lines)


def test_a_limit_on_the_size_of_files_is_told(tmp_path: Path) -> None:
    script = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
blobs = FileBlobs(here / "blobs", here / "tmp")
told(lambda: blobs.put(bytes(200_000)))
print(list(blobs.list()), list((here / "tmp").iterdir()))
"""
    done = subprocess.run(command(script, tmp_path), capture_output=True, text=True, check=True)
    told, left = done.stdout.splitlines()

    assert told.startswith("Unavailable | ")
    assert "File too large | raise the limit" in told
    assert "[] []" == left


def test_a_database_that_is_read_only_by_request_is_not_made(tmp_path: Path) -> None:
    root = repository.create(tmp_path)
    with pytest.raises(Unavailable):
        repository.open_store(root, actor=Actor("ada", "admin"), read_only=True)

    assert not (root / "database.sqlite").exists()
    assert [] == list(FileBlobs(root / "blobs", root / "tmp").list())
