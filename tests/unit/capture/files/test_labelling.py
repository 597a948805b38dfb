"""Labels reach the files that they are about: one file, those below a directory, those that a pattern holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from lineal.capture.files.labelling import labelled
from lineal.capture.files.sorting import FilesUsed
from lineal.objects.digest import digest_of
from lineal.objects.places import Label
from lineal.objects.runs import FileUse

ROOT = Path("/project")
READ = Label(by="numpy.fromfile", kind="array", columns={"": "float32"}, shape=(4,))


@pytest.mark.parametrize(
    ("told", "path", "is_labelled"),
    [
        ("/project/data/a.bin", "data/a.bin", True),
        ("/project/data", "data/a.bin", True),
        ("/project/data", "data/deep/a.bin", True),
        ("/project/data/*.bin", "data/a.bin", True),
        ("/project/data/*.bin", "data/a.txt", False),
        ("/project/data/*.bin", "data/deep/a.bin", False),
        ("/project/data/**/*.bin", "data/deep/a.bin", True),
        ("/project/data/part-?.bin", "data/part-1.bin", True),
        ("/project/*.bin", "a.bin", True),
        ("/project", "a.bin", False),
        ("/elsewhere/*.bin", "/elsewhere/a.bin", True),
        ("/elsewhere", "/elsewhere/deep/a.bin", True),
        ("/project/data", "other/a.bin", False),
    ],
)
def test_a_label_is_of_the_files_that_it_names(told: str, path: str, *, is_labelled: bool) -> None:
    used = FilesUsed(inputs=(FileUse(path=path, digest=digest_of(b""), size_bytes=0),))

    found = labelled(used, {told: READ}, ROOT).inputs[0].label

    assert is_labelled == (found is not None)


def test_the_rows_of_many_files_are_not_those_of_one() -> None:
    used = FilesUsed(inputs=(FileUse(path="data/a.bin", digest=digest_of(b""), size_bytes=0),))

    found = labelled(used, {"/project/data/*.bin": READ}, ROOT).inputs[0].label

    assert found == Label(by="numpy.fromfile", kind="array", columns={"": "float32"})
