"""Cards of versions: several people write, versions inherit, facts change, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lineal.client.local import LocalRepository
from lineal.formats.cards.forms import FORMS
from lineal.objects.errors import Invalid
from lineal.objects.statements import CardEdit
from lineal.operations.answers.models import CardAnswer
from tests.unit.operations.making import dataset, run

USE = "To rank whom an adviser calls first, and for nothing else."
CAVEATS = "Made from one year of one country.\n\nIt was not tested on tourists.\n\nWatch the south."


def register(repository: LocalRepository, *, data: bytes = b"a\n1\n", **params: object) -> Any:
    """Register the next version of ``m``, trained on ``data``."""
    return repository.model.register(
        run(repository, reads={"t.csv": data}, writes={"m.bin": repr(params).encode()}, **params).reference,
        name="m",
        file="m.bin",
    )


@pytest.fixture
def version(repository: LocalRepository) -> str:
    """A version with a card."""
    dataset(repository, "t", b"a\n1\n")
    reference: str = register(repository).reference
    repository.model.describe(reference, "caveats", CAVEATS)
    return reference


def test_one_who_saves_alone_has_what_they_wrote(repository: LocalRepository, version: str) -> None:
    before = repository.model.card(version)
    found = repository.model.revise(version, {"caveats": CAVEATS, "intended-use": USE}, base=before.card)

    assert found.written == {"caveats": CAVEATS, "intended-use": USE}
    assert (found.sections["intended-use"], found.conflicts, found.exit_status) == ("fresh", (), 0)


def test_two_editors_at_once_keep_both_changes_in_different_lines_and_sections(
    repository: LocalRepository, version: str
) -> None:
    base = repository.model.card(version).card
    repository.model.revise(version, {"caveats": CAVEATS.replace("one year", "two years"), "factors": USE}, base=base)
    found = repository.model.revise(version, {"caveats": CAVEATS + "\nAnd the north.", "intended-use": USE}, base=base)

    assert found.written == {
        "caveats": CAVEATS.replace("one year", "two years") + "\nAnd the north.",
        "factors": USE,
        "intended-use": USE,
    }


def test_two_editors_of_one_line_are_told_and_nothing_is_written_until_it_is_solved(
    repository: LocalRepository, version: str
) -> None:
    base = repository.model.card(version).card
    repository.model.revise(version, {"caveats": CAVEATS.replace("south", "north")}, base=base)
    found = repository.model.revise(version, {"caveats": CAVEATS.replace("south", "east"), "factors": USE}, base=base)

    assert (found.conflicts, found.exit_status) == (("caveats",), 4)
    assert "Watch the north." in found.merged["caveats"]
    assert "Watch the east." in found.merged["caveats"]
    assert found.merged["factors"] == USE
    assert repository.model.card(version).written == {"caveats": CAVEATS.replace("south", "north")}
    with pytest.raises(Invalid, match="conflict is not solved"):
        repository.model.revise(version, found.merged, base=found.card)
    solved = {**found.merged, "caveats": CAVEATS.replace("south", "north and the east")}
    assert repository.model.revise(version, solved, base=found.card).written == solved
    assert "nothing was written: conflicts in caveats" in [each.detail for each in repository.log(version)]


def test_a_section_that_is_no_longer_there_was_removed(repository: LocalRepository, version: str) -> None:
    base = repository.model.card(version).card

    assert repository.model.revise(version, {}, base=base).written == {}


def test_a_base_must_be_a_card_of_this_model(repository: LocalRepository, version: str) -> None:
    other = repository.model.register(
        run(repository, writes={"o.bin": b"o"}).reference, name="other", file="o.bin"
    ).reference
    secret = repository.model.describe(other, "caveats", "A secret of the other model, in more than eight words.").card

    with pytest.raises(Invalid, match=r"is no card of m:1\.0\.0"):
        repository.model.revise(version, {"factors": USE}, base=secret)
    assert repository.model.revise(version, {"factors": USE}, base=secret, from_file=True).written == {
        "caveats": CAVEATS,
        "factors": USE,
    }


@pytest.mark.parametrize("sections", [{"metrics": "0.99"}, {"caveat": "x"}, {"caveats": "x" * 50_001}])
def test_what_nobody_writes_is_refused(repository: LocalRepository, version: str, sections: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        repository.model.revise(version, sections)


def test_the_next_version_inherits_and_says_which_fact_changed_until_it_is_confirmed(
    repository: LocalRepository, version: str
) -> None:
    repository.model.describe(version, "intended-use", USE)
    repository.model.describe(
        version, "training-data", "Every customer of March, in alphabetical order of their names."
    )
    dataset(repository, "t", b"a\n2\n")
    later = register(repository, data=b"a\n2\n", rate=2).reference
    found = repository.model.card(later)

    assert {name: state for name, state in found.sections.items() if state != "missing"} == {
        "intended-use": "fresh",
        "training-data": "stale",
        "caveats": "stale",
    }
    assert found.changes["caveats"] == ("training data: data:t@1 became data:t@2",)
    assert "has changed: training data: data:t@1 became data:t@2. Read it again." in found.text
    confirmed = repository.model.confirm(later, "caveats")
    assert (confirmed.sections["caveats"], confirmed.sections["training-data"]) == ("fresh", "stale")
    assert repository.model.card(version).sections["caveats"] == "fresh"
    edits = [each.predicate for each in repository.show(later).statements if isinstance(each.predicate, CardEdit)]
    assert [(each.sections, each.is_confirmed) for each in edits] == [(("caveats",), True)]
    assert "Confirmed by ada" in repository.model.card(later, format="html").text


def test_an_edit_makes_only_what_it_touched_fresh(repository: LocalRepository, version: str) -> None:
    dataset(repository, "t", b"a\n2\n")
    later = register(repository, data=b"a\n2\n", rate=2).reference
    repository.model.describe(later, "intended-use", USE)

    assert repository.model.card(later).sections["caveats"] == "stale"


def test_nothing_can_be_confirmed_that_is_not_written(repository: LocalRepository, version: str) -> None:
    with pytest.raises(Invalid, match="nobody has written factors yet"):
        repository.model.confirm(version, "factors")


def test_saving_what_is_there_changes_nothing(repository: LocalRepository, version: str) -> None:
    before = repository.show(version)
    repository.model.revise(version, {"caveats": CAVEATS}, base=repository.model.card(version).card)

    assert repository.show(version).revision == before.revision


def file_of(repository: LocalRepository, text: str) -> None:
    """Write the project's ``CARD.md``."""
    assert repository.store.root
    (repository.store.root.parent / "CARD.md").write_text(text, encoding="utf-8")


def test_registration_takes_the_projects_file_along_and_merges_what_others_wrote(
    repository: LocalRepository, policy: Callable[[str], None]
) -> None:
    policy('[card]\nfile = "CARD.md"\n')
    file_of(repository, f"# Ours\n\n## Intended use\n\n{USE}\n\n## Caveats and recommendations\n\n{CAVEATS}\n")
    first = register(repository)
    assert repository.model.card(first.reference).written == {"intended-use": USE, "caveats": CAVEATS}

    repository.model.describe(first.reference, "caveats", CAVEATS.replace("one year", "two years"))
    repository.model.describe(first.reference, "factors", USE)
    file_of(repository, f"## Intended use\n\n{USE} Never more.\n\n## Caveats and recommendations\n\n{CAVEATS}\n")
    second = register(repository, rate=2)
    assert repository.model.card(second.reference).written == {
        "intended-use": f"{USE} Never more.",
        "caveats": CAVEATS.replace("one year", "two years"),
        "factors": USE,
    }
    assert second.card_conflicts == ()


def test_a_file_that_contradicts_the_card_is_told_and_takes_nothing_away(
    repository: LocalRepository, policy: Callable[[str], None]
) -> None:
    policy('[card]\nfile = "CARD.md"\n')
    file_of(repository, f"## Caveats\n\n## Intended use\n\n{USE}\n")
    first = register(repository).reference
    repository.model.describe(first, "intended-use", USE.replace("adviser", "agent"))
    file_of(repository, f"## Intended use\n\n{USE.replace('adviser', 'officer')}\n")
    second = register(repository, rate=2)

    assert second.card_conflicts == ("intended-use",)
    assert "agent" in repository.model.card(second.reference).written["intended-use"]


def test_a_file_with_broken_marks_stops_the_registration_with_a_sentence(
    repository: LocalRepository, policy: Callable[[str], None]
) -> None:
    policy('[card]\nfile = "CARD.md"\n')
    file_of(repository, "<!-- human section=caveats -->\nno end\n")

    with pytest.raises(Invalid, match="the section 'caveats' has no end"):
        register(repository)
    assert repository.model.list() == ()


def test_a_gate_tells_what_changed_since_a_section_was_written(
    repository: LocalRepository, version: str, policy: Callable[[str], None]
) -> None:
    policy('[[gate.staging]]\ncheck = "card_sections"\nsections = ["caveats"]\n')
    dataset(repository, "t", b"a\n2\n")
    later = register(repository, data=b"a\n2\n", rate=2).reference

    assert repository.gate(version, to="staging").outcome == "pass"
    (verdict,) = repository.gate(later, to="staging").verdicts
    assert verdict.reason.startswith(
        "Caveats and recommendations is stale: training data: data:t@1 became data:t@2; lineal model card m:"
    )


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_there(repository: LocalRepository, version: str, form: Any) -> None:
    found: CardAnswer = repository.model.card(version, format=form)

    assert found.format == form
    assert "json" not in found.media_type or json.loads(found.text)


def test_the_policy_says_what_else_stands_on_cards(
    repository: LocalRepository, version: str, policy: Callable[[str], None]
) -> None:
    policy('[card]\nprofiles = ["annex-iv"]\nlicense = "mit"\ntags = ["churn"]\n')
    found = repository.model.card(version)

    assert 'license: "mit"' in found.text
    assert found.sections["risk-management"] == "missing"


def test_a_misspelt_profile_is_told(repository: LocalRepository, policy: Callable[[str], None]) -> None:
    policy('[card]\nprofiles = ["annex-vi"]\n')
    from lineal.operations.versioning.policies import policy_of

    with pytest.raises(Invalid, match="no profile 'annex-vi'") as caught:
        policy_of(repository.store)
    assert "annex-iv" in caught.value.message
