"""A path of the proxy means one file, whoever wrote it, or nothing at all."""

from __future__ import annotations

import posixpath
from contextlib import suppress
from pathlib import PureWindowsPath
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.trees import fits
from lineal.objects.errors import Invalid
from lineal.objects.ulid import hexadecimal
from lineal.operations.recording.artifacts import LOGGED, SHARED, VERSION
from lineal.protocols.mlflow.places import place_of, safe

RUN, MODEL = "43a09128b0ae47e79b272368c8102204", "m-7a3011a42f7d498f9be4ac561bff2299"
DIGEST = "0f" * 32

PLACES = {
    f"9/{RUN}/artifacts/notes/n.txt": (RUN, "notes/n.txt"),
    f"9/{RUN}/artifacts/./a": (RUN, "a"),
    f"team/of/ours/{RUN}/artifacts/a": (RUN, "a"),
    f"9/{RUN}/artifacts/{MODEL}/artifacts/b": (RUN, f"{MODEL}/artifacts/b"),
    f"9/models/{MODEL}/artifacts/MLmodel": (MODEL, "MLmodel"),
    f"team/models/{MODEL}/artifacts/a/b": (MODEL, "a/b"),
    f"versions/{DIGEST}/artifacts/a/m.pkl": (f"{VERSION}sha256:{DIGEST}", "a/m.pkl"),
    f"9/versions/{DIGEST}/artifacts/a": (SHARED, f"9/versions/{DIGEST}/artifacts/a"),
    f"9/{MODEL}/artifacts/a": (SHARED, f"9/{MODEL}/artifacts/a"),
    f"9/{RUN.upper()}/artifacts/a": (SHARED, f"9/{RUN.upper()}/artifacts/a"),
    f"9/{RUN}/a": (SHARED, f"9/{RUN}/a"),
    "9/traces/tr-1/artifacts/traces.json": (SHARED, "9/traces/tr-1/artifacts/traces.json"),
    "a.txt": (SHARED, "a.txt"),
}


@pytest.mark.parametrize("path", PLACES)
def test_a_path_says_whose_file_is_meant(path: str):
    owner, inside = PLACES[path]
    subject, found = place_of(path)

    assert inside == found
    assert owner == (subject.removeprefix(LOGGED) if ":" in subject or subject == SHARED else hexadecimal(subject))


def test_only_a_directory_may_be_all_there_is():
    for path in (f"9/{RUN}/artifacts", f"9/{RUN}/artifacts/"):
        assert "" == place_of(path, is_directory=True).path
    assert "" == safe("", is_directory=True) == safe(".", is_directory=True)
    for path in ("", ".", f"9/{RUN}/artifacts/"):
        with pytest.raises(Invalid, match="Invalid path"):
            safe(path)


fragments = st.lists(
    st.sampled_from(
        (
            "a",
            "b.txt",
            ".",
            "..",
            "/",
            "//",
            "\\",
            "%",
            "%2e",
            "%2f",
            "%5c",
            "%25",
            "C:",
            "\0",
            "\n",
            "~",
            "é",
            "\ud800",
        )
    )
    | st.characters(),
    max_size=12,
).map("".join)


def leads_elsewhere(path: str) -> bool:
    """Tell by other means than ours whether a path leads out of a directory, here or on Windows."""
    return (
        posixpath.normpath(f"/top/{path}") != f"/top/{path}"
        or path.startswith("/")
        or PureWindowsPath(path).is_absolute()
        or bool(PureWindowsPath(path).drive)
        or ".." in PureWindowsPath(path).parts
        or "\0" in path
    )


@given(fragments, st.integers(0, 4))
def test_whatever_is_taken_leads_nowhere_else_however_often_it_is_decoded(path: str, times: int):
    for _ in range(times):
        path = quote(path, safe="/", errors="replace")
    with suppress(Invalid):
        found = safe(path)
        assert fits(found)
        assert found.isprintable() or not any(ord(each) < 32 for each in found)
        found.encode()
        for _ in range(12):
            assert not leads_elsewhere(found), found
            found = unquote(found)


@given(
    st.lists(st.from_regex(r"[a-z0-9_ é%-]{1,9}(\.[a-z]{1,3})?", fullmatch=True), min_size=1, max_size=5).map("/".join)
)
def test_plain_names_are_taken_as_they_are(path: str):
    decoded = unquote(path)
    if decoded == path:
        assert path == safe(path) == place_of(f"9/{RUN}/artifacts/{path}").path
