"""Private keys: files in the user's configuration, readable by nobody else, or where the environment says."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from lineal.formats.signatures.keys import PrivateKey, load_private
from lineal.objects.errors import Conflict, Denied, NotFound
from lineal.objects.reference import check_name

SIGNING = "LINEAL_SIGNING_KEY"
"""The variable that says which key signs versions: a name, a file, or the key itself."""

DEFAULT = "default"
"""The key that signs versions when nothing else is said, where there is one."""

_PASSWORD = "LINEAL_KEY_PASSWORD"  # noqa: S105 - where it is, not what
_SUFFIX = ".pem"


def home(variables: Mapping[str, str]) -> Path:
    """Return where this user's keys are."""
    return Path(variables.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "lineal" / "keys"


def names(variables: Mapping[str, str]) -> Iterator[str]:
    """Yield the names of this user's keys."""
    yield from sorted(each.stem for each in home(variables).glob(f"*{_SUFFIX}"))


def keep(name: str, key: PrivateKey, variables: Mapping[str, str]) -> Path:
    """Write a new key, which nobody else can read. Raises Conflict where that name is taken."""
    path = home(variables) / f"{check_name(name, 'key').replace('/', '-')}{_SUFFIX}"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Conflict(
            f"there is a key {name!r} already: {path}", hint="choose another name; keys are never overwritten"
        ) from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.pem)
    return path


def find(wanted: str, variables: Mapping[str, str]) -> PrivateKey:
    """Return the key that a word means: the key itself as PEM, a file's path, or a name.

    Raises:
        NotFound: there is no such key.
        Denied: others can read it.
        Invalid: what is there is no key.
    """
    password = variables.get(_PASSWORD, "").encode() or None
    if "-----BEGIN" in wanted:
        return load_private(wanted.encode(), "the environment", password=password)
    path = Path(wanted)
    if not (path.is_file() and ("/" in wanted or path.suffix)):
        path = home(variables) / f"{wanted}{_SUFFIX}"
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise Denied(f"{path} can be read by others, so it signs nothing", hint=f"chmod 600 {path}")
            return load_private(file.read(), str(path), password=password)
    except OSError as error:
        there = ", ".join(names(variables)) or "none"
        raise NotFound(
            f"there is no key {wanted!r}: {error.strerror}", hint=f"lineal key create makes one; there are {there}"
        ) from None


def signing(variables: Mapping[str, str]) -> str:
    """Return which key signs versions, or nothing where none does."""
    return variables.get(SIGNING, "") or (DEFAULT if DEFAULT in names(variables) else "")
