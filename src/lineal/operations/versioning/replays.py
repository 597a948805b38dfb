"""Golden requests asked: of a version in its own environment, and held against the answers of the version before.

A registration asks before its transaction, as far as that is quick; what came of it waits here for the transaction.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import msgspec

from lineal.checks.bump.replay import is_unstable, replayed
from lineal.checks.comparing.answers import Tolerance, tolerance_for
from lineal.checks.policies.policy import Policy
from lineal.executors.local import run_program
from lineal.formats import golden
from lineal.formats.golden import GoldenAnswer, GoldenRequest
from lineal.objects.canonical import object_digest
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid, LinealError, Refused, Unavailable
from lineal.objects.replays import Golden, Replay
from lineal.objects.versions import Version
from lineal.operations.references import Row
from lineal.operations.statements import make_statement, newest_replay
from lineal.operations.versioning import scans
from lineal.operations.versioning.golden_sets import Composed, compose, counted, golden_of, requests_of
from lineal.operations.versioning.models import version_of
from lineal.operations.versioning.policies import policy_of
from lineal.operations.versioning.releases import Name, environment_for, lay_out, workplace
from lineal.storage.store import Store

WITHIN_S = 3600
"""So long somebody waits who asked for a replay."""

UNASKED_BYTES_MAX = 1 << 30
"""Larger models are asked only by who waits for it."""

_PATIENT = {"OMP_WAIT_POLICY": "PASSIVE"}
"""Threads that wait for work by spinning are no help where requests are small; what they compute stays the same."""

_GRACE_S = 5
_RECENT_MAX = 16

_Key = tuple[str, ...]


class Asked(NamedTuple):
    """What came of asking: the golden requests of the version and of the one before, and how their answers compare."""

    golden: Golden | None
    replay: Replay | None = None
    before: Golden | None = None


_recent: dict[_Key, Asked] = {}
"""What was found before a transaction that is about to begin."""


def prepare(store: Store, version: Version, model: str, previous: Row | None) -> None:
    """Ask the golden requests of a version that is about to be registered, where that is quick.

    Args:
        store: where.
        version: what will be registered.
        model: the name of its model.
        previous: the row of the version before.
    """
    try:
        policy = policy_of(store)[0]
    except Invalid:
        return  # whoever needs the policy says what is wrong with it
    key = _key(version, previous)
    if store.root is None or version.source or not policy.golden.at_registration or key in _recent:
        return
    while len(_recent) >= _RECENT_MAX:
        _recent.pop(next(iter(_recent)), None)
    _recent[key] = _asked(store, version, model, previous, policy)


def _key(version: Version, previous: Row | None) -> _Key:
    return version.weights, version.main_file, version.runtime, previous["digest"] if previous else ""


def known(store: Store, version: Version, previous: Row) -> Replay | None:
    """Return how a version answered the golden requests of the one before, if that is known."""
    if (found := _recent.get(_key(version, previous))) is not None:
        return found.replay
    return newest_replay(store, object_digest(version), previous["digest"])


def keep(store: Store, digest: Digest, version: Version, previous: Row | None) -> None:
    """Say of a version that is just made what came of its golden requests."""
    found = _recent.pop(_key(version, previous), None)
    if found is None:
        return
    if found.before and previous:
        make_statement(store, previous["digest"], found.before)
    for each in (found.golden, found.replay):
        if each is not None:
            make_statement(store, digest, each)


def _asked(store: Store, version: Version, model: str, previous: Row | None, policy: Policy) -> Asked:
    before = golden_of(store, previous["digest"]) if previous else None
    old = version_of(store, previous) if previous else None
    if before and before.answers and old and _key(old, None) == _key(version, None):
        # The same bytes in the same environment answer alike; nobody needs to ask.
        return Asked(msgspec.structs.replace(before, inherited=before.request_count))
    asking = Asking(store, policy, within_s=policy.golden.registration_s, is_built=True)
    composed = compose(store, version, before, policy)
    name = Name(object_digest(version), model, "")
    if not composed.requests:
        return Asked(None, _not_done(previous, "; ".join(composed.gaps)))
    try:
        mine = asking.ask(version, name, composed)
    except LinealError as error:
        reason = why(error)
        return Asked(asking.unasked(composed, reason), _not_done(previous, reason))
    if previous is None or old is None:
        return Asked(mine.golden)
    theirs = before if before and before.answers else None
    if theirs is None:
        # Nobody asked the version before: it is asked the same now.
        try:
            other = Name(previous["digest"], model, "")
            theirs = asking.ask(old, other, before_of(store, before, composed)).golden
        except LinealError as error:
            return Asked(mine.golden, _not_done(previous, f"the version before could not be asked: {why(error)}"))
    found = asking.compare(mine, previous["digest"], theirs, version)
    return Asked(asking.settled(mine, theirs), found, theirs if theirs is not before else None)


def before_of(store: Store, before: Golden | None, composed: Composed) -> Composed:
    """Return what the version before is asked, of which nobody has answers: its own requests, or else those of the next."""
    return Composed(requests_of(store, before)) if before else composed


def _not_done(previous: Row | None, reason: str) -> Replay | None:
    return Replay(against=previous["digest"], outcome="not done", reason=reason) if previous else None


class Answered(NamedTuple):
    """A version's golden requests with its answers."""

    golden: Golden
    requests: list[GoldenRequest]
    answers: list[GoldenAnswer]


class Asking:
    """Asks versions in their own environments.

    Args:
        store: where.
        policy: says how long a request may take, and by how much floats may differ.
        within_s: how long everything may take.
        is_built: use only environments that need not be built.
    """

    def __init__(self, store: Store, policy: Policy, *, within_s: float, is_built: bool = False) -> None:
        self._store = store
        self._golden = policy.golden
        self._end = time.monotonic() + within_s
        self._is_built = is_built

    def ask(self, version: Version, name: Name, composed: Composed) -> Answered:
        """Return what a version answers.

        Raises:
            Refused: a scan of its files does not say that they are harmless.
            Unavailable: its environment cannot be had, it cannot be loaded, or it took too long.
        """
        self._check(version)
        store = self._store
        environment = environment_for(store, version, is_built=self._is_built)
        left_s = self._end - time.monotonic()
        options = ("--request-s", f"{self._golden.request_s:g}", "--within-s", f"{left_s:.3f}")
        with _disk(), workplace(store) as directory:
            lay_out(store, version, directory, name)
            (directory / "requests.jsonl").write_bytes(golden.encode(composed.requests))
            run_program(
                environment._replace(variables={**_PATIENT, **environment.variables}),
                ("-m", "lineal.serving", "replay", str(directory), "requests.jsonl", "answers.jsonl", *options),
                directory=directory,
                timeout_s=max(0.0, left_s) + _GRACE_S,
                log_path=directory / "log",
            )
            answers = list(golden.decode((directory / "answers.jsonl").read_bytes(), GoldenAnswer))
        found = self._golden_of(composed, answers, version, environment.description)
        return Answered(found, composed.requests, answers)

    def _check(self, version: Version) -> None:
        """Let nothing large be loaded unasked, nor what is not known to be harmless; and nothing hostile at all."""
        size_bytes = sum(each.size_bytes for each in self._store.entries(version.weights))
        if self._is_built and size_bytes > UNASKED_BYTES_MAX:
            raise Refused(f"its files have {size_bytes / 1e9:.1f} GB, which nobody loads unasked")
        outcome = scans.scanned(self._store, version.weights, version.runtime).outcome
        if outcome == "hostile" or (self._is_built and outcome != "clean"):
            raise Refused(
                f"the scan of its files says {outcome}, so nothing loads them unasked", hint="lineal model scan"
            )

    def _golden_of(
        self, composed: Composed, answers: Sequence[GoldenAnswer], version: Version, environment: str
    ) -> Golden:
        tolerance = self.tolerance(version)
        return msgspec.structs.replace(
            self.unasked(composed, ""),
            answers=self._store.blobs.put(golden.encode(answers)),
            unstable=sum(is_unstable(each, tolerance) for each in answers if each.is_answer),
            unanswered=sum(not each.is_answer for each in answers),
            environment=environment,
            gaps=composed.gaps,
        )

    def unasked(self, composed: Composed, reason: str) -> Golden:
        """Return golden requests that nobody answered, because of ``reason``."""
        return Golden(
            requests=self._store.blobs.put(golden.encode(composed.requests)),
            request_count=len(composed.requests),
            origins=counted(composed.requests),
            inherited=composed.inherited,
            dataset=composed.dataset,
            gaps=(*composed.gaps, *([f"they were not asked: {reason}"] if reason else ())),
        )

    def tolerance(self, version: Version) -> Tolerance:
        """Return by how much floats may differ that a version answers with."""
        asked = self._golden.relative_tolerance
        usual = tolerance_for(version.facts.outputs)
        return Tolerance(usual if asked is None else asked, self._golden.absolute_tolerance)

    def compare(self, mine: Answered, against: Digest, theirs: Golden, version: Version) -> Replay:
        """Return how a version answered the golden requests of another, which were among its own."""
        answers = dict(zip((each.key for each in mine.requests), mine.answers, strict=True))
        requests = requests_of(self._store, theirs)
        assert theirs.answers  # noqa: S101 - whoever compares has them
        before = list(golden.decode(self._store.blobs.get(theirs.answers), GoldenAnswer))
        both = [(each, old) for each, old in zip(requests, before, strict=True) if each.key in answers]
        found = replayed(
            [each for each, _ in both],
            [old for _, old in both],
            [answers[each.key] for each, _ in both],
            against=against,
            tolerance=self.tolerance(version),
        )
        return msgspec.structs.replace(
            found,
            requests=theirs.requests,
            before=theirs.answers,
            after=mine.golden.answers,
            environment=mine.golden.environment,
        )

    def settled(self, mine: Answered, theirs: Golden) -> Golden:
        """Return the golden requests without those that the version before answered and this one does not: it said so."""
        assert theirs.answers  # noqa: S101 - as above
        old = golden.decode(self._store.blobs.get(theirs.answers), GoldenAnswer)
        answered = {
            each.key for each, found in zip(requests_of(self._store, theirs), old, strict=True) if found.is_answer
        }
        pairs = list(zip(mine.requests, mine.answers, strict=True))
        kept = [(each, found) for each, found in pairs if found.is_answer or each.key not in answered]
        if len(kept) == len(pairs):
            return mine.golden
        requests, answers = [each for each, _ in kept], [found for _, found in kept]
        return msgspec.structs.replace(
            mine.golden,
            requests=self._store.blobs.put(golden.encode(requests)),
            answers=self._store.blobs.put(golden.encode(answers)),
            request_count=len(kept),
            origins=counted(requests),
            inherited=mine.golden.inherited - (len(pairs) - len(kept)),
            unanswered=sum(not each.is_answer for each in answers),
        )


@contextmanager
def _disk() -> Iterator[None]:
    """Say of a disk that fails that nothing could be asked."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"{error.filename or 'the disk'}: {error.strerror}", hint="check the disk") from None


def why(error: LinealError) -> str:
    """Return why something could not be asked, in one line: what the program said last, or else the error."""
    lines = error.message.splitlines()
    said = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return (
        said[-1] if said and isinstance(error, Unavailable) else lines[0] if len(lines) < 2 else " ".join(lines)[:300]
    )
