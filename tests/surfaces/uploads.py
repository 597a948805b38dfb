"""A server that sends MLflow's clients to an object store with the parts of their files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import msgspec

from lineal.client.local import LocalRepository
from lineal.formats.holding import bytes_key
from lineal.objects.digest import digest_of
from lineal.operations.data.stores import addresses_of, staging_of
from lineal.server.guard import Guard
from lineal.storage.store import Actor
from tests.parts.s3 import S3
from tests.surfaces.conftest import served
from tests.surfaces.mlflow import HTTP, Client
from tests.surfaces.passing import Passing, passing

PART = 5 << 20
DATA = os.urandom(2 * PART + 17)
WHO = {digest_of(b"ada"): Actor("ada", "writer"), digest_of(b"eve"): Actor("eve", "reader")}


class Uploads:
    """A server that sends its clients to an object store.

    Args:
        local: its repository.
        s3: where the store is.
        store: what passes there.
        gives: whether clients get files there, too.
    """

    def __init__(self, local: LocalRepository, s3: S3, store: Passing, *, gives: bool) -> None:
        self.s3, self.bucket, self.store, self.local = s3, s3.make(), store, local
        options = (f"endpoint={store.url}", "region=us-east-1")
        local.remote.add("vault", f"s3://{self.bucket}/p", option=options, default=True)
        addresses = addresses_of(local.store, "vault") if gives else None
        local.store = msgspec.structs.replace(
            local.store, staging=staging_of(local.store, "vault"), addresses=addresses
        )

    def begin(self, url: str) -> None:
        """Have a run whose files go there."""
        self.url = url
        self.client = Client(url, Authorization="Bearer ada")
        self.root = f"0/{self.client.run('0')}/artifacts"

    def create(self, name: str = "big.bin", count: int = 3) -> Any:
        """Begin an upload."""
        return self.client.said("POST", self.path("create"), {"path": name, "num_parts": count})

    def path(self, step: str) -> str:
        """Return where a step of an upload is asked for."""
        return f"mlflow-artifacts/mpu/{step}/{self.root}"

    def sent(self, upload: Any, data: bytes = DATA) -> list[dict[str, Any]]:
        """Send the parts, several at once, and return what to say of them."""
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(lambda each: self.send(each, data), upload["credentials"]))

    def send(self, credential: Any, data: bytes = DATA) -> dict[str, Any]:
        """Send one part as MLflow's client does, which does not say who it is."""
        number = credential["part_number"]
        piece = data[(number - 1) * PART : number * PART]
        answer = HTTP.request("PUT", credential["url"], body=piece, headers=credential["headers"])
        assert answer.status == 200, answer.data
        return {"part_number": number, "etag": answer.headers["ETag"], "url": credential["url"]}

    def ending(self, upload: Any, parts: list[dict[str, Any]], name: str = "big.bin") -> dict[str, Any]:
        """Return what to say at the end."""
        return {"path": name, "upload_id": upload["upload_id"], "parts": parts}

    def complete(self, upload: Any, parts: list[dict[str, Any]], name: str = "big.bin") -> None:
        """Say that all parts were sent."""
        assert self.client.said("POST", self.path("complete"), self.ending(upload, parts, name)) == {}

    def refused(self, upload: Any, parts: list[dict[str, Any]], name: str = "big.bin") -> tuple[int, str, str]:
        """Say so, and be refused."""
        return self.client.refused("POST", self.path("complete"), self.ending(upload, parts, name))

    def had(self, name: str = "big.bin") -> bytes:
        """Return the file."""
        return self.client.get(f"{self.root}/{name}")

    def staged(self) -> list[str]:
        """Return the names of the objects that have no name here."""
        found = self.s3.client.list_objects_v2(Bucket=self.bucket, Prefix="p/uploads/").get("Contents", [])
        return sorted(each["Key"].rpartition("/")[2] for each in found)

    def address(self, name: str = "big.bin") -> Any:
        """Return what the server says of where a file is had."""
        return self.client.said("GET", f"mlflow-artifacts/presigned/{self.root}/{name}")

    def key(self, data: bytes) -> str:
        """Return where the store has some bytes under their name."""
        return f"p/{bytes_key('blob', digest_of(data))}"

    def is_store(self, upload: Any) -> bool:
        """Tell whether the parts of an upload go to the store."""
        return all(each["url"].startswith(f"{self.store.url}/{self.bucket}/") for each in upload["credentials"])


@contextmanager
def uploading(local: LocalRepository, s3: S3, *, gives: bool = False) -> Iterator[Uploads]:
    """Serve a repository so that files go to ``s3``; the environment says who we are there."""
    with passing(s3.endpoint) as store:
        found = Uploads(local, s3, store, gives=gives)
        with served(local, Guard(Actor("owner", "admin"), WHO)) as url:
            found.begin(url)
            yield found
