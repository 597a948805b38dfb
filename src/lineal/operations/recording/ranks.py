"""The runs of one distributed training are one: what the other ranks told is also the first one's, whichever ended first.

Each recorder writes what it saw of its ranks as a run of its own, which never changes. The run that has rank 0 gets their
metrics with the rank behind the key, and their files among its own; they are its parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lineal.objects.canonical import Number
from lineal.objects.digest import Digest
from lineal.objects.runs import Run
from lineal.operations.asking import lineage
from lineal.operations.recording.summaries import read_tags, write_tags
from lineal.operations.references import Row
from lineal.storage import series
from lineal.storage.store import Store

TRAINING, RANK_OF = "lineal.training", "lineal.rank_of"
"""The tags of such runs: the key of the training, and the id of the run of which one is a part."""

_APART_MS = 5_000
"""So much the clocks of machines may differ. One training may begin as soon as the one before has ended."""

_RANKED = re.compile(r"/ranks?_[0-9]+(-[0-9]+)?")


def join(store: Store, digest: Digest, run: Run) -> str:
    """Make a run that has ended one with those of the other ranks that have; return the id of the run that it is a part of.

    Raises:
        Corrupt: points of another one cannot be read.
    """
    if run.training is None or not run.training.key:
        return ""
    write_tags(store.database, run.id, {TRAINING: run.training.key})
    others = [(row, store.get_object(row["digest"], Run)) for row in _beside(store, run)]
    if 0 in run.training.ranks:
        for row, other in others:
            if not row["whole"] and not _ranks(other) & _known(store, run):
                _adopt(store, digest, run, other)
        return ""
    for row, other in others:
        if 0 in _ranks(other) and not _ranks(run) & _known(store, other):
            _adopt(store, row["digest"], other, run)
            return other.id
    return ""


def _beside(store: Store, run: Run) -> list[Row]:
    """Return the rows of the runs of the same training, by the same account, that went on at the same time."""
    return store.database.run(
        "SELECT r.id, r.digest, (SELECT p.value FROM tag p WHERE p.subject = r.id AND p.key = :rank_of) AS whole"
        " FROM tag t JOIN run r ON r.id = t.subject JOIN run own ON own.id = :id AND own.started_by = r.started_by"
        " WHERE t.key = :training AND substr(t.value, 1, 255) = :key AND r.id <> :id AND r.digest IS NOT NULL"
        " AND r.started_at <= :ended + CASE WHEN r.host = :host THEN 0 ELSE :apart END"
        " AND r.ended_at >= :started - CASE WHEN r.host = :host THEN 0 ELSE :apart END ORDER BY r.started_at, r.id",
        rank_of=RANK_OF,
        training=TRAINING,
        key=run.training.key if run.training else "",
        id=run.id,
        host=run.host,
        started=run.started_at,
        ended=run.ended_at,
        apart=_APART_MS,
    )


def _ranks(run: Run) -> set[int]:
    return set(run.training.ranks) if run.training else set()


def _known(store: Store, whole: Run) -> set[int]:
    """Return the ranks that a run has with its parts."""
    return _ranks(whole).union(*(_ranks(part) for part in parts(store, whole.id)))


def parts(store: Store, whole: str) -> list[Run]:
    """Return the runs that are parts of the run with the id ``whole``, in the order of their ranks."""
    rows = store.database.run(
        "SELECT r.digest FROM tag t JOIN run r ON r.id = t.subject"
        " WHERE t.key = :key AND substr(t.value, 1, 255) = :whole AND r.digest IS NOT NULL",
        key=RANK_OF,
        whole=whole,
    )
    found = [store.get_object(row["digest"], Run) for row in rows]
    return sorted(found, key=lambda each: (sorted(_ranks(each)), each.id))


def _adopt(store: Store, digest: Digest, whole: Run, part: Run) -> None:
    """Make ``part`` a part of ``whole``, whose digest is given."""
    write_tags(store.database, part.id, {RANK_OF: whole.id})
    # What a part read made the whole, and what it wrote was made by it.
    lineage.connect_run(store, digest, part)
    for key in series.keys(store.database, part.id):
        series.extend(store.database, whole.id, {_named(key, part): series.history(store.database, part.id, key)})


def last_values(run: Run) -> dict[str, Number]:
    """Return the last values of the metrics of a part, by the keys that they have in the whole."""
    return {_named(key, run): value for key, value in run.metrics.items()}


def _named(key: str, part: Run) -> str:
    """Return what a metric of a part is called in the whole."""
    ranks = sorted(_ranks(part))
    if _RANKED.search(key) or not ranks:
        return key
    return f"{key}/rank_{ranks[0]}" if len(ranks) == 1 else f"{key}/ranks_{ranks[0]}-{ranks[-1]}"


def notes(store: Store, run: Run) -> Iterator[str]:
    """Yield what is to be said of the ranks of a training: where its parts ran, and which told nothing."""
    if run.training is None:
        return
    whole = read_tags(store.database, run.id).get(RANK_OF)
    if whole:
        yield f"ranks: {_listed(_ranks(run))} of {run.training.size}, a part of run:{whole}"
        return
    told = _ranks(run)
    for part in parts(store, run.id):
        told |= _ranks(part)
        gaps = f", with {len(part.gaps)} gaps" if part.gaps else ""
        yield f"ranks: {_listed(_ranks(part))} ran on {part.host} as run:{part.id}, {part.state}{gaps}"
    if missing := set(range(run.training.size)) - told:
        yield f"ranks: {_listed(missing)} of {run.training.size} told nothing, or not yet"


def _listed(ranks: set[int]) -> str:
    return ", ".join(map(str, sorted(ranks)))
