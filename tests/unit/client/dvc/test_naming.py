"""Datasets that come from paths are called what ``data add`` would call them, and keep their names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lineal.client.dvc.naming import Names, item_of
from lineal.objects.reference import check_name

COMMIT = "0" * 40


def named(*paths: str, known: dict[str, str] | None = None) -> list[str]:
    names = Names(known or {}, paths)
    return [names[each] for each in paths]


def test_a_path_is_called_after_its_last_part() -> None:
    assert ["raw", "images", "model"] == named("data/raw.csv", "images", "out/model.pkl")


def test_two_that_would_be_called_so_have_their_whole_paths() -> None:
    assert ["a/raw.csv", "b/raw.csv", "c"] == named("a/raw.csv", "b/raw.csv", "c")
    assert ["raw.csv", "raw.parquet"] == named("raw.csv", "raw.parquet")


def test_a_path_keeps_the_name_that_it_had() -> None:
    known = {item_of(COMMIT, "data/raw.csv"): "data:raw@3", "stage:abc": "run:01"}

    assert ["raw", "other/raw.csv"] == named("data/raw.csv", "other/raw.csv", known=known)


def test_what_no_reference_could_carry_is_replaced() -> None:
    assert ["a-b", "dataset", "run-data", "x"] == named("a b.csv", "日本", "run", "-x-")


PATHS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12), min_size=1, unique=True)


@given(PATHS)
def test_every_path_has_a_name_of_its_own(paths: list[str]) -> None:
    names = named(*paths)

    assert len(paths) == len(set(names))
    assert names == [check_name(each, "dataset") for each in names]
    again = {item_of(COMMIT, path): f"data:{name}@1" for path, name in zip(paths, names, strict=True)}
    assert names == named(*paths, known=again)
