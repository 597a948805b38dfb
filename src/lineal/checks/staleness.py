"""Do the human sections of a card still speak about this version? Each is bound to the facts it was written about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from lineal.checks.metrics import METRICS
from lineal.formats.card import HUMAN
from lineal.objects.digest import Digest, digest_of
from lineal.objects.statements import Evaluation, SliceResult
from lineal.objects.versions import Card, Version

WORDS_MIN = 8
"""A text with fewer words says nothing yet."""

_PLACEHOLDER = re.compile(r"(?i)\b(to be written|more information needed|todo|tbd|lorem ipsum)\b")
_PRIMARY = {"binary": "recall", "multiclass": "accuracy", "regression": "rmse"}


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


FACTS: dict[str, Callable[[_Known], Any]] = {
    "inputs": _inputs,
    "outputs": _outputs,
    "subgroups": _subgroups,
    "training data": _data,
    "the worst-off groups": _worst_off,
}
"""How each fact that a section speaks about is read; the names are those of ``Section.about``."""


def fact_digests(version: Version, evaluation: Evaluation | None) -> dict[str, Digest]:
    """Return, for each human section, the digest of the facts that it speaks about.

    Args:
        version: the version of the card.
        evaluation: the newest on the policy's dataset, when there is one.
    """
    known = _Known(version, evaluation)
    return {
        name: digest_of(msgspec.json.encode([[fact, FACTS[fact](known)] for fact in section.about]))
        for name, section in HUMAN.items()
    }


def states(card: Card | None, digests: Mapping[str, Digest]) -> dict[str, str]:
    """Return the state of each human section: fresh, stale or missing.

    Args:
        card: what people wrote; None when nobody has.
        digests: of the facts now, from ``fact_digests``.
    """
    return {name: _state(card, name, digests[name]) for name in HUMAN}


def _state(card: Card | None, name: str, digest: Digest) -> str:
    text = card.sections.get(name, "") if card else ""
    if card is None or len(text.split()) < WORDS_MIN or _PLACEHOLDER.search(text):
        return "missing"
    return "fresh" if card.about.get(name) == digest else "stale"


def _worst_groups(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    name = _PRIMARY[evaluation.task]
    for feature in {each.feature for each in evaluation.slices}:
        groups = [each for each in evaluation.slices if each.feature == feature and _value(each, name) is not None]
        if groups:
            worst = min(groups, key=lambda each: (METRICS[name].better * (_value(each, name) or 0.0), each.value))
            yield feature, worst.value


def _value(result: SliceResult, name: str) -> float | None:
    value = result.metrics.get(name)
    return None if isinstance(value, str) else value
