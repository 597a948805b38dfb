"""All texts that begin alike stand between two others, as bytes do."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from lineal.query.indexed import INDEXED_CHARACTERS, around, beginning

_texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@given(_texts, _texts)
def test_what_begins_with_a_text_is_between_two_others(prefix: str, rest: str):
    if begins := beginning(f"{prefix}%"):
        first, behind = around(begins)
        plain = re.split("[%_]", prefix)[0]

        assert first.encode() <= (plain + rest).encode() < behind.encode()


@given(_texts)
def test_a_pattern_begins_with_what_stands_before_its_first_sign(text: str):
    found = beginning(text)

    assert text.startswith(found)
    assert not re.search("[%_]", found)
    assert len(found) <= INDEXED_CHARACTERS


def test_a_text_that_ends_with_the_last_character_is_not_looked_for_by_its_beginning():
    assert ["", "", "", "a\ue000"] == [beginning(f"a{each}%") for each in ("\U0010ffff", "\ud7ff")] + [
        beginning("%a"),
        beginning("a\ue000_"),
    ]
