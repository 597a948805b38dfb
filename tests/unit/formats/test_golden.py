from __future__ import annotations

import pytest

from lineal.formats import golden
from lineal.formats.choosing_rows import choose_rows
from lineal.formats.golden import GoldenAnswer, GoldenRequest
from lineal.objects.errors import Corrupt, Invalid

LINES = """\
{"age": 39, "job": "Bäcker"}

{"rows": [{"age": 1}, {"age": null}]}
{"dataframe_split": {"columns": ["age"], "data": [[1]]}}
{"inputs": [[1, 2]]}
{"inputs": [{"name": "age", "datatype": "INT64", "shape": [1], "data": [1]}]}
"""


def test_each_line_of_a_file_goes_where_such_a_body_belongs() -> None:
    found = golden.read_given(LINES.encode(), "mine.jsonl")

    assert ["/predict", "/predict", "/invocations", "/invocations", "/infer"] == [each.path for each in found]
    assert '{"rows":[{"age":39,"job":"Bäcker"}]}' == found[0].body
    assert '{"rows": [{"age": 1}, {"age": null}]}' == found[1].body
    assert {"given"} == {each.origin for each in found}


def test_a_table_is_one_request_a_row() -> None:
    found = golden.read_given(b"age,job\n39,baker\n,1_0\n1e3,nan\n", "mine.csv")

    assert [
        '{"rows":[{"age":39,"job":"baker"}]}',
        '{"rows":[{"age":null,"job":"1_0"}]}',
        '{"rows":[{"age":1000.0,"job":"nan"}]}',
    ] == [each.body for each in found]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "has 0 requests"),
        (b"[1]\n", "line 1 is no object"),
        (b'{"a": 1}\nnone\n', "line 2 is no JSON"),
        (b'{"a": "' + b"x" * (1 << 20) + b'"}', "line 1 has"),
        (b'{"a": 1}\n' * 1_001, "has 1,001 requests"),
        (b'{"a": "\xff"}', "line 1 is no JSON"),
    ],
)
def test_what_is_no_request_is_told_by_its_line(data: bytes, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        golden.read_given(data, "mine.jsonl")


@pytest.mark.parametrize(
    ("example", "body"),
    [
        (b'{"columns":["a"],"data":[[1]]}', '{"dataframe_split":{"columns":["a"],"data":[[1]]}}'),
        (b'{"dataframe_split":{"columns":["a"],"data":[[1]]}}', '{"dataframe_split":{"columns":["a"],"data":[[1]]}}'),
        (b'{"inputs":[1]}', '{"inputs":[1]}'),
        (b"[[1,2]]", '{"inputs":[[1,2]]}'),
        (b'{"a":[1]}', '{"inputs":{"a":[1]}}'),
    ],
)
def test_an_example_of_mlflows_becomes_a_body_that_it_takes(example: bytes, body: str) -> None:
    assert GoldenRequest("/invocations", body, "example") == golden.of_example(example)


def test_requests_and_answers_come_back_as_they_were() -> None:
    requests = golden.read_given(LINES.encode(), "mine.jsonl")
    answers = [
        golden.answer(200, "ä€😀\n".encode()),
        golden.answer(200, b"x" * (300 << 10)),
        golden.answer(500, b"\xff"),
    ]

    assert requests == list(golden.decode(golden.encode(requests), GoldenRequest))
    assert answers == list(golden.decode(golden.encode(answers), GoldenAnswer))
    assert ("", "an answer of 307,200 bytes") == (answers[1].body, answers[1].reason)
    with pytest.raises(Corrupt, match="line 1 is no golden answer"):
        list(golden.decode(b"{}\n", GoldenAnswer))


TABLE = {
    "age": [str(20 + row % 50) for row in range(300)],
    "town": [("Rome", "Oslo", "Bern")[row % 3] for row in range(300)],
    "note": ["" if row == 77 else f"note {row}" for row in range(300)],
}


def test_the_rows_show_every_category_the_extremes_and_what_is_missing() -> None:
    chosen = choose_rows(TABLE, 20)

    assert 20 == len(set(chosen)) == len(chosen)
    assert {"Rome", "Oslo", "Bern"} == {TABLE["town"][each] for each in chosen}
    assert {"20", "69"} <= {TABLE["age"][each] for each in chosen}
    assert 77 in chosen
    assert chosen == choose_rows(TABLE, 20)


def test_a_few_rows_are_all_and_twins_are_one() -> None:
    assert [] == choose_rows({"a": []}, 10)
    assert [0] == choose_rows({"a": ["1"] * 50}, 10)
    assert [] == choose_rows(TABLE, 0)
    assert {0, 1} == set(choose_rows({"a": [None, "1"]}, 10))
