"""The journal and verification as people read them."""

from __future__ import annotations

from lineal.operations.answers.upkeep import Problem, Verification
from tests.unit.cli.render.constructed import ACT, text_of


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
