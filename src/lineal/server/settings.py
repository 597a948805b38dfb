"""What the server may be told by its environment; each has a default that fits a team."""

from __future__ import annotations

import os
from collections.abc import Mapping

import msgspec

from lineal.objects.errors import Invalid

PREFIX = "LINEAL_SERVER_"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How much the server takes on. ``blob_bytes_max`` = 4096 is ``LINEAL_SERVER_BLOB_BYTES_MAX=4096``.

    Args:
        body_bytes_max: the largest request; the end of a run with a long list of files and metrics is one.
        blob_bytes_max: the largest file; 0 for as large as the disk.
        uploads_max: files that arrive at once; others wait, and pages and questions do not wait for them.
        acts_max: evaluations, deployments and their like at once.
        user_requests_s: requests a second of one user, on average of a few seconds; 0 for as many as they send.
        stranger_requests_s: of one address whose login nobody knows.
        shutdown_s: how long requests under way may take to end when the server is told to stop.
        webhook_http: 1 lets webhooks have addresses that are not encrypted.
        webhook_private: 1 lets them have addresses of our own network, where others could not reach.
        webhook_timeout_s: how long a webhook may take to answer.
        webhook_attempts_max: how often a message is sent until nobody tries any more.
        webhook_workers: messages that are sent at once; 0 leaves them to other servers.
    """

    body_bytes_max: int = 64 << 20
    blob_bytes_max: int = 0
    uploads_max: int = 16
    acts_max: int = 8
    user_requests_s: int = 1_000
    stranger_requests_s: int = 10
    shutdown_s: int = 15
    webhook_http: int = 0
    webhook_private: int = 0
    webhook_timeout_s: int = 10
    webhook_attempts_max: int = 12
    webhook_workers: int = 4


def read_settings(variables: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings that the environment says.

    Raises:
        Invalid: one of them is no number.
    """
    names = {PREFIX + each.upper(): each for each in Settings.__struct_fields__}
    given = {names[each]: text for each, text in variables.items() if each in names}
    for name, text in given.items():
        if not (text.isascii() and text.isdecimal()) or len(text) > 18:
            raise Invalid(f"{PREFIX}{name.upper()}={text!r} is no whole number", hint="write a number such as 16")
    return Settings(**{name: int(text) for name, text in given.items()})
