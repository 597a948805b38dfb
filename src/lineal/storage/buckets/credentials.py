"""Who we are to a cloud, found where its own tools look. obstore reads the usual variables; this is the rest."""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lineal.objects.errors import Denied

_AWS_NAMES = {
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
    "region": "region",
    "endpoint_url": "endpoint",
}
"""What a profile says, and what obstore calls it."""

_AWS_VARIABLES = {
    "AWS_ACCESS_KEY_ID": "access_key_id",
    "AWS_SECRET_ACCESS_KEY": "secret_access_key",
    "AWS_SESSION_TOKEN": "session_token",
}
"""obstore reads these too; probes must know them."""

_AWS_INDIRECT = ("sso_session", "sso_start_url", "role_arn", "credential_process")
"""A profile with one of these must be exchanged for keys first, which Amazon's library does."""

_AZURE_NAMES = {
    "AZURE_STORAGE_ACCOUNT": "account_name",
    "AZURE_STORAGE_KEY": "account_key",
    "AZURE_STORAGE_SAS_TOKEN": "sas_token",
}
"""Variables of Azure's own command line that obstore does not know by these names."""

_AZURE_PARTS = {
    "AccountName": "account_name",
    "AccountKey": "account_key",
    "SharedAccessSignature": "sas_token",
    "BlobEndpoint": "endpoint",
}
"""What a connection string says, and what obstore calls it."""


def aws(profile: str = "") -> dict[str, Any]:
    """Return what the environment and the files of Amazon's tools say beside the variables that obstore reads.

    Args:
        profile: whose keys; by default ``AWS_PROFILE``, or ``default`` where no variable holds a key.

    Raises:
        Denied: the profile is not there, or needs Amazon's library, which is not.
    """
    said: dict[str, Any] = {}
    if endpoint := os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"):
        said["endpoint"] = endpoint
    if not profile and os.environ.get("AWS_ACCESS_KEY_ID"):
        return said | {ours: os.environ[name] for name, ours in _AWS_VARIABLES.items() if os.environ.get(name)}
    named = profile or os.environ.get("AWS_PROFILE", "")
    found = _profile(named or "default")
    if named and not found:
        raise Denied(
            f"there is no profile {named!r} in ~/.aws", hint="aws configure list-profiles shows which there are"
        )
    known = {_AWS_NAMES[name]: value for name, value in found.items() if name in _AWS_NAMES}
    if any(each in found for each in _AWS_INDIRECT):
        known["credential_provider"] = _exchanged(named or "default")
    return known | said


def azure() -> dict[str, Any]:
    """Return what the variables of Azure's own tools say beside those that obstore reads."""
    said = {ours: os.environ[theirs] for theirs, ours in _AZURE_NAMES.items() if os.environ.get(theirs)}
    return connection_string(os.environ.get("AZURE_STORAGE_CONNECTION_STRING", "")) | said


def connection_string(text: str) -> dict[str, Any]:
    """Return what a connection string of Azure says."""
    pairs = (part.partition("=") for part in text.split(";") if part)
    return {_AZURE_PARTS[name]: value for name, _, value in pairs if name in _AZURE_PARTS}


def google() -> dict[str, Any]:
    """Return what the variables of Google's own tools say beside those that obstore reads."""
    emulator = os.environ.get("STORAGE_EMULATOR_HOST", "")
    return {"endpoint": emulator if "://" in emulator else f"http://{emulator}"} if emulator else {}


def _profile(name: str) -> Mapping[str, str]:
    files = (
        Path(os.environ.get("AWS_CONFIG_FILE") or Path.home() / ".aws" / "config"),
        Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or Path.home() / ".aws" / "credentials"),
    )
    parser = configparser.ConfigParser(interpolation=None, strict=False, default_section="")
    try:
        parser.read(files, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        raise Denied(f"{files[0].parent} cannot be understood", hint="aws configure writes it anew") from None
    sections = [each for each in (f"profile {name}", name) if parser.has_section(each)]
    return {key: value for each in sections for key, value in parser.items(each)}


def _exchanged(profile: str) -> Any:
    try:
        import boto3  # noqa: PLC0415 - only such profiles need it
        from obstore.auth.boto3 import Boto3CredentialProvider  # noqa: PLC0415 - it imports boto3
    except ImportError:
        raise Denied(
            f"the profile {profile!r} has no keys of its own; Amazon's library must ask for them",
            hint='install boto3, or: eval "$(aws configure export-credentials --format env)"',
        ) from None
    return Boto3CredentialProvider(boto3.Session(profile_name=profile))
