from __future__ import annotations

import msgspec
import pytest

from lineal.checks.comparing.values import Change, Side, compare, equal_parts
from lineal.objects.code import Code, Notebook, Submodule
from lineal.objects.digest import digest_of
from lineal.objects.files import Entry
from lineal.objects.runs import ModelFacts, Seeds
from lineal.objects.runtime import Container, Hardware, Package, Runtime

ONE, TWO = digest_of(b"1"), digest_of(b"2")
LEFT = Side(
    code=Code(entry_point="train.py", commit="abc", branch="main"),
    runtime=Runtime(
        python="3.11.7",
        packages=(Package(name="numpy", version="2.0"), Package(name="scipy", version="1.14")),
        hardware=Hardware(machine="x86_64", core_count=2, memory_bytes=8 * 2**30),
        variables={"OMP_NUM_THREADS": "2"},
    ),
    params={"rate": 0.1, "kind": "logistic", "shuffle": True},
    metrics={"loss": "NaN", "auc": 0.9},
    data={"train.csv": ONE},
    seeds=Seeds(set={"numpy": 7}, flags={"PYTHONHASHSEED": "0"}),
    facts=ModelFacts(framework="sklearn", framework_version="1.5.0", inputs={"age": "int64"}),
    weights=(Entry(path="model.joblib", digest=ONE, size_bytes=3),),
)


def test_equal_sides_do_not_differ() -> None:
    assert compare(LEFT, LEFT) == ()


def test_every_part_that_differs_is_named_once() -> None:
    right = Side(
        code=Code(entry_point="train.py", commit="def", branch="main", diff=TWO),
        runtime=Runtime(
            python="3.12.1",
            packages=(Package(name="numpy", version="2.1"), Package(name="pandas", version="2.2")),
            hardware=Hardware(machine="x86_64", core_count=16, memory_bytes=8 * 2**30, accelerators=("H100",)),
            variables={"OMP_NUM_THREADS": "2"},
        ),
        params={"rate": 0.2, "kind": "logistic"},
        metrics={"loss": 0.5, "auc": 0.9},
        data={"train.csv": TWO, "more.csv": ONE},
        seeds=Seeds(set={"numpy": 8}, flags={"PYTHONHASHSEED": "0"}),
        facts=ModelFacts(framework="sklearn", framework_version="1.5.0", inputs={"age": "float64"}),
        weights=(Entry(path="model.joblib", digest=TWO, size_bytes=3),),
    )

    assert compare(LEFT, right) == (
        Change("data", "more.csv", "", ONE),
        Change("data", "train.csv", ONE, TWO),
        Change("code", "changes since the commit", "", TWO),
        Change("code", "commit", "abc", "def"),
        Change("params", "rate", "0.1", "0.2", "+0.1 (+100.00%)"),
        Change("params", "shuffle", "true", ""),
        Change("seeds", "numpy", "7", "8"),
        Change("model", "input age", "int64", "float64"),
        Change("packages", "numpy", "2.0", "2.1", "upgraded"),
        Change("packages", "pandas", "", "2.2"),
        Change("packages", "scipy", "1.14", ""),
        Change("runtime", "python", "3.11.7", "3.12.1"),
        Change("hardware", "accelerators", "", "H100"),
        Change("hardware", "cores", "2", "16"),
        Change("weights", "model.joblib", f"{ONE} file", f"{TWO} file"),
        Change("metrics", "loss", "NaN", "0.5"),
    )


def test_turned_around_left_is_right() -> None:
    right = msgspec.structs.replace(LEFT, params={"rate": 0.2}, code=None)

    assert sorted(compare(LEFT, right)) == sorted(
        each._replace(left=each.right, right=each.left, note=each.note.replace("-0.1 (-50.00%)", "+0.1 (+100.00%)"))
        for each in compare(right, LEFT)
    )


def test_a_number_and_its_text_are_told_apart_from_nothing() -> None:
    left, right = Side(params={"a": None}), Side(params={})

    assert compare(left, right) == (Change("params", "a", "null", ""),)


def test_parts_that_are_the_same_are_named() -> None:
    right = msgspec.structs.replace(LEFT, params={}, metrics={"loss": "NaN", "auc": 0.9})

    assert equal_parts(LEFT, right) == (
        "data", "code", "seeds", "model", "packages", "runtime", "hardware", "weights", "metrics",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("left", "right", "note"),
    [
        ("1.9", "1.10", "upgraded"),
        ("2.0.1", "2.0", "downgraded"),
        ("2.0+cpu", "2.0+gpu", "another build"),
        ("", "1", ""),
    ],
)
def test_a_package_went_up_or_down(left: str, right: str, note: str) -> None:
    sides = [Runtime(packages=(Package(name="x", version=version),) if version else ()) for version in (left, right)]
    (found,) = compare(Side(runtime=sides[0]), Side(runtime=sides[1]))

    assert note == found.note


def test_a_field_that_nobody_wrote_words_for_is_compared() -> None:
    class Later(Runtime, frozen=True, tag="later"):
        container_image: str = ""
        threads: dict[str, int] = {}

    (found,) = compare(Side(runtime=Later(threads={"blas": 2})), Side(runtime=Later(threads={"blas": 4})))

    assert ("runtime", "threads", '{"blas":2}', '{"blas":4}', "") == found


def test_code_packages_and_machine_are_compared_to_the_last_submodule() -> None:
    def side(commit: str, *, seeded: bool) -> Side:
        return Side(
            code=Code(
                submodules=(Submodule(path="vendor", commit=commit),),
                notebooks=(Notebook(path="a.ipynb", stripped=ONE, cells=digest_of(commit.encode())),),
            ),
            runtime=Runtime(
                packages=(Package(name="mine", version="1", is_editable=True, commit=commit),),
                container=Container(kind="docker", image=f"train:{commit}"),
                hardware=Hardware(driver=f"55{commit}"),
            ),
            seeds=Seeds(set={"numpy": 1} if seeded else {}, states={"numpy": f"from {commit}"}),
        )

    found = compare(side("1", seeded=True), side("2", seeded=True))

    assert found == (
        Change("code", "cells of a.ipynb", ONE, TWO),
        Change("code", "submodule vendor", "1", "2"),
        Change("packages", "mine", "1 1", "1 2", "upgraded"),
        Change("runtime", "container", "train:1", "train:2"),
        Change("hardware", "driver", "551", "552"),
    )
    unseeded = compare(side("1", seeded=False), side("2", seeded=False))
    assert {Change("seeds", "start of numpy", "from 1", "from 2")} == set(unseeded) - set(found)
