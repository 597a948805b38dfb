"""A run tells the last lines of what its program printed, whatever bytes those are."""

from __future__ import annotations

import msgspec

from lineal.client.local import LocalRepository
from lineal.objects.digest import digest_of
from lineal.objects.runs import Run
from lineal.operations.asking.surroundings import printed
from tests.unit.operations.making import run as recorded


def run_that_printed(repository: LocalRepository, stdout: bytes, stderr: bytes = b"") -> Run:
    """Return a run with what it printed."""
    found = recorded(repository).run
    assert found is not None
    put = repository.store.blobs.put
    return msgspec.structs.replace(found, stdout=put(stdout), stderr=put(stderr))


def test_little_is_told_whole(repository: LocalRepository) -> None:
    run = run_that_printed(repository, b"one\ntwo\n", b"oh\n")

    assert {"stdout": "one\ntwo", "stderr": "oh"} == printed(repository.store, run)


def test_of_much_the_end_is_told(repository: LocalRepository) -> None:
    run = run_that_printed(repository, b"".join(b"line %d\n" % number for number in range(10_000)))

    lines = printed(repository.store, run)["stdout"].splitlines()

    assert ["…", *(f"line {number}" for number in range(9_980, 10_000))] == lines


def test_one_endless_line_is_cut(repository: LocalRepository) -> None:
    text = printed(repository.store, run_that_printed(repository, b"x" * 1_000_000))["stdout"]

    assert text.startswith("…\nx")
    assert len(text) < 10_000


def test_bytes_that_are_no_text_are_replaced_and_what_is_gone_is_left_out(repository: LocalRepository) -> None:
    run = run_that_printed(repository, b"\xff\xfe\n")

    assert {"stdout": "\ufffd\ufffd"} == printed(repository.store, run)
    assert {} == printed(repository.store, msgspec.structs.replace(run, stdout=digest_of(b"gone"), stderr=None))
