"""What a dataset version says of its tables. Most versions that are added or pulled hold none that are looked into."""

from __future__ import annotations

from typing import Any

from lineal.formats.summaries import columns, summarise
from lineal.formats.tables import delimited
from lineal.formats.tables.formats import has_arrays, reader_of
from lineal.objects.errors import Invalid
from lineal.objects.files import Entry
from lineal.objects.profiles import Profile, Table
from lineal.operations.answers.data import TableAnswer
from lineal.operations.data.tables import NOT_YET, Profiling, is_table, quick_bytes, tables_of
from lineal.operations.references import Row, dataset_reference
from lineal.storage.store import Store


def text_facts(store: Store, entry: Entry) -> delimited.TableFacts | None:
    """Return the columns and rows of a file that is a table of text, or None when it is none."""
    if entry.size_bytes > quick_bytes() and not has_arrays():
        return delimited.describe(store.blobs.open(entry.digest))
    try:
        profile = Profiling(store, None).file(entry, reader_of("csv"))
    except Invalid:
        return None
    return delimited.TableFacts(columns(profile, is_text=True), profile.row_count) if is_table(profile) else None


def tables_told(store: Store, row: Row) -> dict[str, Any]:
    """Return what is said of the tables of a dataset version."""
    found = tables_of(store, row["tree"], most_bytes=quick_bytes())
    hint = f"; lineal data profile {dataset_reference(row)} does that"
    notes = (each + hint if each.endswith(NOT_YET) else each for each in found.notes)
    return {
        "tables": tuple(_table_answer(each, found.profiles[each.name]) for each in found.tables.tables),
        "gaps": (*found.tables.gaps, *notes),
    }


def _table_answer(table: Table, profile: Profile) -> TableAnswer:
    """Return a table with everything that its profile tells."""
    return TableAnswer(
        name=table.name,
        format=table.format,
        file_count=table.file_count,
        size_bytes=table.size_bytes,
        row_count=profile.row_count,
        columns=columns(profile, is_text=table.format == "csv"),
        profile=table.profile,
        partitions=table.partitions,
        summaries=tuple(map(summarise, profile.columns)),
    )
