"""Who is near gets files in one piece, whatever proxy stands between."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from lineal.protocols.mlflow.multipart import is_near


@pytest.mark.parametrize(
    ("peer", "told", "expected"),
    [
        ("127.0.0.1", "", True),
        ("::1", "", True),
        ("10.1.2.3", "", True),
        ("::ffff:10.1.2.3", "", True),
        ("fd00::7", "", True),
        ("93.184.216.34", "", False),
        ("::ffff:93.184.216.34", "", False),
        ("2606:4700::1", "", False),
        ("10.1.2.3", "93.184.216.34, 10.1.2.4", False),
        ("93.184.216.34", "192.168.1.9", True),
        ("10.1.2.3", "unknown", False),
        ("", "", False),
    ],
)
def test_who_is_nearby_is_told_by_their_address(peer: str, told: str, expected: bool):
    headers = [(b"x-forwarded-for", told.encode())] if told else []
    scope = {"type": "http", "client": (peer, 1) if peer else None, "headers": headers}

    assert is_near(Request(scope)) == expected
