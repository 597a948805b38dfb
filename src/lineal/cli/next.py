"""What to do next, and what an empty list means: said to people, never to programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_NOTHING = {
    "runs": "no runs yet; lineal run -- python train.py records one",
    "data list": "no datasets yet; lineal data add PATH adds one",
    "model list": "no models yet; lineal model register RUN --name NAME makes the first version of one",
    "remote list": "no remotes yet; lineal remote add NAME URL names a place for copies",
    "deployments": "nothing is deployed; lineal deploy NAME@production starts a version",
    "log": "nothing was done here yet",
}
"""What an empty list of an operation means."""


def _more(found: Any) -> str:
    """Return how to see what comes behind a page of a search, or that there is nothing."""
    if found.next_page:
        return f"there is more: the same search with --page {found.next_page}"
    return "" if found.versions or found.runs or found.note else "nothing is like that"


def _registered(answer: Any) -> str:
    """Return what comes after registration: a warning of its files, and what of the project's card was not taken along."""
    if warning := _warned(answer):
        return warning
    if not answer.created:
        return "unchanged: this run was registered before"
    said = f"{_unasked(answer)}next: lineal evaluate {answer.reference}"
    if answer.card_conflicts:
        file = "the project's card and the one here both changed"
        said = f"{file} {', '.join(answer.card_conflicts)}: lineal model card {answer.reference} --file PATH\n{said}"
    return said


def _unasked(answer: Any) -> str:
    """Return why its golden requests were not asked, and how they are; empty when they were, or there are none."""
    from lineal.objects.replays import Golden  # noqa: PLC0415 - most commands make no version

    found = next((each.predicate for each in answer.statements if isinstance(each.predicate, Golden)), None)
    if found is None or found.answers:
        return ""
    return f"golden requests: {found.gaps[-1]}; lineal golden replay {answer.reference} asks them\n"


def _warned(answer: Any) -> str:
    """Return a loud word about files that do harm, or that nobody can read; empty when there are none."""
    from lineal.objects.scans import Scan  # noqa: PLC0415 - as above

    found = next((each.predicate for each in answer.statements if isinstance(each.predicate, Scan)), None)
    if found is None or found.outcome not in {"hostile", "unreadable"}:
        return ""
    worst = found.findings[0]
    where = f"{worst.file}, {worst.member}" if worst.member else worst.file
    return (
        f"WARNING: the files of {answer.reference} are {found.outcome.upper()}: {where}: {worst.what} {worst.said}\n"
        f"hint: do not load them; lineal model scan {answer.reference} says more, and no gate lets them pass"
    )


def _measured(answer: Any) -> str:
    """Return what gates make of another tool's result."""
    if answer.dataset or any(each.task for each in answer.evaluation.results):
        return f"next: lineal gate {answer.reference}"
    again = f"lineal evaluation add {answer.reference} PATH --dataset data:NAME"
    return f"its rows are not known, so no gate decides by it: {again} binds it"


def _released(answer: Any) -> str:
    if not answer.created:
        return f"unchanged: {answer.reference} is the release"
    return f"next: {_towards_production(answer.reference)}"


def _towards_production(reference: str) -> str:
    """Return the command that brings a version on its way; production takes releases only, where the policy says no other."""
    is_pre_release = "-" in reference.rpartition(":")[2]
    return f"lineal model release {reference}" if is_pre_release else f"lineal promote {reference} --to production"


_NEXT: dict[str, Callable[[Any], str]] = {
    "data add": lambda answer: "" if answer.created else "unchanged: this content was added before",
    "model register": _registered,
    "evaluation add": _measured,
    "model release": _released,
    "evaluate": lambda answer: f"next: {_towards_production(answer.reference)}",
    "promote": lambda answer: f"next: lineal deploy {answer.reference}" if answer.stage == "production" else "",
    "remote add": lambda answer: f"next: lineal doctor {answer.name} tests what it can do",
    "deploy": lambda answer: f"it answers POST {answer.endpoint}/predict" if answer.endpoint else "",
    "search": lambda answer: "\n".join(filter(None, (answer.note, _more(answer)))),
}
"""What is said after an operation, by its words."""


def next_step(words: str, answer: Any) -> str:
    """Return what to say after an operation; empty when nothing."""
    return _NEXT[words](answer) if words in _NEXT else ""


def nothing_found(words: str, answer: Any) -> str:
    """Return what an empty list of an operation means; empty when it is not an empty list."""
    return _NOTHING.get(words, "nothing") if isinstance(answer, tuple | list) and not answer else ""
