"""Secrets in rows, readable only with a key that stands outside the database.

They are sealed by AES-256-GCM. The key is 32 bytes: ``secrets.key`` in the repository's directory, which nobody else may
read, or what the environment says where several machines share a database. What is sealed names its key, and belongs to one
row: in another it does not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

from lineal.objects.errors import Corrupt, Denied, Invalid, NotFound
from lineal.storage.store import Store

VARIABLE = "LINEAL_SECRETS_KEY"
"""The environment variable that holds the key, as 64 hexadecimal digits."""

FILE = "secrets.key"

_KEY_BYTES, _NONCE_BYTES = 32, 12
_SIGN = "sealed:v1:"
_IN_MEMORY = os.urandom(_KEY_BYTES)
"""For repositories in memory, which end with this process."""


def parse_key(text: str) -> bytes:
    """Return the key that a text says. Raises Invalid; the message does not repeat the text."""
    with suppress(binascii.Error, ValueError):
        if len(key := bytes.fromhex(text.strip())) == _KEY_BYTES:
            return key
    raise Invalid(
        f"{VARIABLE} or {FILE} holds no key",
        hint="64 hexadecimal digits: python -c 'import secrets; print(secrets.token_hex(32))'",
    )


def is_sealed(text: str) -> bool:
    """Tell whether a text is a sealed secret."""
    return text.startswith(_SIGN)


def seal(store: Store, secret: str, row: str) -> str:
    """Return a secret as it is kept in a row; an empty one stays empty. A key is made when none is there.

    Raises:
        Invalid: the package that encrypts is not installed, or the key is none.
        NotFound: others were sealed with a key that is not here.
        Denied: others can read the key.
    """
    if not secret:
        return ""
    key, nonce = _key(store, make=True), os.urandom(_NONCE_BYTES)
    sealed = _cipher(key).encrypt(nonce, secret.encode(), row.encode())
    return f"{_SIGN}{_id(key)}:{base64.b64encode(nonce + sealed).decode()}"


def unseal(store: Store, text: str, row: str) -> str:
    """Return the secret of a row; one that was kept before there were keys is returned as it is.

    Raises:
        Invalid: the package that decrypts is not installed, or the key is none.
        NotFound: the key is not here.
        Corrupt: it was changed, or stands in another row than its own.
    """
    if not is_sealed(text):
        return text
    id_, _, body = text.removeprefix(_SIGN).partition(":")
    key = _key(store, make=False)
    if _id(key) != id_:
        raise NotFound(f"a secret was sealed with the key {id_}, and the one here is {_id(key)}", hint=_BRING)
    cipher = _cipher(key)
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as in _cipher

    try:
        whole = base64.b64decode(body, validate=True)
        opened: bytes = cipher.decrypt(whole[:_NONCE_BYTES], whole[_NONCE_BYTES:], row.encode())
    except (InvalidTag, ValueError):
        raise Corrupt("a sealed secret was changed, or moved to another row", hint="give it a new secret") from None
    return opened.decode()


_BRING = f"copy .lineal/{FILE} from where it was made, or set {VARIABLE} to what it holds"


def _id(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:8]


def _cipher(key: bytes) -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise Invalid(
            "secrets are kept encrypted, for which a package is missing", hint="pip install 'lineal[server]'"
        ) from None
    return AESGCM(key)


def _key(store: Store, *, make: bool) -> bytes:
    if store.secrets_key is not None:
        return parse_key(store.secrets_key())
    if store.root is None:
        return _IN_MEMORY
    path = store.root / FILE
    if not path.exists():
        if not make:
            raise NotFound(f"there is no key {path}, with which secrets were sealed", hint=_BRING)
        if others := store.database.run("SELECT secret FROM webhook WHERE secret LIKE 'sealed:%' LIMIT 1"):
            id_ = others[0]["secret"].removeprefix(_SIGN).partition(":")[0]
            raise NotFound(f"secrets are sealed with the key {id_}, which is not here: {path}", hint=_BRING)
        _make(path)
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise Denied(f"{path} can be read by others, so it opens nothing", hint=f"chmod 600 {path}")
        return parse_key(file.read().decode("ascii", "replace"))


def _make(path: Path) -> None:
    """Write a new key, whole; of two who do so at once, the first one's stays."""
    new = path.with_name(f".{FILE}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(os.urandom(_KEY_BYTES).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(new, path)
    finally:
        new.unlink()
