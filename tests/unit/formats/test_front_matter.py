from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.front_matter import render

SCALARS = st.one_of(st.text(), st.integers(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))


def test_mappings_and_lists_are_blocks() -> None:
    found = render({"tags": ["a", "b"], "model-index": [{"name": "m", "results": [{"value": 0.5, "ok": True}]}]})

    assert found == (
        "---\n"
        "tags:\n"
        '  - "a"\n'
        '  - "b"\n'
        "model-index:\n"
        '  - name: "m"\n'
        "    results:\n"
        "      - value: 0.5\n"
        "        ok: true\n"
        "---\n"
    )


def test_keys_that_yaml_would_read_as_something_else_are_quoted() -> None:
    assert render({"no": 1, "a b": 2, "1.5": 3, "": 4}) == '---\n"no": 1\n"a b": 2\n"1.5": 3\n"": 4\n---\n'


@given(st.dictionaries(st.text(), SCALARS, min_size=1, max_size=5))
def test_any_scalar_stays_on_one_printable_line_and_reads_back(content: dict[str, object]) -> None:
    lines = render(content).removeprefix("---\n").removesuffix("---\n").splitlines()

    assert len(content) == len(lines)  # splitlines knows every line break that YAML 1.1 knows
    for line, (key, value) in zip(lines, content.items(), strict=True):
        match = re.fullmatch(r'("(?:[^"\\]|\\.)*"|[a-z][a-z0-9_-]*): (.*)', line)

        assert match
        assert (json.loads(match[1]) if match[1].startswith('"') else match[1]) == key
        assert json.loads(match[2]) == value
