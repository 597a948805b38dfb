"""Every bucket, and every wrapper around one, keeps the contract: here, and on real servers of each kind of store."""

from __future__ import annotations

import pytest

from lineal.storage.buckets.bucket import Bucket
from lineal.storage.buckets.directory import DirectoryBucket
from lineal.storage.buckets.memory import MemoryBucket
from lineal.storage.buckets.opening import open_bucket
from lineal.storage.buckets.wrappers import Forwarding, Measured, Retrying
from lineal.testing.bucket_faults import CuttingBucket, FailingBucket, SlowBucket
from lineal.testing.contracts.bucket import BucketContract
from tests.parts.azurite import Azure
from tests.parts.gcs import Gcs
from tests.parts.s3 import S3
from tests.parts.ssh import Ssh


class TestDirectory(BucketContract):
    """A directory."""

    @pytest.fixture
    def bucket(self, tmp_path_factory: pytest.TempPathFactory) -> Bucket:
        """An empty one, away from the files of a test."""
        return DirectoryBucket(tmp_path_factory.mktemp("bucket"))


class TestMemory(BucketContract):
    """Nothing but memory."""

    @pytest.fixture
    def bucket(self) -> Bucket:
        """An empty one."""
        return MemoryBucket()


class TestForwarding(BucketContract):
    """The base of wrappers."""

    @pytest.fixture
    def bucket(self) -> Bucket:
        """Around memory."""
        return Forwarding(MemoryBucket())


class TestMeasured(BucketContract):
    """Counting."""

    @pytest.fixture
    def bucket(self) -> Bucket:
        """Around memory."""
        return Measured(MemoryBucket())


class TestRetrying(BucketContract):
    """Trying again, around a bucket whose every third call fails for now."""

    @pytest.fixture
    def bucket(self) -> Bucket:
        """Around faults, around memory."""
        failing: Bucket = MemoryBucket()
        for number in range(3, 90, 3):
            failing = FailingBucket(failing, after=number, times=1)
        return Retrying(failing, sleep=lambda _: None)


class TestCutting(BucketContract):
    """Trying again, around transfers that break off."""

    @pytest.fixture
    def bucket(self, tmp_path_factory: pytest.TempPathFactory) -> Bucket:
        """Around faults, around a directory."""
        inner = DirectoryBucket(tmp_path_factory.mktemp("bucket"))
        return Retrying(CuttingBucket(inner, after_bytes=1, times=2), sleep=lambda _: None)


class TestSlow(BucketContract):
    """A bucket that takes its time."""

    @pytest.fixture
    def bucket(self) -> Bucket:
        """Around memory."""
        return SlowBucket(MemoryBucket(), delay_ms=0.1)


class TestCeph(BucketContract):
    """A real S3, behind a prefix."""

    many = 1_050

    @pytest.fixture
    def bucket(self, ceph: S3) -> Bucket:
        """An empty one."""
        return open_bucket(f"s3://{ceph.make()}/some/prefix", ceph.options)


class TestCephWithVersions(BucketContract):
    """A bucket that keeps older versions."""

    @pytest.fixture
    def bucket(self, ceph: S3) -> Bucket:
        """An empty one."""
        return open_bucket(f"s3://{ceph.make(versions=True)}", ceph.options)


class TestMoto(BucketContract):
    """Another S3."""

    many = 1_050

    @pytest.fixture
    def bucket(self, moto: S3) -> Bucket:
        """An empty one."""
        return open_bucket(f"s3://{moto.make()}", moto.options)


class TestAzurite(BucketContract):
    """Azure."""

    @pytest.fixture
    def bucket(self, azurite: Azure) -> Bucket:
        """An empty one."""
        return open_bucket(f"az://{azurite.make()}/prefix", azurite.options)


class TestSsh(BucketContract):
    """A directory behind OpenSSH."""

    @pytest.fixture
    def bucket(self, ssh: Ssh, tmp_path_factory: pytest.TempPathFactory) -> Bucket:
        """An empty one."""
        return open_bucket(f"ssh://{ssh.address}{tmp_path_factory.mktemp('bucket')}", ssh.options)


class TestGcs(BucketContract):
    """Google Cloud Storage; ``tests.parts.gcs`` says which half of the server is not Google's."""

    many = 1_050

    @pytest.fixture
    def bucket(self, gcs: Gcs) -> Bucket:
        """An empty one."""
        return open_bucket(f"gs://{gcs.make()}/prefix", gcs.options)
