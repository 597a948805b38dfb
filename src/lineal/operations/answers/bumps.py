"""Answers about semantic versions: which one the evidence asks for, and by which rules."""

from __future__ import annotations

from lineal.objects.replays import AnswerChanges
from lineal.operations.answers.answer import Answer


class BumpFinding(Answer, frozen=True, kw_only=True):
    """One difference: the rule that says so, the level it asks for, what differs and where."""

    rule: str
    level: str
    what: str
    where: str = ""
    about: str = ""


class BumpAnswer(Answer, frozen=True, kw_only=True):
    """Which semantic version the evidence asks for.

    ``given`` is the one that a registered version has, and ``overridden_because`` why that is another level. ``changes`` says
    how many answers are others, and for better or worse, where both versions answered the same rows.
    ``pre_release`` is the pre-release before it, since the release, and ``since_pre_release`` what changed since that.
    """

    reference: str
    semantic: str
    level: str
    against: str = ""
    findings: tuple[BumpFinding, ...] = ()
    given: str = ""
    overridden_because: str = ""
    pre_release: str = ""
    since_pre_release: tuple[str, ...] = ()
    changes: tuple[AnswerChanges, ...] = ()
