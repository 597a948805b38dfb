"""Remotes of DVC as buckets: its addresses and options in our words."""

from __future__ import annotations

from collections.abc import Mapping

from lineal.objects.errors import Unsupported
from lineal.storage.buckets.bucket import Bucket
from lineal.storage.buckets.opening import KINDS
from lineal.storage.buckets.opening import open_bucket as open_ours

_SCHEMES = {"azure": "az"}
"""What DVC calls a kind of place, where we call it otherwise."""

_OPTIONS = {
    "access_key_id": "access_key_id",
    "account_key": "account_key",
    "account_name": "account",
    "allow_anonymous_login": "anonymous",
    "credentialpath": "service_account",
    "endpointurl": "endpoint",
    "keyfile": "identity",
    "profile": "profile",
    "region": "region",
    "sas_token": "sas_token",
    "secret_access_key": "secret_access_key",
    "session_token": "session_token",
    "sse": "encryption",
    "sse_kms_key_id": "kms_key",
}
"""What DVC calls an option, and what we call it. The others only tell DVC how to work."""


def open_bucket(url: str, options: Mapping[str, str]) -> Bucket:
    """Open the bucket at an address of DVC's configuration, with the options that stand beside it.

    Raises:
        Unsupported: nothing here speaks to such a place.
        Invalid: the address cannot be understood.
    """
    scheme, colon, rest = url.partition("://")
    scheme = _SCHEMES.get(scheme, scheme)
    if colon and scheme not in KINDS:
        raise Unsupported(
            f"Lineal does not speak to {scheme}://", hint="dvc fetch first: what is in the cache is found"
        )
    known = KINDS[scheme if colon else "file"].options
    if scheme == "ssh":
        rest = _with_login(rest, options)
    ours = {_OPTIONS[name]: value for name, value in options.items() if _OPTIONS.get(name) in known}
    return open_ours(f"{scheme}://{rest}" if colon else url, ours)


def _with_login(rest: str, options: Mapping[str, str]) -> str:
    """Return the machine and path of an address with the user and port that DVC has beside it."""
    machine, slash, path = rest.partition("/")
    user, at, host = machine.rpartition("@")
    user = user if at else options.get("user", "")
    port = options.get("port", "")
    host = host if ":" in host or not port else f"{host}:{port}"
    return f"{user}@{host}{slash}{path}" if user else f"{host}{slash}{path}"
