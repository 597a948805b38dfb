"""docs/reference/format.md says what the code does: every field, every default, every example, every table."""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
import re
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

import lineal.objects
from lineal.objects.canonical import Object, canonical_bytes, decode, object_digest
from lineal.objects.journal import JournalEntry
from lineal.storage.database.migrations import migrate
from lineal.storage.database.sqlite import MEMORY, Sqlite
from lineal.testing.strategies import KINDS

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "format.md").read_text(encoding="utf-8")

_EXAMPLE = re.compile(r"^```canonical (\S+)\n(.+)\n(sha256:[0-9a-f]{64})\n```$", re.MULTILINE)
_SECTION = re.compile(r"^(###|####) `([A-Za-z-]+)`\n(.*?)(?=^#)", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", re.MULTILINE)


class Field(NamedTuple):
    """A row of a table of fields."""

    name: str
    type: str
    default: str


def written() -> dict[str, set[Field]]:
    """Return the tables of the page, by kind or part."""
    return {name: {Field(*row) for row in _FIELD.findall(text)} for _, name, text in _SECTION.findall(PAGE)}


def every_struct() -> dict[str, type[Object]]:
    """Return every kind by its tag and every part by its name."""
    for module in pkgutil.iter_modules(lineal.objects.__path__):
        importlib.import_module(f"lineal.objects.{module.name}")
    ours = [each for each in Object.__subclasses__() if each.__module__.startswith("lineal.")]
    return {str(each.__struct_config__.tag or each.__name__): each for each in ours}


@pytest.mark.parametrize("name", every_struct())
def test_the_page_lists_the_fields_of_every_object(name: str) -> None:
    fields = msgspec.structs.fields(every_struct()[name])

    assert {Field(each.name, _type(each.type), _default(each)) for each in fields} == written()[name]


def test_the_page_has_no_object_that_is_none() -> None:
    assert set(every_struct()) == set(written())


@pytest.mark.parametrize(("tag", "text", "digest"), _EXAMPLE.findall(PAGE))
def test_an_example_is_what_the_code_makes(tag: str, text: str, digest: str) -> None:
    (kind,) = (each for each in KINDS if each.__struct_config__.tag == tag)
    value = decode(text, kind)

    assert text == canonical_bytes(value).decode()
    assert digest == object_digest(value) == "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def test_the_entries_of_the_journal_are_a_chain() -> None:
    (_, first, digest), (_, second, _) = (each for each in _EXAMPLE.findall(PAGE) if each[0] == "journal")

    assert (1, None) == (decode(first, JournalEntry).sequence, decode(first, JournalEntry).previous)
    assert (2, digest) == (decode(second, JournalEntry).sequence, decode(second, JournalEntry).previous)


def test_the_page_lists_every_table() -> None:
    database = Sqlite(MEMORY)
    migrate(database, phase="pre")
    made = {row["name"] for row in database.run("SELECT name FROM sqlite_master WHERE type = 'table'")}
    _, _, rows = PAGE.partition("## Rows")

    assert made == {
        name for name, _ in re.findall(r"^\| `(\w+)` \| (.+) \|$", rows.partition("\n## ")[0], re.MULTILINE)
    }


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if isinstance(value, Object):
        assert value == type(value)()
        return "`{}`"
    return "absent" if value is None else f"`{json.dumps(value)}`"


def _type(hint: Any) -> str:
    """Return how the page writes an annotation."""
    text = str(hint) if not isinstance(hint, type) else hint.__name__
    if "typing.Literal" in text:
        return "string"
    for pattern, words in _WORDS:
        text = re.sub(pattern, words, text)
    return text


_WORDS = (
    (r"lineal\.objects\.digest\.Digest", "digest"),
    (r"typing\.Optional\[(\w+)\]", r"\1 | None"),
    (r"str \| int \| float \| bool \| None", "scalar"),
    (r"float \| str", "number"),
    (r"tuple\[float, float\]", "[float, float]"),
    (r"tuple\[int, int\]", "[integer, integer]"),
    (r"\bstr\b", "string"),
    (r"\bint\b", "integer"),
    (r"\bbool\b", "boolean"),
    (r" \| None", " or null"),
    (r"lineal\.objects\.\w+\.(\w+)", r"`\1`"),
    (r"^([A-Z]\w+)$", r"`\1`"),
    (r"tuple\[(.+), \.\.\.\]", r"list of \1"),
    (r"dict\[string, (.+)\]", r"map of \1"),
    (
        r"^`Evaluation` \| `GateReport` .*$",
        "`evaluation`, `gate`, `approval`, `bump`, `card-edit`, `observation`, `sighting`, `signature`, `structure`, `scan`, `outside-evaluation`, `golden`, `replay` or `answer-changes`",
    ),
)
