"""What is sent is signed, and goes to the address that was named and may be called, and nowhere else."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from lineal.objects.errors import Invalid
from lineal.operations.messages.sending import check_url, send
from lineal.storage.store import Reach

OPEN = Reach(plain=True, private=True, timeout_s=2)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "cannot be empty"),
        ("  ", "cannot be empty"),
        ("host/path", "scheme: ''"),
        ("ftp://example.com", "scheme: 'ftp'"),
        ("http://example.com", "Allowed schemes are: https"),
        ("https://", "names no host"),
        ("https://[::1", "Invalid webhook URL"),
        ("https://host:port/", "Invalid webhook URL"),
        ("https://nobody.invalid/", "Cannot resolve Webhook URL hostname 'nobody.invalid': "),
        ("https://127.0.0.1/", "no public address"),
        ("https://localhost/", "no public address"),
        ("https://10.1.2.3/", "no public address"),
        ("https://169.254.169.254/latest/meta-data", "no public address"),
        ("https://0.0.0.0/", "no public address"),
        ("https://224.0.0.1/", "no public address"),
        ("https://[::1]/", "no public address"),
        ("https://[::ffff:10.0.0.1]/", "no public address"),
        ("https://[64:ff9b::10.0.0.1]/", "no public address"),
        ("https://[2002:a00:1::]/", "no public address"),
        ("https://[fe80::1]/", "no public address"),
        ("https://2130706433/", "no public address"),
    ],
)
def test_an_address_that_may_not_be_called_is_refused(url: str, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_url(url, Reach())

    assert message in caught.value.message
    assert caught.value.hint


def test_a_name_with_one_inner_address_among_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, 1, 6, "", (address, 443)) for address in ("93.184.216.34", "192.168.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", found)

    with pytest.raises(Invalid, match=r"192\.168\.0\.1"):
        check_url("https://example.com/", Reach())


def test_a_name_is_looked_up_once_so_that_nobody_is_sent_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def found(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    send("http://receiver.test:5999/", "{}", {}, OPEN)

    # The second is the address itself, which has no name to be looked up.
    assert ["receiver.test", "127.0.0.1"] == asked


def test_where_nobody_listens_there_is_a_problem_and_no_status() -> None:
    answer = send("http://127.0.0.1:5999/", "{}", {}, OPEN)

    assert answer.status is None
    assert answer.problem
