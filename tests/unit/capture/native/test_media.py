"""What a program gives comes back as it was; pictures are pictures; libraries are never loaded by us."""

from __future__ import annotations

import math
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineal.capture.native.kept import Kept, keep
from lineal.capture.native.media import (
    confusion_of,
    curve_of,
    figure_of,
    file_of,
    histogram_of,
    image_of,
    table_of,
    text_of,
)
from lineal.formats.media import MEDIA, canonical
from lineal.objects.errors import Corrupt

texts = st.text(st.characters(exclude_categories=("Cs",)))
integers = st.integers(min_value=-(2**62), max_value=2**62)
columns = st.sampled_from((st.booleans(), integers, st.floats(), texts)).flatmap(
    lambda values: st.tuples(st.just(3), st.lists(values | st.none(), min_size=3, max_size=3))
)


def read(value: Kept) -> Any:
    """Return a structured value as whoever reads the run sees it."""
    kept = canonical(value.what, value.data)
    assert kept == canonical(value.what, kept)
    return msgspec.json.decode(kept, type=MEDIA[value.what])


def back(dtype: str, value: Any) -> Any:
    return float(value) if dtype == "float" and value is not None else value


@settings(max_examples=150)
@given(st.dictionaries(texts, columns, max_size=4))
def test_a_table_comes_back_as_it_was(given_columns: dict[str, tuple[int, list[Any]]]) -> None:
    given_values = {name: values for name, (_, values) in given_columns.items()}

    found = {
        each.name: [back(each.dtype, value) for value in each.cells] for each in read(table_of(given_values)).columns
    }

    assert list(given_values) == list(found)
    for name, values in given_values.items():
        for left, right in zip(values, found[name], strict=True):
            assert left == right or (math.isnan(left) and math.isnan(right))


def test_rows_columns_and_data_frames_are_the_same_table() -> None:
    rows = [{"a": 1, "b": 0.5, "c": "x"}, {"a": 2, "b": math.nan, "c": "y"}]
    frame = pd.DataFrame(rows)
    by_column = {"a": np.array([1, 2]), "b": (0.5, np.float32("nan")), "c": pd.Series(["x", "y"])}

    tables = [read(table_of(each)) for each in (rows, frame, by_column)]

    assert tables[0] == tables[1] == tables[2]
    assert ["integer", "float", "string"] == [each.dtype for each in tables[0].columns]


def test_a_value_that_no_column_has_becomes_text_or_nothing() -> None:
    stamp = pd.Timestamp("2026-01-02")
    table = read(table_of({"mixed": [1, "x", None], "huge": [2**70, 1, 2], "time": [stamp, pd.NaT, stamp]}))

    assert [
        ("string", ["1", "x", None]),
        ("string", [str(2**70), "1", "2"]),
        ("string", [str(stamp), None, str(stamp)]),
    ] == [(each.dtype, each.cells) for each in table.columns]


SENSELESS: tuple[Callable[[], Kept], ...] = (
    lambda: table_of({"a": [1], "b": [1, 2]}),
    lambda: table_of(7),
    lambda: table_of([1, 2]),
    lambda: confusion_of(["a"], ["a", "b"], None, None),
    lambda: confusion_of(None, None, [[1, 2]], None),
    lambda: confusion_of(None, None, None, None),
    lambda: curve_of("roc", [1], [1, 2], "", ""),
    lambda: histogram_of(None, [1, 2], [1, 2]),
    lambda: histogram_of(None, None, None),
    lambda: image_of(np.zeros((2, 2, 7))),
    lambda: image_of(np.array(["a"])),
    lambda: image_of([[1, 2], [3]]),
    lambda: file_of(7),
)


def test_what_makes_no_sense_is_refused() -> None:
    for call in SENSELESS:
        with pytest.raises((ValueError, TypeError)):
            call()


def test_a_confusion_matrix_counts_true_labels_by_row() -> None:
    counted = read(confusion_of(np.array([1, 0, 1, 10]), [1, 1, 1, 10], None, None))
    given_matrix = read(confusion_of(None, None, np.array([[5, 1], [0, 2]]), ["no", "yes"]))

    assert (["0", "1", "10"], [[0, 1, 0], [0, 2, 0], [0, 0, 1]]) == (counted.labels, counted.counts)
    assert (["no", "yes"], [[5.0, 1.0], [0.0, 2.0]]) == (given_matrix.labels, given_matrix.counts)


def test_a_histogram_is_the_same_with_and_without_numpy() -> None:
    values = [0.0, 0.5, 1.0, 2.5, 64.0, math.nan]

    plain, array = read(histogram_of(values, None, None)), read(histogram_of(np.array(values), None, None))

    assert (plain.counts, plain.edges) == (array.counts, array.edges)
    assert 5 == sum(plain.counts)


@pytest.mark.parametrize("channels", [(), (1,), (3,), (4,)])
def test_an_array_is_the_picture_of_its_pixels(channels: tuple[int, ...]) -> None:
    array = np.arange(5 * 7 * (channels or (1,))[0], dtype="uint8").reshape((5, 7, *channels))

    picture = image_of(array).data

    start = picture.index(b"IDAT") + 4
    size = int.from_bytes(picture[start - 8 : start - 4], "big")
    rows = zlib.decompress(picture[start : start + size])
    stride = len(rows) // 5
    assert array.tobytes() == b"".join(rows[at + 1 : at + stride] for at in range(0, len(rows), stride))
    assert {0} == {rows[at] for at in range(0, len(rows), stride)}


def test_floats_booleans_channels_first_and_lists_are_pictures_too() -> None:
    grey = np.array([[0.0, 0.5], [1.0, 2.0]])
    first = np.zeros((3, 8, 9), dtype="uint8")

    assert image_of(grey).data == image_of([[0, 128], [255, 255]]).data
    assert image_of(grey > 0.5).data == image_of([[0, 0], [255, 255]]).data
    assert image_of(first).data == image_of(np.zeros((8, 9, 3), dtype="uint8")).data


def test_a_figure_is_drawn_when_it_is_logged() -> None:
    class Figure:
        def savefig(self, file: Any, format: str) -> None:  # noqa: A002 - Matplotlib's name
            file.write(f"<{format}>".encode())

    class Plot:
        def to_json(self) -> str:
            return "{}"

    assert (b"<svg>", b"<png>", b"{}") == (figure_of(Figure()).data, image_of(Figure()).data, figure_of(Plot()).data)


def test_a_value_is_written_whole_where_its_name_says(tmp_path: Path) -> None:
    (tmp_path / "sound.wav").write_bytes(b"RIFF")

    paths = [keep(str(tmp_path), "a/b", 3, text_of("x")), keep(str(tmp_path), "s", 0, file_of(tmp_path / "sound.wav"))]

    assert (["media/a/b/3.txt", "media/s/0.wav"], "audio") == (paths, file_of("x.wav").what)
    assert ["0.wav", "3.txt"] == sorted(each.name for each in (tmp_path / "media").rglob("*") if each.is_file())
    for bad in ("", "../x", "a//b", "/a", "a/.", "\0", "x" * 300):
        with pytest.raises(ValueError, match="name"):
            keep(str(tmp_path), bad, 0, text_of("x"))


def test_bytes_that_are_no_value_are_told_from_those_that_are() -> None:
    with pytest.raises(Corrupt):
        canonical("table", b'{"columns":7}')
    assert b"as they are" == canonical("text", b"as they are")


def test_no_library_is_loaded_by_us() -> None:
    program = (
        "import sys; from lineal.capture.native.media import *; table_of([{'a': 1}]); image_of([[1]]);"
        "histogram_of([1, 2], None, None); confusion_of([1], [1], None, None);"
        "sys.exit(any(each in sys.modules for each in ('numpy', 'pandas', 'matplotlib', 'PIL', 'msgspec', 'json')))"
    )

    assert 0 == subprocess.run((sys.executable, "-c", program), check=False).returncode
