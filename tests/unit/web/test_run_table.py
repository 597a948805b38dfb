"""The address of a table says all of how somebody looks at it."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from lineal.web.pages.page import Asked, Said
from lineal.web.pages.run_table import View, view

_texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
views = st.builds(
    View,
    path=st.just("/runs"),
    query=_texts,
    sort=_texts,
    columns=st.lists(_texts.filter(bool), unique=True).map(tuple),
    deleted=st.booleans(),
    page=_texts,
)


@given(views)
def test_a_link_shows_the_same_to_whoever_follows_it(seen: View) -> None:
    pairs = parse_qsl(urlsplit(seen.link()).query, keep_blank_values=True)

    assert seen == view("/runs", Asked("", Said(pairs)))


@given(views)
def test_what_is_looked_at_in_another_way_begins_at_the_first_page(seen: View) -> None:
    assert "page" not in dict(parse_qsl(urlsplit(seen.link(sort="name asc")).query))


def test_a_column_is_put_in_order_in_its_own_way_first() -> None:
    first = View(path="/runs", page="x").sorted("metrics.auc", "desc")
    second = View(path="/runs", sort="metrics.auc desc").sorted("metrics.auc", "desc")

    assert ("/runs?sort=metrics.auc+desc", "/runs?sort=metrics.auc+asc") == (first, second)


def test_only_the_column_that_gives_the_order_says_so() -> None:
    seen = View(path="/runs", sort="params.a b desc")

    assert ("descending", "", "") == (seen.order("params.a b"), seen.order("started"), seen.order("a b"))
    assert ("descending", "") == (
        View(path="/runs").order("started"),
        View(path="/runs", query="order by name").order("started"),
    )
