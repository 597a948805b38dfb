"""Tags of GTO."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.dvc import gto
from lineal.formats.dvc.gto import Tag

TAGS = {
    "clf@v1.0.0": Tag(action="register", name="clf", version="1.0.0"),
    "clf@v1.2.3-rc.1+build.5": Tag(action="register", name="clf", version="1.2.3-rc.1+build.5"),
    "clf@v1.2.3!": Tag(action="deregister", name="clf", version="1.2.3"),
    "clf@v1.2.3!#4": Tag(action="deregister", name="clf", version="1.2.3", counter=4),
    "clf#prod#1": Tag(action="assign", name="clf", stage="prod", counter=1),
    "clf#prod!#2": Tag(action="unassign", name="clf", stage="prod", counter=2),
    "clf#prod": Tag(action="assign", name="clf", stage="prod"),
    "clf@deprecated": Tag(action="deprecate", name="clf"),
    "clf@created": Tag(action="create", name="clf"),
    "models=clf@v1.0.0": Tag(action="register", name="clf", directory="models", version="1.0.0"),
    "a/b.c=x/y-z@v0.0.1": Tag(action="register", name="x/y-z", directory="a/b.c", version="0.0.1"),
}


@pytest.mark.parametrize("text", TAGS)
def test_tags_are_read_and_written(text: str) -> None:
    assert TAGS[text] == gto.parse(text)
    assert text == gto.write(TAGS[text])


@pytest.mark.parametrize(
    "text",
    [
        "v1.0.0",
        "clf",
        "clf@1.0.0",
        "clf@v1.0",
        "clf@v01.0.0",
        "clf@latest",
        "-clf@v1.0.0",
        "clf#",
        "a=b=c@",
        "é@v1.0.0",
    ],
)
def test_other_tags_say_nothing(text: str) -> None:
    assert gto.parse(text) is None


NAMES = st.from_regex(r"[a-z0-9]([a-z0-9/_-]{0,6}[a-z0-9])?", fullmatch=True)


@given(
    NAMES,
    st.none() | st.integers(0, 99),
    st.tuples(*[st.integers(0, 99)] * 3),
    st.sampled_from(["register", "deregister"]),
)
def test_versions_come_back(name: str, counter: int | None, numbers: tuple[int, int, int], action: gto.Action) -> None:
    tag = Tag(action=action, name=name, counter=counter, version=".".join(map(str, numbers)))

    assert tag == gto.parse(gto.write(tag))


@given(st.text(max_size=40))
def test_any_text_is_a_tag_or_none(text: str) -> None:
    gto.parse(text)
    assert gto.parse("a" * 100_000) is None
