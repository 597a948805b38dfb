"""From two versions to the findings of every rule, and from those to the next semantic version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

import msgspec

from lineal.checks.bump.building import described_seen, framework_seen, structure_seen
from lineal.checks.bump.recipe import measured_seen, own_code_seen, recipe_seen, runtime_seen, weights_seen
from lineal.checks.bump.replay import replay_seen
from lineal.checks.bump.rules import LEVELS, Finding, Levels, Seen
from lineal.checks.bump.signature import signature, signature_seen
from lineal.objects.replays import Replay
from lineal.objects.runs import Runtime
from lineal.objects.semantic import FIRST, parse_semantic
from lineal.objects.statements import Bump, Cause, Evaluation
from lineal.objects.structures import Structure
from lineal.objects.versions import Version

_USUAL = Levels()


class Subject(NamedTuple):
    """A version, and what is known of it beside what it says itself.

    Args:
        version: the version.
        structure: what its files say that it is.
        runtime: what it ran with.
        evaluation: of it; that of the other version on the same dataset is compared with it.
    """

    version: Version
    structure: Structure | None = None
    runtime: Runtime | None = None
    evaluation: Evaluation | None = None


def derive(
    previous: Subject | None,
    current: Subject,
    *,
    previous_semantic: str = "",
    is_rewritten: bool = False,
    replay: Replay | None = None,
    levels: Levels = _USUAL,
) -> Bump:
    """Return the semantic version of ``current``, with every finding behind it.

    Args:
        previous: the version it follows; None for the first.
        current: the new version.
        previous_semantic: the semantic version of ``previous``.
        is_rewritten: whether every tensor of both was read and is the same.
        replay: how the new version answered the golden requests of the one before.
        levels: what the repository thinks of the rules.

    Raises:
        Invalid: ``previous_semantic`` is no semantic version.
    """
    if previous is None:
        return Bump(semantic=str(FIRST), level="first", findings=("first: the first version of this model",))
    found = findings(previous, current, is_rewritten=is_rewritten, replay=replay, levels=levels)
    level = found[0].level
    return Bump(
        semantic=str(parse_semantic(previous_semantic).bumped(level)),
        level=level,
        findings=tuple(str(each) for each in found),
        causes=tuple(Cause(rule=each.rule, where=each.where) for each in found),
        previous=previous_semantic,
    )


def findings(
    previous: Subject,
    current: Subject,
    *,
    is_rewritten: bool = False,
    replay: Replay | None = None,
    levels: Levels = _USUAL,
) -> tuple[Finding, ...]:
    """Return every difference between two versions, those that matter most first; at least one.

    Args:
        previous: the version before.
        current: the version.
        is_rewritten: whether every tensor of both was read and is the same.
        replay: how the new version answered the golden requests of the one before.
        levels: what the repository thinks of the rules.
    """
    old, new = _told(previous), _told(current)
    is_equal = not (old.source or new.source) and (old.weights == new.weights or is_rewritten)
    is_replayed = replay is not None and replay.outcome == "equal"
    seen = chain(
        signature_seen(signature(old.facts, previous.structure), signature(new.facts, current.structure), levels),
        framework_seen(old.facts, new.facts),
        _built(previous, current),
        weights_seen(old, new, is_rewritten=is_rewritten, is_replayed=is_replayed),
        recipe_seen(old, new),
        own_code_seen(old, new, current.structure),
        runtime_seen(old, new, previous.runtime, current.runtime),
        measured_seen(previous.evaluation, current.evaluation),
        replay_seen(replay),
    )
    found = _judged(seen, levels, is_equal=is_equal, is_replayed=is_replayed)
    return tuple(sorted(found, key=lambda each: -LEVELS.index(each.level)))


def _told(subject: Subject) -> Version:
    """Return a version whose facts name the framework that its files do, where its program named none."""
    facts, read = subject.version.facts, subject.structure
    if read is None or facts.framework:
        return subject.version
    facts = msgspec.structs.replace(facts, framework=read.framework, framework_version=read.framework_version)
    return msgspec.structs.replace(subject.version, facts=facts)


def _built(previous: Subject, current: Subject) -> Iterator[Seen]:
    """Yield what differs in how both are built: what their files say, or else what their frameworks said."""
    old, new = previous.structure, current.structure
    if old and new:
        yield from structure_seen(old, new)
    if not (old and new and old.fingerprint and new.fingerprint):
        yield from described_seen(previous.version.facts, current.version.facts)


def _judged(seen: Iterable[Seen], levels: Levels, *, is_equal: bool, is_replayed: bool) -> Iterator[Finding]:
    for each in seen:
        yield Finding(
            levels.of(each.rule, is_equal=is_equal, is_replayed=is_replayed), each.sentence, each.rule, each.where
        )
