"""Verbs of remotes: name the places that hold copies of bytes, and find the bucket that a name means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress

import msgspec

from lineal.objects.errors import Conflict, Denied, Invalid, NotFound
from lineal.objects.reference import check_name
from lineal.operations.answers.upkeep import RemoteAnswer
from lineal.operations.operation import operation
from lineal.operations.references import Row
from lineal.storage.buckets.bucket import Bucket
from lineal.storage.buckets.opening import SECRETS, check_url, credentials_hint, open_bucket
from lineal.storage.store import Store

_PLACE = re.compile(r"[a-z0-9+]+://|[./~]")
"""How a URL or a path begins, which a name does not."""


@operation("remote add", effect="writes", role="admin")
def add(store: Store, name: str, url: str, *, option: tuple[str, ...] = (), default: bool = False) -> RemoteAnswer:
    """Name a place that holds copies of bytes: a directory, S3, Google Cloud Storage, Azure or a machine by SSH.

    Nothing is asked of it yet; lineal doctor NAME does that. The first remote is the default one. Who we are to the
    place is left to the environment of whoever asks: secrets are never written down.

    Args:
        name: what the place is called.
        url: a directory, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX, ssh://USER@HOST/PATH, or
            https://… to read only.
        option: what the URL does not say, as endpoint=https://s3.example.org or region=eu-west-1.
        default: make it the one that is meant where none is named.

    Raises:
        Invalid: the URL or an option is not understood, or holds a secret.
        Conflict: the name stands for another place.
    """
    check_name(name, "remote")
    options = _read(url, option)
    where = open_bucket(url, options).url
    known = _rows(store)
    if (row := next((each for each in known if each["name"] == name), None)) and (
        (row["url"], _options(row)) != (where, options)
    ):
        raise Conflict(f"{name} is {row['url']} already", hint=f"lineal remote remove {name}, or choose another name")
    is_default = default or not known or bool(row and row["is_default"])
    if is_default:
        store.database.run("UPDATE remote SET is_default = 0, revision = revision + 1 WHERE is_default = 1")
    store.database.run(
        "INSERT INTO remote (name, url, options, is_default, added_by, created_at, revision)"
        " VALUES (:name, :url, :options, :is_default, :by, :at, 1)"
        " ON CONFLICT (name) DO UPDATE SET is_default = excluded.is_default, revision = remote.revision + 1",
        name=name,
        url=where,
        options=msgspec.json.encode(options, order="sorted").decode(),
        is_default=int(is_default),
        by=store.actor.name,
        at=store.clock.now(),
    )
    return _answer(find_remote(store, name))


@operation("remote list", effect="reads", about={})
def list_remotes(store: Store) -> tuple[RemoteAnswer, ...]:
    """List the remotes: the places that hold copies of bytes."""
    return tuple(map(_answer, _rows(store)))


def _keep_copies(store: Store, name: str, **_: object) -> None:
    """Give what the store has only in files of the workspace files of its own, when nobody will know another copy of it."""
    from lineal.storage.repository import on_disk  # noqa: PLC0415 - few commands look at the disk

    if [row["name"] for row in _rows(store)] == [name] and (blobs := on_disk(store)):
        for digest in blobs.shared.names():
            with suppress(NotFound):  # it was edited already
                blobs.own(digest)


@operation("remote remove", effect="writes", role="admin", prepare=_keep_copies)
def remove(store: Store, name: str) -> RemoteAnswer:
    """Forget the name of a remote. What is stored there stays.

    With the last remote, large files that the store shared with the workspace are copied: nothing would tell where else they are.

    Args:
        name: the remote.
    """
    row = find_remote(store, name)
    store.database.run("DELETE FROM remote WHERE name = :name", name=name)
    return _answer(row)


def find_remote(store: Store, name: str = "") -> Row:
    """Return the row of the remote called ``name``, or of the default one. Raises NotFound."""
    rows = _rows(store)
    found = [each for each in rows if (each["name"] == name if name else each["is_default"])]
    if found:
        return found[0]
    if not rows:
        raise NotFound("there are no remotes", hint="lineal remote add NAME URL names a place")
    if not name:
        raise NotFound("no remote is the default one", hint="lineal remote add NAME URL --default makes one so")
    from difflib import get_close_matches  # noqa: PLC0415 - most names are right

    names = [each["name"] for each in rows]
    near = get_close_matches(name, names, n=3)
    raise NotFound(f"there is no remote {name!r}", hint=f"there are {', '.join(near or names)}")


def bucket_of(store: Store, where: str = "") -> Bucket:
    """Return the bucket that is meant: what reaches it is tried again until it does.

    Args:
        store: knows the remotes, and who asks.
        where: a remote's name, a URL or a path; empty for the default remote.

    Raises:
        NotFound: there is no such remote, or no default one.
        Invalid: the URL is not understood, or holds a secret.
        Denied: a place that is no remote was named by somebody who may not name one.
    """
    if not _PLACE.match(where):
        row = find_remote(store, where)
        return open_bucket(row["url"], _options(row))
    check_url(where)
    if store.actor.role != "admin":
        # On a server it is the server that would read and write there.
        raise Denied(
            f"{store.actor.name} may only use remotes", hint="ask an administrator: lineal remote add NAME URL"
        )
    return open_bucket(where, {})


def remote_names(store: Store) -> list[str]:
    """Return the names of all remotes, the default one first."""
    return [row["name"] for row in sorted(_rows(store), key=lambda row: not row["is_default"])]


def _rows(store: Store) -> list[Row]:
    return store.database.run("SELECT * FROM remote ORDER BY name")


def _options(row: Row) -> dict[str, str]:
    return msgspec.json.decode(row["options"], type=dict[str, str])


def _read(url: str, options: Iterable[str]) -> Mapping[str, str]:
    """Return options written as ``name=value``. Raises Invalid when one is a secret."""
    read = dict[str, str]()
    for each in options:
        name, equals, value = each.partition("=")
        if not equals or not value:
            raise Invalid(f"the option {name!r} says nothing", hint="write it as name=value")
        if name in SECRETS:
            raise Invalid(f"{name} is a secret, which is not written down", hint=credentials_hint(url))
        read[name] = value
    return read


def _answer(row: Row) -> RemoteAnswer:
    return RemoteAnswer(
        reference=row["name"],
        name=row["name"],
        url=row["url"],
        options=_options(row),
        is_default=bool(row["is_default"]),
        added_by=row["added_by"],
        created_at=row["created_at"],
    )
