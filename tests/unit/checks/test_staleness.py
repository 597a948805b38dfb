from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lineal.checks.staleness import facts_of, states
from lineal.formats.cards.sections import HUMAN
from lineal.objects.digest import digest_of
from lineal.objects.versions import Card, DataUse
from tests.unit.checks.evidence import FACTS, evidence, people, version

KNOWN = evidence(people(Female=(50, 0, 0, 50), Male=(90, 0, 0, 10)))
TEXT = "It helps an adviser to decide whom to call first, and nothing else."
ABOUT = facts_of(version(), KNOWN.evaluation)
WRITTEN = Card(sections=dict.fromkeys(HUMAN, TEXT), about=ABOUT.digests, known=ABOUT.lines)
CORE = {name for name, section in HUMAN.items() if not section.profile}


def words(card: Card | None, about: Any = ABOUT) -> dict[str, str]:
    return {name: each.state for name, each in states(card, about).items()}


def stale_after(changed: Any, evaluation: Any = KNOWN.evaluation) -> set[str]:
    now = words(WRITTEN, facts_of(changed, evaluation))
    return {name for name, state in now.items() if state == "stale"} & CORE


def test_what_was_written_about_these_facts_is_fresh() -> None:
    assert words(WRITTEN) == dict.fromkeys(HUMAN, "fresh")


def test_without_a_card_everything_is_missing() -> None:
    assert words(None) == dict.fromkeys(HUMAN, "missing")


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("", "missing"),
        ("  ", "missing"),
        ("To be written: ask the lawyers what this may be used for some day", "placeholder"),
        ("More information needed", "placeholder"),
        ("Too short.", "too short"),
    ],
)
def test_a_text_that_says_nothing_is_told_from_one_that_is_not_there(text: str, state: str) -> None:
    card = Card(sections={"caveats": text}, about=ABOUT.digests)

    assert words(card)["caveats"] == state


def test_a_stale_section_tells_which_fact_changed_from_what_to_what() -> None:
    other, before = digest_of(b"other"), version().data[0].dataset
    changed = version(data=(DataUse(path="data/train.csv", digest=other, dataset=other),))
    turned = evidence(people(Female=(90, 0, 0, 10), Male=(50, 0, 0, 50))).evaluation
    names = {str(before): "data:train@1", str(other): "data:train@2"}
    found = states(WRITTEN, facts_of(changed, turned), names)

    assert found["training-data"].changes == ("training data: data:train@1 became data:train@2",)
    assert found["caveats"].changes == (
        "training data: data:train@1 became data:train@2",
        "the worst-off groups: sex = Female became sex = Male",
    )
    assert found["caveats"].reason.startswith("stale: training data: data:train@1 became")
    assert found["intended-use"].changes == ()


def test_facts_that_came_or_went_are_told_too() -> None:
    wider = version(facts=msgspec.structs.replace(FACTS, inputs={**FACTS.inputs, "zip": "int64"}))
    narrower = version(facts=msgspec.structs.replace(FACTS, inputs={"age": "int64"}))

    assert states(WRITTEN, facts_of(wider, None))["intended-use"].changes == ("inputs: now also zip = int64",)
    assert states(WRITTEN, facts_of(narrower, None))["intended-use"].changes == ("inputs: no longer job = object",)


def test_classes_in_another_order_are_another_fact() -> None:
    turned = version(facts=msgspec.structs.replace(FACTS, classes=("yes", "no")))

    assert states(WRITTEN, facts_of(turned, None))["intended-use"].changes == ("outputs: in another order",)


def test_a_card_that_was_written_before_facts_were_kept_is_stale_without_telling_why() -> None:
    old = msgspec.structs.replace(WRITTEN, known={})
    found = states(old, facts_of(version(data=()), KNOWN.evaluation))["training-data"]

    assert (found.state, found.changes, found.reason) == ("stale", (), "stale: what it speaks about has changed")


def test_a_model_with_very_many_columns_keeps_its_facts_short() -> None:
    wide = version(facts=msgspec.structs.replace(FACTS, inputs={f"x{n}": "float64" for n in range(5_000)}))

    assert sum(map(len, facts_of(wide, None).lines["intended-use"])) < 1_000


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
    before = Card(sections=WRITTEN.sections, about=facts_of(version(), None).digests)

    assert words(before)["intended-use"] == "fresh"


def test_other_subgroups_make_the_factors_stale() -> None:
    wider = evidence(people(Female=(50, 0, 0, 50), Male=(90, 0, 0, 10), Other=(90, 0, 0, 10))).evaluation

    assert stale_after(version(), wider) == {"factors", "ethical-considerations"}


def test_another_worst_off_group_makes_ethics_and_caveats_stale() -> None:
    turned = evidence(people(Female=(90, 0, 0, 10), Male=(50, 0, 0, 50))).evaluation

    assert stale_after(version(), turned) == {"ethical-considerations", "caveats"}


def test_a_retraining_on_the_same_data_keeps_every_text() -> None:
    slightly = evidence(people(Female=(52, 0, 0, 48), Male=(88, 0, 0, 12))).evaluation

    assert stale_after(version(weights=digest_of(b"other"), params={"rate": 0.3}), slightly) == set()
