"""From a URL and options to a bucket."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from lineal.objects.errors import Denied, Invalid
from lineal.storage.buckets.bucket import Bucket
from lineal.storage.buckets.directory import DirectoryBucket, path_in_url
from lineal.storage.buckets.failures import short
from lineal.storage.buckets.keys import check_key
from lineal.storage.buckets.memory import MemoryBucket
from lineal.storage.buckets.wrappers import ReadOnly, Retrying, innermost

_TRUE = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

_CLIENT = {"connect_timeout": timedelta(seconds=10), "timeout": timedelta(minutes=10)}
"""Of one request: enough for a part on a slow line."""

_RETRIES: Any = {"max_retries": 3, "retry_timeout": timedelta(seconds=30)}
"""Of one request, by obstore; ``Retrying`` begins a whole object again."""

SECRETS = frozenset({"access_key_id", "secret_access_key", "session_token", "account_key", "sas_token"})
"""Options that must never be written down."""

_MEMORY: dict[str, MemoryBucket] = {}
"""Buckets in memory by their name: the same name is the same bucket, as everywhere else."""


class Kind(NamedTuple):
    """A kind of store: what opens it, its options, and how it learns who we are."""

    open: Callable[[SplitResult, Mapping[str, str]], Bucket]
    options: frozenset[str] = frozenset()
    credentials: str = ""
    names_user: bool = False


def open_bucket(url: str, options: Mapping[str, str] | None = None) -> Bucket:
    """Return the bucket at ``url``. Nothing is asked of it yet.

    Args:
        url: a directory, or ``file:///…``, ``memory://NAME``, ``s3://BUCKET/PREFIX``, ``gs://BUCKET/PREFIX``,
            ``az://CONTAINER/PREFIX``, ``ssh://USER@HOST/PATH``, or ``https://…``, which can only be read.
        options: what the URL does not say, by name. Who we are is best left to the environment.

    Raises:
        Invalid: the URL or an option is not understood, or holds a secret.
        Denied: a profile that was named is not there.
    """
    options = dict(options or {})
    parts = check_url(url)
    kind = KINDS[parts.scheme]
    if unknown := options.keys() - kind.options:
        known = ", ".join(sorted(kind.options)) or "none"
        raise Invalid(f"{url} has no option {min(unknown)!r}", hint=f"its options: {known}")
    return kind.open(parts, options)


def check_url(url: str) -> SplitResult:
    """Return the parts of a bucket's URL; the scheme of a plain path is ``file``.

    Raises:
        Invalid: it is none, or holds a secret.
    """
    if "://" not in url:
        if not url or "\0" in url:
            raise Invalid(f"{url!r} is no directory", hint="write a path, or s3://BUCKET/PREFIX")
        path = Path(url).absolute()
        # A place has one name, however somebody came to it.
        return SplitResult("file", "", path_in_url(path.resolve() if ".." in path.parts else path), "", "")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Invalid("this URL cannot be understood", hint="write it as s3://BUCKET/PREFIX") from None
    if parts.scheme not in KINDS:
        raise Invalid(f"nothing here opens {parts.scheme}://", hint=f"there are {', '.join(KINDS)}, and plain paths")
    user, at, _ = parts.netloc.rpartition("@")
    names_user = bool(at) and KINDS[parts.scheme].names_user and ":" not in user and url.count("@") == 1
    if ("@" in url and not names_user) or parts.query or parts.fragment:
        # Nothing of it is repeated: a secret may hold a slash, so that its end is nowhere certain.
        raise Invalid(
            f"this {parts.scheme}:// URL holds more than a place, perhaps a secret",
            hint=f"leave out what stands before '@' or after '?'; {KINDS[parts.scheme].credentials}".rstrip("; "),
        )
    return parts


def credentials_hint(url: str) -> str:
    """Return how the store at ``url`` learns who we are."""
    return KINDS[check_url(url).scheme].credentials


def is_encrypted(bucket: Bucket) -> bool | None:
    """Tell whether what goes to a bucket is encrypted on its way; None when it goes over no network."""
    store = getattr(innermost(bucket), "store", None)
    if store is None:
        return None
    options = getattr(store, "client_options", None) or {}
    return str(options.get("allow_http", "")).lower() != "true"


def _directory(parts: SplitResult, _options: Mapping[str, str]) -> Bucket:
    if parts.netloc not in {"", "localhost"}:
        raise Invalid(f"file://{parts.netloc} is on another machine", hint="write file:///PATH")
    return DirectoryBucket(Path(unquote(parts.path)))


def _memory(parts: SplitResult, _options: Mapping[str, str]) -> Bucket:
    name = parts.netloc + parts.path
    return _MEMORY.setdefault(name, MemoryBucket(name)) if name else MemoryBucket()


def _ssh(parts: SplitResult, options: Mapping[str, str]) -> Bucket:
    from lineal.storage.buckets.ssh import open_ssh  # noqa: PLC0415 - only who asks for it waits for asyncio

    if not parts.hostname or not parts.path.startswith("/"):
        raise Invalid("this ssh:// URL names no machine or directory", hint="write ssh://USER@HOST/PATH")
    try:
        port = parts.port or 0
    except ValueError:
        raise Invalid("this ssh:// URL has no number as its port", hint="write ssh://USER@HOST:PORT/PATH") from None
    return Retrying(
        open_ssh(parts.hostname, unquote(parts.path), user=parts.username or "", port=port, options=options)
    )


def _s3(parts: SplitResult, options: Mapping[str, str]) -> Bucket:
    from obstore.store import S3Store  # noqa: PLC0415 - whoever has no remote need not load it

    from lineal.storage.buckets import credentials  # noqa: PLC0415 - as above

    said = dict(options)
    known = {} if _is(said, "anonymous") else credentials.aws(said.pop("profile", ""))
    config = {**known, **{_S3_NAMES.get(name, name): value for name, value in said.items() if name not in _OURS}}
    if said.get("access_key_id"):
        config.pop("credential_provider", None)
    provider = config.pop("credential_provider", None)
    if _is(said, "anonymous"):
        config["skip_signature"] = True
    if said.get("addressing", "path") == "virtual":
        config["virtual_hosted_style_request"] = True
        if "endpoint" in config:
            config["endpoint"] = re.sub(r"(?<=://)", f"{parts.netloc}.", config["endpoint"], count=1)
    config.setdefault("region", "us-east-1")
    return _remote(partial(S3Store, credential_provider=provider), parts, config)


def _gs(parts: SplitResult, options: Mapping[str, str]) -> Bucket:
    import json  # noqa: PLC0415 - as above

    from obstore.store import GCSStore  # noqa: PLC0415 - as above

    from lineal.storage.buckets import credentials  # noqa: PLC0415 - as above

    said = {**credentials.google(), **options}
    config: dict[str, Any] = {}
    if endpoint := said.get("endpoint"):
        config["base_url"] = endpoint
    if _is(said, "anonymous"):
        # Beside skip_signature, which is not enough: without an account it would ask the machine for a token.
        nobody = {"client_email": "", "private_key": "", "private_key_id": "", "disable_oauth": True}
        config |= {"skip_signature": True, "service_account_key": json.dumps(nobody)}
    elif path := said.get("service_account"):
        config["service_account"] = path
    return _remote(GCSStore, parts, config)


def _az(parts: SplitResult, options: Mapping[str, str]) -> Bucket:
    from obstore.store import AzureStore  # noqa: PLC0415 - as above

    from lineal.storage.buckets import credentials  # noqa: PLC0415 - as above

    said = dict(options)
    config: dict[str, Any] = {} if _is(said, "anonymous") else credentials.azure()
    config |= {_AZURE_NAMES.get(name, name): value for name, value in said.items() if name not in _OURS}
    if _is(said, "anonymous"):
        config["skip_signature"] = True
    return _remote(AzureStore, parts, config)


def _web(parts: SplitResult, _options: Mapping[str, str]) -> Bucket:
    from obstore.store import HTTPStore  # noqa: PLC0415 - as above

    from lineal.storage.buckets.objectstore import ObjectStoreBucket  # noqa: PLC0415 - as above

    url = f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
    store = HTTPStore.from_url(url, client_options=_client(url), retry_config=_RETRIES)
    return Retrying(ReadOnly(ObjectStoreBucket(store, url=url)))


_OURS = {"anonymous", "addressing", "profile"}
"""Options that obstore does not have."""

_S3_NAMES = {"encryption": "server_side_encryption", "kms_key": "sse_kms_key_id"}
_AZURE_NAMES = {"account": "account_name"}
"""What obstore calls our options, where it differs."""


def _is(options: Mapping[str, str], name: str) -> bool:
    said = options.get(name, "false")
    if said.lower() not in _TRUE:
        raise Invalid(f"the option {name} is {said!r}", hint=f"write {name}=true or {name}=false")
    return _TRUE[said.lower()]


def _container(parts: SplitResult) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", parts.netloc):
        raise Invalid(f"this {parts.scheme}:// URL names no bucket", hint=f"write {parts.scheme}://BUCKET/PREFIX")
    return parts.netloc


def _client(endpoint: str) -> Any:
    # Only an address that says so itself is spoken to without encryption: a server on this machine, or for tests.
    return _CLIENT | {"allow_http": endpoint.startswith("http://")}


def _remote(make: Callable[..., Any], parts: SplitResult, config: Mapping[str, Any]) -> Bucket:
    """Return the bucket of an object store, which ``make`` makes of a configuration."""
    from obstore.exceptions import BaseError  # noqa: PLC0415 - as above

    from lineal.storage.buckets.objectstore import ObjectStoreBucket  # noqa: PLC0415 - as above

    endpoint = config.get("endpoint") or config.get("base_url") or ""
    hint = KINDS[parts.scheme].credentials
    try:
        store = make(_container(parts), config=config, client_options=_client(endpoint), retry_config=_RETRIES)
    except (OSError, ValueError, BaseError) as error:
        raise Denied(f"{parts.scheme}://{parts.netloc} cannot be opened: {short(str(error))}", hint=hint) from None
    prefix = unquote(parts.path).strip("/")
    if prefix:
        check_key(prefix)
    bucket = ObjectStoreBucket(
        store,
        url=f"{parts.scheme}://{parts.netloc}/{prefix}".rstrip("/"),
        prefix=f"{prefix}/" if prefix else "",
        hint=hint,
    )
    return Retrying(bucket)


KINDS: dict[str, Kind] = {
    "file": Kind(_directory),
    "memory": Kind(_memory),
    "s3": Kind(
        _s3,
        frozenset(
            {
                "access_key_id",
                "addressing",
                "anonymous",
                "encryption",
                "endpoint",
                "kms_key",
                "profile",
                "region",
                "secret_access_key",
                "session_token",
            }
        ),
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE after aws configure",
    ),
    "gs": Kind(
        _gs,
        frozenset({"anonymous", "endpoint", "service_account"}),
        "set GOOGLE_APPLICATION_CREDENTIALS, or run gcloud auth application-default login",
    ),
    "az": Kind(
        _az,
        frozenset({"account", "account_key", "anonymous", "endpoint", "sas_token"}),
        "set AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY, or AZURE_STORAGE_CONNECTION_STRING",
    ),
    "ssh": Kind(
        _ssh,
        frozenset({"identity", "known_hosts"}),
        "ssh must let you in there: see ~/.ssh/config, or ssh-add your key",
        names_user=True,
    ),
    "https": Kind(_web),
    "http": Kind(_web),
}
"""By the scheme of the URL."""
