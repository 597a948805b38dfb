from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.predictions import Prediction, decode, encode
from lineal.objects.errors import Corrupt

PREDICTIONS = st.builds(
    Prediction,
    prediction=st.one_of(
        st.text(), st.integers(-(2**53), 2**53), st.booleans(), st.floats(allow_nan=False, allow_infinity=False)
    ),
    probabilities=st.dictionaries(st.text(), st.floats(0, 1), max_size=4),
)


@given(st.lists(PREDICTIONS))
def test_predictions_come_back_as_they_went(predictions: list[Prediction]) -> None:
    assert predictions == list(decode(encode(predictions)))


def test_a_line_is_what_a_server_answers() -> None:
    line = encode([Prediction(">50K", {"<=50K": 0.25, ">50K": 0.75})])

    assert line == b'{"prediction":">50K","probabilities":{"<=50K":0.25,">50K":0.75}}\n'


def test_batches_can_be_written_one_after_another() -> None:
    one, two = Prediction(1), Prediction(2)

    assert encode([one, two]) == encode([one]) + encode([two])


def test_numbers_that_are_not_finite_are_kept_as_words() -> None:
    found = decode(encode([Prediction(float("nan")), Prediction(float("-inf"))]))

    assert [each.prediction for each in found] == ["NaN", "-Infinity"]


@pytest.mark.parametrize("line", [b"nonsense", b"[1]", b'{"prediction":null}', b"{}"])
def test_a_line_that_is_no_prediction_is_named(line: bytes) -> None:
    data = encode([Prediction(1)]) + line + b"\n"

    with pytest.raises(Corrupt, match="line 2 is no prediction"):
        list(decode(data))
