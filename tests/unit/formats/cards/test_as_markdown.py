from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.card import HUMAN, SECTIONS, CardFacts, parse_sections, render
from lineal.objects.digest import digest_of
from lineal.objects.errors import Invalid
from lineal.objects.runs import ModelFacts
from lineal.objects.statements import Evaluation, SliceResult

FACTS = CardFacts(
    title="income",
    reference="income:1.2.0",
    digest=digest_of(b"version"),
    stage="production",
    owner="ada",
    created_at=1_700_000_000_000,
    facts=ModelFacts(
        framework="sklearn",
        framework_version="1.5.0",
        architecture="sklearn.pipeline.Pipeline\n  model: sklearn.linear_model.LogisticRegression",
        inputs={"age": "int64", "a|b": "object"},
        outputs={"income": "object"},
        classes=("<=50K", ">50K"),
    ),
    params={"rate": 0.1, "solver": "lbfgs"},
    data=("data:adult-train@2 (32,561 rows)",),
    evaluation=Evaluation(
        dataset=digest_of(b"held out"),
        task="binary",
        label="income",
        positive=">50K",
        overall=SliceResult(
            row_count=16_281, metrics={"accuracy": 0.8725, "auc": "NaN"}, intervals={"accuracy": (0.8673, 0.8775)}
        ),
        slices=(
            SliceResult(
                row_count=5_421,
                feature="sex",
                value="Female",
                metrics={"recall": 0.59},
                intervals={"recall": (0.55, 0.63)},
            ),
            SliceResult(row_count=3, feature="sex", value="Other", metrics={}),
        ),
    ),
    evaluation_dataset="data:adult-test@1",
    code=("commit 0123456789ab",),
    runtime=("Python 3.11.7", "61 packages"),
    hardware=("x86_64, 2 cores",),
    lineage=("run:01J <- data:adult-train@2",),
    findings=("minor: other weights",),
)

TEXTS = st.dictionaries(
    st.sampled_from(sorted(HUMAN)),
    st.text(st.characters(codec="utf-8", exclude_characters="\r")).map(str.strip).filter(bool),
)


def test_the_card_has_every_section_of_mitchell_in_order() -> None:
    card = render(FACTS, {}, {})
    places = [card.index(f"\n## {section.title}\n") for section in SECTIONS]

    assert places == sorted(places)
    assert [each.title for each in SECTIONS[:9]] == [
        "Model details",
        "Intended use",
        "Factors",
        "Metrics",
        "Evaluation data",
        "Training data",
        "Quantitative analyses",
        "Ethical considerations",
        "Caveats and recommendations",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "| Version | income:1.2.0 |",
        "| Registered | 2023-11-14 22:13 UTC |",
        "| age | int64 |",
        r"| a\|b | object |",
        "| rate | 0.1 |",
        "| accuracy | 0.8725 | 0.8673 to 0.8775 |",
        "| auc | NaN |  |",
        "| Female | 5,421 | 0.59 [0.55 to 0.63] |",
        "| Other | 3 | too few rows |",
        "- data:adult-train@2 (32,561 rows)",
        "- minor: other weights",
        r"- run:01J \<- data:adult-train@2",
        "  model: sklearn.linear_model.LogisticRegression",
    ],
)
def test_every_fact_stands_on_the_card(line: str) -> None:
    assert line in render(FACTS, {}, {}).splitlines()


def test_the_front_matter_is_what_hugging_face_reads() -> None:
    _, matter, _ = render(FACTS, {}, {}).split("---\n", 2)

    assert matter == (
        'library_name: "sklearn"\n'
        'tags:\n  - "lineal"\n'
        'version: "income:1.2.0"\n'
        'pipeline_tag: "tabular-classification"\n'
        'metrics:\n  - "accuracy"\n'
        "model-index:\n"
        '  - name: "income"\n'
        "    results:\n"
        '      - task:\n          type: "tabular-classification"\n'
        '        dataset:\n          name: "data:adult-test@1"\n          type: "data:adult-test@1"\n'
        f"          revision: {json.dumps(digest_of(b'held out'))}\n"
        '        metrics:\n          - type: "accuracy"\n            value: 0.8725\n            name: "accuracy"\n'
    )


@given(TEXTS)
def test_what_people_wrote_comes_back_whatever_it_is(sections: dict[str, str]) -> None:
    assert sections == parse_sections(render(FACTS, sections, dict.fromkeys(sections, "fresh")))


@pytest.mark.parametrize(
    "text",
    [
        "<!-- /human -->",
        "a <!-- human section=caveats --> b",
        "&lt;!-- /human &amp;lt;!-- human <!-- human",
        "# Heading\n\n| a | b |",
    ],
)
def test_a_text_cannot_end_its_section_early(text: str) -> None:
    sections = {"caveats": text, "factors": "others"}

    assert sections == parse_sections(render(FACTS, sections, {}))


def test_an_edited_section_is_read_and_an_edited_fact_is_not() -> None:
    card = render(FACTS, {"caveats": "old words"}, {"caveats": "fresh"})
    edited = card.replace("old words", "new words").replace("0.8725", "0.9999")

    assert parse_sections(edited) == {"caveats": "new words"}
    assert "0.9999" not in render(FACTS, parse_sections(edited), {})


def test_an_unwritten_section_asks_for_what_belongs_there() -> None:
    card = render(FACTS, {}, {})

    assert f"_Nobody has written this yet: {HUMAN['caveats'].asks}_" in card
    assert parse_sections(card) == {}


def test_a_stale_section_says_so_and_why_and_the_note_is_not_its_text() -> None:
    card = render(FACTS, {"caveats": "Not tested on tourists."}, {"caveats": "stale"})

    assert (
        "> **Stale.** This was written about other facts: training data, the worst-off groups. Read it again." in card
    )
    assert parse_sections(card) == {"caveats": "Not tested on tourists."}


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("<!-- /human -->", "", "broken or doubled|has no end|no section"),
        ("<!-- human section=caveats -->", "<!-- human section=metrics -->", "nobody writes a section 'metrics'"),
        ("<!-- human section=caveats -->", "<!-- human section=factors -->", "'factors' are broken or doubled"),
        ("<!-- human", "<!-- person", "no section that a person writes"),
    ],
)
def test_broken_marks_are_refused_in_words(before: str, after: str, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        parse_sections(render(FACTS, {}, {}).replace(before, after))


def test_a_missing_end_never_swallows_the_next_section() -> None:
    card = render(FACTS, {"factors": "one", "caveats": "two"}, {})
    cut = card.replace("one\n<!-- /human -->", "one\n")

    with pytest.raises(Invalid, match="'factors' are broken"):
        parse_sections(cut)


def test_hostile_names_stay_text() -> None:
    hostile = "<script>alert(1)</script>\n# x | y\n---"
    card = render(
        CardFacts(**{**{f: getattr(FACTS, f) for f in FACTS.__struct_fields__}, "title": hostile, "owner": hostile}),
        {},
        {},
    )

    assert "<script>" not in card.split("---\n", 2)[2]
    assert r"# \<script\>alert(1)\</script\> \# x \| y ---" in card.splitlines()
    assert card.count("\n# ") == 1


def test_a_version_that_nothing_is_known_of_has_a_card_too() -> None:
    bare = CardFacts(title="m", reference="m:1.0.0", digest="sha256:0", stage="staging", owner="ada", created_at=0)
    card = render(bare, {}, {})

    assert "It has not been measured on held-out rows." in card
    assert "model-index" not in card
    assert parse_sections(card) == {}
