"""``.dvc/config``."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.dvc import config
from lineal.objects.errors import Invalid

WRITTEN = b"""\
[core]
    analytics = false
    remote = r
['remote "r"']
    url = ../../remote
"""


def test_what_dvc_writes_is_read() -> None:
    found = config.parse(WRITTEN, "config")

    assert "r" == found.default_remote
    assert {"r": {"url": "../../remote"}} == found.remotes
    assert "" == found.cache_directory


def test_quotes_comments_and_capitals() -> None:
    text = b'# ours\n[Core]  # it\nRemote = "a b" # the first\n[remote "a b"]\nurl = \'s3://b/p#x\'  # there\n[cache]\ndir=/c\n'
    found = config.parse(text, "config")

    assert "a b" == found.default_remote
    assert {"a b": {"url": "s3://b/p#x"}} == found.remotes
    assert "/c" == found.cache_directory


def test_the_nearer_file_says_more() -> None:
    local = config.parse(b"['remote \"r\"']\nsecret_access_key = s\n[core]\nremote = q\n", "config.local")
    both = local.over(config.parse(WRITTEN, "config"))

    assert {"url": "../../remote", "secret_access_key": "s"} == both.remotes["r"]
    assert ("q", "false") == (both.default_remote, both.sections["core"]["analytics"])


@pytest.mark.parametrize(
    "data", [b"url = x", b"[core\nx = 1", b"[core]\nwords", b"\xff", b"[core]\nx = '", b" " * (2 << 20)]
)
def test_what_is_no_configuration_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match="config") as caught:
        config.parse(data, "config")

    assert caught.value.hint


@given(st.binary(max_size=100) | st.text("[]'\"=# abr\n", max_size=60).map(str.encode))
def test_any_bytes_are_a_configuration_or_refused(data: bytes) -> None:
    with suppress(Invalid):
        config.parse(data, "config")
