"""Tables, facts and what names may not do to a terminal."""

from __future__ import annotations

from lineal.cli.render.page import Page, plain

ROWS = (("run:01HF7YAT00", "a rather long name of a run", "1"), ("run:01HF7YAT01", "", "12"))


def table(page: Page) -> list[str]:
    return list(page.table(("RUN", "NAME", "N"), ROWS, right=("N",)))


def test_columns_are_aligned_and_numbers_stand_at_the_right() -> None:
    assert [
        "RUN             NAME                          N",
        "run:01HF7YAT00  a rather long name of a run   1",
        "run:01HF7YAT01                               12",
    ] == table(Page(width=20, now=0))


def test_on_a_terminal_long_cells_give_way_and_references_stay_whole() -> None:
    lines = table(Page(width=35, now=0, is_cut=True))

    assert "run:01HF7YAT00  a rather long …   1" == lines[1]
    assert all(len(line) <= 35 for line in lines)


def test_columns_without_values_are_left_out() -> None:
    assert ["A  C", "1  3"] == list(Page(width=80, now=0).table(("A", "B", "C"), [("1", "", "3")]))


def test_a_table_without_rows_is_nothing() -> None:
    assert [] == list(Page(width=80, now=0).table(("A", "B"), []))


def test_facts_without_value_are_left_out() -> None:
    assert ["  name  x", "  b     y"] == list(Page(width=80, now=0).facts((("name", "x"), ("a", ""), ("b", "y"))))


def test_a_name_cannot_steer_the_terminal() -> None:
    assert "\\x1b[2Jgone⏎next \\x07" == plain("\x1b[2Jgone\nnext\t\x07")


def test_letters_of_every_language_are_kept() -> None:
    assert "čeština 日本語 Ωμέγα" == plain("čeština 日本語 Ωμέγα")
