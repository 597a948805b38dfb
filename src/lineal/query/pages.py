"""Searches answered in pages: each page goes on behind the last row of the one before, whatever was added meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from lineal.objects.errors import Invalid
from lineal.query.keys import VALUED, Key, Place
from lineal.query.places import fingerprint, places_of, token
from lineal.query.walks import Statement, Walks, Wanted

EXPERIMENTS_MAX = 30_000
"""What a database takes as values of one statement, with room to spare."""

Row = dict[str, Any]
Ask = Callable[..., list[Row]]
"""Carries out one statement, SQL and values by name, and returns its rows: the ``run`` of a database."""


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
    rows = [] if wanted.experiments == () else _read(walks, places, limit + 1, ask)
    is_last = len(rows) <= limit
    next_token = "" if is_last else token(seal, _places(rows[limit - 1], walks.keys))
    return Page(_without_keys(rows[:limit], walks.keys), next_token)


def _read(walks: Walks, places: Sequence[Place] | None, count: int, ask: Ask) -> list[Row]:
    """Return the next ``count`` rows, or as many as there are."""
    rows = list[Row]()
    begin = places[0][0] if places else VALUED
    for rank in (each for each in walks.ranks if each >= begin):
        inside = places if rank == begin else None
        need = count - len(rows)
        if not walks.is_walked(rank):
            return rows + _asked(ask, walks.rest(rank, inside, need), begin, walks.keys)
        found, looked_at = list[Row](), 0
        for looked_at in walks.looks(rank, need):
            found = _asked(ask, walks.walk(rank, inside, need, looked_at), rank, walks.keys)
            if len(found) == need or not walks.is_filtered(rank):
                break
        rows += found
        if len(rows) == count:
            return rows
        if walks.is_filtered(rank) and not _is_over(walks, rank, inside, looked_at, ask):
            behind = _places(found[-1], walks.keys) if found else inside
            return rows + _asked(ask, walks.rest(rank, behind, count - len(rows)), rank, walks.keys)
    return rows if walks.ranks else _asked(ask, walks.rest(VALUED, places, count), VALUED, walks.keys)


def _is_over(walks: Walks, rank: int, places: Sequence[Place] | None, looked_at: int, ask: Ask) -> bool:
    """Tell whether a walk looked at all rows that there are."""
    statement = walks.reach(rank, places, looked_at)
    return bool(ask(statement.sql, **statement.values)[0]["reach"] < looked_at)


def _asked(ask: Ask, statement: Statement, rank: int, keys: Sequence[Key]) -> list[Row]:
    """Return the rows of a statement; a walk tells only by its rank where its rows stand by what it goes along."""
    lead = [each for each in keys if each.number == 0 or (each.joined and each.known == keys[0].known)]
    told = {f"rank_{each.number}": rank for each in lead} | {f"key_{each.number}": None for each in lead}
    return [{**told, **row} for row in ask(statement.sql, **statement.values)]


def _places(row: Row, keys: Sequence[Key]) -> tuple[Place, ...]:
    ranks = [row.get(f"rank_{key.number}", VALUED) if key.rank else VALUED for key in keys]
    return tuple(
        (rank, row[f"key_{key.number}"] if rank == VALUED else None) for rank, key in zip(ranks, keys, strict=True)
    )


def _without_keys(rows: list[Row], keys: Sequence[Key]) -> list[Row]:
    added = [f"{column}_{key.number}" for key in keys for column in ("rank", "key")]
    for row in rows:
        for name in added:
            row.pop(name, None)
    return rows
