"""What one process does with a request, system call by system call."""

from __future__ import annotations

import io
import os
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from lineal.client.workspace import hand

COUNT = 100


class Streams(io.BytesIO):
    """A stream of text whose bytes are asked for."""

    @property
    def buffer(self) -> Streams:
        """The bytes below."""
        return self


def open_descriptors() -> int:
    """Return how many files this process has open."""
    return len([*Path("/dev/fd").iterdir()])


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the disk was asked for, in order; nothing is in the system's cache."""
    made = list[str]()

    def cold(*_: object) -> int:
        raise BlockingIOError

    def noted(name: str) -> None:
        real = getattr(os, name)

        def noting(*given: object) -> object:
            made.append(name)
            return real(*given)

        monkeypatch.setattr(os, name, noting)

    monkeypatch.setattr(hand, "_NO_WAIT", 8)
    monkeypatch.setattr(os, "preadv", cold)
    for each in ("posix_fadvise", "readv"):
        noted(each)
    return made


def read(monkeypatch: pytest.MonkeyPatch, paths: list[Path], size_bytes: int) -> tuple[list[tuple[bool, bytes]], bytes]:
    """Return for each file whether it was read and its SHA-256; and what lies in the shared memory then."""
    count, names = len(paths), b"".join(os.fsencode(each) + b"\0" for each in paths)
    request = hand.HEAD.pack(count, len(names), 0) + b"".join(
        number.to_bytes(4, "little") for number in (*[size_bytes] * count, *[0] * count)
    )
    shared, answers = bytearray(count * size_bytes + 1), Streams()
    monkeypatch.setattr(sys, "stdin", Streams(request + names))
    monkeypatch.setattr(sys, "stdout", answers)
    hand.read_files(memoryview(shared))
    return [(done, digest) for done, _, _, digest in hand.FILE.iter_unpack(answers.getvalue())], bytes(shared[:-1])


def test_the_disk_is_asked_for_many_files_before_one_is_waited_for(
    calls: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / f"{number}" for number in range(COUNT)]
    contents = [b"%05d" % number for number in range(COUNT)]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)

    answers, together = read(monkeypatch, paths, 5)

    assert [(True, sha256(each).digest()) for each in contents] == answers
    assert b"".join(contents) == together
    assert [*["posix_fadvise"] * 64, *["posix_fadvise", "readv"] * 36, *["readv"] * 64] == calls


def test_a_file_that_grew_leaves_alone_what_was_read_of_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "grew").write_bytes(b"123456")
    (tmp_path / "next").write_bytes(b"abcde")
    asked, real = list[int](), os.preadv

    def first_is_cold(*given: Any) -> int:
        asked.append(given[0])
        if len(asked) == 1:
            raise BlockingIOError
        return real(*given[:3])

    monkeypatch.setattr(hand, "_NO_WAIT", 8)
    monkeypatch.setattr(os, "preadv", first_is_cold)
    answers, together = read(monkeypatch, [tmp_path / "grew", tmp_path / "next"], 5)

    assert [False, True] == [done for done, _ in answers]
    assert sha256(b"abcde").digest() == answers[1][1]
    assert b"abcde" == together[5:]


def test_what_is_gone_or_is_no_file_or_has_another_size_is_not_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "right").write_bytes(b"12345")
    (tmp_path / "short").write_bytes(b"123")
    (tmp_path / "long").write_bytes(b"123456")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("right")
    before = open_descriptors()

    answers, _ = read(
        monkeypatch, [tmp_path / each for each in ("right", "short", "long", "folder", "link", "gone")], 5
    )

    assert [True, False, False, False, False, False] == [done for done, _ in answers]
    assert before == open_descriptors()
