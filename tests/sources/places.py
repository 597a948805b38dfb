"""Places that the conformance suite of sources changes and removes: real stores, servers, tables and databases."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import deltalake
import duckdb
import psycopg
import pyarrow as pa
from pyarrow import parquet
from pyiceberg.catalog import load_catalog

from lineal.objects.digest import Digest, digest_of
from lineal.storage.buckets.opening import open_bucket
from lineal.storage.sources.source import Asked, Connection, Pinned, Surroundings
from lineal.testing.contracts.source import Content
from tests.parts import s3
from tests.sources.web import Site

SECRET = "hunter2-and-nobody-knows"


class Lists:
    """The lists of prefixes, as a repository keeps them."""

    def __init__(self) -> None:
        self._blobs: dict[Digest, bytes] = {}

    def blob(self, pinned: Pinned) -> None:
        self._blobs[digest_of(pinned.listing)] = pinned.listing

    def get(self, digest: Digest) -> tuple[bytes, ...]:
        return (self._blobs[digest],)


class _Place:
    """What most places have in common: files are compared as they are, and nothing is kept of what was."""

    keeps = False
    secrets: tuple[str, ...] = (SECRET, s3.SECRET)

    def __init__(self, lists: Lists) -> None:
        self.blob = lists.blob

    def read(self, files: Mapping[str, bytes]) -> Content:
        return files


class ObjectPlace(_Place):
    """One object of a bucket."""

    def __init__(self, client: Any, bucket: str, lists: Lists, *, keeps: bool) -> None:
        super().__init__(lists)
        self.client, self.bucket, self.keeps = client, bucket, keeps
        self.key = "raw/küsten data.csv"
        self.asked = Asked(f"s3://{bucket}/{self.key}")
        self.never = Asked(f"s3://{bucket}/raw/never.csv")
        self._put(b"a,b\n1,2\n")

    def _put(self, data: bytes) -> None:
        self.data = data
        self.client.put_object(Bucket=self.bucket, Key=self.key, Body=data)

    def content(self) -> Content:
        return {"küsten data.csv": self.data}

    def change(self) -> None:
        self._put(b"a,b\n1,3\n")

    def remove(self) -> None:
        empty(self.client, self.bucket)


class BucketPlace(_Place):
    """One object of a bucket that is written with our own hands. It keeps no versions."""

    key = "raw/customers.csv"

    def __init__(self, url: str, options: Mapping[str, str], lists: Lists) -> None:
        super().__init__(lists)
        self.bucket = open_bucket(url, options)
        self.asked, self.never = Asked(f"{url}/{self.key}"), Asked(f"{url}/never.csv")
        self.secrets = (*self.secrets, *(value for name, value in options.items() if "key" in name))
        self._put(b"a,b\n1,2\n")

    def _put(self, data: bytes) -> None:
        self.data = data
        self.bucket.put(self.key, data)

    def content(self) -> Content:
        return {"customers.csv": self.data}

    def change(self) -> None:
        self._put(b"a,b\n1,3\n")

    def remove(self) -> None:
        self.bucket.delete((self.key,))


class PrefixPlace(_Place):
    """All objects below a prefix; one beside it is not among them."""

    def __init__(self, client: Any, bucket: str, lists: Lists, *, keeps: bool) -> None:
        super().__init__(lists)
        self.client, self.bucket, self.keeps = client, bucket, keeps
        self.asked = Asked(f"s3://{bucket}/images/")
        self.never = Asked(f"s3://{bucket}/never/")
        client.put_object(Bucket=bucket, Key="images-of-others/x.png", Body=b"x")
        client.put_object(Bucket=bucket, Key="images/", Body=b"")
        self.files = {f"{part}/{number}.png": f"{part}{number}".encode() for part in "ab" for number in range(3)}
        for name, data in self.files.items():
            client.put_object(Bucket=bucket, Key=f"images/{name}", Body=data)

    def content(self) -> Content:
        return dict(self.files)

    def change(self) -> None:
        self.files["a/1.png"] = b"A1"
        self.client.put_object(Bucket=self.bucket, Key="images/a/1.png", Body=b"A1")
        del self.files["b/2.png"]
        self.client.delete_object(Bucket=self.bucket, Key="images/b/2.png")

    def remove(self) -> None:
        empty(self.client, self.bucket)


def empty(client: Any, bucket: str) -> None:
    """Remove every version of everything in a bucket."""
    found = client.list_object_versions(Bucket=bucket)
    for each in (*found.get("Versions", ()), *found.get("DeleteMarkers", ())):
        client.delete_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])


class WebPlace(_Place):
    """A file of a web server, behind a password and a signature."""

    def __init__(self, site: Site, lists: Lists) -> None:
        super().__init__(lists)
        self.site = site
        site.user = f"ada:{SECRET}"
        site.files["/raw/data.csv"] = b"a,b\n1,2\n"
        host = site.url.removeprefix("http://")
        self.asked = Asked(f"http://ada:{SECRET}@{host}/raw/data.csv?year=2026&X-Amz-Signature={SECRET}&X-Amz-Date=1")
        self.never = Asked(f"http://ada:{SECRET}@{host}/raw/never.csv?sig={SECRET}")

    def content(self) -> Content:
        return {"data.csv": self.site.files["/raw/data.csv"]}

    def change(self) -> None:
        self.site.files["/raw/data.csv"] = b"a,b\n1,3\n"

    def remove(self) -> None:
        self.site.files.clear()


class DeltaPlace(_Place):
    """A Delta table, in partitions."""

    keeps = True

    def __init__(self, uri: str, lists: Lists, *, options: dict[str, str] | None = None) -> None:
        super().__init__(lists)
        self.uri, self.options = uri, options
        self.asked, self.never = Asked(f"delta://{uri}"), Asked(f"delta://{uri}-never")
        self._write(pa.table({"id": [1, 2, 3], "part": ["n", "s", "n"], "note": ["a", None, "c"]}))

    def _write(self, rows: pa.Table) -> None:
        deltalake.write_deltalake(
            self.uri, rows, mode="append", partition_by=["part"], storage_options=self.options or {}
        )

    def content(self) -> Content:
        table = deltalake.DeltaTable(self.uri, storage_options=self.options or {}).to_pyarrow_table()
        return {f"{self.uri.rpartition('/')[2]}.parquet": in_order(table)}

    def read(self, files: Mapping[str, bytes]) -> Content:
        return {path: in_order(parquet.read_table(pa.BufferReader(data))) for path, data in files.items()}

    def change(self) -> None:
        self._write(pa.table({"id": [4], "part": ["n"], "note": ["d"]}))

    def remove(self) -> None:
        shutil.rmtree(self.uri)


class IcebergPlace(_Place):
    """An Iceberg table in a catalog in a file."""

    keeps = True

    def __init__(self, directory: Path, lists: Lists) -> None:
        super().__init__(lists)
        self.catalog = load_catalog(
            "lake", uri=f"sqlite:///{directory}/catalog.db", warehouse=f"file://{directory}/warehouse"
        )
        self.catalog.create_namespace("sales")
        rows = pa.table({"id": pa.array([1, 2, 3], pa.int64()), "note": ["a", None, "c"]})
        self.catalog.create_table("sales.orders", schema=rows.schema).append(rows)
        self.asked, self.never = Asked("iceberg://lake/sales.orders"), Asked("iceberg://lake/sales.never")

    def content(self) -> Content:
        return {"orders.parquet": in_order(self.catalog.load_table("sales.orders").scan().to_arrow())}

    def read(self, files: Mapping[str, bytes]) -> Content:
        return {path: in_order(parquet.read_table(pa.BufferReader(data))) for path, data in files.items()}

    def change(self) -> None:
        rows = pa.table({"id": pa.array([4], pa.int64()), "note": ["d"]})
        self.catalog.load_table("sales.orders").append(rows)

    def remove(self) -> None:
        self.catalog.purge_table("sales.orders")


def in_order(table: pa.Table) -> list[dict[str, Any]]:
    """Return the rows of a table in an order of their own."""
    return sorted(table.to_pylist(), key=lambda each: int(each["id"]))


class QueryPlace(_Place):
    """A table in a database, and a query of it. ``execute`` runs SQL there."""

    def __init__(self, execute: Callable[[str], object], lists: Lists) -> None:
        super().__init__(lists)
        self._execute = execute
        self.asked = Asked("warehouse", sql="SELECT id, note FROM t WHERE id > :low ORDER BY id", params={"low": 1})
        self.never = Asked("warehouse", sql="SELECT * FROM never")
        for sql in ("CREATE TABLE t (id INT, note TEXT)", "INSERT INTO t VALUES (1, 'a'), (2, NULL), (3, 'c, d')"):
            execute(sql)
        self._content = b'id,note\n2,\n3,"c, d"\n'

    def content(self) -> Content:
        return {"result.csv": self._content}

    def change(self) -> None:
        self._execute("UPDATE t SET note = 'e, f' WHERE id = 3")
        self._content = b'id,note\n2,\n3,"e, f"\n'

    def remove(self) -> None:
        self._execute("DROP TABLE t")


def in_sqlite(path: Path) -> Callable[[str], object]:
    """Return what runs SQL in a SQLite file."""

    def execute(sql: str) -> None:
        with sqlite3.connect(path) as connection:
            connection.execute(sql)
        connection.close()

    return execute


def in_duckdb(path: Path) -> Callable[[str], object]:
    """Return what runs SQL in a DuckDB file."""

    def execute(sql: str) -> None:
        with duckdb.connect(str(path)) as connection:
            connection.execute(sql)

    return execute


def in_postgres(url: str) -> Callable[[str], object]:
    """Return what runs SQL in a PostgreSQL database."""

    def execute(sql: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.encode())

    return execute


def around(directory: Path, lists: Lists, *, variables: Mapping[str, str] | None = None, **urls: str) -> Surroundings:
    """Return surroundings that know connections by name; the address of each is in a variable."""
    named = {f"URL_OF_{name.upper()}": url for name, url in urls.items()}
    connections = {name: Connection(url_env=f"URL_OF_{name.upper()}") for name in urls}
    return Surroundings(directory, {"SECRET": SECRET, **named, **(variables or {})}, connections, lists.get)
