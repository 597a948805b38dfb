"""Uploads of Google's XML API, translated to the JSON API for fake-gcs-server; everything else passes through.

``python -m tests.parts.gcs_uploads PORT UPSTREAM_PORT``. See cloud.google.com/storage/docs/xml-api.
"""

from __future__ import annotations

import http.client
import json
import re
import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, quote, unquote, urlsplit

_PART = re.compile(r"<PartNumber>\s*(\d+)\s*</PartNumber>")
_DROPPED = {"transfer-encoding", "connection", "content-length"}


class Uploads(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    upstream: ClassVar[int]
    parts: ClassVar[dict[str, dict[int, bytes]]] = {}

    def answer(self) -> None:
        """Translate a request, or pass it on."""
        url = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        bucket, _, name = url.path.lstrip("/").partition("/")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        upload = asked.get("uploadId", "")
        if upload and upload not in self.parts:
            self.reply(404, b"<Error><Code>NoSuchUpload</Code></Error>")
        elif self.command == "POST" and "uploads" in asked:
            self.begin()
        elif self.command == "PUT" and upload:
            self.parts[upload][int(asked["partNumber"])] = body
            self.reply(200, b"", ETag=f'"{upload}-{asked["partNumber"]}"')
        elif self.command == "POST" and upload:
            numbers = [int(each) for each in _PART.findall(body.decode())]
            held = self.parts.pop(upload)
            self.store(bucket, name, b"".join(held[each] for each in numbers), whole=True)
        elif self.command == "DELETE" and upload:
            self.parts.pop(upload)
            self.reply(204, b"")
        elif self.command == "PUT" and name and not url.path.startswith(("/storage/", "/upload/")):
            self.store(bucket, name, body, whole=False)
        else:
            self.reply(*self.ask(self.command, self.path, body, dict(self.headers)))

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = answer  # noqa: N815 - http.server's names

    def begin(self) -> None:
        """Begin an upload in parts."""
        upload = uuid.uuid4().hex
        self.parts[upload] = {}
        self.reply(
            200,
            f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>".encode(),
        )

    def store(self, bucket: str, name: str, body: bytes, *, whole: bool) -> None:
        """Store an object, on the condition that the client named."""
        condition = self.headers.get("x-goog-if-generation-match")
        path = f"/upload/storage/v1/b/{bucket}/o?uploadType=multipart&name={quote(unquote(name), safe='')}"
        path += f"&ifGenerationMatch={condition}" if condition else ""
        # With metadata beside the content, the only form in which fake-gcs-server looks at a condition.
        said = json.dumps({"name": unquote(name)}).encode()
        parts = ((b"application/json", said), (b"application/octet-stream", body))
        mark = uuid.uuid4().hex
        related = b"".join(b"--%s\r\nContent-Type: %s\r\n\r\n%s\r\n" % (mark.encode(), *part) for part in parts)
        headers = {"Content-Type": f"multipart/related; boundary={mark}"}
        status, said, _ = self.ask("POST", path, related + b"--%s--\r\n" % mark.encode(), headers)
        if status != 200:
            self.reply(status, said)
            return
        stored = json.loads(said)
        etag, generation = f'"{stored["etag"]}"', stored["generation"]
        text = f"<CompleteMultipartUploadResult><ETag>{etag}</ETag></CompleteMultipartUploadResult>" if whole else ""
        self.reply(200, text.encode(), {"ETag": etag, "x-goog-generation": generation})

    def ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        """Return the status, body and headers of what fake-gcs-server answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        said = answer.read()
        found = {name: value for name, value in answer.getheaders() if name.lower() not in _DROPPED}
        if method == "HEAD":
            found["Content-Length"] = answer.getheader("Content-Length", "0")
        connection.close()
        return answer.status, said, found

    def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None, **more: str) -> None:
        """Answer the client."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {}), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base calls it so
        """Say nothing."""


if __name__ == "__main__":
    Uploads.upstream = int(sys.argv[2])
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Uploads).serve_forever()
