"""An S3 server with versions, on this machine."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import boto3
from moto.server import ThreadedMotoServer

from tests.sources.places import SECRET


class S3(NamedTuple):
    """A server, and a client that may do everything."""

    endpoint: str
    client: Any

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables by which it is found and entered."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "ada",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
        }

    @property
    def delta_options(self) -> dict[str, str]:
        """What the Delta library needs to write here."""
        return {**self.variables, "AWS_ALLOW_HTTP": "true"}

    def bucket(self, *, keeps: bool) -> str:
        """Make an empty bucket that keeps versions, or does not; return its name."""
        name = f"bucket-{uuid.uuid4().hex}"
        self.client.create_bucket(Bucket=name)
        if keeps:
            self.client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name


@contextmanager
def serving_s3() -> Iterator[S3]:
    """Run a server while the block runs."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="ada",
        aws_secret_access_key=SECRET,
    )
    try:
        yield S3(endpoint, client)
    finally:
        client.close()
        server.stop()
