"""Encryption by a certificate that is renewed while the server runs."""

from __future__ import annotations

import logging
import ssl
import threading
from pathlib import Path

import uvicorn

from lineal.objects.errors import Invalid

ONLY_ENCRYPTED = ("strict-transport-security", "max-age=31536000")
"""Tells browsers not to come without encryption again."""

_LOOK_S = 2.0

_log = logging.getLogger(__name__)


def load(config: uvicorn.Config) -> ssl.SSLContext:
    """Read the certificate and key of a configuration. Raises Invalid."""
    certificate, key = config.ssl_certfile, config.ssl_keyfile
    if not certificate or not key:
        raise Invalid("a certificate and its key go together", hint="--tls-certificate FILE --tls-key FILE")
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise Invalid(
            f"{certificate} and {key} are no certificate with its key: {error}",
            hint="both in PEM, the chain in the first",
        ) from None
    assert config.ssl  # noqa: S101 - it has both
    return config.ssl


def watch(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Have new connections use what the files hold, also after somebody renewed them; those that are open go on."""

    def look() -> None:
        seen = _changed(certificate, key)
        while True:
            _wait.wait(_LOOK_S)
            now = _changed(certificate, key)
            if now != seen and _reads(context, certificate, key):
                seen = now

    _wait = threading.Event()
    threading.Thread(target=look, name="certificate", daemon=True).start()


def _changed(*paths: Path) -> list[int]:
    try:
        return [each.stat().st_mtime_ns for each in paths]
    except OSError:  # one is being replaced
        return []


def _reads(context: ssl.SSLContext, certificate: Path, key: Path) -> bool:
    """Tell whether the files were a pair; between the writing of one and of the other they are none."""
    try:
        # Tried aside first: a pair that does not fit must not spoil what is in use.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        _log.warning("the certificate in %s is not used: %s", certificate, error)
        return False
    return True
