"""What nobody else may know is in no address that is kept and in no message."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.objects.errors import Invalid
from lineal.storage.sources.addresses import Address, masked, parse, public, reason, removed, scheme_of

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("uri", "kept"),
    [
        ("https://host/a.csv", "https://host/a.csv"),
        ("https://ada:hunter2@host:8443/a.csv#part", "https://host:8443/a.csv"),
        ("https://host/a.csv?year=2026&part=1", "https://host/a.csv?year=2026&part=1"),
        ("https://host/a.csv?year=2026&token=hunter2", "https://host/a.csv?year=2026"),
        ("https://b.s3.amazonaws.com/k?X-Amz-Algorithm=A&X-Amz-Signature=hunter2&versionId=7", "https://b.s3.amazonaws.com/k?versionId=7"),
        ("https://a.blob.core.windows.net/c/b?sv=1&sr=b&sp=r&se=2&sig=hunter2", "https://a.blob.core.windows.net/c/b"),
        ("https://cdn/x?Policy=hunter2&Signature=hunter2&Key-Pair-Id=K&lang=de", "https://cdn/x?lang=de"),
        ("https://host/a?sp=north&se=2", "https://host/a?sp=north&se=2"),
        ("https://host/a?api%5Fkey=hunter2", "https://host/a"),
    ],
)  # fmt: skip
def test_an_address_is_kept_without_what_lets_somebody_in(uri: str, kept: str) -> None:
    assert kept == public(uri)
    assert kept == public(kept)
    assert () == removed(kept)


@given(st.text(min_size=1, max_size=20).map(lambda text: quote(f"s{text}ecret", safe="")))
def test_no_password_survives(password: str) -> None:
    uri = f"https://ada:{password}@host/path?X-Goog-Signature={password}"

    assert password not in public(uri)
    assert password not in masked(f"cannot reach {uri}: refused")


def test_what_was_left_out_is_named_and_not_shown() -> None:
    assert ("X-Amz-Date", "X-Amz-Signature") == removed(f"https://h/k?year=1&X-Amz-Date=2&X-Amz-Signature={SECRET}")


@pytest.mark.parametrize(
    "text",
    [
        f"Error performing HEAD https://h/k?sig={SECRET}&x=1 in 2 ms",
        f"Error performing HEAD https://h/k?x=1&X-Amz-Security-Token={SECRET} in 2 ms",
        f"postgresql://ada:{SECRET}@host/db is down",
        f"connection to server failed: host=db password={SECRET} user=ada",
        f"redirected to 'https://u:{SECRET}@h/'",
        f"secret_key: {SECRET}",
    ],
)
def test_messages_of_libraries_are_masked(text: str) -> None:
    assert SECRET not in masked(text)
    assert SECRET not in reason(OSError(f"\n{text}\nmore"))
    assert "***" in masked(text)


def test_a_key_is_taken_as_it_is_written() -> None:
    assert Address("s3", "bucket", "a b/ü?x=1#y%20") == parse("S3://bucket/a b/ü?x=1#y%20")
    assert Address("gs", "bucket", "") == parse("gs://bucket")


@pytest.mark.parametrize("uri", ["s3://", "s3:///key", "bucket/key", "s3://b/\nkey", f"s3://AK:{SECRET}@b/k"])
def test_what_is_no_address_is_told_without_its_secrets(uri: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse(uri)

    assert SECRET not in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "scheme"),
    [("s3://b/k", "s3"), ("HTTPS://h", "https"), ("data/x.csv", ""), ("./s3://x", ""), ("C:\\x", ""), ("://x", "")],
)
def test_an_address_begins_with_a_scheme(text: str, scheme: str) -> None:
    assert scheme == scheme_of(text)
