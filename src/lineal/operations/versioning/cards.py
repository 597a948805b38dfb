"""Verbs of model cards: read one in any form, write its human sections, confirm that they still hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

import msgspec

from lineal.checks import staleness
from lineal.formats.cards import forms
from lineal.formats.cards.forms import Form
from lineal.formats.cards.marks import tidy
from lineal.formats.cards.merging import merge_sections
from lineal.formats.cards.sections import HUMAN, shown
from lineal.objects.digest import Digest
from lineal.objects.errors import Conflict, Invalid
from lineal.objects.statements import CardEdit
from lineal.objects.versions import Card
from lineal.operations.answers.models import CardAnswer
from lineal.operations.operation import operation
from lineal.operations.references import Row, find_version, near, version_reference
from lineal.operations.statements import make_statement, said
from lineal.operations.versioning.card_facts import card_of
from lineal.operations.versioning.card_figures import figures_of
from lineal.operations.versioning.evidence import newest_evaluation
from lineal.operations.versioning.models import version_of
from lineal.storage.store import Store


@operation("model card", effect="reads", about={"version": "version"})
def card(store: Store, version: str, *, format: Form = "markdown") -> CardAnswer:  # noqa: A002 - the option's name
    """Show the model card of a version: facts as they are now, and what people wrote, with what of it is stale.

    Args:
        version: the version.
        format: markdown, html (one file, with figures), huggingface, json, sections (what people write, to be edited),
            annex-iv, cyclonedx, cyclonedx-1.7, g7 or inventory.
    """
    return answer(store, find_version(store, version), format)


@operation("model describe", effect="writes", about={"version": "version"})
def describe(store: Store, version: str, section: str, text: str) -> CardAnswer:
    """Write a human section of a version's card. Versions that follow keep it, and it goes stale when its facts change.

    Args:
        version: the version.
        section: intended-use, factors, training-data, ethical-considerations, caveats, or one that only some cards have.
        text: Markdown; empty removes the section.

    Raises:
        Invalid: there is no such section, or the text is too long.
        Conflict: someone else wrote in the card just now.
    """
    check_sections((section,))
    row = find_version(store, version)
    old = written(store, row)
    return answer(store, keep(store, row, old, {**old.sections, section: text}))


@operation("model revise", effect="writes", about={"version": "version"}, internal=True)
def revise(
    store: Store, version: str, sections: dict[str, str], *, base: str = "", from_file: bool = False
) -> CardAnswer:
    """Write all human sections of a version's card, as an editor, a page or a file has them.

    What others wrote since ``base`` is kept: both texts are merged, line by line. Where both changed the same lines,
    nothing is written, and the answer holds those sections with both texts between marks.

    Args:
        version: the version.
        sections: Markdown, by section; one that is not there is removed.
        base: the digest of the card that the editing began with, as the answer of model card has it; for a file, that
            which it was printed from.
        from_file: this is what a file in the project says; its base is what it said before.

    Raises:
        Invalid: there is no such section, a text is too long, or the base is none of this version's cards.
        Conflict: someone else wrote in the card just now.
    """
    check_sections(sections)
    row = find_version(store, version)
    texts = {name: tidy(text) for name, text in sections.items()}
    moved, merged, conflicts = taken(store, row, texts, base, from_file=from_file)
    found = answer(store, moved)
    return msgspec.structs.replace(found, conflicts=conflicts, merged=merged) if conflicts else found


@operation("model confirm", effect="writes", about={"version": "version"}, internal=True)
def confirm(store: Store, version: str, section: str) -> CardAnswer:
    """Say that a human section still holds, having read it again: it is fresh until its facts change once more.

    Args:
        version: the version.
        section: the section.

    Raises:
        Invalid: there is no such section, or nothing is written in it.
        Conflict: someone else wrote in the card just now.
    """
    check_sections((section,))
    row = find_version(store, version)
    old = written(store, row)
    if not old.sections.get(section):
        raise Invalid(f"nobody has written {section} yet", hint=f"lineal model card {version_reference(row)} --edit")
    return answer(store, keep(store, row, old, old.sections, confirmed=section))


def answer(store: Store, row: Row, form: Form = "markdown") -> CardAnswer:
    """Return the card of the version of a row, written as ``form``."""
    found = card_of(store, row)
    made = forms.write(found, form, partial(figures_of, store, found.facts))
    asked = [each.id for each in shown(frozenset(found.written), found.profiles) if each.asks]
    return CardAnswer(
        reference=version_reference(row),
        format=form,
        text=made.text,
        media_type=made.media_type,
        files=made.files,
        sections={name: found.states[name].state for name in asked},
        changes={name: changes for name in asked if (changes := found.states[name].changes)},
        written=found.written,
        card=found.base,
    )


def written(store: Store, row: Row) -> Card:
    """Return what people wrote on the card of the version of a row."""
    return store.get_object(row["card"], Card) if row["card"] else Card()


def taken(
    store: Store, row: Row, sections: Mapping[str, str], base: str, *, from_file: bool
) -> tuple[Row, dict[str, str], tuple[str, ...]]:
    """Merge what somebody made of a base into a version's card.

    Returns:
        The row, the merged sections, and which of them have conflicts; when there are some, nothing was written.
    """
    old = written(store, row)
    began = _base(store, row, old, base, from_file=from_file)
    merged, conflicts = merge_sections(began, old.sections, sections)
    if conflicts:
        return row, merged, conflicts
    file = store.put_object(Card(sections=dict(sections))) if from_file else old.file
    return keep(store, row, old, merged, file=file), merged, ()


def _base(store: Store, row: Row, old: Card, base: str, *, from_file: bool) -> Mapping[str, str]:
    """Return the texts that an edit began with. Raises Invalid where they are none of this version's."""
    if base and base == row["card"]:
        return old.sections
    # A file goes on for years: what it said last is what it was changed from, whatever it was printed from.
    if from_file and old.file:
        return store.get_object(old.file, Card).sections
    known = {*_of_model(store, row), *(edit.card for _, edit in said(store, row["digest"], CardEdit))}
    if base in known or (base and base == version_of(store, row).card):
        return store.get_object(Digest(base), Card).sections
    if base and not from_file:
        raise Invalid(f"{base} is no card of {version_reference(row)}", hint="read the card again, and edit that")
    return {}


def _of_model(store: Store, row: Row) -> set[str]:
    """Return the cards of all versions of the model, for a file may have been printed from any."""
    rows = store.database.run("SELECT card FROM version WHERE model = :model AND card <> ''", model=row["model"])
    return {each["card"] for each in rows}


def keep(
    store: Store,
    row: Row,
    old: Card,
    sections: Mapping[str, str],
    *,
    file: Digest | None = None,
    confirmed: str = "",
) -> Row:
    """Write the sections of a version's card that changed, each about the facts of now, and return the row.

    Args:
        store: where.
        row: the version.
        old: what is written there.
        sections: what shall be.
        file: what a file in the project says, where there is one.
        confirmed: a section that was read again and still holds.

    Raises:
        Conflict: someone else wrote in the card just now.
    """
    new = {name: text for name, each in sections.items() if (text := tidy(each))}
    edited = [name for name in HUMAN if new.get(name) != old.sections.get(name) or name == confirmed]
    if not edited and (file or old.file) == old.file:
        return row
    facts = staleness.facts_of(version_of(store, row), newest_evaluation(store, row))
    digest = store.put_object(
        Card(
            sections=new,
            about={name: facts.digests[name] if name in edited else old.about[name] for name in new},
            known={
                name: lines
                for name in new
                if (lines := facts.lines[name] if name in edited else old.known.get(name, ()))
            },
            file=file or old.file,
        )
    )
    moved = store.database.run(
        "UPDATE version SET card = :card, revision = revision + 1"
        " WHERE model = :model AND number = :number AND revision = :revision RETURNING *",
        card=digest,
        model=row["model"],
        number=row["number"],
        revision=row["revision"],
    )
    if not moved:
        raise Conflict(f"{version_reference(row)} was changed by someone else just now", hint="read the card again")
    make_statement(store, row["digest"], CardEdit(card=digest, sections=tuple(edited), is_confirmed=bool(confirmed)))
    return moved[0]


def check_sections(names: Iterable[str]) -> None:
    """Refuse sections that nobody writes."""
    for each in names:
        if each not in HUMAN:
            raise Invalid(f"nobody writes a section {each!r}", hint=near(each, HUMAN, "sections: " + ", ".join(HUMAN)))
