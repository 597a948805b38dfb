"""A card as one file: it needs nothing else, can be printed, and holds every text as text."""

from __future__ import annotations

import re

from lineal.formats.cards.as_html import Figure, document
from lineal.formats.cards.facts import SectionState
from lineal.formats.cards.sections import SECTIONS
from lineal.formats.figures.confusion import confusion_matrix
from tests.unit.formats.cards.cards import card, facts
from tests.unit.formats.cards.test_prose import Seen

FIGURE = Figure("Confusion matrix", confusion_matrix(["no", "yes"], {("no", "no"): 1}), "data:adult-test@1")
HOSTILE = '</style><script>alert(1)</script>"}} @import url(https://evil.example)'


def test_it_has_every_section_and_its_figures() -> None:
    made = document(card({"caveats": "Not tested on *tourists*."}), {"metrics": [FIGURE]})
    places = [made.index(f'<section id="{each.id}">') for each in SECTIONS]

    assert places == sorted(places)
    assert places[3] < made.index("<svg") < places[4]
    assert "<figcaption><b>Confusion matrix</b> data:adult-test@1</figcaption>" in made
    assert "<p>Not tested on <em>tourists</em>.</p>" in made
    assert "0.59<small>0.55–0.63</small>" in made
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="lineage"' in made


def test_nothing_in_it_comes_from_elsewhere_and_nothing_runs() -> None:
    made = document(card({"caveats": HOSTILE}, facts=facts(title=HOSTILE, reference=HOSTILE, owner=HOSTILE)), {})

    assert "<script" not in made
    assert made.count("<style>") == made.count("</style>") == 1
    assert not re.findall(r'(?:src|href)="(?!https://)', made)
    style = re.sub(r'"[^"\n]*"', '""', made.partition("<style>")[2].partition("</style>")[0])
    assert not re.findall(r"@import|url\(|[<]", style)
    assert style.count("{") == style.count("}")


def test_it_is_made_to_be_printed() -> None:
    style = document(card(), {}).partition("</style>")[0]

    for said in ("size: A4", "thead { display: table-header-group; }", "break-after: avoid", 'content: "income:1.2.0"'):
        assert said in style


def test_a_section_says_how_it_stands() -> None:
    states = {
        "caveats": SectionState(state="stale", changes=("training data: a became b",), said_by="Written by ada"),
        "factors": SectionState(state="too short"),
    }
    made = document(card({"caveats": "Text.", "factors": "Sex."}, states=states), {})

    assert "Stale. Since this was written: training data: a became b." in made
    assert '<p class="by">Written by ada</p>' in made
    assert "This says nothing yet: too short." in made
    assert "Nobody has written this yet: Whom can a wrong answer harm" in made


def test_it_is_whole_html() -> None:
    body = document(card({"caveats": "</div>"}), {"metrics": [FIGURE]}).partition("<body>")[2].partition("</body>")[0]

    assert Seen(re.sub(r"<(\w+)([^>]*)/>", r"<\1\2></\1>", body)).is_whole
