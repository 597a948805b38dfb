"""Every file that the real libraries read or write is in the record, and no other, at each level and without rights."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.parts.part import need_root
from tests.surfaces import file_capture


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that are there before."""
    folder = tmp_path_factory.mktemp("prepared")
    file_capture.prepare(folder)
    return folder


@pytest.mark.parametrize(
    ("level", "prefix", "is_ordinary", "gaps"),
    [
        ("fanotify", (), False, 0),
        ("inotify", (), False, 0),
        ("readers", (), False, 1),
        ("fanotify", file_capture.WITHOUT_RIGHTS, False, 0),
        ("fanotify", (), True, 0),
    ],
)
def test_every_read_and_write_is_seen_and_nothing_else(
    level: str, prefix: tuple[str, ...], is_ordinary: bool, gaps: int, prepared: Path
) -> None:
    if prefix or is_ordinary:
        need_root()  # to give up its rights
    with file_capture.recorded(prepared, level, prefix=prefix, is_ordinary=is_ordinary) as matrix:
        read, written = set(matrix.reads.values()), set(matrix.writes.values())

        assert (63, 52, level) == (len(read), len(written), matrix.level)
        assert [] == matrix.unseen()
        assert (file_capture.ORDINARY if is_ordinary else os.getuid()) == matrix.user
        assert frozenset() == matrix.inputs - read
        assert {f"{matrix.writes['a child that outlives']}.done"} == matrix.outputs - written
        assert frozenset() == matrix.intermediates
        # Readers say what they are. A temporary file may be gone before anybody could see that it lives on as another.
        assert gaps == len([each for each in matrix.gaps if "files:" in each and ".tmp" not in each])
