"""Remotes, and what the doctor says of them, as people read them."""

from __future__ import annotations

from lineal.operations.answers.upkeep import Diagnosis, Finding, RemoteAnswer
from tests.unit.cli.render.constructed import AT, PAGE, text_of

BACKUP = RemoteAnswer(
    reference="backup",
    name="backup",
    url="file:///mnt/backup",
    options={},
    is_default=True,
    added_by="ada",
    created_at=AT,
)
STORE = RemoteAnswer(
    reference="store",
    name="store",
    url="s3://models/lineal",
    options={"region": "eu-west-1", "endpoint": "https://s3.example.org"},
    is_default=False,
    added_by="ada",
    created_at=AT,
)


def finding(kind: str, name: str, answer: str, *, is_needed: bool = False, **more: str) -> Finding:
    """Return a finding."""
    return Finding(
        kind=kind,
        name=name,
        answer=answer,
        meaning=more.get("meaning", ""),
        detail=more.get("detail", ""),
        is_needed=is_needed,
    )


def test_a_remote_shows_what_is_known_of_it() -> None:
    expected = """\
store  s3://models/lineal
  options  endpoint=https://s3.example.org, region=eu-west-1
  added    2023-11-14 22:13 UTC (3 min ago) by ada
"""

    assert expected == text_of(STORE)


def test_remotes_are_a_table() -> None:
    expected = """\
REMOTE  URL                 DEFAULT  OPTIONS                                            ADDED (UTC)                   BY
backup  file:///mnt/backup  yes                                                         2023-11-14 22:13 (3 min ago)  ada
store   s3://models/lineal           endpoint=https://s3.example.org, region=eu-west-1  2023-11-14 22:13 (3 min ago)  ada
"""

    assert expected == text_of((BACKUP, STORE))


def test_a_diagnosis_is_in_words_by_kind_and_says_what_was_not_asked() -> None:
    answer = Diagnosis(
        reference="s3://models",
        findings=(
            finding("here", "the database is sound", "yes", is_needed=True, detail="SQLite, wal"),
            finding(
                "needed", "deletes work", "no", is_needed=True, meaning="gc cannot make room", detail="not allowed"
            ),
            finding("enforced", "older versions are kept", "no", meaning="a deleted object is gone"),
            finding("enforced", "objects are locked", "unknown"),
            finding("enforced", "objects can be tagged", "unknown"),
            finding("speed", "small objects", "unknown", detail="400 a second"),
        ),
    )
    expected = """\
this repository
  yes  the database is sound (SQLite, wal)
s3://models: what Lineal needs of it
  NO   deletes work (not allowed): gc cannot make room
s3://models: what it enforces beside; nothing of ours depends on it
  no   older versions are kept: a deleted object is gone
  not asked of this kind of store: objects are locked, objects can be tagged
s3://models: how fast it is, measured now
       small objects (400 a second)
"""

    assert expected == text_of(answer)
    assert 8 == answer.exit_status


def test_a_long_line_goes_on_below_and_colours_only_the_answer() -> None:
    answer = Diagnosis(reference="x", findings=(finding("needed", "a", "yes", is_needed=True, meaning="word " * 30),))
    lines = text_of(answer, PAGE._replace(is_coloured=True)).splitlines()

    assert "  \x1b[32myes\x1b[0m  a: word" in lines[1]
    assert lines[2].startswith("       word")
