"""Files as people read of them: what was put in place, what differs, what is in a tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lineal.cli.render.page import Page
from lineal.cli.render.units import count, size
from lineal.objects.digest import short
from lineal.operations.answers import Changes, FileLine, Placed

_SHOWN_MAX = 50


def placed(answer: Placed, page: Page) -> Iterator[str]:
    """Yield what was done to put files in place."""
    parts = (f"{count(answer.written, 'file')} written", answer.removed and f"{answer.removed:,} removed",
             answer.kept and f"{answer.kept:,} as they were")  # fmt: skip
    yield f"{page.title(answer.reference)} in {answer.path}: {', '.join(each for each in parts if each)}"


def changes(answers: Sequence[Changes], page: Page) -> Iterator[str]:
    """Yield what differs at each place."""
    for each in answers:
        what = each.reference or short(each.tree)
        if each.is_clean:
            yield f"{page.title(each.path)}  {what}, unchanged ({count(each.unchanged, 'file')})"
            continue
        counts = (("modified", each.modified), ("added", each.added), ("removed", each.removed))
        said = ", ".join(f"{len(paths):,} {word}" for word, paths in counts if paths)
        yield f"{page.title(each.path)}  {what}, {said}, {each.unchanged:,} unchanged"
        for word, paths in counts:
            yield from (f"  {word:<9} {path}" for path in paths[:_SHOWN_MAX])
            if len(paths) > _SHOWN_MAX:
                yield f"  {word:<9} … and {len(paths) - _SHOWN_MAX:,} more (--json lists all)"


def many(answers: Sequence[FileLine], page: Page) -> Iterator[str]:
    """Yield a table of files."""
    yield from page.table(
        ("PATH", "SIZE", "MODE", "DIGEST"),
        (
            (each.path, size(each.size_bytes), "" if each.mode == "file" else each.mode, short(each.digest))
            for each in answers
        ),
        right=("SIZE",),
    )
