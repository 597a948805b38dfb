"""A card as Markdown: every fact stands there, and what people wrote is theirs."""

from __future__ import annotations

import msgspec
import pytest

from lineal.formats.cards.as_markdown import editable, mermaid, render
from lineal.formats.cards.facts import CardFacts, LineageFact, NodeFact, SectionState
from lineal.formats.cards.marks import parse_base, parse_sections
from lineal.formats.cards.sections import HUMAN, SECTIONS
from tests.unit.formats.cards.cards import DIGEST, FACTS, card, facts

CARD = render(card())


def test_the_card_has_every_section_of_mitchell_in_order() -> None:
    places = [CARD.index(f"\n## {section.title}\n") for section in SECTIONS]

    assert places == sorted(places)
    assert [each.id for each in SECTIONS[:9]] == [
        "model-details",
        "intended-use",
        "factors",
        "metrics",
        "evaluation-data",
        "training-data",
        "quantitative-analyses",
        "ethical-considerations",
        "caveats",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "| Version | income:1.2.0 |",
        "| Registered | 2023-11-14 22:13 UTC |",
        "| Fine-tuned from | census:3.0.0 |",
        "| age | `int64` |",
        r"| a\|b | `object` |",
        "| rate | 0.1 |",
        "| accuracy | 0.8725 | 0.8673 to 0.8775 |",
        "| auc | NaN |  |",
        "| fit | 0.75 |",
        "| Rows | 16,281 |",
        "| Female | 5,421 | 0.59 [0.55 to 0.63] |",
        "| Other | 3 | too few rows |",
        "### What is new since 1.1.0",
        "- minor: other weights",
        "  n0 --> n1",
        "| income:1.1.0 | archived | 2023-11-14 22:13 UTC | bob | first |",
        "  model: sklearn.linear_model.LogisticRegression",
        "| Scan | outcome clean, by ci, 2023-11-14 22:13 UTC |",
        "| Signatures | not signed |",
        r"| metric\_floor | pass | accuracy 0.87 \>= 0.8 |",
        "| bob | production | 2023-11-14 22:13 UTC | seen |",
        "| deployment:01J | eu | process | running | 2023-11-14 22:13 UTC |",
    ],
)
def test_every_fact_stands_on_the_card(line: str) -> None:
    assert line in CARD.splitlines()


def test_a_trained_dataset_is_told_with_its_digest_rows_and_columns() -> None:
    (row,) = [line for line in CARD.splitlines() if line.startswith("| data/train.csv")]

    assert row == f"| data/train.csv | data:adult-train@2 | `{FACTS.data[0].digest}` | 32,561 | 1 |"


def test_an_edited_section_is_read_and_an_edited_fact_is_not() -> None:
    edited = render(card({"caveats": "old words"})).replace("old words", "new words").replace("0.8725", "0.9999")

    assert parse_sections(edited) == {"caveats": "new words"}
    assert "0.9999" not in render(card(parse_sections(edited)))


def test_an_unwritten_section_asks_for_what_belongs_there() -> None:
    assert f"_Nobody has written this yet: {HUMAN['caveats'].asks}_" in CARD
    assert parse_sections(CARD) == {}


def test_a_stale_section_says_so_and_why_and_the_note_is_not_its_text() -> None:
    states = {"caveats": SectionState(state="stale", changes=("training data: a became b",))}
    made = render(card({"caveats": "Not tested on tourists."}, states=states))

    assert (
        "> **Stale.** Since this was written, something it speaks about has changed: training data: a became b." in made
    )
    assert parse_sections(made) == {"caveats": "Not tested on tourists."}


def test_sections_of_a_profile_are_there_when_they_are_asked_for_or_written() -> None:
    assert "## Risk management" not in CARD
    assert "## Risk management" in render(card(profiles=("annex-iv",)))
    assert "## Risk management" in render(card({"risk-management": "None that we know of."}))


def test_a_card_tells_the_texts_that_it_was_made_from() -> None:
    assert parse_base(CARD) == DIGEST
    assert parse_base(render(card(base=""))) == ""


def test_what_is_to_be_edited_asks_tells_its_state_and_is_read_back() -> None:
    written = {"caveats": "## Large\n\n<b>not</b> tested -->", "factors": "Sex and age."}
    stale = SectionState(state="stale", changes=("training data: --> <!-- became b",))
    sheet = editable(card(written, states={"caveats": stale}))

    assert "## Large\n\n<b>not</b> tested -->" in sheet
    assert f"<!-- {HUMAN['caveats'].asks} -->" in sheet
    assert parse_sections(sheet) == written
    assert parse_base(sheet) == DIGEST
    assert sheet.count("<!--") == sheet.count("-->") - 1


def test_hostile_names_stay_text() -> None:
    hostile = "<script>alert(1)</script>\n# x | y\n---"
    made = render(card(facts=facts(title=hostile, owner=hostile)))

    assert "<script>" not in made
    assert r"# \<script\>alert(1)\</script\> \# x \| y ---" in made.splitlines()
    assert made.count("\n# ") == 0


def test_names_cannot_leave_their_box_in_a_diagram() -> None:
    hostile = NodeFact(key="x", kind="run", reference='a"]\nclick n0 href "javascript:alert(1)"\n```\n# `x` <b>')
    (line,) = mermaid(LineageFact(nodes=(hostile,))).splitlines()[1:]

    assert line == '  n0["run: a#34;] click n0 href #34;javascript:alert(1)#34; #96;#96;#96; # #96;x#96; #60;b#62;"]'


def test_a_version_that_nothing_is_known_of_has_a_card_too() -> None:
    bare = CardFacts(title="m", reference="m:1.0.0", digest="sha256:0", stage="staging", owner="ada", created_at=0)
    made = render(card(facts=bare))

    for said in ("It has not been measured on held-out rows.", "not scanned", "not signed", "Nobody has approved it."):
        assert said in made
    assert parse_sections(made) == {}


def test_a_model_with_very_many_columns_has_a_card_that_people_can_read() -> None:
    wide = msgspec.structs.replace(FACTS.facts, inputs={f"x{n}": "float64" for n in range(10_000)})
    made = render(card(facts=facts(facts=wide, params={f"p{n}": n for n in range(10_000)})))

    assert len(made) < 30_000
    assert "… and 9,800 columns more; the JSON form of this card has them all." in made
