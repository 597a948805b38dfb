"""All texts that begin alike stand between two others, as bytes do."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from lineal.query.indexed import INDEXED_CHARACTERS, SPELLED_CHARACTERS, around, beginning, spellings

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


@given(_texts)
def test_a_text_is_written_in_a_way_that_its_small_letters_are_looked_for(text: str):
    ways = spellings(f"{text.lower()}%")

    assert len(ways) <= SPELLED_CHARACTERS
    assert all(character in way for character, way in zip(text, ways, strict=False) if character.isascii())


def test_whatever_becomes_a_letter_of_ascii_is_a_way_of_writing_it():
    others = [chr(each) for each in range(0x80, 0x110000) if chr(each).lower()[0].isascii()]

    assert others
    assert all(each in spellings(each.lower()[0])[0] for each in others)
