"""What cannot be meant as it stands is refused, and the message says which file, what and where."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from typing import Any

import pytest

from lineal.objects.errors import Invalid
from tests.unit.formats.evaluations.recorded import RECORDED, only, read, read_files

HARNESS = json.loads((RECORDED / "lm_eval/results.json").read_text(encoding="utf-8"))


def _harness(**changes: Any) -> bytes:
    return json.dumps({**HARNESS, **changes}).encode()


REFUSED: dict[str, tuple[dict[str, bytes], str]] = {
    "nothing": ({}, "holds no file"),
    "too many files": ({f"{n}.json": b"{}" for n in range(1_001)}, "1,001 files, more than"),
    "no result": ({"a.txt": b"hello there"}, "no result of an evaluation that is known here"),
    "wrong JSON": ({"m.json": b'{"acc": 0.5,}'}, "m.json is no JSON that can be read"),
    "no UTF-8": ({"m.json": b'{"acc": "\xff"}'}, "m.json is no JSON that can be read"),
    "nested too deep": ({"m.json": b"[" * 200_000}, "nested too deep"),
    "a member twice": ({"m.json": b'{"example_count": 3, "acc": 0.5, "acc": 0.6}'}, "'acc' twice in one object"),
    "endless digits": ({"m.json": b'{"example_count": 3, "acc": ' + b"9" * 5_000 + b"}"}, "no JSON that can be read"),
    "a huge number": ({"m.json": b'{"example_count": 3, "acc": ' + b"9" * 400 + b"}"}, "larger than any number"),
    "a text for a number": (
        {"r.json": json.dumps({**json.loads((RECORDED / "sklearn/report.json").read_text()), "0": {
            "precision": "high", "recall": 1, "f1-score": 1, "support": 1}}).encode()},
        "r.json: 0: precision is 'high', which is no number",
    ),
    "a frame without names": (
        {"by_group.json": (RECORDED / "fairlearn/columns/by_group.json").read_bytes()},
        "by_group.json does not name the columns of its groups",
    ),
    "two models": (
        {"a.json": _harness(), "b.json": _harness(model_name="another")},
        "results of several models: dummy, another",
    ),
    "tasks that are none": ({"a.json": _harness(results={"t": 3})}, "a.json: the results of t are no object"),
    "no metric": ({"a.json": _harness(results={"t": {"alias": "t"}})}, "without any metric"),
    "rows of other widths": (
        {"eval_results_table.json": b'{"columns": ["a", "b/score"], "data": [[1]]}'},
        "rows that are not as wide as its columns",
    ),
    "several evaluations": ({"a.json": b'{"example_count": 1}', "b.json": b'{"example_count": 2}'}, "several evaluations"),
    "broken Parquet": ({"by_group.parquet": b"PAR1\0\0\0\0"}, "by_group.parquet is no Parquet that can be read"),
    "metadata that is no YAML": ({"README.md": b"---\nmodel-index: [\n---\n"}, "README.md is no YAML"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_result_is_refused_with_what_is_wrong(name: str) -> None:
    files, why = REFUSED[name]

    with pytest.raises(Invalid, match=why.replace("(", r"\(")):
        read_files(files)


def test_nothing_in_a_pickle_is_carried_out() -> None:
    class Touch:
        def __reduce__(self) -> tuple[Any, ...]:
            return pytest.fail, ("it was carried out",)

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("computed/data.pkl", pickle.dumps({"BinaryAccuracy": Touch()}))
        archive.writestr("computed/version", "3")

    with pytest.raises(Invalid, match=r"computed\.pt"):
        read_files({"computed.pt": made.getvalue()})


def test_numbers_that_are_not_finite_are_kept_as_their_words() -> None:
    found = read_files({"m.json": b'{"example_count": 3, "accuracy_score": NaN, "log_loss": Infinity}'})

    assert only(found).metrics == {"accuracy_score": "NaN", "log_loss": "Infinity"}
    assert only(found).shares == {}


def test_of_several_files_of_one_model_the_newest_says_a_task() -> None:
    older = _harness(
        date=1.0, results={"sums_plus": {"acc,none": 0.1}, "other": {"acc,none": 0.2, "acc_stderr,none": "N/A"}}
    )

    found = read_files({"new.json": _harness(), "old.json": older})

    assert only(found, task="sums_plus").metrics["acc"] == 0.3
    assert (only(found, task="other").metrics, only(found, task="other").standard_errors) == ({"acc": 0.2}, {})
    assert "old.json has an older result of sums_plus, which was not taken over" in found.notes


def test_a_filter_that_is_not_none_stays_in_the_name_and_a_limit_is_noted() -> None:
    config = {**HARNESS["config"], "limit": 10}
    values = {"exact_match,strict-match": 0.5, "exact_match_stderr,strict-match": 0.1, "f1,none": 0.25}

    found = read_files({"r.json": _harness(results={"sums_plus": values}, config=config)})

    assert only(found, task="sums_plus").metrics == {"exact_match,strict-match": 0.5, "f1": 0.25}
    assert only(found, task="sums_plus").standard_errors == {"exact_match,strict-match": 0.1}
    assert only(found, task="sums_plus").shares == {"exact_match,strict-match": (20, 40)}
    assert "r.json: only 10 samples of each task were asked" in found.notes


def test_intervals_of_an_evaluator_are_kept() -> None:
    said = {
        "accuracy": {"confidence_interval": [0.8, 0.9], "standard_error": 0.02, "score": 0.85},
        "latency_in_seconds": 0.1,
    }

    found = only(read_files({"r.json": json.dumps(said).encode()}))

    assert (found.intervals, found.standard_errors) == ({"accuracy": (0.8, 0.9)}, {"accuracy": 0.02})
    assert found.metrics == {"accuracy": 0.85, "latency_in_seconds": 0.1}


def test_a_column_of_numbers_makes_groups_when_somebody_says_so() -> None:
    files = {"by_group.csv": b"age,accuracy,count\n0,0.5,10\n1,0.75,20\n"}

    with pytest.raises(Invalid, match="does not name the columns"):
        read_files(files)
    assert only(read_files(files, features=("age",)), feature="age", value="1").shares == {"accuracy": (15, 20)}


def test_a_frame_with_its_overall_is_not_taken_twice() -> None:
    frame = (RECORDED / "fairlearn/records/by_group.json").read_bytes()

    with pytest.raises(Invalid, match=r"a\.json and b\.json are both about sex"):
        read_files({"a.json": frame, "b.json": frame})
    assert read("fairlearn/records").results[0].feature == ""
