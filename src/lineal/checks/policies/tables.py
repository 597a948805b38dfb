"""The tables of a policy beside its gates: what may stand in each, as values that refuse what cannot be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec

from lineal.formats.cards.sections import PROFILES
from lineal.formats.signatures.trust import Trust, TrustedKey

STAGES = ("staging", "production", "archived")


class EvaluationPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How versions are measured: on which dataset, against which column, and in which subgroups."""

    dataset: str = ""
    label: str = ""
    positive: str = ""
    slices: tuple[str, ...] = ()


class StagePolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may move versions to and out of a stage.

    Args:
        role: the least role that may.
        people: only these, where any are named.
        after: stages in which a version must have stood before.
        by_author: whether whoever made a version may move it there.
        force: the least role that may overrule the gate; ``nobody`` for a gate that always holds.
        pre_releases: whether pre-releases may come there; where nothing is said, they may not come to production.
    """

    role: Literal["writer", "approver", "admin"] = "writer"
    people: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    by_author: bool = True
    force: Literal["approver", "admin", "nobody"] = "approver"
    pre_releases: bool | None = None

    def __post_init__(self) -> None:
        """Refuse stages that there are not."""
        if unknown := next((each for each in self.after if each not in STAGES), ""):
            raise ValueError(f"there is no stage {unknown!r}")


class GitPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether versions and stages are told to Git, as tags in GTO's format.

    Args:
        tags: whether commands that register and move versions make tags.
        pre_releases: whether pre-releases are tagged too. GTO knows one version a commit: a release of the same run then has none.
        push: the remote of Git that new tags are sent to; empty for none.
    """

    tags: bool = False
    pre_releases: bool = False
    push: str = ""


class OciPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The registry that versions are sent to when they are registered or moved, as ``oci://HOST/FOLDER``; empty for none."""

    repository: str = ""


class RetentionPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how many days versions can't be removed: since they were made, and since they left production."""

    version_days: int = 0
    production_days: int = 0

    def __post_init__(self) -> None:
        """Refuse times that there are not."""
        if self.version_days < 0 or self.production_days < 0:
            raise ValueError("days must be 0 or more")


class Holder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody's public key, on one line or as PEM."""

    public: str


class Root(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A certificate, as PEM, whose holder vouches for others."""

    certificate: str


class Revocation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From when on a key is not trusted any more. What it signed before stays good."""

    key: str
    at: datetime
    because: str = ""


class SigningPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may sign versions, and where beside gates their signatures are asked for."""

    keys: dict[str, Holder] = {}
    roots: dict[str, Root] = {}
    revoked: tuple[Revocation, ...] = ()
    ask: tuple[Literal["deploy", "load"], ...] = ()

    def trust(self) -> Trust:
        """Return whom to trust."""
        revoked = {each.key: each for each in sorted(self.revoked, key=lambda each: each.at, reverse=True)}
        return Trust(
            keys={name: _trusted(each, revoked.get(name)) for name, each in self.keys.items()},
            roots={name: each.certificate for name, each in self.roots.items()},
        )


def _trusted(holder: Holder, revoked: Revocation | None) -> TrustedKey:
    if revoked is None:
        return TrustedKey(public=holder.public)
    at = revoked.at if revoked.at.tzinfo else revoked.at.replace(tzinfo=UTC)
    return TrustedKey(public=holder.public, revoked_at=round(at.timestamp() * 1000), because=revoked.because)


class CardPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What cards say beside the facts: a file of the project with what people write, lists of questions, and labels."""

    file: str = ""
    profiles: tuple[str, ...] = ()
    license: str = ""
    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse lists of questions that there are not."""
        if wrong := next((each for each in self.profiles if each not in PROFILES), None):
            raise ValueError(f"there is no profile {wrong!r}; allowed: {', '.join(PROFILES)}")
