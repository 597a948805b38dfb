"""Which answers can be written."""

from __future__ import annotations

from typing import get_args

import pytest

from lineal.cli.render.answers import MANY, ONE, references, renderer
from lineal.operations import every
from lineal.operations.answers.questions import Found
from lineal.operations.answers.upkeep import Verification
from tests.unit.cli.render.constructed import DATASET, FINISHED, LINE, text_of


@pytest.mark.parametrize("words", [words for words, each in every().items() if not each.internal])
def test_the_answer_of_every_operation_can_be_written(words: str) -> None:
    response = every()[words].response
    is_list = getattr(response, "__origin__", None) is tuple
    kinds = [each for each in (get_args(response) or (response,)) if each is not Ellipsis]

    assert [] == [each for each in kinds if each.__name__ not in (MANY if is_list else ONE)]


@pytest.mark.parametrize("name", sorted({*ONE.values(), *MANY.values()}))
def test_what_writes_an_answer_is_there_when_it_is_asked_for(name: str) -> None:
    module, _, function = name.partition(".")
    found = renderer(name)

    assert (f"lineal.cli.render.{module}", function) == (found.__module__, found.__name__)


def test_references_alone_are_what_scripts_take() -> None:
    assert ["data:adult@2"] == list(references(DATASET))
    assert [FINISHED.reference, "data:adult@2"] == list(references((FINISHED, DATASET)))
    assert ["income:1.1.0", FINISHED.reference] == list(references(Found(query="", versions=(LINE,), runs=(FINISHED,))))
    assert [] == list(references(Verification(objects=0, blobs=0, size_bytes=0, journal_entries=0)))


def test_what_a_search_found_is_a_table() -> None:
    assert text_of((LINE,)) == text_of(Found(query="accuracy > 0.8", versions=(LINE,)))


def test_an_empty_list_is_nothing() -> None:
    assert "" == text_of(())
