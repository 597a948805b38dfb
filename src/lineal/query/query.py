"""The one way into the language of searches: text in, one SQL statement out."""

from __future__ import annotations

import time
from typing import NamedTuple

from lineal.objects.errors import Invalid
from lineal.query.compile import Datasets, statement
from lineal.query.fields import Subject
from lineal.query.parse import LIMIT_MAX, parse


class Compiled(NamedTuple):
    """A search, ready to run.

    ``sql`` selects rows of ``version`` or ``run``, best first, with the bound ``values``. ``metrics`` are those that the
    search speaks of, in its order, to be shown beside what it finds. ``note`` says what it took for granted.
    """

    sql: str
    values: dict[str, object]
    metrics: tuple[str, ...] = ()
    note: str = ""


def compile_search(text: str, *, subject: Subject, datasets: Datasets, limit: int, now: int | None = None) -> Compiled:
    """Return the statement that answers the search ``text``.

    Args:
        text: the search; ``docs/reference/search.md`` has the language. Empty: everything, newest first.
        subject: what is searched.
        datasets: gives the digests of the dataset versions that a reference means, and raises NotFound itself.
        limit: at most so many rows, where the text has no limit of its own.
        now: the time in milliseconds since 1970 UTC, for ``7 days ago``; by default that of this machine.

    Raises:
        Invalid: the text cannot be read; the message points at the place and says what was expected.
        NotFound: it names a dataset that is not here.
    """
    if not 1 <= limit <= LIMIT_MAX:
        raise Invalid(f"a limit of {limit} makes no sense", hint=f"write a limit from 1 to {LIMIT_MAX:,}")
    query = parse(text, subject, time.time_ns() // 1_000_000 if now is None else now)
    sql, values = statement(query, subject, datasets, limit)
    return Compiled(sql, values, query.metrics, "; ".join(query.notes))
