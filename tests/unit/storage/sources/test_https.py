"""Web servers as they are: without HEAD, without ETags, redirecting, breaking off."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineal.objects.digest import digest_of
from lineal.objects.errors import Conflict, Corrupt, Denied, Invalid, NotFound, Unavailable
from lineal.storage.sources.https import WebServers
from lineal.storage.sources.source import Asked, Pinned, Surroundings, hash_only
from lineal.testing.contracts.source import fetched
from tests.sources.web import Site, serving

DATA = os.urandom(3 << 20)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        site.files["/data.bin"] = DATA
        yield site


@pytest.fixture
def web(tmp_path: Path) -> WebServers:
    return WebServers(Surroundings(tmp_path, {}, {}, lambda _: ()))


def pin(web: WebServers, site: Site, path: str = "/data.bin", *, digest: bool = False) -> Pinned:
    return web.pin(Asked(site.url + path), hash_only if digest else None)


def test_a_file_is_known_by_its_etag_and_nothing_is_read(web: WebServers, site: Site) -> None:
    source = pin(web, site).source

    assert (source.etag[0], source.modified_at, source.digest) == ('"', None, None)
    assert ["HEAD"] == [method for method, _, _ in site.asked]


def test_a_server_that_knows_no_head_is_asked_for_one_byte(web: WebServers, site: Site) -> None:
    site.knows_head = False
    pinned = pin(web, site)

    assert len(DATA) == pinned.source.size_bytes
    assert "bytes=0-0" == site.asked[-1][2]["Range"]
    assert {"data.bin": DATA} == fetched(web, pinned.source)


def test_without_an_etag_the_time_and_size_decide(web: WebServers, site: Site) -> None:
    site.has_etags = False
    source = pin(web, site).source
    site.files["/data.bin"] = DATA + b"x"

    assert source.modified_at
    assert "changed" == web.check(source).state


def test_a_file_of_which_nothing_is_told_needs_a_digest(web: WebServers, site: Site) -> None:
    site.has_etags = site.has_times = False
    with pytest.raises(Invalid, match="ETag") as caught:
        pin(web, site)
    source = pin(web, site, digest=True).source

    assert "--digest" in caught.value.hint
    assert digest_of(DATA) == source.digest
    assert "unchanged" == web.check(source).state


def test_a_change_of_which_nothing_is_told_is_found_by_reading(web: WebServers, site: Site) -> None:
    site.has_etags = site.has_times = False
    source = pin(web, site, digest=True).source
    site.files["/data.bin"] = bytes(len(DATA))

    assert "changed" == web.check(source).state
    with pytest.raises(Corrupt, match="other bytes"):
        fetched(web, source)


def test_a_server_that_tells_no_size_is_read_to_its_end(web: WebServers, site: Site) -> None:
    site.has_sizes = False
    with pytest.raises(Invalid, match="its size"):
        pin(web, site)
    source = pin(web, site, digest=True).source

    assert (len(DATA), digest_of(DATA)) == (source.size_bytes, source.digest)
    assert {"data.bin": DATA} == fetched(web, source)


def test_a_download_that_breaks_off_goes_on_where_it_broke(web: WebServers, site: Site) -> None:
    source = pin(web, site).source
    site.cut_after_bytes = 1 << 20

    assert {"data.bin": DATA} == fetched(web, source)
    assert ["bytes=1048576-", "bytes=2097152-"] == [said["Range"] for _, _, said in site.asked if "Range" in said]


def test_a_file_that_changes_between_two_parts_is_told(web: WebServers, site: Site) -> None:
    source = pin(web, site).source
    site.cut_after_bytes = 1 << 20
    pieces = next(web.files(source)).pieces()
    next(pieces)
    site.files["/data.bin"] = DATA[::-1]

    with pytest.raises(Conflict, match="not what it was"):
        list(pieces)


def test_a_redirect_is_followed_and_tells_nobody_who_we_are(web: WebServers, site: Site) -> None:
    with serving() as other:
        other.files["/moved"] = b"here"
        site.redirects["/old"] = f"{other.url}/moved"
        host = site.url.removeprefix("http://")
        source = web.pin(Asked(f"http://ada:hunter2@{host}/old")).source

        assert f"{site.url}/old" == source.uri
        assert {"old": b"here"} == fetched(web, source)
        assert "authorization" in {name.lower() for name in site.asked[0][2]}
        assert not [said for _, _, said in other.asked if "authorization" in {name.lower() for name in said}]


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "ftp://host/x", "gopher://127.0.0.1:1/", "http://", "http://a:b/"]
)
def test_a_redirect_never_leaves_the_web(web: WebServers, site: Site, to: str) -> None:
    site.redirects["/old"] = to
    with pytest.raises(Invalid):
        pin(web, site, "/old")


def test_a_redirect_never_gives_up_encryption() -> None:
    from lineal.storage.sources.https import _redirected

    with pytest.raises(Invalid, match="not followed"):
        _redirected("https://host/a", "http://host/a")


def test_redirects_in_a_circle_end(web: WebServers, site: Site) -> None:
    site.redirects["/old"] = f"{site.url}/old"
    with pytest.raises(Invalid, match="again and again"):
        pin(web, site, "/old")


def test_who_may_not_read_is_told_what_to_do(web: WebServers, site: Site) -> None:
    site.user = "ada:hunter2"
    with pytest.raises(Denied, match="401") as caught:
        pin(web, site)

    assert "netrc" in caught.value.hint


def test_a_signed_address_is_kept_without_its_signature_and_says_so(web: WebServers, site: Site) -> None:
    site.signature = "hunter2"
    pinned = pin(web, site, "/data.bin?X-Amz-Signature=hunter2")

    assert f"{site.url}/data.bin" == pinned.source.uri
    assert "X-Amz-Signature" in pinned.notes[0]
    with pytest.raises(Denied):
        fetched(web, pinned.source)


def test_a_server_that_is_away_is_told_as_away_and_not_as_gone(web: WebServers, site: Site) -> None:
    source = pin(web, site).source
    away = source.uri.replace("127.0.0.1", "127.0.0.2").rpartition(":")[0] + ":1/data.bin"
    with pytest.raises(Unavailable, match="cannot be reached"):
        web.pin(Asked(away))


@pytest.mark.parametrize(
    "uri", ["http://", "https:///x", "http://h:x/", "http://[::1/", "http://h/a b", "http://h/\x1b"]
)
def test_what_is_no_address_is_invalid(web: WebServers, uri: str) -> None:
    with pytest.raises(Invalid):
        web.pin(Asked(uri))


def test_there_are_no_older_versions_to_ask_for(web: WebServers, site: Site) -> None:
    with pytest.raises(Invalid, match="no versions"):
        web.pin(Asked(f"{site.url}/data.bin", at="1"))
    with pytest.raises(NotFound):
        pin(web, site, "/other")
