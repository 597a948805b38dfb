from __future__ import annotations

from lineal.formats.markdown import code, interval, lines, plain, table


def test_a_fence_is_longer_than_any_inside() -> None:
    assert code("a ```` b") == "`````\na ```` b\n`````\n"


def test_foreign_text_cannot_leave_its_cell() -> None:
    assert table(("name",), [(plain("a | b\nc"),)]) == "| name |\n| --- |\n| a \\| b c |\n"


def test_lists_are_one_line_each_and_nothing_is_nothing() -> None:
    assert lines(["*a*", "b\nc"]) == "- \\*a\\*\n- b c\n"
    assert lines([]) == ""


def test_a_missing_interval_is_empty() -> None:
    assert (interval((0.5, 0.75)), interval(None)) == ("0.5 to 0.75", "")
