"""What is in a dataset and what changed in it: the same here, over PostgreSQL, behind a server, and on its page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import urllib3

import lineal
from lineal.client.connect import Repository, init
from tests.surfaces.conftest import served

HOSTILE = "<script>alert('x')</script>"


def write(project: Path, *, shift: int = 0, more: str = "") -> Path:
    """Write a table of 400 rows in two Parquet files, and one of objects."""
    for year in (2023, 2024):
        folder = project / "events" / f"year={year}"
        folder.mkdir(parents=True, exist_ok=True)
        rows = {"id": list(range(year, year + 200)), "age": [20 + shift + each % 50 for each in range(200)]}
        lineal.write_parquet({**rows, "kind": ["a", "b" + more] * 100}, folder / "part.parquet")
    (project / "events" / "notes.jsonl").write_text(json.dumps({HOSTILE: {"deep": [1, HOSTILE]}}) + "\n", "utf-8")
    return project / "events"


def test_a_dataset_tells_what_is_in_it_and_what_changed(repository: Repository, project: Path) -> None:
    repository.data.add(write(project))
    repository.data.add(write(project, shift=20, more=HOSTILE))
    (_, table) = shown = repository.data.show("events").tables

    assert ["notes.jsonl", "year=*/*.parquet"] == [each.name for each in shown]
    assert (400, 2, ("year",)) == (table.row_count, table.file_count, table.partitions)
    assert {"id": "integer", "age": "integer", "kind": "string", "year": "integer"} == {
        each.name: each.dtype for each in table.columns
    }
    (notes, changed) = repository.data.diff("events@1", "events").tables
    assert () == notes.columns
    assert {"age", "kind"} == {each.name for each in changed.columns}
    assert repository.data.profile("events").tables == repository.data.show("events").tables


@pytest.mark.parametrize("number", [1, 2])
def test_the_page_of_a_dataset_shows_its_tables_and_nothing_hostile(number: int, project: Path) -> None:
    with init(project) as repository:
        repository.data.add(write(project))
        repository.data.add(write(project, shift=20, more=HOSTILE))
        with served(repository) as url:
            text = urllib3.request("GET", f"{url}/datasets/events@{number}").data.decode()
            values = json.loads(urllib3.request("GET", f"{url}/datasets/events@{number}.json").data)

    assert text.count('<svg class="histogram"') >= 4
    assert '<svg class="shares"' in text
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert (number == 2) == ("What changed since" in text)
    assert ["notes.jsonl", "year=*/*.parquet"] == [each["name"] for each in values["dataset"]["tables"]]
