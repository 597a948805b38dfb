"""The form in which people write their part of a card; it works without JavaScript, and two at once lose nothing."""

from __future__ import annotations

from typing import Any

from lineal.client.local import LocalRepository
from lineal.formats.cards.sections import HUMAN
from lineal.objects.errors import Conflict, Invalid, LinealError
from lineal.operations.answers.models import CardAnswer
from lineal.web.pages.page import Asked, Form
from lineal.web.rendering import address

_FIELD = "section."


def load(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    """Return what the form shows of a card."""
    found: CardAnswer = repository.model.card(asked.name)
    return _values(found, found.written, found.card)


def act(repository: LocalRepository, asked: Asked, form: Form) -> str | dict[str, Any]:
    """Keep what somebody wrote, or show it again with what stands in the way."""
    if section := form.get("confirm", ""):
        return _seen(repository.model.confirm(asked.name, section))
    texts = {name.removeprefix(_FIELD): text for name, text in form.items() if name.startswith(_FIELD)}
    base = form.get("base", "")
    try:
        found: CardAnswer = repository.model.revise(asked.name, texts, base=base)
    except (Invalid, Conflict) as error:
        return _values(repository.model.card(asked.name), texts, base, error)
    if found.conflicts:
        return _values(found, found.merged, found.card)
    return _seen(found)


def _seen(found: CardAnswer) -> str:
    return address(found.reference) + "#card"


def _values(found: CardAnswer, texts: dict[str, str], base: str, error: LinealError | None = None) -> dict[str, Any]:
    """Return what the form shows: each section with its question, its state, and a text."""
    names = [name for name in HUMAN if name in found.sections or texts.get(name)]
    return {
        "reference": found.reference,
        "base": base,
        "conflicts": found.conflicts,
        "error": {"message": error.message, "hint": error.hint} if error else None,
        "sections": [
            {
                "id": name,
                "title": HUMAN[name].title,
                "asks": HUMAN[name].asks,
                "state": found.sections.get(name, "missing"),
                "changes": found.changes.get(name, ()),
                "text": texts.get(name, ""),
            }
            for name in names
        ],
    }
