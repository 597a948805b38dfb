"""What a run read and wrote elsewhere than in files, as sections for people to read; and what libraries took things for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lineal.objects.digest import short
from lineal.objects.places import Label, ObjectUse, QueryUse
from lineal.operations.answers.models import RunAnswer
from lineal.operations.answers.sections import Section, Size

_FOLDED_FROM = 12
_COLUMNS_SHOWN = 8


def objects(answer: RunAnswer) -> Iterator[Section]:
    """Yield the objects that were read, and those that were written."""
    for title, access in (("read elsewhere", "read"), ("written elsewhere", "written")):
        found = [each for each in answer.run.objects if each.access == access] if answer.run else []
        rows = tuple(
            (
                each.uri,
                Size(each.size_bytes) if each.size_bytes is not None else "",
                _state(each),
                ", ".join(each.by),
                in_words(each.label) if each.label else "",
            )
            for each in found
        )
        header = ("ADDRESS", "SIZE", "STATE", "BY", "NOTE")
        yield Section(title, rows, header, remark=_counted(len(rows), "object"), is_long=len(rows) > _FOLDED_FROM)


def queries(answer: RunAnswer) -> Iterator[Section]:
    """Yield what databases were asked."""
    rows = tuple(
        (each.connection, " ".join(each.sql.split()), "" if each.row_count is None else _counted(each.row_count, "row"))
        for each in (answer.run.queries if answer.run else ())
    )
    remark = _counted(len(rows), "query", "queries")
    yield Section("databases", rows, ("DATABASE", "SQL", "GAVE"), remark=remark, is_long=len(rows) > _FOLDED_FROM)


def _state(use: ObjectUse) -> str:
    """Return which state of an object it was, as people write it."""
    named = f"version {use.version}" if use.version else f"ETag {use.etag}" if use.etag else ""
    return named or (short(use.digest) if use.digest else "not known")


def states(uses: Sequence[ObjectUse], access: str) -> dict[str, str]:
    """Return what is compared of objects: by address what tells their content, or else only that they were written."""
    return {each.uri: _content(each) or _state(each) for each in uses if each.access == access}


def _content(use: ObjectUse) -> str:
    return short(use.digest) if use.digest else f"ETag {use.etag}" if use.etag else ""


def asked(uses: Sequence[QueryUse]) -> dict[str, str]:
    """Return what is compared of databases: by the text of SQL who was asked, and how many rows that gave."""
    found: dict[str, list[str]] = {}
    for each in uses:
        rows = "" if each.row_count is None else f", {_counted(each.row_count, 'row')}"
        found.setdefault(" ".join(each.sql.split()), []).append(f"{each.connection}{rows}")
    return {sql: "; ".join(said) for sql, said in found.items()}


def in_words(label: Label) -> str:
    """Return what a library took a file or object for."""
    columns = [name for name in label.columns if name]
    shape = " × ".join(f"{each:,}" for each in label.shape)
    kind = f"{label.kind} {label.columns['']}" if "" in label.columns else label.kind
    parts = (
        f"{kind} {shape}".strip(),
        _counted(label.row_count, "row") if label.row_count is not None else "",
        f"{', '.join(columns[:_COLUMNS_SHOWN])}{', …' if len(columns) > _COLUMNS_SHOWN else ''}",
        f"split {label.split}" if label.split else "",
    )
    return f"{label.by}: " + ", ".join(each for each in parts if each)


def _counted(count: int, thing: str, things: str = "") -> str:
    return f"{count:,} {thing if count == 1 else things or thing + 's'}"
