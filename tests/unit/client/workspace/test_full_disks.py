"""A workspace or a repository on a disk that is full, or can only be read: told, nothing half there, and it can go on."""

from __future__ import annotations

from pathlib import Path

from lineal.testing.faults import run_on_small_disk
from tests.unit.storage.processes import command

TOP = Path(__file__).parents[4]

BEGIN = f"""
sys.path.insert(0, {str(TOP)!r})
from lineal.client.connect import init, connect
from tests.unit.client.workspace.places import digest_of_tree, put, read, write
small = {{f"{{number:03}}": os.urandom(10_000) for number in range(100)}}
large = {{"large.bin": os.urandom(2 << 20)}}
def whole(top, files):
    found = read(top)
    return [path for path, each in found.items() if files.get(path) != each]
"""

GET = """
with init(Path(sys.argv[2])) as repository:
    for files in (small, large):
        told(lambda: put(repository, files, here / "top"))
        print(whole(here / "top", files))
    (here / "ballast").unlink()
    put(repository, small, here / "top")
    print(read(here / "top") == small)
"""

READ_ONLY = """
with init(Path(sys.argv[2])) as repository:
    for files in ({"a": b"new"}, {"b": b"new"}, {"new/c": b"new"}, {"large.bin": bytes(2 << 20)}):
        told(lambda: put(repository, files, here, force=True))
    told(lambda: put(repository, {}, here, before={"a": b"a"}))
    print(read(here))
"""

ADD = """
with init(here) as repository:
    write(here / "files", {"kept": b"kept"})
    repository.data.add(here / "files")
    write(here / "files", small)
    disk = os.statvfs(here)
    (here / "ballast").write_bytes(bytes(disk.f_bavail * disk.f_frsize - 500_000))
    for each in (small, large):
        write(Path(sys.argv[2]) / "more", each)
        told(lambda: repository.data.add(Path(sys.argv[2]) / "more"))
    print(repository.verify().problems, [each.reference for each in repository.data.list()])
    print(list((here / ".lineal" / "tmp").iterdir()))
    for path in small:
        (here / "files" / path).unlink()
    (here / "ballast").unlink()
    answer = repository.data.add(Path(sys.argv[2]) / "more")
    print(answer.dataset.tree == digest_of_tree(small | large), repository.verify().problems)
    print([each.is_clean for each in repository.data.status()])
"""

FULL = """
with init(here) as repository:
    repository.data.add(write(here / "files", {"kept": b"kept"}))
with (here / "ballast").open("wb", buffering=0) as file:
    try:
        while file.write(bytes(4096)):
            pass
    except OSError:
        pass
with connect(here) as repository:
    print([each.reference for each in repository.data.list()], repository.verify().problems)
    print([(each.reference, each.is_clean) for each in repository.data.status()])
    repository.data.get("data:files", Path(sys.argv[2]) / "out")
    print(read(Path(sys.argv[2]) / "out"))
    print({each.name: each.detail for each in repository.doctor().findings}["the database can be written"])
    told(lambda: repository.gc(delete=True))
(here / "ballast").unlink()
with connect(here) as repository:
    print(repository.gc(delete=True).deleted, repository.data.add(here / "files").reference)
"""


def test_a_target_that_is_full_is_told_and_what_is_there_is_whole(small_disk: Path, tmp_path: Path) -> None:
    script = BEGIN + "(here / 'ballast').write_bytes(bytes(700_000))" + GET
    done = run_on_small_disk(command(script, small_disk, tmp_path / "project"), small_disk, size_bytes=1_300_000)
    small, kept, large, kept_too, after = done.stdout.splitlines()

    assert "" == done.stderr
    for said in (small, large):
        assert said.startswith(f"Unavailable | {small_disk}/top")
        assert "No space left on device" in said
    # What had been put there before stays, and is no file of the second tree.
    assert "[]" == kept
    assert "large.bin" not in kept_too
    assert "True" == after


def test_a_target_that_can_only_be_read_is_told_and_stays(small_disk: Path, tmp_path: Path) -> None:
    prepare = command(BEGIN + "write(here, {'a': b'a'}); (here / 'sub').mkdir()", small_disk, tmp_path / "project")
    done = run_on_small_disk(
        command(BEGIN + READ_ONLY, small_disk, tmp_path / "project"),
        small_disk,
        size_bytes=1 << 20,
        read_only=True,
        prepare=prepare,
    )
    *told, kept = done.stdout.splitlines()

    assert "" == done.stderr
    assert 5 == len(told)
    assert all(each.startswith("Unavailable | ") and "Read-only file system" in each for each in told)
    assert "{'a': b'a', 'sub': None}" == kept


def test_a_repository_that_is_full_is_told_and_goes_on_once_there_is_room(small_disk: Path, tmp_path: Path) -> None:
    done = run_on_small_disk(command(BEGIN + ADD, small_disk, tmp_path), small_disk, size_bytes=8 << 20)
    lines = done.stdout.splitlines()

    assert "" == done.stderr
    assert all(
        each.startswith("Unavailable | ") and "full" in each.replace("No space left", "full") for each in lines[:-4]
    )
    assert ["() ['data:files@1']", "[]", "True ()", "[True, True]"] == lines[-4:]


def test_a_repository_without_any_room_can_be_read_and_says_what_is_wrong(small_disk: Path, tmp_path: Path) -> None:
    done = run_on_small_disk(command(BEGIN + FULL, small_disk, tmp_path), small_disk, size_bytes=8 << 20)
    listed, status, got, doctor, collected, after = done.stdout.splitlines()

    assert "" == done.stderr
    assert "['data:files@1'] ()" == listed
    assert "[('data:files@1', True)]" == status
    assert "{'kept': b'kept'}" == got
    assert doctor.endswith("the disk is full")
    assert collected.startswith("Unavailable | ")
    assert "the disk is full | free some space on this disk" in collected
    assert "True data:files@1" == after
