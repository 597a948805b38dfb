"""Do the human sections of a card still speak about this version? Each is bound to the facts it was written about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from lineal.checks.statistics.metrics import METRICS
from lineal.formats.cards.facts import SectionState
from lineal.formats.cards.sections import HUMAN
from lineal.objects.digest import Digest, digest_of, short
from lineal.objects.statements import Evaluation, SliceResult
from lineal.objects.versions import Card, Version

WORDS_MIN = 8
"""A text with fewer words says nothing yet."""

_PLACEHOLDER = re.compile(r"(?i)\b(to be written|more information needed|todo|tbd|lorem ipsum)\b")
PRIMARY = {"binary": "recall", "multiclass": "accuracy", "regression": "rmse", "ranking": "map"}
"""The metric by which groups are compared, by the kind of question."""

_LINES_MAX, _LISTED = 500, 6
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class _Known(NamedTuple):
    version: Version
    evaluation: Evaluation | None


def _inputs(known: _Known) -> Any:
    return sorted(known.version.facts.inputs.items())


def _outputs(known: _Known) -> Any:
    return [sorted(known.version.facts.outputs.items()), list(known.version.facts.classes)]


def _subgroups(known: _Known) -> Any:
    return sorted({(each.feature, each.value) for each in known.evaluation.slices}) if known.evaluation else []


def _data(known: _Known) -> Any:
    return sorted({each.dataset or each.digest for each in known.version.data})


def _worst_off(known: _Known) -> Any:
    """Return, for each feature, the group that the model serves worst: a retraining rarely moves it by chance."""
    return sorted(_worst_groups(known.evaluation)) if known.evaluation else []


def _measured(known: _Known) -> Any:
    """Return the question and the names of what was measured; the figures change with every training."""
    found = known.evaluation
    return [found.task, found.label, found.positive, *sorted(found.overall.metrics)] if found else []


def _weights(known: _Known) -> Any:
    return [known.version.weights, known.version.source or ""]


FACTS: dict[str, Callable[[_Known], Any]] = {
    "inputs": _inputs,
    "outputs": _outputs,
    "subgroups": _subgroups,
    "training data": _data,
    "the worst-off groups": _worst_off,
    "what was measured": _measured,
    "the weights": _weights,
}
"""How each fact that a section speaks about is read; the names are those of ``Section.about``."""


class About(NamedTuple):
    """The facts of a version that sections speak about, by section: their digest, and the facts as lines."""

    digests: dict[str, Digest]
    lines: dict[str, tuple[str, ...]]


def facts_of(version: Version, evaluation: Evaluation | None) -> About:
    """Return, for each human section, the facts that it speaks about.

    Args:
        version: the version of the card.
        evaluation: the newest on the policy's dataset, when there is one.
    """
    known = _Known(version, evaluation)
    values = {fact: read(known) for fact, read in FACTS.items()}
    return About(
        {
            name: digest_of(msgspec.json.encode([[fact, values[fact]] for fact in section.about]))
            for name, section in HUMAN.items()
        },
        {
            name: tuple(f"{fact}: {line}" for fact in section.about for line in _as_lines(values[fact]))
            for name, section in HUMAN.items()
        },
    )


def _as_lines(value: list[Any]) -> Iterator[str]:
    """Yield a fact as people read it; a long one by its length and digest."""
    found = list(_flat(value))
    if len(found) > _LINES_MAX:
        yield f"{len(found):,} values, {digest_of(msgspec.json.encode(found))}"
    else:
        yield from found


def _flat(value: Iterable[Any]) -> Iterator[str]:
    for each in value:
        if isinstance(each, tuple) and len(each) == 2:
            yield f"{each[0]} = {each[1]}"
        elif isinstance(each, list | tuple):
            yield from _flat(each)
        elif each:
            yield str(each)


def states(
    card: Card | None, about: About, names: Mapping[str, str] | None = None, said_by: Mapping[str, str] | None = None
) -> dict[str, SectionState]:
    """Return how each human section stands.

    Args:
        card: what people wrote; None when nobody has.
        about: the facts now, from ``facts_of``.
        names: what digests are called, for people.
        said_by: who wrote or confirmed a section for this version.
    """
    said = said_by or {}
    card = card or Card()
    return {name: _state(card, name, about, names or {}, said.get(name, "")) for name in HUMAN}


def _state(card: Card, name: str, about: About, names: Mapping[str, str], said_by: str) -> SectionState:
    text = card.sections.get(name, "").strip()
    if not text:
        return SectionState(state="missing")
    if _PLACEHOLDER.search(text):
        return SectionState(state="placeholder", said_by=said_by)
    if len(text.split()) < WORDS_MIN:
        return SectionState(state="too short", said_by=said_by)
    if card.about.get(name) == about.digests[name]:
        return SectionState(state="fresh", said_by=said_by)
    before, now = card.known.get(name), about.lines[name]
    changes = () if before is None else tuple(_changes(HUMAN[name].about, before, now, names))
    return SectionState(state="stale", changes=changes, said_by=said_by)


def _changes(
    facts: Iterable[str], before: tuple[str, ...], now: tuple[str, ...], names: Mapping[str, str]
) -> Iterator[str]:
    """Yield which fact changed, from what to what."""
    for fact in facts:
        old, new = (
            [each.removeprefix(f"{fact}: ") for each in lines if each.startswith(f"{fact}: ")]
            for lines in (before, now)
        )
        gone, come = [each for each in old if each not in new], [each for each in new if each not in old]
        if gone and come:
            yield f"{fact}: {_listed(gone, names)} became {_listed(come, names)}"
        elif gone or come:
            yield f"{fact}: {'no longer' if gone else 'now also'} {_listed(gone or come, names)}"
        elif old != new:
            yield f"{fact}: in another order"


def _listed(lines: list[str], names: Mapping[str, str]) -> str:
    shown = [_DIGEST.sub(lambda found: names.get(found[0]) or short(Digest(found[0])), each) for each in lines]
    more = f" and {len(shown) - _LISTED} more" if len(shown) > _LISTED else ""
    return ", ".join(shown[:_LISTED]) + more


def _worst_groups(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    name = PRIMARY.get(evaluation.task, "")
    for feature in {each.feature for each in evaluation.slices}:
        groups = [each for each in evaluation.slices if each.feature == feature and _value(each, name) is not None]
        if groups:
            worst = min(groups, key=lambda each: (METRICS[name].better * (_value(each, name) or 0.0), each.value))
            yield feature, worst.value


def _value(result: SliceResult, name: str) -> float | None:
    value = result.metrics.get(name)
    return None if isinstance(value, str) else value
