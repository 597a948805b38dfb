"""Every connector keeps the contract: with real stores, servers, tables and databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lineal.storage.sources.delta import DeltaTables
from lineal.storage.sources.https import WebServers
from lineal.storage.sources.iceberg import IcebergTables
from lineal.storage.sources.object_store import ObjectStores
from lineal.storage.sources.query import Queries
from lineal.testing.contracts.source import SourceContract
from tests.parts.azurite import Azure
from tests.parts.gcs import Gcs
from tests.sources.places import (
    SECRET,
    BucketPlace,
    DeltaPlace,
    IcebergPlace,
    Lists,
    ObjectPlace,
    PrefixPlace,
    QueryPlace,
    WebPlace,
    around,
    in_duckdb,
    in_postgres,
    in_sqlite,
)
from tests.sources.s3 import S3, entered
from tests.sources.web import Site, serving


@pytest.fixture
def lists() -> Lists:
    return Lists()


class InBucket(SourceContract):
    """Something in an S3 bucket that keeps versions, or does not: of Ceph, and of moto."""

    @pytest.fixture(params=["moto", "ceph"])
    def s3(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> S3:
        return entered(request.getfixturevalue(request.param), monkeypatch)

    @pytest.fixture(params=[True, False], ids=["versions", "no versions"])
    def keeps(self, request: pytest.FixtureRequest) -> bool:
        return bool(request.param)

    @pytest.fixture
    def connector(self, s3: S3, lists: Lists, tmp_path: Path) -> ObjectStores:
        return ObjectStores(around(tmp_path, lists, variables=s3.variables))


class TestObjects(InBucket):
    """One object."""

    @pytest.fixture
    def place(self, s3: S3, lists: Lists, keeps: bool) -> ObjectPlace:
        return ObjectPlace(s3.client, s3.bucket(keeps=keeps), lists, keeps=keeps)


class TestPrefixes(InBucket):
    """Many objects."""

    @pytest.fixture
    def place(self, s3: S3, lists: Lists, keeps: bool) -> PrefixPlace:
        return PrefixPlace(s3.client, s3.bucket(keeps=keeps), lists, keeps=keeps)


class TestGoogle(SourceContract):
    """One object in Google Cloud Storage, whose generations are gone once they are replaced."""

    @pytest.fixture
    def connector(self, gcs: Gcs, lists: Lists, tmp_path: Path) -> ObjectStores:
        variables = {"GOOGLE_BASE_URL": gcs.endpoint, "GOOGLE_SKIP_SIGNATURE": "true"}
        return ObjectStores(around(tmp_path, lists, variables=variables))

    @pytest.fixture
    def place(self, gcs: Gcs, lists: Lists) -> BucketPlace:
        return BucketPlace(f"gs://{gcs.make()}", gcs.options, lists)


class TestAzure(SourceContract):
    """One object in Azure."""

    @pytest.fixture
    def connector(self, azurite: Azure, lists: Lists, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ObjectStores:
        monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", azurite.options["account"])
        monkeypatch.setenv("AZURE_STORAGE_KEY", azurite.options["account_key"])
        return ObjectStores(around(tmp_path, lists, variables={"AZURE_STORAGE_ENDPOINT": azurite.endpoint}))

    @pytest.fixture
    def place(self, azurite: Azure, lists: Lists) -> BucketPlace:
        return BucketPlace(f"az://{azurite.make()}", azurite.options, lists)


class TestWebServers(SourceContract):
    """A file behind HTTP."""

    @pytest.fixture
    def site(self) -> Iterator[Site]:
        with serving() as site:
            yield site

    @pytest.fixture
    def connector(self, tmp_path: Path, lists: Lists) -> WebServers:
        netrc = tmp_path / ".netrc"
        netrc.write_text(f"machine 127.0.0.1 login ada password {SECRET}\n")
        netrc.chmod(0o600)
        return WebServers(around(tmp_path, lists, variables={"HOME": str(tmp_path)}))

    @pytest.fixture
    def place(self, site: Site, lists: Lists) -> WebPlace:
        return WebPlace(site, lists)


class TestDelta(SourceContract):
    """A Delta table in a directory."""

    @pytest.fixture
    def connector(self, tmp_path: Path, lists: Lists) -> DeltaTables:
        return DeltaTables(around(tmp_path, lists))

    @pytest.fixture
    def place(self, tmp_path: Path, lists: Lists) -> DeltaPlace:
        return DeltaPlace(str(tmp_path / "a table"), lists)


class _DeltaInBucket(DeltaPlace):
    def __init__(self, s3: S3, bucket: str, lists: Lists) -> None:
        super().__init__(f"s3://{bucket}/lake/sales", lists, options=s3.delta_options)
        self.s3, self.bucket = s3, bucket

    def remove(self) -> None:
        for each in self.s3.client.list_objects_v2(Bucket=self.bucket)["Contents"]:
            self.s3.client.delete_object(Bucket=self.bucket, Key=each["Key"])


class TestDeltaInBucket(SourceContract):
    """A Delta table in S3."""

    @pytest.fixture
    def connector(self, s3: S3, tmp_path: Path, lists: Lists) -> DeltaTables:
        return DeltaTables(around(tmp_path, lists, variables=s3.variables))

    @pytest.fixture
    def place(self, s3: S3, lists: Lists) -> _DeltaInBucket:
        return _DeltaInBucket(s3, s3.bucket(keeps=False), lists)


class TestIceberg(SourceContract):
    """An Iceberg table."""

    @pytest.fixture
    def connector(self, tmp_path: Path, lists: Lists, place: IcebergPlace) -> IcebergTables:
        return IcebergTables(around(tmp_path, lists, lake="sqlite:///catalog.db"))

    @pytest.fixture
    def place(self, tmp_path: Path, lists: Lists) -> IcebergPlace:
        return IcebergPlace(tmp_path, lists)


class TestSqlite(SourceContract):
    """A query on a SQLite file."""

    @pytest.fixture
    def connector(self, tmp_path: Path, lists: Lists) -> Queries:
        return Queries(around(tmp_path, lists, warehouse="sqlite:///a file%3F.db"))

    @pytest.fixture
    def place(self, tmp_path: Path, lists: Lists) -> QueryPlace:
        return QueryPlace(in_sqlite(tmp_path / "a file?.db"), lists)


class TestDuckdb(SourceContract):
    """A query on a DuckDB file."""

    @pytest.fixture
    def connector(self, tmp_path: Path, lists: Lists) -> Queries:
        return Queries(around(tmp_path, lists, warehouse="duckdb:///warehouse.duckdb"))

    @pytest.fixture
    def place(self, tmp_path: Path, lists: Lists) -> QueryPlace:
        return QueryPlace(in_duckdb(tmp_path / "warehouse.duckdb"), lists)


class TestPostgres(SourceContract):
    """A query on PostgreSQL."""

    @pytest.fixture
    def connector(self, postgres_url: str, tmp_path: Path, lists: Lists) -> Queries:
        mark = "&" if "?" in postgres_url else "?"
        return Queries(around(tmp_path, lists, warehouse=f"{postgres_url}{mark}password={SECRET}"))

    @pytest.fixture
    def place(self, postgres_url: str, lists: Lists) -> QueryPlace:
        return QueryPlace(in_postgres(postgres_url), lists)
