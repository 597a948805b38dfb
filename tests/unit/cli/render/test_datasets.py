"""Datasets as people read them."""

from __future__ import annotations

from tests.unit.cli.render.constructed import DATASET, text_of


def test_a_dataset_shows_its_columns_and_who_used_it() -> None:
    expected = """\
data:adult@2  32,561 rows, 1 file, 1.2 MB
  digest   sha256:4444444444444444444444444444444444444444444444444444444444444444
  added    2023-11-14 22:13 UTC (3 min ago) by ada
  message  as published
  columns (2)
    NAME  TYPE     MISSING
    age   integer
    pay   float    some
  read by
    - run:01HF7YAT00AAAAAAAAAAAAAAAA
  versions that came from it
    - income:1.0.0
"""

    assert expected == text_of(DATASET)


def test_datasets_are_a_table_of_extents() -> None:
    expected = """\
DATASET         ROWS  FILES    SIZE  ADDED (UTC)                   BY   DIGEST               MESSAGE
data:adult@2  32,561      1  1.2 MB  2023-11-14 22:13 (3 min ago)  ada  sha256:444444444444  as published
"""

    assert expected == text_of((DATASET,))
