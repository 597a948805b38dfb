"""Verbs of golden requests: look at them, add one's own, replay them."""

from __future__ import annotations

from lineal.formats import golden
from lineal.formats.golden import GoldenAnswer, GoldenRequest
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid, NotFound
from lineal.objects.replays import Golden
from lineal.objects.versions import Version
from lineal.operations.answers.golden import GoldenAnswers, GoldenLine, ReplayAnswer
from lineal.operations.operation import Upload, Uploadable, operation
from lineal.operations.references import Row, find_version, semantic, version_reference
from lineal.operations.statements import make_statement
from lineal.operations.versioning.bumps import version_before
from lineal.operations.versioning.golden_sets import Composed, compose, golden_of, requests_of
from lineal.operations.versioning.models import version_of
from lineal.operations.versioning.policies import policy_of
from lineal.operations.versioning.releases import Name
from lineal.operations.versioning.replays import WITHIN_S, Answered, Asking
from lineal.storage.store import Store

_SHOWN = 400


@operation("golden show", effect="reads", about={"version": "version"})
def show(store: Store, version: str, *, limit: int = 20) -> GoldenAnswers:
    """Show the golden requests of a version, and its answers.

    Args:
        version: the version.
        limit: show so many at most.

    Raises:
        NotFound: it has none.
    """
    row = find_version(store, version)
    found = golden_of(store, row["digest"])
    if found is None:
        reference = version_reference(row)
        raise NotFound(f"{reference} has no golden requests", hint=f"lineal golden replay {reference} makes some")
    return _shown(store, row, found, limit)


@operation("golden add", effect="acts", about={"version": "version"})
def add(store: Store, version: str, path: Uploadable) -> GoldenAnswers:
    """Add golden requests of one's own to a version, and ask it for its answers. Versions after it inherit them.

    Args:
        version: the version.
        path: a file with one request a line, in JSON: a row of values by column, or the body of a request; or a CSV file.

    Raises:
        Invalid: the file holds no requests.
        Refused: a scan says that the version's files are hostile.
        Unavailable: the version's environment cannot be had, or the version cannot be loaded.
    """
    assert isinstance(path, Upload)  # noqa: S101 - the seam uploads every path
    row = find_version(store, version)
    given = _given(store, path)
    before = _composed(store, row, golden_of(store, row["digest"]))
    unique = {each.key: each for each in (*before.requests, *given)}
    answered = _asking(store).ask(version_of(store, row), _name(row), before._replace(requests=list(unique.values())))
    with store.writing():
        make_statement(store, row["digest"], answered.golden)
    return _shown(store, row, answered.golden, len(unique), origin="given")


@operation("golden replay", effect="acts", about={"version": "version", "against": "reference"})
def replay(store: Store, version: str, *, against: str = "") -> ReplayAnswer:
    """Ask a version the golden requests of another in its own environment, and say which answers differ.

    The exit status is 0 when all are answered as before, 5 when not, and 8 when nothing could be asked. What came of it stays
    with the version; `model bump` and the check replays_equal read it.

    Args:
        version: the version.
        against: the version whose requests and answers are taken; by default the one before, and for the first itself.

    Raises:
        NotFound: neither has golden requests, and none can be made.
        Refused: a scan says that the version's files are hostile.
        Unavailable: an environment cannot be had, or a version cannot be loaded.
    """
    row = find_version(store, version)
    other = find_version(store, against) if against else version_before(store, row) or row
    asking = _asking(store)
    own, theirs = golden_of(store, row["digest"]), golden_of(store, other["digest"])
    wanted = _wanted(store, row, own, theirs)
    mine = asking.ask(version_of(store, row), _name(row), wanted)
    added: list[tuple[Digest, Golden]] = []
    if own is None or not own.answers:
        added.append((row["digest"], mine.golden))
    if theirs is None or not theirs.answers:
        theirs = mine.golden if other["digest"] == row["digest"] else _other(store, asking, other, theirs, mine)
        added += [(other["digest"], theirs)] if other["digest"] != row["digest"] else []
    found = asking.compare(mine, other["digest"], theirs, version_of(store, row))
    with store.writing():
        for digest, each in added:
            make_statement(store, digest, each)
        make_statement(store, row["digest"], found)
    notes = _drift(asking, row, own, mine, version_of(store, row)) if other["digest"] != row["digest"] else ()
    return ReplayAnswer(reference=version_reference(row), against=version_reference(other), replay=found, notes=notes)


def _asking(store: Store) -> Asking:
    return Asking(store, policy_of(store)[0], within_s=WITHIN_S)


def _name(row: Row) -> Name:
    return Name(row["digest"], row["model"], semantic(row))


def _given(store: Store, path: Upload) -> list[GoldenRequest]:
    files = [each for each in store.entries(path.tree) if each.mode == "file"]
    if len(files) != 1:
        raise Invalid(f"{path.name} is no single file", hint="give one file, one request a line")
    return golden.read_given(store.blobs.get(files[0].digest), files[0].path)


def _composed(store: Store, row: Row, found: Golden | None) -> Composed:
    """Return the golden requests of a version as they are, or those that it would have got when it was registered."""
    if found:
        return Composed(requests_of(store, found), found.inherited, found.dataset)
    previous = version_before(store, row)
    before = golden_of(store, previous["digest"]) if previous else None
    return compose(store, version_of(store, row), before, policy_of(store)[0])


def _wanted(store: Store, row: Row, own: Golden | None, theirs: Golden | None) -> Composed:
    """Return what a version is asked: its own golden requests and those of the other."""
    mine = _composed(store, row, own)
    unique = {each.key: each for each in (*mine.requests, *(requests_of(store, theirs) if theirs else ()))}
    if not unique:
        reference = version_reference(row)
        raise NotFound(
            f"{reference} has no golden requests: {'; '.join(mine.gaps) or 'none were made'}",
            hint=f"lineal golden add {reference} FILE, with one request a line",
        )
    return mine._replace(requests=list(unique.values()))


def _other(store: Store, asking: Asking, other: Row, theirs: Golden | None, mine: Answered) -> Golden:
    """Return the golden requests of the other version with its answers, for which it is asked now."""
    wanted = _composed(store, other, theirs)
    requests = wanted.requests if theirs else mine.requests
    return asking.ask(version_of(store, other), _name(other), wanted._replace(requests=requests)).golden


def _drift(asking: Asking, row: Row, own: Golden | None, mine: Answered, version: Version) -> tuple[str, ...]:
    """Return a word if a version does not answer its own golden requests as it did when they were recorded."""
    if own is None or not own.answers:
        return ()
    found = asking.compare(mine, row["digest"], own, version)
    if found.outcome == "equal":
        return ()
    same = f"{found.equal:,} of {found.request_count:,}"
    return (f"it answers {same} of its own golden requests as it did when they were recorded",)


def _shown(store: Store, row: Row, found: Golden, limit: int, *, origin: str = "") -> GoldenAnswers:
    requests = requests_of(store, found)
    answers = (
        list(golden.decode(store.blobs.get(found.answers), GoldenAnswer))
        if found.answers
        else [GoldenAnswer(0, reason="not asked")] * len(requests)
    )
    pairs = [each for each in zip(requests, answers, strict=True) if not origin or each[0].origin == origin][:limit]
    lines = (
        GoldenLine(
            path=request.path,
            request=request.body[:_SHOWN],
            origin=request.origin,
            labels=request.labels,
            status=answer.status,
            answer=answer.body[:_SHOWN],
            reason=answer.reason,
            again=answer.again[:_SHOWN],
        )
        for request, answer in pairs
    )
    return GoldenAnswers(reference=version_reference(row), golden=found, requests=tuple(lines))
