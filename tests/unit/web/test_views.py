"""A view of charts is a link: what a form says is in the address, and what it says wrongly changes nothing."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from lineal.formats.figures.metric_charts import View
from lineal.web.pages.page import Asked, Said
from lineal.web.views import address, grouped, paged, wanted


def asked(**query: str) -> Asked:
    return Asked("", Said((name.removesuffix("_"), value) for name, value in query.items()))


def test_a_view_is_what_its_address_says() -> None:
    found = wanted(asked(x="relative", y="log", smooth="0.6", from_="0", to="100", names="^val_", page="2"))
    link = address("/metric", [("run", "a b"), ("key", "x/y&z")], found)
    query = dict(parse_qsl(urlsplit(link).query))

    assert View("relative", is_log=True, smoothing=0.6, first=0, last=100) == found.view
    assert {"run": "a b", "key": "x/y&z"} == {name: query.pop(name) for name in ("run", "key")}
    assert found == wanted(Asked("", Said(query.items())))._replace(pattern=found.pattern)
    assert "/metric?x=relative&from=0" == address("/metric", [], wanted(asked(x="relative", from_="0")))
    assert "/metric" == address("/metric", [], wanted(asked()))


@pytest.mark.parametrize(
    ("query", "view"),
    [
        ({"x": "nothing", "y": "round", "smooth": "a lot", "from": "1e99", "to": ""}, View()),
        ({"smooth": "7"}, View(smoothing=0.999)),
        ({"smooth": "nan"}, View()),
        ({"smooth": "-1"}, View()),
        ({"from": "9", "to": "3"}, View(first=3, last=9)),
        ({"from": "-5"}, View(first=-5)),
        ({"page": "-1"}, View()),
    ],
)
def test_what_is_said_wrongly_is_left_out(query: dict[str, str], view: View) -> None:
    assert view == wanted(Asked("", Said(query.items()))).view


def test_names_are_found_by_expressions_and_one_that_cannot_be_read_is_told() -> None:
    fits = wanted(asked(names="^val_|loss")).fits
    broken = wanted(asked(names="(a"))

    assert [True, True, False] == [fits(name) for name in ("val_auc", "train/loss", "train/auc")]
    assert broken.problem
    assert broken.fits("anything")
    # No expression takes long, whatever it is.
    assert not wanted(asked(names="(a*)*b")).fits("a" * 5_000)


def test_names_are_grouped_by_what_they_begin_with() -> None:
    names = ["val_loss", "lr", "train/loss", "system/cpu", "val_auc", "test_auc", "/odd", "a.b", "a.c"]

    assert [
        ("", ["lr", "test_auc"]),
        ("/", ["/odd"]),
        ("a.", ["a.b", "a.c"]),
        ("train/", ["train/loss"]),
        ("val_", ["val_loss", "val_auc"]),
        ("system/", ["system/cpu"]),
    ] == grouped(names)


def test_pages_of_names_follow_their_groups_and_the_last_one_is_the_last() -> None:
    names = [f"b/{n:03d}" for n in range(50)] + ["lr"]

    groups, shown, page = paged(names, 0, 20)
    assert ([("", ["lr"]), ("b/", [f"b/{n:03d}" for n in range(19)])], 20, 0) == (groups, len(shown), page)
    assert ([f"b/{n:03d}" for n in range(39, 50)], 2) == paged(names, 99, 20)[1:]
    assert ([], [], 0) == paged([], 3, 20)
