"""Whom a repository trusts: tables of ``lineal.toml`` beside it, written at its end so that nothing else of it changes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from lineal.checks.policies.policy import parse_policy
from lineal.checks.policies.tables import SigningPolicy
from lineal.formats.signatures.certificates import load_pem
from lineal.formats.signatures.keys import load_public
from lineal.objects.errors import Conflict, NotFound
from lineal.objects.reference import check_name


def signing_policy(path: Path) -> SigningPolicy:
    """Return what a policy says of signatures; a file that is not there says nothing. Raises Invalid."""
    return parse_policy(_text(path)).signing


def trust(path: Path, name: str, text: str, where: str) -> str:
    """Have a policy trust a public key, or the holder of a certificate to vouch for others; return which it was.

    Args:
        path: the policy.
        name: who holds it.
        text: the key or the certificate.
        where: where that is from, for sentences.

    Raises:
        Conflict: somebody of that name is trusted already.
        Invalid: there is neither a key nor a certificate in the text.
    """
    check_name(name, "key")
    policy = signing_policy(path)
    if name in policy.keys or name in policy.roots:
        raise Conflict(f"{name} is trusted already", hint="use another name, such as ada-2027 for her next key")
    if "-----BEGIN CERTIFICATE-----" in text:
        load_pem(text, where)
        _append(path, f'[signing.roots.{_quoted(name)}]\ncertificate = """\n{text.strip()}\n"""\n')
        return "root"
    key = load_public(text.strip(), where)
    _append(path, f"[signing.keys.{_quoted(name)}]\npublic = {_quoted(key.text)}\n")
    return "key"


def revoke(path: Path, name: str, because: str) -> datetime:
    """Have a policy trust a key no longer, from now on; return since when. Raises NotFound, Conflict."""
    policy = signing_policy(path)
    if name not in policy.keys:
        raise NotFound(f"no key of {name} is trusted", hint="lineal key list shows whose are")
    if any(each.key == name for each in policy.revoked):
        raise Conflict(f"the key of {name} was revoked already", hint="lineal key list says when")
    at = datetime.now(UTC).replace(microsecond=0)
    _append(
        path,
        f"[[signing.revoked]]\nkey = {_quoted(name)}\nat = {at.isoformat().replace('+00:00', 'Z')}\nbecause = {_quoted(because)}\n",
    )
    return at


def _append(path: Path, table: str) -> None:
    text = _text(path)
    new = f"{text.rstrip()}\n\n{table}" if text.strip() else table
    parse_policy(new)  # nothing is written that could not be read
    partial = path.with_name(f".{path.name}.new")
    partial.write_text(new, encoding="utf-8")
    partial.replace(path)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
