"""What an object store takes for us: nothing but S3 can, and what was given up is known by the age of its last part."""

from __future__ import annotations

from pathlib import Path

import pytest

from lineal.objects.errors import Denied, Invalid
from lineal.storage.buckets.memory import MemoryBucket
from lineal.storage.buckets.opening import open_bucket
from lineal.storage.clock import FixedClock
from lineal.storage.remotes.staging import Staging, given_up, lasting


def test_places_that_sign_no_addresses_are_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for url in (str(tmp_path), "memory://x", "https://example.org/x"):
        with pytest.raises(Invalid, match="takes nothing at addresses of its own"):
            Staging(open_bucket(url), FixedClock())
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(Denied):
        Staging(open_bucket("s3://x/p", {"endpoint": "http://127.0.0.1:1", "anonymous": "true"}), FixedClock())


def test_a_store_that_is_away_gives_no_addresses_and_is_not_asked_again_at_once() -> None:
    options = {"endpoint": "http://127.0.0.1:1", "access_key_id": "A", "secret_access_key": "b"}
    staging = Staging(open_bucket("s3://x/p", options), FixedClock())

    assert not staging.begin("0" * 32, 2)
    assert not staging.begin("0" * 32, 2)


@pytest.mark.parametrize(("count", "seconds"), [(1, 910), (100, 1_900), (8_550, 86_400), (10_000, 86_400)])
def test_addresses_are_good_for_as_long_as_a_slow_client_needs_and_a_day_at_most(count: int, seconds: int) -> None:
    assert lasting(count).total_seconds() == seconds


def test_an_upload_is_given_up_when_its_last_part_is_old() -> None:
    clock = FixedClock()
    bucket = MemoryBucket(clock=clock)
    for key, at in (
        ("uploads/a/1", 10),
        ("uploads/a/begun", 1),
        ("uploads/b/1", 10),
        ("uploads/b/2", 99),
        ("uploads/b/begun", 1),
        ("blobs/ab/c", 1),
    ):
        clock.at = at - 1
        bucket.put(key, b"")

    assert [each.key for each in given_up(bucket, 50)] == ["uploads/a/1", "uploads/a/begun"]
    assert len(list(given_up(bucket, 100))) == 5
    assert list(given_up(bucket, 10)) == []
