"""An S3 server as tests use it: where it is, whose it is, and buckets made in it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from typing import Any

KEY_ID = "AKIALINEALTESTS00000"
SECRET = "a secret that must never be shown+/="  # of servers that live as long as the tests


class S3:
    """A server.

    Args:
        endpoint: its address.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    @property
    def options(self) -> Mapping[str, str]:
        """What a bucket of it is opened with."""
        return {
            "endpoint": self.endpoint,
            "region": "us-east-1",
            "access_key_id": KEY_ID,
            "secret_access_key": SECRET,
        }

    @cached_property
    def client(self) -> Any:
        """Amazon's own client, for what only the owner of a bucket does."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
            config=Config(s3={"addressing_style": "path"}),
        )

    def make(self, *, versions: bool = False, locks: bool = False) -> str:
        """Make an empty bucket and return its name."""
        name = f"test-{os.urandom(8).hex()}"
        self.client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=locks)
        if versions:
            self.client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name
