"""The canonical form of a notebook."""

from __future__ import annotations

import difflib
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from lineal.capture.code.stripping import code_cells, stripped

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_sources = st.text(max_size=30) | st.lists(st.text(max_size=10), max_size=3)
_cells = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code", "markdown", "raw"]), "source": _sources},
    optional={"id": st.text(max_size=4), "outputs": _values, "metadata": st.dictionaries(st.text(max_size=4), _values)},
)
_notebooks = st.fixed_dictionaries(
    {"cells": st.lists(_cells, max_size=4)},
    optional={"metadata": st.dictionaries(st.sampled_from(["kernelspec", "papermill", "widgets"]), _values)},
)


def notebook(*sources: str, count: int = 1, output: str = "") -> bytes:
    cells = [
        {
            "cell_type": "code",
            "id": f"c{at}",
            "execution_count": count + at,
            "metadata": {"execution": {"iopub.status.busy": "2026"}, "collapsed": True, "tags": ["parameters"]},
            "outputs": [{"output_type": "stream", "text": [output]}],
            "source": source,
        }
        for at, source in enumerate(sources)
    ]
    kernel = {"name": "python3", "display_name": "Python 3 (ann)", "language": "python"}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}).encode()


@settings(max_examples=60)
@given(_notebooks)
def test_stripping_twice_is_stripping_once_and_keeps_every_cell(value: object) -> None:
    data = json.dumps(value).encode()
    once = stripped(data)

    assert once == stripped(once)
    assert [source for _, source in code_cells(data)] == [source for _, source in code_cells(once)]


def test_running_changes_nothing_and_an_edited_line_is_one_line() -> None:
    first, again = notebook("a = 1\nb = 2\n", "c = 3"), notebook("a = 1\nb = 2\n", "c = 3", count=7, output="9")
    edited = notebook("a = 1\nb = 22\n", "c = 3", output="8")

    assert stripped(first) == stripped(again)
    before, after = (stripped(each).decode().splitlines() for each in (first, edited))
    changed = [each for each in difflib.unified_diff(before, after, n=0) if not each.startswith(("---", "+++", "@@"))]
    assert ['-    "b = 2\\n"', '+    "b = 22\\n"'] == changed


def test_what_is_no_notebook_comes_back_as_it_is() -> None:
    for data in (b"", b"{}", b"[1]", b'{"cells": 1}', b'{"cells": ["x"]}', b"\xff"):
        assert data == stripped(data)
        assert [] == code_cells(data)
