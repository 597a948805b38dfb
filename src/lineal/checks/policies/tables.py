"""The tables of a policy beside its gates: what may stand in each, as values that refuse what cannot be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from lineal.formats.cards.sections import PROFILES
from lineal.formats.signatures.trust import Trust, TrustedKey
from lineal.objects.errors import Invalid

REPLICATES_MAX = 10_000
"""More take very long and tell no more."""

GOLDEN_ROWS_MAX = 1_000

STAGES = ("staging", "production", "archived")


class EvaluationPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How versions are measured: on which dataset, against which column, in which subgroups, and by what besides.

    Args:
        dataset: the held-out rows.
        label: the column that holds the truth.
        positive: the positive class, where there are two.
        query: the column that groups the rows of a ranking.
        slices: columns, ranges of numbers and intersections that make subgroups.
        minimum_rows: a subgroup with fewer rows is not measured.
        cutoffs: how many of the first rows of a ranking are looked at.
        metrics: functions of the project that measure.
        function: a function of the project that answers in place of the model.
        replicates: how often rows are drawn anew for the intervals of those functions.
        timeout_s: how long those functions may take together.
        executor: where versions predict.
        costs: whether time and memory are measured.
    """

    dataset: str = ""
    label: str = ""
    positive: str = ""
    query: str = ""
    slices: tuple[str, ...] = ()
    minimum_rows: int = 10
    cutoffs: tuple[int, ...] = (5, 10)
    metrics: tuple[str, ...] = ()
    function: str = ""
    replicates: int = 200
    timeout_s: float = 600.0
    executor: str = ""
    costs: bool = True

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        if self.minimum_rows < 1:
            raise ValueError("minimum_rows must be 1 or more")
        if not self.cutoffs or min(self.cutoffs) < 1:
            raise ValueError("cutoffs must be whole numbers above zero")
        if not 0 <= self.replicates <= REPLICATES_MAX:
            raise ValueError(f"replicates must be from 0 to {REPLICATES_MAX:,}")
        if not self.timeout_s > 0:
            raise ValueError("timeout_s must be more than zero")

    def with_options(self, *, costs: bool, **options: Any) -> EvaluationPolicy:
        """Return the same with the options that are given; empty ones and zero are not. Raises Invalid."""
        given = {name: value for name, value in options.items() if value}
        try:
            return msgspec.structs.replace(self, costs=costs, **given)
        except ValueError as error:
            raise Invalid(str(error), hint="mend the option") from None


class GoldenPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which golden requests versions get, and when their answers are the same.

    Args:
        rows: how many rows are sampled of the held-out data, or of that which the run read; 0 for none.
        leave_out: columns whose values are not kept; nothing stands in their place.
        at_registration: whether they are asked when a version is registered.
        registration_s: how long that may take there, in seconds.
        request_s: how long one request may take.
        relative_tolerance: by how much floats may differ, relative to the larger; by default as their type allows.
        absolute_tolerance: by how much they may differ at all.
    """

    rows: int = 100
    leave_out: tuple[str, ...] = ()
    at_registration: bool = True
    registration_s: float = 30.0
    request_s: float = 10.0
    relative_tolerance: float | None = None
    absolute_tolerance: float = 0.0

    def __post_init__(self) -> None:
        """Refuse numbers that there are not."""
        if not 0 <= self.rows <= GOLDEN_ROWS_MAX:
            raise ValueError(f"rows must be 0 to {GOLDEN_ROWS_MAX:,}")
        if min(self.registration_s, self.request_s, self.relative_tolerance or 0.0, self.absolute_tolerance) < 0:
            raise ValueError("times and tolerances must be 0 or more")


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


class OciPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The registry that versions are sent to when they are registered or moved, as ``oci://HOST/FOLDER``; empty for none."""

    repository: str = ""


class RetentionPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how many days versions can't be removed: since they were made, and since they left production.

    ``object_lock`` has remotes that lock objects keep them as long: ``governance`` may be ended there by who has a right for
    that, ``compliance`` by nobody.
    """

    version_days: int = 0
    production_days: int = 0
    object_lock: Literal["", "governance", "compliance"] = ""

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
    """Who may sign versions, and where beside gates their signatures are asked for.

    ``server`` has a server sign, with its own key, what programs register over MLflow's protocol.
    """

    keys: dict[str, Holder] = {}
    roots: dict[str, Root] = {}
    revoked: tuple[Revocation, ...] = ()
    ask: tuple[Literal["deploy", "load"], ...] = ()
    server: bool = False

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
