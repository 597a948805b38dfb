"""Deployments as people read them."""

from __future__ import annotations

import msgspec

from tests.unit.cli.render.constructed import DEPLOYED, digest, text_of


def test_a_deployment_shows_what_was_asked_for_and_what_answers() -> None:
    expected = """\
income:1.1.0 in production: running
  deployment  deployment:01HF7YAT00CCCCCCCCCCCCCCCC
  address     http://127.0.0.1:8300
  target      process
  desired     sha256:6666666666666666666666666666666666666666666666666666666666666666
  observed    sha256:6666666666666666666666666666666666666666666666666666666666666666 (as desired)
  requests    1,204
  started     2023-11-14 22:13 UTC (3 min ago) by ada
"""

    assert expected == text_of(DEPLOYED)


def test_deployments_are_a_table() -> None:
    expected = """\
VERSION       ENVIRONMENT  STATE    ADDRESS                REQUESTS  STARTED (UTC)                 BY   DEPLOYMENT
income:1.1.0  production   running  http://127.0.0.1:8300     1,204  2023-11-14 22:13 (3 min ago)  ada  deployment:01HF7YAT00CCCCCCCCCCCCCCCC
"""

    assert expected == text_of((DEPLOYED,))


def test_another_version_at_the_address_is_said_in_words() -> None:
    other = msgspec.structs.replace(DEPLOYED, state="answered by another version", observed=digest("0"))

    assert f"observed    {digest('0')} (NOT the desired one)" in text_of(other)


def test_silence_at_the_address_is_said_in_words() -> None:
    silent = msgspec.structs.replace(DEPLOYED, state="down", observed=None, healthy=False)

    assert "observed    nothing answers" in text_of(silent)
