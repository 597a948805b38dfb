"""Remotes as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from lineal.cli.render.page import Page
from lineal.cli.render.units import ago, moment, when
from lineal.operations.answers.upkeep import Diagnosis, Finding, RemoteAnswer


def one(answer: RemoteAnswer, page: Page) -> Iterator[str]:
    """Yield everything that is known of a remote."""
    yield f"{page.title(answer.name)}  {answer.url}"
    yield from page.facts(
        (
            ("default", "yes" if answer.is_default else ""),
            ("options", _options(answer)),
            ("added", f"{when(answer.created_at, page.now)} by {answer.added_by}"),
        )
    )


def many(answers: Sequence[RemoteAnswer], page: Page) -> Iterator[str]:
    """Yield a table of remotes."""
    yield from page.table(
        ("REMOTE", "URL", "DEFAULT", "OPTIONS", "ADDED (UTC)", "BY"),
        (
            (
                each.name,
                each.url,
                "yes" if each.is_default else "",
                _options(each),
                f"{moment(each.created_at)} ({ago(each.created_at, page.now)})",
                each.added_by,
            )
            for each in answers
        ),
        whole=("URL",),
    )


_TITLES = {
    "here": "this repository",
    "needed": "what Lineal needs of it",
    "enforced": "what it enforces beside; nothing of ours depends on it",
    "speed": "how fast it is, measured now",
}


_WORDS = {
    ("yes", True): ("yes", "good"),
    ("yes", False): ("yes", "good"),
    ("no", True): ("NO", "bad"),
    ("no", False): ("no", "doubtful"),
}
"""How an answer is written: large where Lineal cannot do without."""


def diagnosis(answer: Diagnosis, page: Page) -> Iterator[str]:
    """Yield what was found, by kind; what was not found out is named at the end of its kind."""
    for kind, found in groupby(answer.findings, key=lambda each: each.kind):
        findings = list(found)
        yield page.title(_TITLES[kind] if kind == "here" else f"{answer.reference}: {_TITLES[kind]}")
        for each in findings:
            if each.answer != "unknown" or each.detail:
                yield from _finding(each, page)
        if rest := [each.name for each in findings if each.answer == "unknown" and not each.detail]:
            yield from page.wrapped(f"not asked of this kind of store: {', '.join(rest)}", indent="  ", hanging="  ")


def _finding(each: Finding, page: Page) -> Iterator[str]:
    word, tone = _WORDS.get((each.answer, each.is_needed), ("", "faint"))
    detail = f" ({each.detail})" if each.detail else ""
    meaning = f": {each.meaning}" if each.meaning else ""
    first, *rest = page.wrapped(f"{word:<3}  {each.name}{detail}{meaning}", indent="  ", hanging="     ")
    yield first.replace(word, page.paint(word, tone), 1)
    yield from rest


def _options(answer: RemoteAnswer) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(answer.options.items()))
