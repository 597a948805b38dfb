from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lineal.checks.staleness import fact_digests, states
from lineal.formats.card import HUMAN
from lineal.objects.digest import digest_of
from lineal.objects.versions import Card, DataUse
from tests.unit.checks.evidence import FACTS, evidence, people, version

KNOWN = evidence(people(Female=(50, 0, 0, 50), Male=(90, 0, 0, 10)))
TEXT = "It helps an adviser to decide whom to call first, and nothing else."
DIGESTS = fact_digests(version(), KNOWN.evaluation)
WRITTEN = Card(sections=dict.fromkeys(HUMAN, TEXT), about=DIGESTS)


def stale_after(changed: Any, evaluation: Any = KNOWN.evaluation) -> set[str]:
    now = states(WRITTEN, fact_digests(changed, evaluation))
    return {name for name, state in now.items() if state == "stale"}


def test_what_was_written_about_these_facts_is_fresh() -> None:
    assert states(WRITTEN, DIGESTS) == dict.fromkeys(HUMAN, "fresh")


def test_without_a_card_everything_is_missing() -> None:
    assert states(None, DIGESTS) == dict.fromkeys(HUMAN, "missing")


@pytest.mark.parametrize(
    "text", ["", "  ", "To be written: ask the lawyers what this may be used for some day", "Too short."]
)
def test_a_placeholder_is_no_text(text: str) -> None:
    card = Card(sections={"caveats": text}, about=DIGESTS)

    assert states(card, DIGESTS)["caveats"] == "missing"


def test_other_data_makes_stale_what_speaks_of_data_and_nothing_else() -> None:
    other = digest_of(b"other")
    changed = version(data=(DataUse(path="data/train.csv", digest=other, dataset=other),))

    assert stale_after(changed) == {"training-data", "ethical-considerations", "caveats"}


def test_the_same_data_under_another_path_changes_nothing() -> None:
    moved = version(data=(msgspec.structs.replace(version().data[0], path="elsewhere.csv"),))

    assert stale_after(moved) == set()


def test_other_inputs_make_the_intended_use_stale() -> None:
    assert stale_after(version(facts=msgspec.structs.replace(FACTS, inputs={"age": "int64"}))) == {"intended-use"}


def test_the_intended_use_can_be_written_before_anything_is_measured() -> None:
    before = Card(sections=WRITTEN.sections, about=fact_digests(version(), None))

    assert states(before, DIGESTS)["intended-use"] == "fresh"


def test_other_subgroups_make_the_factors_stale() -> None:
    wider = evidence(people(Female=(50, 0, 0, 50), Male=(90, 0, 0, 10), Other=(90, 0, 0, 10))).evaluation

    assert stale_after(version(), wider) == {"factors", "ethical-considerations"}


def test_another_worst_off_group_makes_ethics_and_caveats_stale() -> None:
    turned = evidence(people(Female=(90, 0, 0, 10), Male=(50, 0, 0, 50))).evaluation

    assert stale_after(version(), turned) == {"ethical-considerations", "caveats"}


def test_a_retraining_on_the_same_data_keeps_every_text() -> None:
    slightly = evidence(people(Female=(52, 0, 0, 48), Male=(88, 0, 0, 12))).evaluation

    assert stale_after(version(weights=digest_of(b"other"), params={"rate": 0.3}), slightly) == set()
