"""What a stage of a lock says, in the words of a run."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.client.dvc import stages
from lineal.formats.dvc.lock import Stage
from lineal.objects.canonical import canonical_bytes
from tests.unit.objects.examples import EXAMPLES

ENTRIES = {
    "python src/train.py --depth 6": "src/train.py",
    "sh run.sh": "run.sh",
    "make all": "make",
    "echo 'it": "echo",
    "": "",
}


@pytest.mark.parametrize("command", ENTRIES)
def test_the_script_of_a_stage_is_its_entry_point(command: str) -> None:
    assert ENTRIES[command] == stages._entry_point(Stage(cmd=command))


def test_parameters_have_dotted_keys_and_the_name_of_their_file() -> None:
    given = {
        "params.yaml": {"lr": 0.1, "deep": {"layers": 3, "sizes": [1, 2]}, "none": None},
        "other.toml": {"lr": float("nan"), "big": 1 << 70, "yes": True},
    }

    assert {
        "lr": 0.1,
        "deep.layers": 3,
        "deep.sizes": "[1, 2]",
        "none": None,
        "other.toml:lr": "nan",
        "other.toml:big": str(1 << 70),
        "other.toml:yes": True,
    } == dict(stages._params(given))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


@given(st.dictionaries(st.text(max_size=5), st.dictionaries(st.text(max_size=5), VALUES, max_size=3), max_size=2))
def test_any_parameters_can_be_kept(params: dict[str, dict[str, Any]]) -> None:
    import msgspec

    assert canonical_bytes(msgspec.structs.replace(EXAMPLES["run"], params=dict(stages._params(params))))


METRICS = {
    "m.json": (
        b'{"a": 1, "deep": {"b": 0.5}, "word": "x", "yes": true, "nan": NaN}',
        {"a": 1.0, "deep.b": 0.5, "nan": "NaN"},
    ),
    "m.yaml": (b"a: 1\ndeep:\n  b: .inf\n", {"a": 1.0, "deep.b": "Infinity"}),
    "m.toml": (b"a = 2\n[deep]\nb = 1.5\n", {"a": 2.0, "deep.b": 1.5}),
    "m.csv": (b"a,b\n1,2\n", {}),
    "bad.json": (b"{", {}),
    "deep.json": (b"[" * 100_000, {}),
    "list.json": (b"[1]", {}),
    "bad.yaml": (b"!!python/object/apply:os.system [ls]", {}),
}


@pytest.mark.parametrize("path", METRICS)
def test_metrics_are_the_numbers_of_a_file(path: str) -> None:
    data, numbers = METRICS[path]

    assert numbers == dict(stages._numbers(stages._read(path, data)))


def test_the_same_words_in_the_same_lock_are_the_same_run() -> None:
    one, other = Stage(cmd="a", params={"p": {"x": 1, "y": 2}}), Stage(cmd="a", params={"p": {"y": 2, "x": 1}})

    assert stages.key_of("dvc.lock", "s", one) == stages.key_of("dvc.lock", "s", other)
    assert 3 == len(
        {
            stages.key_of("dvc.lock", "s", one),
            stages.key_of("sub/dvc.lock", "s", one),
            stages.key_of("dvc.lock", "s", Stage(cmd="b")),
        }
    )
