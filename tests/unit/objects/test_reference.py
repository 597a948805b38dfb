"""References mean the same everywhere, and garbage is told as such."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.objects.digest import digest_of
from lineal.objects.errors import Invalid
from lineal.objects.reference import NAME, Kind, Reference, check_name, parse_reference

DIGEST = digest_of(b"")

names = st.from_regex(rf"\A{NAME}\Z").filter(lambda name: name not in {"run", "data", "deployment", "sha256"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("churn", Reference("model", "churn")),
        ("team/churn-2.b_c", Reference("model", "team/churn-2.b_c")),
        ("churn@production", Reference("alias", "churn", "production")),
        ("churn:2.3.1", Reference("version", "churn", "2.3.1")),
        ("churn:2", Reference("version", "churn", "2")),
        ("churn:2.3", Reference("version", "churn", "2.3")),
        ("churn:#7", Reference("version", "churn", "#7")),
        ("run:train", Reference("run", "train")),
        ("run:01ARZ3NDEKTSV4RRFFQ69G5FAV", Reference("run", "01ARZ3NDEKTSV4RRFFQ69G5FAV")),
        ("data:adult", Reference("dataset", "adult")),
        ("data:adult@3", Reference("dataset", "adult", "3")),
        (f"data:adult@{DIGEST}", Reference("dataset", "adult", DIGEST)),
        ("data:adult@sha256:e3b0", Reference("dataset", "adult", "sha256:e3b0")),
        ("deployment:01J", Reference("deployment", "01J")),
        (DIGEST, Reference("digest", "", DIGEST)),
        ("sha256:e3b0", Reference("digest", "", "sha256:e3b0")),
    ],
)
def test_a_reference_is_taken_apart(text: str, expected: Reference) -> None:
    assert expected == parse_reference(text)


GARBAGE = [
    *("", " ", "churn ", "churn:", "churn@", "@production", ":1.0.0", "churn:1.2.3.4", "churn:x", "churn:\u0662"),
    *("run:", "run:a b", "data:", "data:a@", "data:a@\u0663", "-a", "a-", "a b", "churn\n", "na\u00efve"),
    *("sha256:abc", "sha256:" + "f" * 65, "sha256:" + "G" * 64, "churn:1" + "0" * 5_000, "data:a@1" + "0" * 5_000),
]


@pytest.mark.parametrize("text", GARBAGE)
def test_garbage_is_invalid(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_reference(text)

    assert caught.value.hint


@given(st.one_of(st.text(), st.text(st.sampled_from("aZ09.:@#/-_ \n٢sha256run:data"), max_size=30)))
def test_any_text_is_a_reference_or_invalid(text: str) -> None:
    try:
        found = parse_reference(text)
    except Invalid:
        return

    assert text == written(found)


@given(names, names, st.integers(0, 99), st.integers(0, 99))
def test_what_was_put_together_is_taken_apart(name: str, other: str, major: int, minor: int) -> None:
    expected: dict[str, tuple[Kind, str, str]] = {
        name: ("model", name, ""),
        f"{name}@{other}": ("alias", name, other),
        f"{name}:{major}.{minor}.0": ("version", name, f"{major}.{minor}.0"),
        f"run:{name}": ("run", name, ""),
        f"data:{name}@{major}": ("dataset", name, str(major)),
    }

    assert {text: Reference(*parts) for text, parts in expected.items()} == {
        text: parse_reference(text) for text in expected
    }


@given(names.filter(lambda name: len(name) <= 128))
def test_a_name_that_is_allowed_can_be_referred_to(name: str) -> None:
    assert name == check_name(name, "model")
    assert Reference("model", name) == parse_reference(name)


@pytest.mark.parametrize(
    "text", ["", "run", "data", "deployment", "sha256", "a" * 129, "a b", "../x", "a:b", "a@b", "ü"]
)
def test_a_name_that_no_reference_could_carry_is_invalid(text: str) -> None:
    with pytest.raises(Invalid, match="cannot name a dataset"):
        check_name(text, "dataset")


def test_a_word_that_begins_references_is_told_as_such() -> None:
    with pytest.raises(Invalid) as told:
        check_name("data", "dataset")

    assert "data: begins references" in told.value.hint


def written(reference: Reference) -> str:
    """Return the text that has these parts."""
    shapes: dict[Kind, str] = {
        "model": "{name}",
        "alias": "{name}@{detail}",
        "version": "{name}:{detail}",
        "run": "run:{name}",
        "dataset": "data:{name}@{detail}" if reference.detail else "data:{name}",
        "deployment": "deployment:{name}",
        "digest": "{detail}",
    }
    return shapes[reference.kind].format(name=reference.name, detail=reference.detail)
