"""The forms that a card is written in, by the names that people ask for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple, get_args

import msgspec

from lineal.formats.cards import annex_iv, as_html, as_markdown, cyclonedx, huggingface, inventory
from lineal.formats.cards.facts import Card

Form = Literal[
    "markdown",
    "html",
    "huggingface",
    "json",
    "sections",
    "annex-iv",
    "cyclonedx",
    "cyclonedx-1.7",
    "g7",
    "inventory",
]
"""What a card can be written as."""


class Written(NamedTuple):
    """A card in a form: the text, its type on the web, and the files that belong beside it, by path."""

    text: str
    media_type: str
    files: dict[str, str]


_MARKDOWN, _JSON = "text/markdown; charset=utf-8", "application/json"


def write(card: Card, form: Form, figures: Callable[[], as_html.Figures]) -> Written:
    """Return a card in a form; ``figures`` are made only for the one that shows them."""
    if form == "html":
        return Written(as_html.document(card, figures()), "text/html; charset=utf-8", {})
    media_type, say = _FORMS[form]
    return Written(say(card), media_type, huggingface.eval_results(card.facts) if form == "huggingface" else {})


def _json(card: Card) -> str:
    return msgspec.json.format(msgspec.json.encode(card)).decode() + "\n"


_FORMS: dict[str, tuple[str, Callable[[Card], str]]] = {
    # What people print to a file belongs into a model's folder, so its metadata is there in both.
    "markdown": (_MARKDOWN, huggingface.readme),
    "huggingface": (_MARKDOWN, huggingface.readme),
    "sections": (_MARKDOWN, as_markdown.editable),
    "annex-iv": (_MARKDOWN, annex_iv.document),
    "g7": (_MARKDOWN, inventory.coverage),
    "json": (_JSON, _json),
    "inventory": (_JSON, inventory.entry),
    "cyclonedx": (_JSON, partial(cyclonedx.document, version="1.6")),
    "cyclonedx-1.7": (_JSON, partial(cyclonedx.document, version="1.7")),
}

FORMS: tuple[str, ...] = get_args(Form)
"""Every form, the plainest first."""
