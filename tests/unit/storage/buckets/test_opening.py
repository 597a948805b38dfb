"""From URLs and options to buckets; no network is asked for anything here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lineal.objects.errors import Denied, Invalid
from lineal.storage.buckets import credentials
from lineal.storage.buckets.objectstore import ObjectStoreBucket
from lineal.storage.buckets.opening import check_url, open_bucket
from lineal.storage.buckets.wrappers import Retrying

SECRET = "Hush/1234567890abcdefg=="


@pytest.fixture(autouse=True)
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make this a person whom no cloud knows; return their home."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def opened(url: str, **options: str) -> ObjectStoreBucket:
    """Return the inner bucket of a URL."""
    outer = open_bucket(url, options)

    assert isinstance(outer, Retrying)
    assert isinstance(outer.inner, ObjectStoreBucket)
    return outer.inner


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://bucket", "s3://bucket"),
        ("s3://bucket/", "s3://bucket"),
        ("s3://my.bucket/some/prefix/", "s3://my.bucket/some/prefix"),
        ("gs://bucket/prefix", "gs://bucket/prefix"),
        ("az://container/prefix", "az://container/prefix"),
        ("memory://name", "memory://name"),
        ("file:///mnt/disk", "file:///mnt/disk"),
        ("/mnt/disk", "file:///mnt/disk"),
        ("ssh://ada@example.org:2222/mnt/models/", "ssh://ada@example.org:2222/mnt/models"),
        ("ssh://example.org/mnt", "ssh://example.org/mnt"),
        ("https://example.org/models/", "https://example.org/models"),
    ],
)
def test_a_bucket_says_where_it_is(url: str, shown: str) -> None:
    secrets = {
        "s3": {"access_key_id": "AKIA", "secret_access_key": SECRET},
        "gs": {"anonymous": "true"},
        "az": {"account": "me", "account_key": SECRET},
    }

    assert shown == open_bucket(url, secrets.get(url[:2], {})).url


@pytest.mark.parametrize(
    ("url", "options", "message"),
    [
        ("", {}, "is no directory"),
        ("ftp://host/x", {}, "nothing here opens ftp://"),
        ("s3://", {}, "names no bucket"),
        ("s3://b/../c", {}, "cannot be a key"),
        ("s3://bucket/x y", {}, "cannot be a key"),
        ("file://host/path", {}, "is on another machine"),
        ("ssh://ada:hush@host/path", {}, "perhaps a secret"),
        ("ssh://ada@host", {}, "names no machine or directory"),
        ("ssh://host:port/path", {}, "no number as its port"),
        ("s3://[bad", {}, "cannot be understood"),
        ("s3://bucket", {"colour": "red"}, "has no option 'colour'"),
        ("/mnt/disk", {"endpoint": "http://127.0.0.1"}, "has no option 'endpoint'"),
        ("s3://bucket", {"anonymous": "perhaps"}, "the option anonymous is 'perhaps'"),
    ],
)
def test_what_is_not_understood_is_told(url: str, options: dict[str, str], message: str) -> None:
    with pytest.raises(Invalid, match=message) as caught:
        open_bucket(url, options)

    assert caught.value.hint


@pytest.mark.parametrize(
    "url",
    [
        f"s3://AKIA:{SECRET}@bucket/prefix",
        f"az://container?sv=2021&sig={SECRET}",
        f"https://example.org/x?X-Amz-Signature={SECRET}",
        f"gs://bucket/x#{SECRET}",
    ],
)
def test_a_secret_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(Invalid, match="perhaps a secret") as caught:
        check_url(url)

    assert "Hush" not in caught.value.message + caught.value.hint


def test_a_secret_is_nowhere_in_a_bucket_that_is_shown() -> None:
    bucket = open_bucket("s3://bucket", {"access_key_id": "AKIA", "secret_access_key": SECRET})

    assert "Hush" not in repr(bucket) + str(bucket) + bucket.url


def test_the_same_name_is_the_same_memory() -> None:
    open_bucket("memory://test-of-opening").put("key", b"content")

    assert b"content" == open_bucket("memory://test-of-opening").get("key")
    assert [] == list(open_bucket("memory://").list())


def config(url: str, **options: str) -> dict[str, Any]:
    """Return what obstore was told."""
    return dict(opened(url, **options).store.config)


def test_a_server_of_your_own_is_asked_by_path_and_without_encryption_only_if_its_address_says_so() -> None:
    own = opened("s3://bucket", endpoint="http://127.0.0.1:9000", access_key_id="A", secret_access_key="b")
    amazon = opened("s3://bucket", access_key_id="A", secret_access_key="b", region="eu-west-1")

    assert ("true", "false") == tuple(str(each.store.client_options["allow_http"]) for each in (own, amazon))
    assert "http://127.0.0.1:9000" == own.store.config["endpoint"]
    assert not own.store.config.get("virtual_hosted_style_request")
    assert ("us-east-1", "eu-west-1") == (own.store.config["region"], amazon.store.config["region"])


def test_a_bucket_may_be_asked_by_its_host() -> None:
    found = config(
        "s3://bucket",
        endpoint="https://oss.example.org",
        addressing="virtual",
        access_key_id="A",
        secret_access_key="b",
    )

    assert "https://bucket.oss.example.org" == found["endpoint"]


def test_a_profile_is_read_from_the_files_of_amazons_tools(nobody: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (nobody / ".aws").mkdir()
    (nobody / ".aws" / "credentials").write_text(
        "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = one\n"
        "[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = two\naws_session_token = three\n"
    )
    (nobody / ".aws" / "config").write_text(
        "[default]\nregion = eu-north-1\n[profile work]\nregion = eu-west-3\nendpoint_url = http://127.0.0.1:9000\n"
    )
    default, work = config("s3://bucket"), config("s3://bucket", profile="work")
    monkeypatch.setenv("AWS_PROFILE", "work")

    assert ("AKIADEFAULT", "eu-north-1") == (default["access_key_id"], default["region"])
    assert ("AKIAWORK", "eu-west-3", "http://127.0.0.1:9000") == tuple(
        work[name] for name in ("access_key_id", "region", "endpoint")
    )
    assert work == config("s3://bucket")
    assert "us-west-1" == config("s3://bucket", region="us-west-1")["region"]


def test_variables_come_before_the_files(nobody: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (nobody / ".aws").mkdir()
    (nobody / ".aws" / "credentials").write_text("[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = x\n")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAVARIABLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9000")
    found = config("s3://bucket")

    assert ("AKIAVARIABLE", "http://127.0.0.1:9000") == (found["access_key_id"], found["endpoint"])


def test_a_profile_that_is_not_there_is_told(nobody: Path) -> None:
    with pytest.raises(Denied, match="no profile 'nobody'"):
        open_bucket("s3://bucket", {"profile": "nobody"})


def test_files_of_amazons_tools_that_are_broken_are_told_and_not_shown(nobody: Path) -> None:
    (nobody / ".aws").mkdir()
    (nobody / ".aws" / "credentials").write_text(f"aws_secret_access_key = {SECRET}\n")
    with pytest.raises(Denied, match="cannot be understood") as caught:
        open_bucket("s3://bucket")

    assert "Hush" not in caught.value.message


def test_a_profile_that_must_be_exchanged_is_left_to_amazons_library(nobody: Path) -> None:
    (nobody / ".aws").mkdir()
    said = {"Version": 1, "AccessKeyId": "AKIAVAULT", "SecretAccessKey": SECRET}
    (nobody / "said.json").write_text(json.dumps(said))
    (nobody / ".aws" / "config").write_text(
        f"[profile vault]\nregion = us-east-2\ncredential_process = cat {nobody}/said.json\n"
    )
    bucket = opened("s3://bucket", profile="vault")

    assert "us-east-2" == bucket.store.config["region"]
    assert bucket.store.credential_provider is not None


def test_a_connection_string_of_azure_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"DefaultEndpointsProtocol=http;AccountName=me;AccountKey={SECRET};BlobEndpoint=http://127.0.0.1:1/me;"

    assert {
        "account_name": "me",
        "account_key": SECRET,
        "endpoint": "http://127.0.0.1:1/me",
    } == credentials.connection_string(text)

    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", text)
    assert "http://127.0.0.1:1/me" == config("az://container")["endpoint"]


def test_variables_of_azures_tools_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", "me")
    monkeypatch.setenv("AZURE_STORAGE_KEY", SECRET)

    assert "me" == config("az://container")["account_name"]


def test_an_emulator_of_google_is_found_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "127.0.0.1:4443")

    assert "http://127.0.0.1:4443" == config("gs://bucket", anonymous="true")["base_url"]


@pytest.mark.parametrize("name", ["per%41cent", "hash#x", "quest?x", "at@home", "with space", "ünïcode", "%"])
def test_a_directory_may_have_any_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    made = open_bucket(str(tmp_path / name))
    made.put("key", b"kept")

    assert (tmp_path / name / "key").is_file()
    # As it is written down, and as people read it.
    assert b"kept" == open_bucket(made.url).get("key")
    assert f"{tmp_path}/".replace("%", "%25") in made.url


def test_a_directory_is_called_the_same_however_somebody_came_to_it(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "a" / "b")

    assert f"file://{tmp_path}/a" == open_bucket(str(tmp_path / "a" / "b" / "..")).url
    # ".." of a link is above what it points at.
    assert f"file://{tmp_path}/a" == open_bucket(str(tmp_path / "link" / "..")).url
