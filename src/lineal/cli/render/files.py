"""Files as people read of them: what was put in place, what differs, what is in a tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lineal.cli.render.page import Page, plain
from lineal.cli.render.units import count, size
from lineal.objects.digest import short
from lineal.operations.answers.files import Changes, FileLine, Placed, Transfer
from lineal.operations.answers.upkeep import Collection

_SHOWN_MAX = 50


def placed(answer: Placed, page: Page) -> Iterator[str]:
    """Yield what was done to put files in place."""
    parts = (f"{count(answer.written, 'file')} written", answer.removed and f"{answer.removed:,} removed",
             answer.kept and f"{answer.kept:,} as they were")  # fmt: skip
    yield f"{page.title(answer.reference)} in {plain(answer.path)}: {', '.join(each for each in parts if each)}"


def changes(answers: Sequence[Changes], page: Page) -> Iterator[str]:
    """Yield what differs at each place."""
    for each in answers:
        what = each.reference or short(each.tree)
        if each.is_clean:
            yield f"{page.title(plain(each.path))}  {what}, unchanged ({count(each.unchanged, 'file')})"
            continue
        counts = (("modified", each.modified), ("added", each.added), ("removed", each.removed))
        said = ", ".join(f"{len(paths):,} {word}" for word, paths in counts if paths)
        yield f"{page.title(plain(each.path))}  {what}, {said}, {each.unchanged:,} unchanged"
        for word, paths in counts:
            yield from (f"  {word:<9} {plain(path)}" for path in paths[:_SHOWN_MAX])
            if len(paths) > _SHOWN_MAX:
                yield f"  {word:<9} … and {len(paths) - _SHOWN_MAX:,} more (--json lists all)"
        if each.lost:
            yield _lost(each)


def _lost(found: Changes) -> str:
    """Return what became of files that were the store's too, and what to do."""
    others = f" and {len(found.lost) - 1:,} more" if found.lost[1:] else ""
    return (
        f"  the edit of {plain(found.lost[0])}{others} cost the store its copy: lineal data pull {found.reference or 'NAME'} fetches it"
        " again, lineal data add keeps the edit"
    )


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


def transfers(answers: Sequence[Transfer], page: Page) -> Iterator[str]:
    """Yield what went to a remote or came from one."""
    for each in answers:
        moved = f"{count(each.files, 'file')}, {size(each.size_bytes)}" if each.files else "everything was there"
        yield f"{page.title(each.reference)}  {each.remote}: {moved}" + (f"; {each.locked}" if each.locked else "")


def collection(answer: Collection, page: Page) -> Iterator[str]:
    """Yield what went, or would go."""
    counted = (
        ("pack", answer.packs),
        ("file", answer.blobs),
        ("recipe", answer.recipes),
        ("leftover", answer.temporary),
    )
    parts = [count(number, word) for word, number in counted if number]
    verb = "let go of" if answer.deleted else "would let go of"
    yield f"{page.title(answer.where)}  {verb} {', '.join(parts) or 'nothing'}, {size(answer.size_bytes)}"
    if answer.purged_bytes:
        yield f"  {'removed' if answer.deleted else 'would remove'} {size(answer.purged_bytes)} from the quarantine for good"
    if not answer.deleted and parts:
        yield "  --delete does it"
