"""Who a registry thinks we are: what ``docker login``, ``podman login`` and their helpers keep."""

from __future__ import annotations

import base64
import binascii
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from lineal.objects.errors import Invalid

_HELPER_S = 30
_HUB = {"docker.io": "https://index.docker.io/v1/", "registry-1.docker.io": "https://index.docker.io/v1/"}
"""What Docker's own registry is called where its login is kept."""


class Login(NamedTuple):
    """A name and a password; with a ``token`` in place of both where a registry gave one for good."""

    name: str = ""
    password: str = ""
    token: str = ""


def login_of(host: str, repository: str, variables: Mapping[str, str]) -> Login | None:
    """Return what is kept for a registry, or None.

    Args:
        host: the registry, with its port.
        repository: the repository there; a login may be for a folder of it.
        variables: the environment's: ``REGISTRY_AUTH_FILE`` and ``DOCKER_CONFIG`` say where.

    Raises:
        Invalid: a file with logins cannot be read, or a helper fails.
    """
    for path in _files(variables):
        config = _read(path)
        helper = (config.get("credHelpers") or {}).get(host) or config.get("credsStore")
        if helper and (found := _helped(str(helper), _HUB.get(host, host), variables)):
            return found
        if found := _kept(config.get("auths") or {}, host, repository, path):
            return found
    return None


def _files(variables: Mapping[str, str]) -> Iterator[Path]:
    """Yield the files that may hold logins, the one that was named alone."""
    if named := variables.get("REGISTRY_AUTH_FILE"):
        yield Path(named)
        return
    if runtime := variables.get("XDG_RUNTIME_DIR"):
        yield Path(runtime) / "containers" / "auth.json"
    home = Path(variables.get("HOME", "/"))
    yield Path(variables.get("XDG_CONFIG_HOME") or home / ".config") / "containers" / "auth.json"
    yield Path(variables.get("DOCKER_CONFIG") or home / ".docker") / "config.json"


def _read(path: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Invalid(f"the logins in {path} cannot be read: {error}", hint="docker login writes them anew") from None


def _kept(auths: Mapping[str, Any], host: str, repository: str, path: Path) -> Login | None:
    parts = repository.split("/")
    folders = (f"{host}/{'/'.join(parts[:count])}" for count in range(len(parts), 0, -1))
    for name in (*folders, host, f"https://{host}", f"https://{host}/v1/", _HUB.get(host, host)):
        kept = auths.get(name)
        if not isinstance(kept, dict):
            continue
        if token := kept.get("identitytoken"):
            return Login(token=str(token))
        try:
            user, _, password = base64.b64decode(str(kept.get("auth", "")), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Invalid(f"the login for {name} in {path} is damaged", hint=f"docker login {host}") from None
        if user:
            return Login(user, password.rstrip("\0"))
    return None


def _helped(helper: str, server: str, variables: Mapping[str, str]) -> Login | None:
    """Ask a helper of Docker's; it is silent about what it does not know."""
    program = f"docker-credential-{helper}"
    try:
        done = subprocess.run(
            (program, "get"),
            input=server.encode(),
            capture_output=True,
            check=False,
            timeout=_HELPER_S,
            env=dict(variables),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Invalid(f"{program} gives no login for {server}: {error}", hint="docker login keeps one") from None
    try:
        said = msgspec.json.decode(done.stdout, type=dict[str, Any]) if done.returncode == 0 else {}
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    name, secret = str(said.get("Username", "")), str(said.get("Secret", ""))
    return Login(token=secret) if name == "<token>" else Login(name, secret) if name else None
