"""Answers about the repository itself and its remotes."""

from __future__ import annotations

from lineal.operations.answers.answer import Answer
from lineal.operations.answers.journal import SignatureAnswer


class Problem(Answer, frozen=True, kw_only=True):
    """Something in the repository that is not what it was."""

    what: str
    where: str
    used_by: tuple[str, ...] = ()


class Verification(Answer, frozen=True, kw_only=True):
    """What was checked, and everything that was wrong."""

    objects: int
    blobs: int
    size_bytes: int
    journal_entries: int
    root: str = ""
    """The root of the log over all entries, in hexadecimal digits."""
    since: int | None = None
    """How many entries the checkpoint had with which the journal was compared."""
    reference: str = ""
    """The version, where only one was asked for."""
    remote: str = ""
    """The address of the remote, where that was read."""
    signatures: tuple[SignatureAnswer, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def exit_status(self) -> int:
        """7, as everything that found corrupt bytes."""
        return 7 if self.problems else 0


class Collection(Answer, frozen=True, kw_only=True):
    """Bytes that nothing names: what went, or, unless ``deleted``, what would go."""

    where: str
    deleted: bool
    packs: int
    blobs: int
    size_bytes: int
    recipes: int = 0
    temporary: int = 0
    purged_bytes: int = 0
    """What the quarantine gave up for good."""


class Repair(Answer, frozen=True, kw_only=True):
    """What was mended, and what is still wrong."""

    mended: tuple[str, ...] = ()
    indexed_packs: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def exit_status(self) -> int:
        """7, as everything that found corrupt bytes."""
        return 7 if self.problems else 0


class Finding(Answer, frozen=True, kw_only=True):
    """What was found by trying one thing. ``kind`` is here, needed, enforced or speed; ``answer`` yes, no or unknown."""

    kind: str
    name: str
    answer: str
    meaning: str
    detail: str = ""
    is_needed: bool
    """Whether Lineal cannot do without it."""


class Diagnosis(Answer, frozen=True, kw_only=True):
    """What was found of a repository and, where one was named, of the remote at ``reference``."""

    reference: str
    findings: tuple[Finding, ...]

    @property
    def exit_status(self) -> int:
        """8 when something that is needed cannot be had."""
        return 8 if any(each.is_needed and each.answer == "no" for each in self.findings) else 0


class RemoteAnswer(Answer, frozen=True, kw_only=True):
    """A place that holds copies of bytes."""

    reference: str
    name: str
    url: str
    options: dict[str, str]
    is_default: bool
    added_by: str
    created_at: int
