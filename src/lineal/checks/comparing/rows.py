"""In what the rows of two tables differ, known by a key and compared by hash."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

import msgspec


class RowChanges(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows differ. Those that have their key in common with another of their side are ``repeated``."""

    key: str
    inserted: int = 0
    deleted: int = 0
    changed: int = 0
    left_repeated: int = 0
    right_repeated: int = 0


def compare_keys(left: Mapping[Hashable, Sequence[int]], right: Mapping[Hashable, Sequence[int]]) -> Counter[str]:
    """Return the figures of ``RowChanges`` for rows whose hashes are given by key."""
    found: Counter[str] = Counter()
    for key in left.keys() | right.keys():
        before, after = left.get(key, ()), right.get(key, ())
        both = min(len(before), len(after))
        found["changed"] += both - (Counter(before) & Counter(after)).total()
        found["deleted"] += len(before) - both
        found["inserted"] += len(after) - both
        found["left_repeated"] += len(before) if len(before) > 1 else 0
        found["right_repeated"] += len(after) if len(after) > 1 else 0
    return found
