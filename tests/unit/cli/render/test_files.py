"""Files as people read of them: put in place, changed, listed."""

from __future__ import annotations

import pytest

from lineal.cli.render.page import Page
from lineal.operations.answers.files import Changes, FileLine, Placed
from tests.unit.cli.render.constructed import NOW, digest, text_of

ESCAPES = "a\x1b[31mred\nline"
"""A name that would steer a terminal if it were printed as it is."""


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((3, 0, 0), "3 files written"),
        ((1, 2, 0), "1 file written, 2 removed"),
        ((0, 1_000, 12_345), "0 files written, 1,000 removed, 12,345 as they were"),
        ((0, 0, 0), "0 files written"),
    ],
)
def test_files_that_were_put_in_place_are_counted(counts: tuple[int, int, int], said: str) -> None:
    written, removed, kept = counts
    answer = Placed(
        reference="data:adult@2", tree=digest("1"), path="here", written=written, removed=removed, kept=kept
    )

    assert f"data:adult@2 in here: {said}\n" == text_of(answer)


def test_what_differs_is_listed_place_by_place() -> None:
    places = (
        Changes(path="/data/a", tree=digest("1"), reference="data:a@1", unchanged=50_000),
        Changes(path="/data/b", tree=digest("2"), unchanged=1),
        Changes(
            path="/data/c",
            tree=digest("3"),
            reference="data:c@3",
            added=("new", "logs/"),
            modified=("m.csv",),
            removed=("r.csv",),
            unchanged=1_234,
        ),
        Changes(path="/data/d", tree=digest("4"), reference="data:d@1", modified=("d", "e", "f"), lost=("d", "e")),
    )

    assert (
        text_of(places)
        == """\
/data/a  data:a@1, unchanged (50,000 files)
/data/b  sha256:222222222222, unchanged (1 file)
/data/c  data:c@3, 1 modified, 2 added, 1 removed, 1,234 unchanged
  modified  m.csv
  added     new
  added     logs/
  removed   r.csv
/data/d  data:d@1, 3 modified, 0 unchanged
  modified  d
  modified  e
  modified  f
  the edit of d and 1 more cost the store its copy: lineal data pull data:d@1 fetches it again, lineal data add keeps the edit
"""
    )


def test_of_many_changes_the_first_are_listed_and_the_rest_counted() -> None:
    text = text_of((Changes(path="/x", tree=digest("1"), removed=tuple(f"{n:05}" for n in range(2_000))),))

    assert 50 == text.count("  removed   0")
    assert "  removed   … and 1,950 more (--json lists all)\n" in text


def test_files_are_a_table() -> None:
    files = (
        FileLine(path="a/run.sh", digest=digest("1"), size_bytes=10, mode="executable"),
        FileLine(path="b.csv", digest=digest("2"), size_bytes=1_234_567, mode="file"),
        FileLine(path="logs", digest=digest("3"), size_bytes=0, mode="directory"),
    )

    assert (
        text_of(files)
        == """\
PATH        SIZE  MODE        DIGEST
a/run.sh    10 B  executable  sha256:111111111111
b.csv     1.2 MB              sha256:222222222222
logs         0 B  directory   sha256:333333333333
"""
    )


def test_a_name_does_not_steer_the_terminal() -> None:
    line = FileLine(path=ESCAPES, digest=digest("1"), size_bytes=1, mode="file")
    answers = (
        (line,),
        (Changes(path=f"/{ESCAPES}", tree=digest("1"), added=(ESCAPES,), modified=(ESCAPES,), removed=(ESCAPES,)),),
        Placed(reference="data:a@1", tree=digest("1"), path=ESCAPES, written=1, removed=0, kept=0),
    )
    for each in answers:
        text = text_of(each, Page(width=200, now=NOW, is_coloured=False))

        assert "\x1b" not in text
        assert r"a\x1b[31mred" in text
