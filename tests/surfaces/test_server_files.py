"""Many small files and trees over HTTP: what is asked for comes, what is sent is checked, and nobody else is served."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.formats import pack, trees
from lineal.objects.digest import Digest, digest_of
from lineal.objects.files import Entry
from lineal.server.guard import Guard
from lineal.server.settings import Settings
from lineal.server.tokens import read_tokens
from lineal.storage.blobs.packed import PackedBlobs
from lineal.storage.store import Actor
from lineal.testing.contracts.blobs_together import ABSENT, bundled
from tests.surfaces.conftest import served
from tests.unit.formats.specified import specified_pack
from tests.unit.storage.spoiling import overwrite

HTTP = urllib3.PoolManager(retries=False)
CONTENTS = [b"file number %d" % number for number in range(100)]
DIGESTS = [digest_of(each) for each in CONTENTS]


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalRepository]:
    """An empty repository."""
    with init(tmp_path) as found:
        yield found


@pytest.fixture
def api(local: LocalRepository) -> Iterator[str]:
    """Where it is served, to this machine's owner."""
    with served(local) as url:
        yield f"{url}/api/v1"


def ask(method: str, url: str, body: object = None, **headers: str) -> tuple[int, Any]:
    """Return the status and the body of an answer; of a problem, its kind and sentence."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    answer = HTTP.request(method, url, body=data, headers=headers)
    if answer.headers.get("Content-Type") != "application/problem+json":
        return answer.status, answer.data
    said = json.loads(answer.data)
    assert said["hint"]
    return answer.status, (said["type"], said["detail"])


def framed(data: bytes) -> dict[Digest, bytes]:
    """Return the blobs of an answer, each of which stands behind its digest and size."""
    stream, found = io.BytesIO(data), dict[Digest, bytes]()
    while head := stream.read(pack.FRAME_BYTES):
        digest, size = pack.frame_of(head)
        assert digest not in found
        found[digest] = stream.read(size)
    return found


def test_many_blobs_come_in_one_answer(api: str, local: LocalRepository) -> None:
    bundled(local.blobs, CONTENTS)
    alone = local.blobs.put(b"alone")
    status, data = ask("POST", f"{api}/blobs/get", [*DIGESTS, alone, *DIGESTS])

    assert (200, {**dict(zip(DIGESTS, CONTENTS, strict=True)), alone: b"alone"}) == (status, framed(data))
    assert (200, b"") == ask("POST", f"{api}/blobs/get", [])


def test_one_that_is_not_here_is_told_before_any_comes(api: str, local: LocalRepository) -> None:
    bundled(local.blobs, CONTENTS)

    assert (404, ("NotFound", f"1 blobs are not here, such as {ABSENT}")) == ask(
        "POST", f"{api}/blobs/get", [*DIGESTS, ABSENT]
    )
    assert 404 == ask("POST", f"{api}/blobs/get", ["../../etc/passwd"])[0]


def test_a_damaged_one_comes_as_nothing_and_the_others_as_they_are(api: str, local: LocalRepository) -> None:
    bundled(local.blobs, CONTENTS)
    assert isinstance(local.blobs, PackedBlobs)
    overwrite(local.blobs, DIGESTS[5], CONTENTS[5].upper())
    found = framed(ask("POST", f"{api}/blobs/get", DIGESTS)[1])

    assert b"" == found.pop(DIGESTS[5])
    assert [each for each in DIGESTS if each != DIGESTS[5]] == [each for each in DIGESTS if each in found]
    assert all(digest_of(data) == digest for digest, data in found.items())


def test_the_blobs_of_a_pack_are_stored_each_under_its_own_digest(api: str, local: LocalRepository) -> None:
    name, data = specified_pack(CONTENTS)

    assert 204 == ask("PUT", f"{api}/packs/{name}", data)[0]
    assert dict(zip(DIGESTS, CONTENTS, strict=True)) == dict(local.blobs.get_many(DIGESTS))
    assert 204 == ask("PUT", f"{api}/packs/{name}", data)[0]
    assert sorted(DIGESTS) == list(local.blobs.list())


def _flip(data: bytes, at: int) -> bytes:
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


NAME, DATA = specified_pack(CONTENTS)
BAD = {
    "a flipped bit in a blob": _flip(DATA, 3),
    "a flipped bit in the last blob": _flip(DATA, sum(map(len, CONTENTS)) - 1),
    "a flipped bit in the table": _flip(DATA, -40),
    "a flipped bit at the end": _flip(DATA, -1),
    "cut short": DATA[:-1],
    "the end is missing": DATA[: len(DATA) // 2],
    "the beginning is missing": DATA[1:],
    "nothing": b"",
    "another pack": specified_pack([b"other"])[1],
    "something behind it": DATA + b"x",
    "a table of all the memory there is": DATA[:-16] + b"\xff" * 8 + b"LINEALPK",
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_a_pack_that_is_not_what_was_announced_is_refused_and_nothing_wrong_is_kept(
    data: bytes, api: str, local: LocalRepository
) -> None:
    status, (kind, said) = ask("PUT", f"{api}/packs/{NAME}", data)

    assert (400, "Corrupt", True) == (status, kind, said.startswith(f"what arrived is not {NAME}"))
    assert [] == list(local.blobs.list())


def test_a_pack_is_no_larger_than_the_server_takes(local: LocalRepository) -> None:
    with served(local, settings=Settings(blob_bytes_max=1_000)) as url:
        status, (kind, said) = ask("PUT", f"{url}/api/v1/packs/{NAME}", DATA)

    assert (413, "Invalid", True) == (status, kind, "up to 1,000 bytes" in said)
    assert [] == list(local.blobs.list())


def test_a_name_that_is_no_digest_is_no_place(api: str) -> None:
    for path in ("packs/..%2f..%2fx", "packs/sha256:00", "trees/sha256:00", f"trees/{NAME.upper()}"):
        assert 404 == ask("PUT", f"{api}/{path}", b"")[0]


def grown(paths: list[str], contents: list[bytes]) -> list[trees.Node]:
    """Return the nodes of a tree of files."""
    entries = zip(paths, contents, strict=True)
    return list(
        trees.grow(Entry(path=path, digest=digest_of(each), size_bytes=len(each)) for path, each in sorted(entries))
    )


def test_a_tree_is_kept_once_all_of_it_is_here(api: str, local: LocalRepository) -> None:
    nodes = grown([f"{number:05}" for number in range(3_000)], [b"%d" % (number % 90) for number in range(3_000)])
    root = nodes[-1].digest
    steps = (
        (404, lambda: bundled(local.blobs, [each.body for each in nodes[:-1]])),
        (404, lambda: local.blobs.put(nodes[-1].body)),
        (400, lambda: bundled(local.blobs, [b"%d" % number for number in range(89)])),
        (400, lambda: local.blobs.put(b"89")),
    )
    for status, then in steps:
        assert status == ask("PUT", f"{api}/trees/{root}")[0]
        assert [] == local.store.database.run("SELECT digest FROM node WHERE digest = :root", root=root)
        then()

    assert 204 == ask("PUT", f"{api}/trees/{root}")[0]
    assert [{"digest": root}] == local.store.database.run("SELECT digest FROM node WHERE digest = :root", root=root)


ENTRY = '{"digest":"%(a)s","path":"NAME","size_bytes":1}'
BRANCH = '{"digest":"%(t)s","file_count":1,"first":"a","size_bytes":1}'
NO_TREES = {
    "no JSON": ("no tree", (400, "Corrupt")),
    "a recipe": ('{"type":"recipe","digest":"x","parts":[],"size_bytes":0}', (501, "Unsupported")),
    "a path that leads out": (f'{{"entries":[{ENTRY}],"type":"tree"}}'.replace("NAME", "../x"), (400, "Invalid")),
    "a path twice": (f'{{"entries":[{ENTRY},{ENTRY}],"type":"tree"}}', (400, "Invalid")),
    "branches and entries": (f'{{"branches":[{BRANCH}],"entries":[{ENTRY}],"type":"tree"}}', (400, "Invalid")),
    "a branch that is no tree": (
        f'{{"branches":[{BRANCH}],"type":"tree"}}'.replace("%(t)s", "%(a)s"),
        (400, "Corrupt"),
    ),
}


@pytest.mark.parametrize(("body", "expected"), NO_TREES.values(), ids=NO_TREES)
def test_bytes_that_are_no_tree_are_not_kept_as_one(
    body: str, expected: tuple[int, str], api: str, local: LocalRepository
) -> None:
    for name, known in (("%(a)s", b"a"), ("%(t)s", b'{"type":"tree"}')):
        body = body.replace(name, local.blobs.put(known))
    digest = local.blobs.put(body.encode())
    status, (kind, _) = ask("PUT", f"{api}/trees/{digest}")

    assert expected == (status, kind)
    assert [] == local.store.database.run("SELECT digest FROM node")


def test_who_may_read_may_ask_and_only_who_may_write_may_send(local: LocalRepository, tmp_path: Path) -> None:
    lines = [f'[{name}]\ntoken = "{digest_of(name.encode())}"\nrole = "{name}"\n' for name in ("reader", "writer")]
    (tmp_path / "tokens.toml").write_text("".join(lines), encoding="utf-8")
    guard = Guard(Actor(name="owner", role="admin"), read_tokens(tmp_path / "tokens.toml"))
    (node,) = grown(["a"], [b"a"])
    bundled(local.blobs, [b"a", node.body])
    requests = (
        ("POST", "blobs/get", [digest_of(b"a")], {"reader": 200, "writer": 200}),
        ("PUT", f"packs/{NAME}", DATA, {"reader": 403, "writer": 204}),
        ("PUT", f"trees/{node.digest}", None, {"reader": 403, "writer": 204}),
    )
    with served(local, guard) as url:
        for method, path, body, expected in requests:
            assert ask(method, f"{url}/api/v1/{path}", body)[0] in {401, 403}
            for name, status in expected.items():
                assert status == ask(method, f"{url}/api/v1/{path}", body, Authorization=f"Bearer {name}")[0]
