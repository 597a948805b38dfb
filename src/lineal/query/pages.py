"""Searches answered in pages: each page goes on behind the last row of the one before, whatever was added meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lineal.objects.errors import Invalid
from lineal.query.keys import Key
from lineal.query.places import fingerprint, places_of, token
from lineal.query.reading import places_after, read
from lineal.query.texts import with_known_texts
from lineal.query.walks import Walks
from lineal.query.wanted import Ask, Row, Wanted

EXPERIMENTS_MAX = 30_000
"""What a database takes as values of one statement, with room to spare."""

_KNOWN_MAX = 1_000
"""Of so many experiments each is named in a statement; where there are more, all rows are looked at."""

# One look into an index for each experiment, however many rows it has.
_EXPERIMENTS = (
    "WITH RECURSIVE known (number) AS (SELECT min({column}) FROM {table} UNION ALL"
    " SELECT (SELECT min({column}) FROM {table} WHERE {column} > k.number) FROM known k WHERE k.number IS NOT NULL)"
    " SELECT number FROM known WHERE number IS NOT NULL LIMIT :most"
)


class Page(NamedTuple):
    """The rows of a page, and the token of the next one; empty when there is none."""

    rows: list[Row]
    next_token: str


def read_page(wanted: Wanted, *, limit: int, page_token: str = "", ask: Ask) -> Page:
    """Return one page of what a search finds.

    Args:
        wanted: the search.
        limit: how many rows a page has.
        page_token: what the page before gave; empty for the first one.
        ask: carries out a statement; it is called once or a few times, and no more when the page is full.

    Raises:
        Invalid: the token is none, or that of another search; or so many experiments cannot be searched at once.
    """
    if limit < 1 or len(wanted.experiments or ()) > EXPERIMENTS_MAX:
        raise Invalid(
            f"a page has at least one row, and is of at most {EXPERIMENTS_MAX:,} experiments",
            hint="ask for more rows, or search fewer experiments at once",
        )
    walks = Walks(wanted)
    chosen = None if wanted.experiments is None else sorted(set(wanted.experiments))
    seal = fingerprint(wanted.source.name, wanted.said or wanted.condition, wanted.sorts, chosen, wanted.view)
    places = places_of(page_token, seal, walks.keys) if page_token else None
    # One row more than a page has: it tells whether there is a next page.
    rows = []
    if wanted.experiments != ():
        rows = read(with_known_texts(_of_known_experiments(walks, ask), ask), places, limit + 1, ask)
    is_last = len(rows) <= limit
    next_token = "" if is_last else token(seal, places_after(rows[limit - 1], walks.keys))
    return Page(_without_keys(rows[:limit], walks.keys), next_token)


def _of_known_experiments(walks: Walks, ask: Ask) -> Walks:
    """Return the same search of all experiments by their numbers, where its indexes are by experiment, and these are few."""
    if not walks.wants_experiments:
        return walks
    found = ask(_EXPERIMENTS.format(column=walks.source.experiment, table=walks.source.table), most=_KNOWN_MAX + 1)
    return walks.among(tuple(row["number"] for row in found)) if 0 < len(found) <= _KNOWN_MAX else walks


def _without_keys(rows: list[Row], keys: Sequence[Key]) -> list[Row]:
    added = [f"{column}_{key.number}" for key in keys for column in ("rank", "key")]
    for row in rows:
        for name in added:
            row.pop(name, None)
    return rows
