"""YAML as DVC means it, and nothing that a hostile text can do with it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.dvc import yaml12
from lineal.objects.errors import Invalid

MEANINGS = {
    "yes": "yes",
    "on": "on",
    "True": True,
    "false": False,
    "~": None,
    "null": None,
    "": None,
    "12": 12,
    "010": 10,
    "0o17": 15,
    "0x1f": 31,
    "1_000": 1000,
    "1e3": 1000.0,
    "1.": 1.0,
    "-.inf": float("-inf"),
    "1:30": "1:30",
    "2020-01-01": "2020-01-01",
    "_1": "_1",
    "'12'": "12",
    "!!str 12": "12",
    "!!int '12'": 12,
}


@pytest.mark.parametrize("word", MEANINGS)
def test_a_word_means_what_yaml_1_2_says(word: str) -> None:
    found = yaml12.load(f"a: {word}\n", "it")["a"]

    assert (MEANINGS[word], type(MEANINGS[word])) == (found, type(found))


def test_anchors_and_merges_are_carried_out() -> None:
    text = "base: &base {a: 1, b: 2}\nmade:\n  <<: *base\n  b: 3\nboth:\n  <<: [*base, {c: 4}]\n"

    assert {"a": 1, "b": 3} == yaml12.load(text, "it")["made"]
    assert {"a": 1, "b": 2, "c": 4} == yaml12.load(text, "it")["both"]


WORDS = st.one_of(st.text(max_size=20), st.sampled_from([*MEANINGS, "it's: x", "- a", "a #b", "é", "😀", "a\nb"]))
SCALARS = st.one_of(WORDS, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=12
)


@given(VALUES.filter(lambda value: "\ufeff" not in repr(value)))
def test_what_is_written_is_read_as_the_same(value: Any) -> None:
    assert {"a": value} == yaml12.load(yaml12.dump({"a": value}), "it")


WRITTEN = {
    "yes": b"yes",
    "1e3": b"'1e3'",
    "010": b"'010'",
    "2020-01-01": b"'2020-01-01'",
    "it's: x": b'"it\'s: x"',
    "a: b": b"'a: b'",
    "é b": "é b".encode(),
    "": b"''",
    1e-05: b"1e-05",
    None: b"",
}
"""As ruamel.yaml 0.18 writes them, inside DVC 3.67."""


@pytest.mark.parametrize("value", WRITTEN)
def test_words_are_quoted_where_dvc_quotes_them(value: Any) -> None:
    assert b"a:" + (b" " + WRITTEN[value]).rstrip() + b"\n" == yaml12.dump({"a": value})


_EIGHT = ", ".join(["*{0}"] * 8)
BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [{_EIGHT.format(f'a{i - 1}')}]\n" for i in range(1, 13))
HOSTILE = {
    "an alias bomb": (BOMB, "more than 5,000,000 values"),
    "a value inside itself": ("a: &a [*a]", "*a"),
    "lists without end": ("- " * 100_000, "nested more than 64 deep"),
    "brackets without end": ("[" * 100_000, "no YAML"),
    "a call": ("!!python/object/apply:os.system [ls]", "os.system"),
    "a key twice": ("a: 1\na: 2", "'a' twice"),
    "a key that is a list": ("? [a]\n: b", "a key that is no word"),
    "two documents": ("a\n---\nb", "more than one document"),
    "bytes": (b"\xff\xfe\0", "no UTF-8"),
    "a zero": (b"a: \0", "no YAML"),
    "half a surrogate": ("\ud800".encode("utf-8", "surrogatepass"), "no UTF-8"),
    "a merge of a number": ("a: {<<: 1}", "names no dictionary"),
    "too many bytes": (b"#" * (yaml12.BYTES_MAX + 1), "larger than 64 MiB"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_refused(name: str) -> None:
    text, message = HOSTILE[name]
    with pytest.raises(Invalid) as caught:
        yaml12.load(text, "it")

    assert caught.value.message.startswith("it ")
    assert message in caught.value.message
    assert caught.value.hint


@given(st.binary(max_size=200) | st.text(alphabet="ab:-[]{}&*!|>'\"#? \n<", max_size=60))
def test_any_text_is_a_value_or_refused(text: bytes | str) -> None:
    with suppress(Invalid):
        yaml12.load(text, "it")


def test_a_number_with_thousands_of_digits_stays_text() -> None:
    assert {"a": "9" * 5000} == yaml12.load("a: " + "9" * 5000, "it")
