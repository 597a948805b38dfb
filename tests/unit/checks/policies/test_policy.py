from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.checks.judges.lineage_complete import LineageComplete
from lineal.checks.judges.metric_floor import MetricFloor
from lineal.checks.judges.scan_clean import ScanClean
from lineal.checks.judges.slice_regression import SliceRegression
from lineal.checks.policies.policy import parse_policy
from lineal.checks.policies.tables import EvaluationPolicy
from lineal.objects.errors import Invalid

WHOLE = """
[evaluation]
dataset = "data:adult-test"
label = "income"
positive = ">50K"
slices = ["sex", "race"]

[[gate.production]]
check = "metric_floor"
metric = "accuracy"
at_least = 0.83

[[gate.production]]
check = "slice_regression"
features = ["sex"]
metric = "recall"
margin = 0.05
"""


def test_a_policy_is_read_in_its_order() -> None:
    policy = parse_policy(WHOLE)

    assert policy.evaluation == EvaluationPolicy(
        dataset="data:adult-test", label="income", positive=">50K", slices=("sex", "race")
    )
    assert policy.gate("production") == (
        MetricFloor(metric="accuracy", at_least=0.83),
        SliceRegression(features=("sex",), metric="recall", margin=0.05),
    )
    assert policy.gate("staging") == ()


def test_an_empty_policy_still_asks_where_a_version_came_from_and_what_is_in_it() -> None:
    assert parse_policy("").gate("production") == (LineageComplete(), ScanClean())


def test_a_policy_may_ask_for_nothing() -> None:
    assert parse_policy("[gate]\nproduction = []").gate("production") == ()


GATE = "[[gate.production]]\n"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[evaluations]", "the policy has no table 'evaluations'", "did you mean 'evaluation'?"),
        ('[evaluation]\nlabl = "x"', "[evaluation] has no option 'labl'", "did you mean 'label'?"),
        ("[evaluation]\nslices = 3", "[evaluation]: Expected `array`", "mend lineal.toml"),
        (GATE + 'check = "metric_flor"', "is called 'metric_flor', which is no check", "did you mean 'metric_floor'?"),
        (GATE + 'metric = "auc"', "does not say which check it is", "approvals, better_than_champion"),
        (
            GATE + 'check = "metric_floor"\nmetric = "auc"\natleast = 1',
            "check 1 of [[gate.production]] (metric_floor) has no option 'atleast'",
            "did you mean 'at_least'? allowed: check, metric, at_least, at_most",
        ),
        (GATE + 'check = "metric_floor"\nmetric = "auc"', "give either at_least or at_most", "mend"),
        (GATE + 'check = "metric_floor"\nat_least = 1', "missing required field `metric`", "mend"),
        (GATE + 'check = "metric_floor"\nmetric = "auc"\nat_least = "1"', "Expected `float | null`, got `str`", "mend"),
        (GATE + 'check = "approvals"\ncount = 0', "count must be at least 1", "mend"),
        (GATE + 'check = "card_sections"\nsections = ["caveat"]', "did you mean 'caveats'?", "mend"),
        (
            GATE + 'check = "not_worse_than_champion"\nmetric = "selection_rate"\nmargin = 0.1',
            "no metric here is called 'selection_rate'",
            "mend",
        ),
        (
            GATE + 'check = "slice_regression"\nfeatures = ["a"]\nmetric = "recall"\nmargin = -1',
            "the margin must be zero or more",
            "mend",
        ),
        (GATE + 'check = "slice_regression"\nfeatures = []\nmetric = "recall"', "at least one column", "mend"),
        (GATE + 'check = "fairness_gap"\nmetric = "auc"\nfeature = "a"\nat_most = 0.1', "no metric here", "mend"),
        (GATE + 'check = "fairness_gap"\nmetric = "recall"\nfeature = "a"\nat_most = 2', "between 0 and 1", "mend"),
        ('[[gate.prodction]]\ncheck = "approvals"', "[gate] has no stage 'prodction'", "did you mean 'production'?"),
        ("[gate.production]", "[[gate.production]] is no list of checks", "begin each check"),
        ("gate = 3", "[gate] is no table", "write [gate]"),
        ("[gate]\nproduction = [3]", "[[gate.production]] is no table", "write"),
        ("[gate", "the policy is no TOML", "mend"),
    ],
)
def test_a_slip_of_the_pen_is_named_with_what_was_meant(text: str, message: str, hint: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_policy(text)

    assert message in caught.value.message
    assert hint in caught.value.hint


def hint_or_policy(text: str) -> object:
    try:
        return parse_policy(text)
    except Invalid as refused:
        return refused.hint


@given(st.text())
def test_any_text_is_a_policy_or_refused_with_a_hint(text: str) -> None:
    assert hint_or_policy(text)


def test_rules_of_semantic_versions_get_other_levels() -> None:
    levels = parse_policy('[semver]\nextra_inputs = "refused"\noutput-added = "patch"\n').semver

    assert ("refused", "patch", "minor") == (levels.extra_inputs, levels.of("output-added"), levels.of("retrained"))


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ('output-aded = "patch"', "[semver] has no rule 'output-aded'", "did you mean 'output-added'?"),
        ('output-added = "tiny"', "output-added is 'tiny', which is no level", "patch, minor, major"),
        ("output-added = 1", "output-added is 1, which is no level", "patch, minor, major"),
        ('extra_inputs = "maybe"', "[semver]: Invalid enum value 'maybe'", "lineal.toml"),
    ],
)
def test_a_rule_or_a_level_that_there_is_not_is_named(text: str, said: str, hint: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_policy(f"[semver]\n{text}\n")

    assert said in caught.value.message
    assert hint in caught.value.hint
