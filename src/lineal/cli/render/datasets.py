"""Datasets as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lineal.cli.render import tables
from lineal.cli.render.page import Page
from lineal.cli.render.runs import bullets
from lineal.cli.render.units import ago, count, moment, size, when
from lineal.objects.digest import short
from lineal.operations.answers import DatasetAnswer


def one(answer: DatasetAnswer, page: Page) -> Iterator[str]:
    """Yield everything that is known of a dataset version."""
    dataset = answer.dataset
    yield f"{page.title(answer.reference)}  {_extent(answer)}"
    yield from page.facts(
        (
            ("digest", answer.digest),
            ("added", f"{when(answer.created_at, page.now)} by {answer.added_by}"),
            ("message", answer.message),
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
    yield from bullets(page, "read by", answer.read_by)
    yield from bullets(page, "written by", answer.written_by)
    yield from bullets(page, "versions that came from it", answer.origin_of)


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
