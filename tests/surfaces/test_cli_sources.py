"""Sources from a person's shell: what is printed, what is said, and with which status it ends."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources.s3 import S3
from tests.sources.web import Site, serving
from tests.surfaces.commands import answer, lineal


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        site.files["/customers.csv"] = b"a,b\n1,2\n"
        yield site


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "lineal.toml").write_text(
        '[connections.shop]\nurl = "sqlite:///shop.db"\n[connections.away]\nurl_env = "AWAY"\n', encoding="utf-8"
    )
    execute(tmp_path, "CREATE TABLE t (id, name)", "INSERT INTO t VALUES (1, 'ada'), (2, 'bob')")
    lineal(tmp_path, "init")
    return tmp_path


def execute(project: Path, *statements: str) -> None:
    with sqlite3.connect(project / "shop.db") as shop:
        for each in statements:
            shop.execute(each)
    shop.close()


def test_an_address_is_added_checked_and_fetched(project: Path, site: Site) -> None:
    out, err = lineal(project, "data", "add", f"{site.url}/customers.csv")

    assert out.startswith("data:customers@1  1 file, 8 B\n")
    assert f"stands at  {site.url}/customers.csv\n" in out
    assert "ETag" in out
    assert "" == err
    assert "unchanged  data:customers@1" in lineal(project, "data", "check", "customers")[0]
    assert "1 file written" in lineal(project, "data", "get", "data:customers", "out")[0]
    assert b"a,b\n1,2\n" == (project / "out/customers.csv").read_bytes()
    assert (
        "unchanged: this content was added before\n" == lineal(project, "data", "add", f"{site.url}/customers.csv")[1]
    )


def test_a_source_that_changed_or_is_gone_ends_with_a_status(project: Path, site: Site) -> None:
    lineal(project, "data", "add", f"{site.url}/customers.csv")
    site.files["/customers.csv"] = b"a,b\n1,3\n"

    assert lineal(project, "data", "check", "customers", status=4)[0].startswith("changed  data:customers@1")
    _, err = lineal(project, "data", "get", "data:customers", "out", status=4)
    assert "is not what it was: it has ETag" in err
    assert "hint: add it again" in err
    site.files.clear()
    assert lineal(project, "data", "check", "customers", status=3)[0].startswith("gone  data:customers@1")
    assert "is gone" in lineal(project, "data", "get", "data:customers", "out", status=3)[1]


def test_a_signature_is_neither_kept_nor_shown(project: Path, site: Site) -> None:
    site.signature = "hunter2"
    out, err = lineal(project, "data", "add", f"{site.url}/customers.csv?X-Amz-Signature=hunter2", "--digest")
    log = lineal(project, "log", "--json")[0]
    kept = b"".join(each.read_bytes() for each in (project / ".lineal").rglob("*") if each.is_file())

    assert "kept without X-Amz-Signature" in err
    assert "hunter2" not in out + err + log
    assert b"hunter2" not in kept


def test_a_query_is_added_with_its_values(project: Path) -> None:
    line = ("data", "query", "shop", "SELECT * FROM t WHERE id > :low", "--name", "people", "--param", "low=1")
    out, _ = lineal(project, *line)

    assert out.startswith("data:people@1  1 row, 1 file, 14 B\n")
    assert "query      SELECT * FROM t WHERE id > :low\n" in out
    assert "values     low=1\n" in out
    execute(project, "DELETE FROM t")
    assert "it gives 0 rows now, not 1" in lineal(project, "data", "check", "people", status=4)[0]
    found = answer(project, "data", "show", "people")
    assert {"low": 1} == found["source"]["params"]
    assert "query-source" == found["source"]["type"]


def test_json_is_all_that_is_printed(project: Path, s3: S3) -> None:
    bucket = s3.bucket(keeps=True)
    s3.client.put_object(Bucket=bucket, Key="k.csv", Body=b"a\n1\n")
    added = answer(project, "data", "add", f"s3://{bucket}/k.csv", "--copy")
    checked = json.loads(lineal(project, "data", "check", "data:k", "--json")[0])

    assert ("object-source", True) == (added["source"]["type"], bool(added["source"]["version"]))
    assert {"type": "sourcecheck", "reference": "data:k@1", "state": "unchanged"}.items() <= checked.items()


BAD = {
    "a scheme that is none": (("data", "add", "ftp://host/x"), 2, "ftp:// cannot be referred to", "s3://"),
    "keys in an address": (("data", "add", "s3://AK:hunter2@b/k"), 2, "holds a user or a key", "environment"),
    "a digest of a table": (("data", "add", "delta://lake", "--digest"), 2, "adds nothing", "--copy"),
    "a table that is not there": (("data", "add", "delta://lake"), 3, "no Delta table", "address"),
    "options of addresses with a path": (("data", "add", "lineal.toml", "--copy"), 2, "for addresses", "leave it out"),
    "a connection that is not there": (("data", "query", "shpo", "SELECT 1", "--name", "x"), 3, "'shpo'", "'shop'"),
    "a variable that is not set": (("data", "query", "away", "SELECT 1", "--name", "x"), 2, "AWAY", "set it"),
    "SQL that does not run": (("data", "query", "shop", "SELEC 1", "--name", "x"), 2, "does not run", "shell"),
    "a table that is no table": (("data", "query", "shop", "SELECT * FROM u", "--name", "x"), 3, "no such table", ""),
    "a value without a name": (("data", "query", "shop", "SELECT 1", "--name", "x", "--param", "1"), 2, "'1'", "NAME="),
    "a dataset without a name": (("data", "query", "shop", "SELECT 1"), 2, "it needs --name", "for example"),
    "a name that cannot be one": (("data", "query", "shop", "SELECT 1", "--name", "a b"), 2, "'a b' cannot name", ""),
    "a check of nothing": (("data", "check", "nope"), 3, "no dataset 'nope'", ""),
}
"""By name: the line, the exit status, and what must stand in the message and in the hint."""


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_with_the_next_step(name: str, project: Path) -> None:
    line, status, message, hint = BAD[name]
    out, err = lineal(project, *line, status=status)
    error, _, advice = err.partition("\nhint: ")

    assert "" == out
    assert message in error
    assert hint in advice
    assert "hunter2" not in err
