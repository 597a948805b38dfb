"""Which files are one table, what it is called, and the columns that stand in their paths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple
from urllib.parse import unquote

from lineal.formats.profiles import limits
from lineal.formats.tables.tally import Tally
from lineal.formats.tables.texts import take
from lineal.objects.profiles import ColumnProfile, Profile

_PARTITION = re.compile(r"([^/=]+)=([^/]*)")
_NOTHING = "__HIVE_DEFAULT_PARTITION__"
"""What Hive, and all who write as it does, call the folder of rows that have nothing in the column."""


class Group(NamedTuple):
    """What the files of a table have in common: the format, the columns, and those in the path.

    Objects need not have all members, so files of JSON lines are one table when they stand in one folder.
    """

    format: str
    columns: tuple[str, ...]
    partitions: tuple[str, ...]


def group_of(path: str, format_name: str, profile: Profile) -> Group:
    """Return to which table the file at ``path`` belongs."""
    places = partitions(path)
    names = tuple(each.name for each in profile.columns)
    if format_name == "json lines":
        names = ("/".join(part for part in path.split("/")[:-1] if not _PARTITION.fullmatch(part)),)
    return Group(format_name, names, tuple(places))


def partitions(path: str) -> dict[str, str]:
    """Return the columns that stand in a path, as ``year=2024/month=01/part.parquet`` has two of them."""
    matches = (_PARTITION.fullmatch(part) for part in path.split("/")[:-1])
    return {unquote(match[1]): "" if match[2] == _NOTHING else unquote(match[2]) for match in matches if match}


def name_of(paths: Sequence[str]) -> str:
    """Return what a table is called: the path of its file, or the pattern that all of its paths have."""
    if len(paths) == 1:
        return paths[0]
    split = [[_PARTITION.sub(r"\1=*", part) for part in path.split("/")[:-1]] for path in paths]
    shared = [each[0] for each in takewhile(lambda parts: len(set(parts)) == 1, zip(*split, strict=False))]
    is_one_folder = all(each == shared for each in split)
    suffixes = {path.rpartition(".")[2] for path in paths}
    last = f"*.{suffixes.pop()}" if len(suffixes) == 1 else "*"
    return "/".join([*shared, last] if is_one_folder else [*shared, "**", last])


def partition_columns(counts: Mapping[str, Mapping[str, int]]) -> Iterator[ColumnProfile]:
    """Yield the profile of each column that stands in paths.

    Args:
        counts: by column, how many rows have each text.
    """
    for name, texts in counts.items():
        tally = Tally()
        take(tally, {text: count for text, count in texts.items() if count})
        yield tally.profile(name, limits(1))
