"""What docs/reference/search.md says is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lineal.objects.errors import Invalid
from lineal.query.cursor import WORD_OPERATORS
from lineal.query.direction import SMALLER_IS_BETTER
from lineal.query.fields import FIELDS, Subject
from lineal.query.query import understand
from lineal.query.times import UNITS_MS
from tests.unit.query.facts import TOLD

_PAGE = Path(__file__).parents[3].joinpath("docs", "reference", "search.md").read_text(encoding="utf-8")
_EXAMPLES = [
    ("runs" if heading.strip() else "versions", line)
    for heading, body in re.findall(r"^```search( runs)?\n(.*?)^```", _PAGE, re.DOTALL | re.MULTILINE)
    for line in body.splitlines()
]
_GRAMMAR = re.findall(r"^```ebnf\n(.*?)^```", _PAGE, re.DOTALL | re.MULTILINE)[0]


@pytest.mark.parametrize(("subject", "text"), _EXAMPLES)
def test_every_example_is_a_search(subject: Subject, text: str):
    assert subject == understand(text, subject=subject, facts=TOLD).wanted.source.name


def test_the_page_has_examples_for_versions_and_for_runs():
    assert {"versions", "runs"} == {subject for subject, _ in _EXAMPLES}


@pytest.mark.parametrize("subject", ["versions", "runs"])
def test_every_field_and_each_of_its_names_is_in_the_table(subject: Subject):
    table = re.search(rf"^\| of {subject} .*?\n\n", _PAGE, re.DOTALL | re.MULTILINE)[0]
    rows = [row.split("|")[1:3] for row in table.splitlines()[2:] if row]
    told = {
        name: re.findall(r"`(\w+)`", first)[0]
        for first, others in rows
        for name in re.findall(r"`(\w+)`", first + others)
    }

    assert {name: field.name for name, field in FIELDS[subject].items()} == told


def test_the_words_for_smaller_is_better_are_all_told():
    words = re.search(r"<!-- smaller -->(.*?)<!-- /smaller -->", _PAGE, re.DOTALL)[1]

    assert SMALLER_IS_BETTER == set(re.findall(r"\w+", words))


@pytest.mark.parametrize("word", [*WORD_OPERATORS, *UNITS_MS, "best", "worst", "limit", "has", "trained", "ago", "in"])
def test_every_keyword_is_in_the_grammar(word: str):
    assert f'"{word}"' in _GRAMMAR


def test_every_rule_that_the_grammar_uses_is_defined():
    bare = re.sub(r"\"[^\"\n]*\"|'[^'\n]*'|\?.*?\?", " ", re.sub(r"\? text.*?\? ", "", _GRAMMAR))
    defined = set(re.findall(r"^(\w+) +=", _GRAMMAR, re.MULTILINE))

    assert set() == set(re.findall(r"[a-z]+", bare)) - defined


def test_the_error_that_is_shown_is_the_one_that_comes():
    shown = re.search(r"^```text\n(.*?)\n```", _PAGE, re.DOTALL | re.MULTILINE)[1]
    with pytest.raises(Invalid) as caught:
        understand(shown.splitlines()[1].strip(), subject="versions", facts=TOLD)

    assert shown == caught.value.message
