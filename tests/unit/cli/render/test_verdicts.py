"""Gates, promotions and evaluations as people read them."""

from __future__ import annotations

import re

import msgspec

from lineal.cli.render.page import Page
from lineal.objects.statements import SliceResult
from lineal.operations.answers.models import GateAnswer, Promotion
from tests.unit.cli.render.constructed import EVALUATED, EVALUATION, NOW, VERDICTS, text_of


def test_a_gate_says_each_verdict_in_a_word_and_why() -> None:
    expected = """\
income:1.1.0 before production, compared with income:1.0.0: ✗ fail
  ✓ pass          lineage_complete  every input is known
  ! warn          metric_floor      accuracy is 0.851, at least 0.85 is asked
  ✗ fail          slice_regression  recall of sex=Female fell from 0.58 to 0.21 (95 % interval of
                                    the difference: -0.42 to -0.32), more than the margin of 0.05
  ? inconclusive  paired            about 400 more rows are needed
"""

    assert expected == text_of(
        GateAnswer(
            reference="income:1.1.0", stage="production", outcome="fail", verdicts=VERDICTS, champion="income:1.0.0"
        )
    )


def test_a_forced_promotion_shows_its_reason_for_ever() -> None:
    expected = """\
income:1.1.0  staging → production
  archived  income:1.0.0
  forced    because audit
  gate: ✗ fail
  ✓ pass  lineage_complete  every input is known
  ! warn  metric_floor      accuracy is 0.851, at least 0.85 is asked
"""

    assert expected == text_of(
        Promotion(
            reference="income:1.1.0",
            stage="production",
            before="staging",
            archived="income:1.0.0",
            outcome="fail",
            verdicts=VERDICTS[:2],
            forced_because="audit",
        )
    )


def test_an_evaluation_shows_intervals_and_subgroups() -> None:
    expected = """\
income:1.0.0 on data:adult@2
  task         binary of rich, yes is positive
  rows         600
  environment  Python 3.11.9, 48 packages
  took         2.3 s
  METRIC    VALUE  95 % INTERVAL
  accuracy   0.85  0.8193 to 0.8766
  recall      0.7
  subgroups (2)
  SUBGROUP    ROWS  accuracy  recall
  sex=Female   310       0.9     0.5
  sex=Male     290       0.8
"""

    assert expected == text_of(EVALUATED)


def test_colours_only_repeat_what_the_words_say() -> None:
    answer = GateAnswer(reference="income:1.1.0", stage="production", outcome="fail", verdicts=VERDICTS)
    coloured = text_of(answer, Page(width=100, now=NOW, is_coloured=True))

    assert "\x1b[31m  ✗ fail" in coloured
    assert text_of(answer) == re.sub(r"\x1b\[\d+m", "", coloured)


def test_subgroups_show_the_metrics_that_fit_the_most_asked_first() -> None:
    names = ("brier", "log_loss", "accuracy", "recall", "false_positive_rate")
    values = dict.fromkeys(names, 0.123456789)
    group = SliceResult(row_count=310, metrics=values, feature="sex", value="Female")
    evaluation = msgspec.structs.replace(
        EVALUATION, overall=SliceResult(row_count=600, metrics=values), slices=(group,)
    )
    lines = text_of(msgspec.structs.replace(EVALUATED, evaluation=evaluation), Page(width=55, now=NOW)).splitlines()

    assert [
        "  SUBGROUP    ROWS  accuracy  recall   brier",
        "  sex=Female   310    0.1235  0.1235  0.1235",
        "  … 2 more metrics; --json has them all",
    ] == lines[-3:]
