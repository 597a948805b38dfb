"""Files hashed by all cores at once: as right as by one, whatever the chain says."""

from __future__ import annotations

import os
import random
import threading
import time
from pathlib import Path

import pytest

from lineal.objects import chains
from lineal.objects.chains import Chain
from lineal.objects.digest import Digest, Hasher, digest_of
from lineal.storage.blobs import chained
from lineal.storage.blobs.chained import ChainHasher, copy_chained, hash_chained, hasher_of, is_of_use
from lineal.storage.blobs.copying import copy_hashed

PIECE_BYTES = 1 << 16
DATA = random.Random(3).randbytes(5 * PIECE_BYTES + 77)
DIGEST = digest_of(DATA)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take any file for a large one."""
    monkeypatch.setattr(chains, "_PIECE_BYTES_MIN", PIECE_BYTES)
    monkeypatch.setattr(chained, "CHAINED_BYTES", 1)
    monkeypatch.setattr(chained, "_ROOM_BYTES", 1 << 14)


def chain_of(data: bytes, *, cut: int = 10_007) -> Chain:
    """Return the chain of some bytes that come in pieces of another size."""
    hasher = ChainHasher(len(data))
    for at in range(0, len(data), cut):
        hasher.update(data[at : at + cut])
    assert hasher.digest == digest_of(data)
    assert hasher.size_bytes == len(data)
    assert hasher.chain
    return hasher.chain


class Files:
    """A file, and an empty one."""

    def __init__(self, top: Path) -> None:
        self.source, self.target = top / "source", top / "target"
        self.source.write_bytes(DATA)

    def copied(self, chain: Chain, digest: Digest = DIGEST) -> tuple[Digest, list[int]]:
        """Copy the file; return what the copy was found to be, and what was told of the way."""
        told = list[int]()
        with self.source.open("rb") as source, self.target.open("w+b") as target:
            found = copy_chained(source.fileno(), target.fileno(), digest, chain, told.append)
        assert found == digest_of(self.target.read_bytes())
        return found, told

    def hashed(self, chain: Chain | None, digest: Digest = DIGEST) -> Digest:
        """Return what the file is found to be."""
        with self.source.open("rb") as source:
            return hash_chained(source.fileno(), digest, chain)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A file, and an empty one."""
    return Files(tmp_path)


@pytest.mark.parametrize("extra", [-78, -77, -76, 0])
@pytest.mark.parametrize("pieces", [1, 2, 5])
def test_what_leads_from_state_to_state_is_what_its_digest_says(pieces: int, extra: int, files: Files) -> None:
    data = DATA[: pieces * PIECE_BYTES + 77 + extra]
    files.source.write_bytes(data)
    chain = chain_of(data)

    assert files.hashed(chain, digest_of(data)) == digest_of(data)
    found, told = files.copied(chain, digest_of(data))
    assert found == digest_of(data)
    assert files.target.read_bytes() == data
    assert sum(told) == len(data)


def test_it_does_not_read_twice_what_is_right(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chained, "hash_file", None)
    assert files.hashed(chain_of(DATA)) == DIGEST
    assert files.copied(chain_of(DATA))[0] == DIGEST


@pytest.mark.parametrize("at", [0, PIECE_BYTES - 1, PIECE_BYTES, 3 * PIECE_BYTES + 5, len(DATA) - 1])
def test_a_changed_byte_is_found_wherever_it_is(at: int, files: Files) -> None:
    changed = DATA[:at] + bytes([DATA[at] ^ 1]) + DATA[at + 1 :]
    files.source.write_bytes(changed)

    assert files.hashed(chain_of(DATA)) == digest_of(changed)
    assert files.copied(chain_of(DATA))[0] == digest_of(changed)
    # Whoever wrote the bytes may have written the chain: it leads to another digest.
    assert files.hashed(chain_of(changed)) == digest_of(changed)
    assert files.copied(chain_of(changed))[0] == digest_of(changed)


@pytest.mark.parametrize("order", [(1, 0, 2, 3, 4), (0, 1, 2, 4, 3), (0, 0, 2, 3, 4)])
def test_pieces_in_another_order_are_found(order: tuple[int, ...], files: Files) -> None:
    pieces = [DATA[each * PIECE_BYTES : (each + 1) * PIECE_BYTES] for each in order]
    files.source.write_bytes(b"".join(pieces) + DATA[5 * PIECE_BYTES :])

    assert files.hashed(chain_of(DATA)) != DIGEST
    assert files.copied(chain_of(DATA))[0] != DIGEST


@pytest.mark.parametrize("state", range(5))
def test_a_wrong_chain_costs_time_and_nothing_else(state: int, files: Files) -> None:
    right = chain_of(DATA)
    states = bytearray(right.states)
    states[state * 32 + 9] ^= 4
    wrong = Chain(right.piece_bytes, bytes(states))

    assert files.hashed(wrong) == DIGEST
    assert files.copied(wrong)[0] == DIGEST
    assert files.target.read_bytes() == DATA


def test_a_file_that_is_cut_short_while_it_is_read_is_found(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = os.preadv

    def cutting(descriptor: int, room: list[memoryview], at: int) -> int:
        os.truncate(files.source, 2 * PIECE_BYTES + 5)
        return plain(descriptor, room, at)

    monkeypatch.setattr(os, "preadv", cutting)
    assert files.hashed(chain_of(DATA)) == digest_of(DATA[: 2 * PIECE_BYTES + 5])


def test_a_disk_that_fails_is_told(files: Files) -> None:
    with (
        files.source.open("rb") as source,
        files.source.open("rb") as target,
        pytest.raises(OSError, match="descriptor"),
    ):
        copy_chained(source.fileno(), target.fileno(), DIGEST, chain_of(DATA))


def test_whoever_is_interrupted_waits_until_nothing_is_written_any_more(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupting, plain = [threading.Thread.join], threading.Thread.join
    written = list[int]()

    def join(thread: threading.Thread) -> None:
        if interrupting:
            interrupting.clear()
            raise KeyboardInterrupt
        plain(thread)

    def slowly(descriptor: int, room: list[memoryview], at: int) -> int:
        time.sleep(0.02)
        written.append(at)
        return len(room[0])

    monkeypatch.setattr(threading.Thread, "join", join)
    monkeypatch.setattr(os, "preadv", slowly)
    with pytest.raises(KeyboardInterrupt):
        files.hashed(chain_of(DATA))
    count = len(written)
    time.sleep(0.1)
    assert len(written) == count < len(DATA) >> 14


def test_holes_and_other_sizes_are_left_to_others(files: Files) -> None:
    with files.source.open("r+b") as file:
        assert is_of_use(chain_of(DATA), file.fileno())
        assert not is_of_use(chain_of(DATA[:PIECE_BYTES]), file.fileno())
        assert not is_of_use(Chain(64, b""), file.fileno())
        file.truncate(0)
        file.truncate(len(DATA))
        assert not is_of_use(chain_of(DATA), file.fileno())


def test_where_no_state_can_be_had_files_are_hashed_as_ever(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = chain_of(DATA)
    monkeypatch.setattr(chained, "can_run", lambda: False)
    assert type(hasher_of(len(DATA))) is Hasher
    with files.source.open("rb") as file:
        assert not is_of_use(chain, file.fileno())
    assert files.hashed(chain) == DIGEST
    assert files.hashed(None) == DIGEST


def test_a_copy_keeps_the_states_on_its_way(files: Files) -> None:
    with files.source.open("rb") as source, files.target.open("w+b") as target:
        hasher = copy_hashed(source.fileno(), target.fileno(), hasher=hasher_of(len(DATA)))
    assert isinstance(hasher, ChainHasher)
    assert hasher.digest == DIGEST
    assert hasher.chain == chain_of(DATA)


def test_other_bytes_than_were_to_come_are_chained_too() -> None:
    for size in (1, 1 << 30):
        hasher = ChainHasher(size)
        hasher.update(DATA)
        assert hasher.digest == DIGEST
        assert hasher.chain
        assert hasher.chain.fits(len(DATA))
    assert ChainHasher(1 << 30).chain is None
