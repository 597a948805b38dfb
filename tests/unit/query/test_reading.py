"""A page costs the same however many runs there are: by orders and conditions of every kind, frequent and rare."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from lineal.operations.asking import columns
from lineal.protocols.mlflow.filters import parse_filter, parse_order
from lineal.protocols.mlflow.subjects import SUBJECTS
from lineal.query.pages import Page, read_page
from lineal.query.query import understand
from lineal.query.sources import SOURCES
from lineal.query.wanted import Wanted
from lineal.storage.database.database import Database
from lineal.storage.database.migrations import migrate
from lineal.storage.database.sqlite import MEMORY, Sqlite
from tests.unit.query.facts import TOLD

_FEW = 70
"""So many runs are rare, whatever the number of runs."""

_SEARCHES = (
    "best by auc",
    "",
    "auc > 0.5 order by auc",
    "best by auc, log_loss tags.team = 3",
    "tags.team in (1, 2)",
    "auc > 0.1 and auc < 0.9 order by started",
    "order by name desc",
    "order by ended",
    "order by state",
    "order by author desc, name",
    "order by tags.team desc",
    "order by params.kind",
    "order by rare desc",
    "state = finished order by started",
    "by = ana",
    "state = failed",
    "state = failed best by auc",
    "not state = finished order by name",
    "state !~ fin order by ended desc",
    "by = bo and auc >= 0 order by ended",
    "name like 'few%'",
    "name in (few1, few2, few3) or by = bo",
    "tags.rare = yes and auc > 0 and state != killed order by log_loss desc",
    "tags.rare = yes or state = failed order by author",
    "tags.often != no",
    "metrics./^auc$/ > 0.5 order by name",
    "has params.rare",
    "params.rare >= 0 order by params.kind desc",
    "tags.rare like '%es%'",
    "tags.often ~ es best by auc",
    "tags.often !~ no order by name",
    "params.kind ~ c order by ended",
    "by ~ bo",
    "order by id",
    "auc > 0.5 order by id desc",
    "state = failed order by id",
    "tags.commit like 'c000%'",
    "tags.commit ilike 'C000%'",
)
_FILTERS = (
    ("status = 'FAILED'", "metrics.auc DESC"),
    ("status != 'FINISHED'", "attributes.end_time ASC"),
    ("attributes.run_name LIKE 'few%' AND metrics.auc >= 0", "attributes.start_time ASC"),
    ("user_id = 'bo' AND tags.team IS NOT NULL", "params.kind"),
    ("tags.often != 'no'", "status"),
    ("", "attributes.user_id"),
    ("", "attributes.run_id"),
    ("tags.often ILIKE '%E%'", "metrics.auc DESC"),
    ("user_id ILIKE '%O'", "attributes.run_id DESC"),
)
_SORTS = ("duration asc", "duration desc", "name asc", "state desc", "author asc", "ended desc", "params.kind desc")


def _wanted() -> Iterator[tuple[str, Wanted]]:
    for text in _SEARCHES:
        yield text, understand(text, subject="runs", facts=TOLD, now=0).wanted
    for text, order in _FILTERS:
        condition, sorts = parse_filter(text, "runs"), parse_order([order], "runs")
        yield f"{text} {order}", Wanted(SUBJECTS["runs"].source, condition, sorts, experiments=(0, 1))
    for sort in _SORTS:
        yield sort, Wanted(SOURCES["runs"], sorts=columns.sorts(sort, lambda _: True), experiments=(0,))


_ALL = dict(_wanted())


def _fill(database: Database, count: int) -> None:
    """Write runs, of which one in so many is rare in every way that a search may ask for."""
    numbers = range(count)
    rare = set(numbers[:: count // _FEW])
    database.many(
        "INSERT INTO run (id, name, state, command, started_by, host, started_at, ended_at, revision)"
        " VALUES (:id, :name, :state, '[]', :user, '', :at, :ended, 1)",
        [
            {
                "id": f"s{n}",
                "name": f"few{n % 7}" if n in rare else f"run{n * 104_729 % count}",
                "state": "failed" if n in rare else "finished",
                "user": "bo" if n in rare else "ana",
                "at": n,
                "ended": n + n * 7919 % count,
            }
            for n in numbers
        ],
    )
    database.many(
        "INSERT INTO metric_last (subject, key, value, step, at, experiment) VALUES (:id, :key, :value, 0, 0, 0)",
        [
            {"id": f"s{n}", "key": key, "value": n * 7919 % count / count}
            for n in numbers
            for key in ("auc", "log_loss", *(["rare"] if n in rare else []))
        ],
    )
    tags = [(n, "team", str(n % 4)) for n in numbers] + [(n, "rare", "yes") for n in rare]
    tags += [(n, "often", "yes" if n in rare else "no") for n in numbers]
    tags += [(n, "commit", f"c{n * 7919 % count:05}") for n in numbers]
    database.many(
        "INSERT INTO tag (subject, key, value) VALUES (:id, :key, :value)",
        [{"id": f"s{n}", "key": key, "value": value} for n, key, value in tags],
    )
    database.many(
        "INSERT INTO param (subject, key, value, number) VALUES (:id, :key, :value, :number)",
        [{"id": f"s{n}", "key": "kind", "value": "abc"[n % 3], "number": None} for n in numbers]
        + [{"id": f"s{n}", "key": "rare", "value": str(n), "number": n} for n in rare],
    )


@pytest.fixture(scope="module")
def sizes() -> Iterator[tuple[Sqlite, Sqlite]]:
    """Databases of 2,000 and of 100,000 runs."""
    found = (Sqlite(MEMORY), Sqlite(MEMORY))
    for database, count in zip(found, (2_000, 100_000), strict=True):
        migrate(database, phase="pre")
        with database.transaction():
            _fill(database, count)
    yield found
    for database in found:
        database.close()


def _pages(database: Database, wanted: Wanted) -> list[Page]:
    """Return the first three pages."""
    pages, token = list[Page](), ""
    for _ in range(3):
        pages.append(read_page(wanted, limit=20, page_token=token, ask=database.run))
        token = pages[-1].next_token
    return pages


def _steps(database: Sqlite, wanted: Wanted) -> int:
    """Return how many instructions SQLite needs for the first three pages, in hundreds."""
    pages = list[Page]()
    steps = _instructions(database, lambda: pages.extend(_pages(database, wanted)))

    assert [20, 20, 20] == [len(page.rows) for page in pages]
    return steps


def _instructions(database: Sqlite, act: Callable[[], object]) -> int:
    """Return how many instructions SQLite needs for something, in hundreds."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    raw = database._own().raw
    raw.set_progress_handler(step, 100)
    act()
    raw.set_progress_handler(None, 0)
    return count


_IN_VAIN = ("tags.team ~ 9", "tags.often like 'x%'", "params.kind ilike '%D%' or by ~ xy")


@pytest.mark.parametrize("asked", _IN_VAIN)
def test_a_text_that_nothing_has_is_looked_for_among_the_texts_that_there_are(sizes: tuple[Sqlite, Sqlite], asked: str):
    wanted = understand(asked, subject="runs", facts=TOLD, now=0).wanted

    assert [[], []] == [read_page(wanted, limit=20, ask=database.run).rows for database in sizes]
    assert _instructions(sizes[1], lambda: read_page(wanted, limit=20, ask=sizes[1].run)) < 50


@pytest.mark.parametrize("asked", ["tags.commit ilike 'X%'", "tags.commit ilike 'C12x%'"])
def test_a_beginning_that_no_text_has_is_looked_for_in_the_index(sizes: tuple[Sqlite, Sqlite], asked: str):
    wanted = understand(asked, subject="runs", facts=TOLD, now=0).wanted
    small, large = (
        _instructions(each, lambda each=each: read_page(wanted, limit=20, ask=each.run))  # type: ignore[misc]
        for each in sizes
    )

    assert large < 1.5 * small + 100


@pytest.mark.parametrize("asked", _ALL)
def test_a_page_costs_the_same_among_fifty_times_as_many_runs(sizes: tuple[Sqlite, Sqlite], asked: str):
    small, large = (_steps(database, _ALL[asked]) for database in sizes)

    assert large < 1.5 * small + 100
