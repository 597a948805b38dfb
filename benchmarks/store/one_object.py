"""Put a file as one object, or get it, in ranges side by side: ``python one_object.py put|get ENDPOINT BUCKET FILE``."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from obstore.store import S3Store

KEY = "one-object"
RANGE_BYTES = 16 << 20


def put(store: S3Store, path: Path) -> None:
    """Put the file."""
    store.put(KEY, path, chunk_size=RANGE_BYTES, max_concurrency=8)


def get(store: S3Store, path: Path) -> None:
    """Write the object over the file."""
    size = store.head(KEY)["size"]
    with path.open("r+b", buffering=0) as out, ThreadPoolExecutor(8) as threads:
        starts = range(0, size, RANGE_BYTES)
        ranges = threads.map(
            lambda start: store.get_range(KEY, start=start, length=min(RANGE_BYTES, size - start)), starts
        )
        for piece in ranges:
            out.write(piece)


if __name__ == "__main__":
    act, endpoint, bucket, file = sys.argv[1:]
    here = S3Store(bucket, endpoint=endpoint, client_options={"allow_http": True}, virtual_hosted_style_request=False)
    {"put": put, "get": get}[act](here, Path(file))
