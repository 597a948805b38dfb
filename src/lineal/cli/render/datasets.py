"""Datasets as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lineal.cli.render import tables
from lineal.cli.render.page import Page
from lineal.cli.render.units import ago, count, moment, scalar, size, when
from lineal.objects.digest import short
from lineal.objects.sources import QuerySource
from lineal.operations.answers.data import DatasetAnswer, SourceCheck


def one(answer: DatasetAnswer, page: Page) -> Iterator[str]:
    """Yield everything that is known of a dataset version."""
    dataset = answer.dataset
    yield f"{page.title(answer.reference)}  {_extent(answer)}"
    yield from page.facts(
        (
            ("digest", answer.digest),
            ("added", f"{when(answer.created_at, page.now)} by {answer.added_by}"),
            ("message", answer.message),
            *_source(answer, page),
        )
    )
    for each in answer.tables:
        yield from tables.table(each, page)
    if dataset.columns and not answer.tables:
        yield f"  {page.title('columns')} ({len(dataset.columns)})"
        yield from page.table(
            ("NAME", "TYPE", "MISSING"),
            ((each.name, each.dtype, "some" if each.optional else "") for each in dataset.columns),
            indent="    ",
        )
    for gap in answer.gaps:
        yield from page.wrapped(f"! {gap}", hanging="  ")
    yield from page.bullets("read by", answer.read_by)
    yield from page.bullets("written by", answer.written_by)
    yield from page.bullets("versions that came from it", answer.origin_of)


def check(answer: SourceCheck, page: Page) -> Iterator[str]:
    """Yield whether a source is still what it was."""
    yield f"{page.paint(answer.state, _TONES[answer.state])}  {page.title(answer.reference)}  {answer.place}"
    yield from page.wrapped(answer.sentence)


_TONES = {"unchanged": "good", "superseded": "doubtful", "changed": "bad", "gone": "bad"}


def _source(answer: DatasetAnswer, page: Page) -> Iterator[tuple[str, str]]:
    """Yield where the content stands, or came from, and which state of it is meant."""
    if not answer.source:
        return
    yield "copied from" if answer.dataset.kept else "stands at", answer.source.place
    yield "state", answer.source.state
    if isinstance(answer.source, QuerySource):
        yield "query", " ".join(answer.source.sql.split())
        yield "values", " ".join(f"{name}={scalar(value)}" for name, value in answer.source.params.items())
    if answer.seen:
        snapshot = f", snapshot {answer.seen.snapshot}" if answer.seen.snapshot else ""
        yield "seen", f"{when(answer.seen.read_at, page.now)}{snapshot}"


def many(answers: Sequence[DatasetAnswer], page: Page) -> Iterator[str]:
    """Yield a table of dataset versions."""
    yield from page.table(
        ("DATASET", "ROWS", "FILES", "SIZE", "ADDED (UTC)", "BY", "DIGEST", "MESSAGE"),
        (
            (
                each.reference,
                "" if each.dataset.row_count is None else f"{each.dataset.row_count:,}",
                f"{each.dataset.file_count:,}",
                size(each.dataset.size_bytes),
                f"{moment(each.created_at)} ({ago(each.created_at, page.now)})",
                each.added_by,
                short(each.digest),
                each.message,
            )
            for each in answers
        ),
        right=("ROWS", "FILES", "SIZE"),
    )


def _extent(answer: DatasetAnswer) -> str:
    dataset = answer.dataset
    row_count = answer.tables[0].row_count if len(answer.tables) == 1 else dataset.row_count
    parts = (
        count(row_count, "row") if row_count is not None else "",
        count(dataset.file_count, "file"),
        size(dataset.size_bytes),
    )
    return ", ".join(each for each in parts if each)
