"""What several libraries tell of one use is one use, and nothing secret is left of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lineal.capture.told.reading import read
from lineal.capture.told.record import SpoolRecord
from lineal.objects.places import Label


def told(spool: Path, *events: dict[str, Any]) -> SpoolRecord:
    spool.mkdir(exist_ok=True)
    lines = (json.dumps({"at": index, **each}) + "\n" for index, each in enumerate(events))
    (spool / "events-1.jsonl").write_text("".join(lines))
    return read(spool)


def read_of(uri: str, by: str = "urllib3", **facts: Any) -> dict[str, Any]:
    return {"kind": "object", "uri": uri, "access": "read", "by": by, **facts}


def peer(host: str, port: int, state: str, ip: str = "10.0.0.7") -> dict[str, Any]:
    return {"kind": "peer", "host": host, "ip": ip, "port": str(port), "state": state}


def test_what_libraries_tell_of_one_state_is_one_use(spool: Path) -> None:
    record = told(
        spool,
        read_of("s3://b/k", "s3fs"),
        read_of("s3://b/k", "botocore", version="1", etag='"a"', size_bytes=3),
        {"kind": "label", "path": "s3://b/k", "access": "read", "by": "pandas.read_csv",
         "label": {"by": "pandas.read_csv", "kind": "table", "columns": {"a": "int64"}, "row_count": 2}},
        read_of("s3://b/k", "botocore", version="2"),
    )  # fmt: skip

    first, second = record.objects
    assert (("s3fs", "botocore", "pandas"), "1", '"a"', 3) == (first.by, first.version, first.etag, first.size_bytes)
    assert Label(by="pandas.read_csv", kind="table", columns={"a": "int64"}, row_count=2) == first.label
    assert ("2", ("botocore",)) == (second.version, second.by)


@pytest.mark.parametrize(
    ("uri", "kept", "version"),
    [
        ("https://ada:pw@h.org/x?year=1&X-Amz-Signature=abc&X-Amz-Date=1", "https://h.org/x?year=1", ""),
        ("https://acc.blob.core.windows.net/c/k?sv=1&se=2&sig=abc%3D", "https://acc.blob.core.windows.net/c/k", ""),
        ("ftp://ada:pw@h.org/x", "ftp://***@h.org/x", ""),
        ("https://storage.googleapis.com/download/storage/v1/b/bkt/o/a%2Fb.csv?alt=media", "gs://bkt/a/b.csv", ""),
        ("https://huggingface.co/datasets/t/d/resolve/main/a%20b.csv", "hf://datasets/t/d/a b.csv", ""),
        (f"hf://datasets/t/d@{'0a' * 20}/x.csv", "hf://datasets/t/d/x.csv", "0a" * 20),
    ],
)
def test_an_address_is_kept_as_sources_write_it(spool: Path, uri: str, kept: str, version: str) -> None:
    (use,) = told(spool, read_of(uri)).objects

    assert (kept, version) == (use.uri, use.version)


def test_secrets_of_queries_are_masked_and_a_text_is_kept_once(spool: Path) -> None:
    def query(sql: str, **facts: Any) -> dict[str, Any]:
        return {"kind": "query", "connection": "postgresql://ada:pw@h/db", "sql": sql, "by": "psycopg", **facts}

    record = told(
        spool,
        query("create role x password 'hunter2'"),
        query("create secret (type s3, key_id 'AK', secret 'hunter2')"),
        query("select 1", row_count=3),
        query("select 1"),
        query("select '" + "x" * 20_000 + "'"),
    )

    assert "hunter2" not in repr(record)
    assert "pw@" not in repr(record)
    one = record.queries[2]
    assert ("select 1", 3, "postgresql://***@h/db") == (one.sql, one.row_count, one.connection)
    assert len(record.queries[3].sql) < 11_000
    assert record.masked_secrets >= 3


def test_only_hosts_that_nothing_explains_are_gaps(spool: Path) -> None:
    record = told(
        spool,
        peer("redis.local", 6379, "open"),
        peer("h.org", 443, "open", ip="10.0.0.8"),
        read_of("https://h.org/x", peer="h.org:443"),
        peer("s3.org", 443, "explained"),
        peer("api.org", 443, "open"),
        peer("api.org", 443, "explained"),
        peer("api.org", 443, "unseen"),
        peer("127.0.0.1", 4444, "open", ip="127.0.0.1"),
        peer("0.0.0.0", 4444, "listening", ip="0.0.0.0"),
    )

    assert (
        "network: what the program got from redis.local:6379 is not known",
        "network: what the program got from api.org:443 is not known, since it sent it something to be answered",
    ) == record.gaps
    assert {"10.0.0.7:6379", "10.0.0.8:443"} <= record.peers


def test_a_label_that_says_more_stays(spool: Path) -> None:
    def label(path: str, **facts: Any) -> dict[str, Any]:
        return {
            "kind": "label",
            "path": path,
            "access": "read",
            "by": "x",
            "label": {"by": "x", "kind": "table", **facts},
        }

    labels = told(spool, label("/a.csv", columns={"a": "int"}), label("/a.csv"), label("file:///b.csv")).labels

    assert {"/a.csv": {"a": "int"}, "/b.csv": {}} == {path: each.columns for path, each in labels.items()}
