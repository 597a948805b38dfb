"""Other digests of bytes that a store holds: found by the name that another system gives them, without reading again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from lineal.objects.digest import Digest
from lineal.objects.errors import Conflict
from lineal.storage.database.database import Database

_BATCH = 400
"""How many values stand in one question; SQLite allows some more."""


class Known(NamedTuple):
    """What bytes are called here, and how many they are."""

    digest: Digest
    size_bytes: int


def by_value(database: Database, algorithm: str, values: Iterable[str]) -> dict[str, Known]:
    """Return what the bytes are called here, for each of ``values`` that is known."""
    found: dict[str, Known] = {}
    for batch in _batches(values):
        for row in database.run(
            f"SELECT value, digest, size_bytes FROM alternate_digest WHERE algorithm = :algorithm"
            f" AND value IN ({_marks(batch)})",
            algorithm=algorithm,
            **_values(batch),
        ):
            found[row["value"]] = Known(Digest(row["digest"]), row["size_bytes"])
    return found


def by_digest(database: Database, algorithm: str, digests: Iterable[Digest]) -> dict[Digest, str]:
    """Return what ``algorithm`` makes of the bytes, for each of ``digests`` for which somebody found out."""
    found: dict[Digest, str] = {}
    for batch in _batches(digests):
        for row in database.run(
            f"SELECT digest, value FROM alternate_digest WHERE algorithm = :algorithm AND digest IN ({_marks(batch)})",
            algorithm=algorithm,
            **_values(batch),
        ):
            found[Digest(row["digest"])] = row["value"]
    return found


def record(database: Database, algorithm: str, found: Mapping[str, Known]) -> None:
    """Write down what bytes are called here, by their name there.

    Raises:
        Conflict: other bytes are known by one of these names: two contents with one digest. Nothing is written then.
    """
    with database.transaction():
        database.many(
            "INSERT INTO alternate_digest (algorithm, value, digest, size_bytes)"
            " VALUES (:algorithm, :value, :digest, :size_bytes) ON CONFLICT (algorithm, value) DO NOTHING",
            [{"algorithm": algorithm, "value": value, **each._asdict()} for value, each in found.items()],
        )
        for value, each in by_value(database, algorithm, found).items():
            if each.digest != found[value].digest:
                raise collision(algorithm, value, each.digest, found[value].digest)


def collision(algorithm: str, value: str, one: str, other: str) -> Conflict:
    """Return the error for two contents with the same digest."""
    return Conflict(
        f"two different files have the {algorithm} {value}: {one} and {other}",
        hint="somebody made them so; Lineal keeps both apart, but what knows files by MD5 would take one for the other",
    )


def _batches(values: Iterable[str]) -> Iterator[Sequence[str]]:
    rest = iter(dict.fromkeys(values))
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _marks(batch: Sequence[str]) -> str:
    return ", ".join(f":v{index}" for index in range(len(batch)))


def _values(batch: Sequence[str]) -> dict[str, str]:
    return {f"v{index}": value for index, value in enumerate(batch)}
