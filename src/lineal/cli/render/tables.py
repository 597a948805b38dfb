"""Tables of data, and what changed in them, as people read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lineal.cli.render.page import Page, plain
from lineal.cli.render.units import count, size
from lineal.formats.summaries import ColumnSummary, in_words
from lineal.formats.wording import percent

if TYPE_CHECKING:
    from lineal.checks.comparing.files import FileChange
    from lineal.checks.comparing.rows import RowChanges
    from lineal.operations.answers.data import TableAnswer
    from lineal.operations.answers.data_diffs import DataDiff, TableDiff

_BLOCKS = " ▁▂▃▄▅▆▇█"
_SHAPE_WIDTH = 12
_FILES_SHOWN = 20
_SIGNS = {"added": ("+", "good"), "removed": ("-", "bad"), "modified": ("~", "doubtful"), "renamed": (">", "faint")}


def table(answer: TableAnswer, page: Page) -> Iterator[str]:
    """Yield a table: what each of its columns holds."""
    yield f"  {page.title(answer.name)}  {_extent(answer)}"
    yield from page.table(
        ("COLUMN", "TYPE", "MISSING", "DISTINCT", "SHAPE", "VALUES"),
        (
            (
                each.name,
                _dtype(answer, each),
                percent(each.missing / (each.missing + each.count)) if each.missing else "",
                f"{'' if each.is_exact else '≈'}{each.distinct:,}" if each.distinct else "",
                _shape(each),
                in_words(each),
            )
            for each in answer.summaries
        ),
        indent="    ",
        right=("MISSING", "DISTINCT"),
        whole=("TYPE", "SHAPE"),
    )


def _extent(answer: TableAnswer) -> str:
    parts = (count(answer.row_count, "row"), count(len(answer.columns), "column"), answer.format)
    return ", ".join((*parts, count(answer.file_count, "file")) if answer.file_count > 1 else parts)


def _dtype(answer: TableAnswer, column: ColumnSummary) -> str:
    """Return the dtype; in a table that is text, a mixture of anything is a string."""
    is_text = answer.format == "csv" and column.dtype in {"mixed", "null"}
    return ("string" if is_text else column.dtype) + (" (path)" if column.name in answer.partitions else "")


def _shape(column: ColumnSummary) -> str:
    """Return the histogram of a column in one line: each sign is a bin, the higher the more."""
    figures = column.numbers or column.times
    if not figures or len(figures.bins.counts) < _SHAPE_WIDTH:
        return ""
    per = len(figures.bins.counts) // _SHAPE_WIDTH
    counts = [sum(figures.bins.counts[at * per : (at + 1) * per]) for at in range(_SHAPE_WIDTH)]
    most = max(counts)
    return "".join(_BLOCKS[-(-each * (len(_BLOCKS) - 1) // most)] for each in counts)


def diff(answer: DataDiff, page: Page) -> Iterator[str]:
    """Yield what changed in data: files, then tables."""
    yield f"{page.title(answer.left)} → {page.title(answer.right)}"
    if answer.same:
        yield "  the files are the same"
    else:
        yield f"  {page.title('files')}  {_counts(answer)}, {size(answer.left_bytes)} → {size(answer.right_bytes)}"
        yield from (_file(each, page) for each in answer.files[:_FILES_SHOWN])
        if (more := sum(_each_count(answer).values()) - _FILES_SHOWN) > 0:
            yield f"    … {count(more, 'more file')}"
    for each in answer.tables:
        yield from table_diff(each, page)
    for gap in answer.gaps:
        yield from page.wrapped(f"! {gap}", hanging="  ")


def _each_count(answer: DataDiff) -> dict[str, int]:
    counts = answer.counts
    return {"added": counts.added, "removed": counts.removed, "modified": counts.modified, "renamed": counts.renamed}


def _counts(answer: DataDiff) -> str:
    return ", ".join(f"{many:,} {change}" for change, many in _each_count(answer).items() if many)


def _file(change: FileChange, page: Page) -> str:
    sign, tone = _SIGNS[change.change]
    sizes = {
        "added": size(change.right_bytes),
        "removed": size(change.left_bytes),
        "modified": f"{size(change.left_bytes)} → {size(change.right_bytes)}",
        "renamed": f"was {change.was}",
    }
    return f"    {page.paint(sign, tone)} {plain(change.path)}  {plain(sizes[change.change])}"


def table_diff(answer: TableDiff, page: Page) -> Iterator[str]:
    """Yield what changed in a table, the largest change first."""
    was = f" (was {plain(answer.was)})" if answer.was else ""
    yield f"  {page.title(plain(answer.name))}{was}  {_rows(answer)}"
    if answer.rows:
        yield f"    by {plain(answer.rows.key)}: {_row_changes(answer.rows)}"
    if answer.change == "changed" and not answer.columns:
        yield "    no column changed beyond what chance does"
    space = min(24, max((len(each.name) for each in answer.columns), default=0))
    for each in answer.columns:
        tone = _TONES.get(each.change, "bad" if each.size >= _LARGE else "doubtful" if each.size >= _SMALL else "faint")
        name = page.paint(plain(each.name).ljust(space), tone)
        yield from page.wrapped(f"{name}  {each.sentence}", indent="    ", hanging="  ")


_TONES = {"added": "good", "removed": "bad", "retyped": "bad"}
_LARGE, _SMALL = 0.25, 0.03


def _rows(answer: TableDiff) -> str:
    if answer.change != "changed":
        return f"the table was {answer.change}, {count(answer.left_rows or answer.right_rows or 0, 'row')}"
    left, right = answer.left_rows or 0, answer.right_rows or 0
    delta = f" ({right - left:+,})" if right != left else ""
    return f"{left:,} → {right:,} rows{delta}"


def _row_changes(rows: RowChanges) -> str:
    told = f"{rows.inserted:,} inserted, {rows.deleted:,} deleted, {rows.changed:,} changed"
    repeated = f"{rows.left_repeated:,} and {rows.right_repeated:,} of those rows share their {rows.key} with another"
    return f"{told}; {repeated}" if rows.left_repeated or rows.right_repeated else told
