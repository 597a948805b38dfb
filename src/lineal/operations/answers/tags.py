"""Answers for tags elsewhere: the versions of a model, and every stay of each in a stage."""

from __future__ import annotations

from lineal.objects.digest import Digest
from lineal.objects.files import Entry
from lineal.operations.answers.answer import Answer


class Stay(Answer, frozen=True, kw_only=True):
    """From when to when a version stood in a stage; ``until`` is None where it stands there now."""

    stage: str
    since: int
    until: int | None = None


class TaggedVersion(Answer, frozen=True, kw_only=True):
    """A version as tags tell of it.

    Args:
        semantic: its number.
        digest: what it is.
        commit: that of the code of its run; empty where nobody knows.
        is_changed: whether the code that ran was not what the commit has.
        by: who registered it.
        at: when.
        why: the level, and after which version.
        stays: in which stages it stood, in order.
        removed_at: when it was removed, if it was; then its commit is not known any more.
    """

    semantic: str
    digest: str
    commit: str = ""
    is_changed: bool = False
    by: str = ""
    at: int = 0
    why: str = ""
    stays: tuple[Stay, ...] = ()
    removed_at: int | None = None


class TaggedModel(Answer, frozen=True, kw_only=True):
    """A model as tags tell of it. ``deleted_at`` is when a program deleted it, if one did."""

    name: str
    versions: tuple[TaggedVersion, ...]
    deleted_at: int | None = None


class PackedVersion(Answer, frozen=True, kw_only=True):
    """A version as it goes elsewhere: itself and what it names, as canonical texts, and what is told of it.

    Args:
        reference: what it is called here.
        model: the model.
        semantic: its number.
        stage: where it stands.
        digest: what it is, which is also the digest of the text ``version``.
        version: itself.
        objects: the run, the code, the runtime and the card that it names.
        files: its files.
        by: who registered it.
        at: when.
        commit: that of its code.
        origin: where that code is kept.
        license: what the policy says of cards.
        signatures: the bundles that sign it, by their digests.
    """

    reference: str
    model: str
    semantic: str
    stage: str
    digest: Digest
    version: str
    objects: tuple[str, ...]
    files: tuple[Entry, ...]
    by: str
    at: int
    commit: str = ""
    origin: str = ""
    license: str = ""
    signatures: tuple[Digest, ...] = ()
