"""Models, versions and cards as people read them."""

from __future__ import annotations

from lineal.operations.answers.models import CardAnswer
from tests.unit.cli.render.constructed import LINE, MODEL, VERSION, text_of


def test_a_version_shows_what_made_it_and_what_was_said_of_it() -> None:
    expected = """\
income:1.1.0  staging @champion
  digest      sha256:6666666666666666666666666666666666666666666666666666666666666666
  made by     run:01HF7YAT00AAAAAAAAAAAAAAAA
  registered  2023-11-14 22:13 UTC (3 min ago) by ada
  number      2 of income
  model       model.joblib, Pipeline (sklearn), 1 input column
  why 1.1.0, minor after 1.0.0
    - minor: a column was added
  data
    - data/train.csv  dataset sha256:444444444444
    - words.txt  file sha256:888888888888
  parameters
    depth  6
  metrics of the run
    fit  0.9
  newest evaluation
    METRIC    VALUE  95 % INTERVAL
    accuracy   0.85  0.8193 to 0.8766
    recall      0.7
    subgroups (2)
    SUBGROUP    ROWS  accuracy  recall
    sex=Female   310       0.9     0.5
    sex=Male     290       0.8
  said of it (newest first)
    WHEN (UTC)                    BY     WHAT
    2023-11-14 22:13 (2 min ago)  grace  approved for production: seen
    2023-11-14 22:13 (2 min ago)  ada    evaluated: accuracy 0.85, recall 0.7 on 600 rows, 2 subgroups
  deployments
    - deployment:01HF7YAT00CCCCCCCCCCCCCCCC
"""

    assert expected == text_of(VERSION)


def test_versions_are_a_table() -> None:
    expected = """\
VERSION       STAGE    ALIASES    METRICS        REGISTERED (UTC)              BY   DIGEST
income:1.1.0  staging  @champion  accuracy=0.85  2023-11-14 22:13 (3 min ago)  ada  sha256:666666666666
"""

    assert expected == text_of((LINE,))


def test_a_model_shows_what_stands_where() -> None:
    expected = """\
income  2 versions
  in production  income:1.0.0
  in staging     income:1.1.0
  created        2023-11-14 22:13 UTC (3 min ago) by ada
  VERSION       STAGE    ALIASES    METRICS        REGISTERED (UTC)              BY   DIGEST
  income:1.1.0  staging  @champion  accuracy=0.85  2023-11-14 22:13 (3 min ago)  ada  sha256:666666666666
"""

    assert expected == text_of(MODEL)


def test_models_are_a_table() -> None:
    expected = """\
MODEL   VERSIONS  STANDS                                           CREATED (UTC)                 BY
income         2  production: income:1.0.0, staging: income:1.1.0  2023-11-14 22:13 (3 min ago)  ada
"""

    assert expected == text_of((MODEL,))


def test_a_card_is_its_markdown_unchanged() -> None:
    card = "# income\n\n| a | b |\n|---|---|\n"

    assert card == text_of(CardAnswer(reference="income:1.1.0", format="markdown", text=card))
