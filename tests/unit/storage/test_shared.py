"""Files that a store shares with the workspace: written once, and never believed for their name."""

from __future__ import annotations

import mmap
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lineal.objects.digest import Digest
from lineal.objects.errors import Corrupt, NotFound
from lineal.storage.blobs import shared, shared_notes
from tests.unit.storage.sharing import DATA, DIGEST, RACY_S, Home, hashings_noted, home_at, tells, write


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A store with nothing in it."""
    return home_at(tmp_path, monkeypatch)


@pytest.fixture
def pulled(home: Home) -> Home:
    """A store whose only blob is a file of the workspace too, as another process sees it."""
    home.pull()
    home.anew()
    time.sleep(2 * RACY_S)
    return home


@pytest.fixture
def hashings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One number for each file that is hashed to find out what it is."""
    return hashings_noted(monkeypatch)


def test_a_file_is_written_once_and_has_two_names(pulled: Home) -> None:
    assert pulled.place.samefile(pulled.files.path(DIGEST))
    assert pulled.place.stat().st_nlink == 2
    assert pulled.place.read_bytes() == DATA
    assert os.access(pulled.place, os.W_OK)
    assert pulled.place.stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


def test_what_is_as_it_was_is_not_hashed_again(pulled: Home, hashings: list[int]) -> None:
    assert pulled.files.has((DIGEST,)) == {DIGEST}
    assert pulled.files.size(DIGEST) == len(DATA)
    assert b"".join(pulled.files.open(DIGEST, start=5, size=3_000_000)) == DATA[5:3_000_005]
    assert list(pulled.files.right()) == [DIGEST]
    assert hashings == []
    assert b"".join(pulled.files.open(DIGEST)) == DATA


TELLS = tells(Path(tempfile.gettempdir()))


def _write_in_memory(path: Path) -> None:
    if not TELLS:
        path.touch()  # such a disk is not shared on; here it is told
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        memory[3] = 1


def _set_back(path: Path) -> None:
    before = path.stat()
    write(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


EDITS: dict[str, Callable[[Path], None]] = {
    "written to": write,
    "written to in memory": _write_in_memory,
    "written to, and its time set back": _set_back,
    "made longer": _append,
    "cut short": lambda path: os.truncate(path, 100),
    "emptied": lambda path: path.write_bytes(b""),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edited_file_is_let_go_of_and_stays_as_the_user_wants_it(edit: Callable[[Path], None], pulled: Home) -> None:
    edit(pulled.place)
    mine = pulled.place.read_bytes()

    assert pulled.files.has((DIGEST,)) == set()
    assert list(pulled.files.right()) == []
    for ask in (
        pulled.files.size,
        lambda each: list(pulled.files.open(each)),
        lambda each: list(pulled.files.open(each, start=1)),
    ):
        with pytest.raises(NotFound, match="was edited there") as told:
            ask(DIGEST)
        assert str(pulled.place) in told.value.message
        assert "lineal data pull NAME" in (told.value.hint or "")
    assert pulled.place.read_bytes() == mine
    assert pulled.place.stat().st_nlink == 1
    assert not pulled.files.is_named(DIGEST)


def _chmod(path: Path) -> None:
    path.chmod(0o640)


def _move(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))


def _another_name(path: Path) -> None:
    path.with_name("another").hardlink_to(path)


CHANGES: dict[str, Callable[[Path], None]] = {
    "another mode": _chmod,
    "another time": lambda path: os.utime(path, (1, 1)),
    "another name": _move,
    "one more name": _another_name,
    "no name in the workspace": Path.unlink,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changes_no_byte_costs_one_hashing(
    change: Callable[[Path], None], pulled: Home, hashings: list[int]
) -> None:
    change(pulled.place)
    time.sleep(2 * RACY_S)

    for _ in range(3):
        assert pulled.files.has((DIGEST,)) == {DIGEST}
    assert len(hashings) == 1
    assert b"".join(pulled.files.open(DIGEST)) == DATA


def test_what_was_changed_a_moment_ago_is_hashed_until_its_time_tells_more(pulled: Home, hashings: list[int]) -> None:
    pulled.place.chmod(0o640)
    for _ in range(2):
        assert pulled.files.has((DIGEST,)) == {DIGEST}
    assert len(hashings) == 2

    assert b"".join(pulled.files.open(DIGEST, start=1)) == DATA[1:]  # it waits until it can be certain
    before = len(hashings)
    assert pulled.files.has((DIGEST,)) == {DIGEST}
    assert len(hashings) == before


def test_a_file_that_is_replaced_costs_the_store_nothing(pulled: Home) -> None:
    new = pulled.place.with_name("new")
    new.write_bytes(b"mine")
    new.replace(pulled.place)

    assert b"".join(pulled.files.open(DIGEST)) == DATA
    assert pulled.place.read_bytes() == b"mine"


def test_an_edited_file_without_another_name_goes_to_the_quarantine(pulled: Home) -> None:
    write(pulled.place)
    edited = pulled.place.read_bytes()
    pulled.place.unlink()

    assert pulled.files.has((DIGEST,)) == set()
    assert [edited] == [each.read_bytes() for each in (pulled.top / "quarantine").iterdir()]


@pytest.mark.parametrize("start", [0, 1])
def test_no_piece_that_was_edited_while_others_were_read_is_given(start: int, pulled: Home) -> None:
    pieces = pulled.files.open(DIGEST, start=start, size=None if not start else len(DATA))
    given = next(pieces)
    _write_everywhere(pulled.place)

    with pytest.raises(NotFound, match="was edited there"):
        given += b"".join(pieces) if start else _all(pieces)
    assert DATA[start:].startswith(given)


def _write_everywhere(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"x" * len(DATA))


def _all(pieces: Iterator[bytes]) -> bytes:
    for _ in pieces:  # a whole read is only right once it came to its end
        pass
    return b""


def test_an_edit_while_a_file_is_copied_gives_no_copy(pulled: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = shared.copy_hashed

    def editing(source: int, target: int, **how: bool) -> object:
        write(pulled.place)
        return plain(source, target, **how)

    monkeypatch.setattr(shared, "copy_hashed", editing)
    with pytest.raises(NotFound, match="was edited there"):
        pulled.files.fetch_to(DIGEST, pulled.top / "copy")
    assert not (pulled.top / "copy").exists()


def test_a_copy_is_another_file(pulled: Home) -> None:
    pulled.files.fetch_to(DIGEST, pulled.top / "copy")
    write(pulled.top / "copy")

    assert pulled.place.read_bytes() == DATA
    assert pulled.files.has((DIGEST,)) == {DIGEST}


def test_a_file_is_lent_once_and_only_where_it_was_taken(home: Home) -> None:
    home.pull()
    assert not home.files.lend(DIGEST, home.top / "work" / "other")
    with home.files.lending(home.place.parent):
        assert not home.files.lend(DIGEST, home.top / "work" / "other")
    assert ["data.bin"] == [each.name for each in home.place.parent.iterdir()]


def test_of_two_who_put_it_in_place_at_once_one_gets_it(home: Home) -> None:
    lent = list[bool]()
    with home.files.lending(home.place.parent):
        (home.top / "tmp" / "fetched").write_bytes(DATA)
        home.files.take(home.top / "tmp" / "fetched", DIGEST, found=DIGEST)
        threads = [
            threading.Thread(
                target=lambda each=each: lent.append(home.files.lend(DIGEST, home.top / "work" / str(each)))
            )
            for each in range(8)
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    assert sorted(lent) == [False] * 7 + [True]


def test_what_arrives_damaged_is_not_taken(home: Home) -> None:
    (home.top / "tmp" / "fetched").write_bytes(b"other")
    with home.files.lending(home.place.parent), pytest.raises(Corrupt):
        home.files.take(home.top / "tmp" / "fetched", DIGEST, found=None)
    assert home.files.names() == []


def test_an_edit_before_the_command_ends_is_seen(home: Home) -> None:
    with home.files.lending(home.place.parent):
        (home.top / "tmp" / "fetched").write_bytes(DATA)
        home.files.take(home.top / "tmp" / "fetched", DIGEST, found=DIGEST)
        home.files.lend(DIGEST, home.place)
        write(home.place)
    home.anew()

    assert home.files.has((DIGEST,)) == set()
    assert home.place.exists()


def test_nothing_is_believed_after_the_machine_was_started_anew(
    pulled: Home, hashings: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_notes, "boot", lambda: "the next one")

    assert pulled.files.has((DIGEST,)) == {DIGEST}
    assert pulled.files.has((DIGEST,)) == {DIGEST}
    assert len(hashings) == 1


@pytest.mark.parametrize("note", [b"", b"{", b'{"place":"","stamp":[1,2,3,4,5],"boot":""}'])
def test_a_note_that_is_damaged_costs_one_hashing(note: bytes, pulled: Home, hashings: list[int]) -> None:
    next(pulled.top.glob("shared/*.note")).write_bytes(note)

    assert pulled.files.has((DIGEST,)) == {DIGEST}
    assert len(hashings) == 1


def test_who_may_change_nothing_takes_an_edited_file_for_missing(pulled: Home) -> None:
    write(pulled.place)
    pulled.files.may_change = False

    assert pulled.files.has((DIGEST,)) == set()
    assert pulled.files.is_named(DIGEST)
    assert pulled.files.edited() == []


def test_what_is_pulled_again_after_an_edit_leaves_the_edit_alone(pulled: Home) -> None:
    write(pulled.place)
    mine = pulled.place.read_bytes()
    pulled.files.has((DIGEST,))
    assert pulled.files.edited() == [DIGEST]
    pulled.place.rename(pulled.place.with_name("mine"))
    pulled.pull()

    assert pulled.files.has((DIGEST,)) == {DIGEST}
    assert pulled.files.edited() == []
    assert pulled.place.with_name("mine").read_bytes() == mine


@pytest.mark.parametrize("digest", ["sha256:no", "../../etc/passwd"])
def test_what_is_no_digest_is_not_here(digest: str, home: Home) -> None:
    with pytest.raises(NotFound):
        list(home.files.open(Digest(digest)))
