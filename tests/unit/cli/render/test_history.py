"""Differences, the journal and verification as people read them."""

from __future__ import annotations

from lineal.operations.answers import Diff, Difference, Problem, Verification
from tests.unit.cli.render.constructed import ACT, digest, text_of


def test_a_diff_puts_left_beside_right_part_by_part() -> None:
    expected = """\
income:1.0.0 → income:1.1.0
  data
    WHAT            LEFT         RIGHT
    data/train.csv  sha256:1111  sha256:2222
  parameters
    WHAT      LEFT  RIGHT
    depth     6     12
    strength  —     0.5
  code, line by line
    --- a/train.py
    +++ b/train.py
    @@ -1 +1 @@
    -    x = 1
    +    x = 2
"""

    assert expected == text_of(
        Diff(
            left="income:1.0.0",
            right="income:1.1.0",
            same=False,
            differences=(
                Difference(part="data", name="data/train.csv", left="sha256:1111", right="sha256:2222"),
                Difference(part="parameters", name="depth", left="6", right="12"),
                Difference(part="parameters", name="strength", right="0.5"),
            ),
            code_diff="--- a/train.py\n+++ b/train.py\n@@ -1 +1 @@\n-\tx = 1\n+\tx = 2\n",
        )
    )


def test_equal_things_are_said_to_be_the_same() -> None:
    expected = """\
income:1.0.0 → income:1.0.0
  they are the same in everything
"""

    assert expected == text_of(Diff(left="income:1.0.0", right="income:1.0.0", same=True))


def test_acts_are_a_table() -> None:
    expected = """\
 #  WHEN (UTC)                    BY   WHAT     SUBJECT       OUTCOME  DETAIL
12  2023-11-14 22:13 (3 min ago)  ada  promote  income:1.1.0  failed   the gate refused
"""

    assert expected == text_of((ACT,))


def test_a_sound_repository_says_what_was_checked() -> None:
    expected = """\
✓ sound: 40 files, 1.0 MB, 12 objects, 9 journal entries
"""

    assert expected == text_of(Verification(objects=12, blobs=40, size_bytes=1_000_000, journal_entries=9))


def test_a_problem_names_the_place_and_who_needs_it() -> None:
    expected = """\
✗ 1 problem in 40 files, 1.0 MB, 12 objects, 1 journal entry
  ✗ bytes differ from their digest: sha256:2222
      needed by income:1.0.0, run:01A
"""

    assert expected == text_of(
        Verification(
            objects=12,
            blobs=40,
            size_bytes=1_000_000,
            journal_entries=1,
            problems=(
                Problem(
                    what="bytes differ from their digest", where="sha256:2222", used_by=("income:1.0.0", "run:01A")
                ),
            ),
        )
    )


def test_a_diff_shortens_digests_and_measured_numbers_and_nothing_else() -> None:
    sides = (
        Difference(part="weights", name="model.joblib", left=f"{digest('1')} file"),
        Difference(part="packages", name="numpy", left="1.10", right="2.0.0"),
        Difference(part="metrics", name="auc", left="0.7554444444444444", right="NaN"),
    )
    lines = text_of(Diff(left="a:1.0.0", right="a:2.0.0", same=False, differences=sides)).splitlines()

    assert [
        ["model.joblib", "sha256:111111111111", "file", "—"],
        ["numpy", "1.10", "2.0.0"],
        ["auc", "0.755444", "NaN"],
    ] == [line.split() for line in lines[3::3]]
