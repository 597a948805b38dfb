"""MLflow's filters and orders: what they are read as, and what is told of those that cannot be."""

from __future__ import annotations

import math
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineal.objects.errors import Invalid
from lineal.objects.ulid import ulid_of
from lineal.protocols.mlflow.filters import parse_filter, parse_model_filter, parse_order
from lineal.protocols.mlflow.subjects import SUBJECTS, SubjectName
from lineal.protocols.mlflow.tokens import LENGTH_MAX
from lineal.query.sources import STATE
from lineal.query.syntax import (
    Alike,
    Among,
    Condition,
    Every,
    Known,
    Measured,
    Not,
    Noted,
    Property,
    Some,
    Sort,
    Used,
)
from tests.unit.protocols.mlflow.claims import Claim, claims, fragments, scraps

RUN, EXPERIMENT, MODEL, VERSION, LOGGED = (SUBJECTS[name].attributes for name in SUBJECTS)
A, B, C = (Measured(name, ">", 1.0) for name in "abc")
PROMPT = Noted("tag", "mlflow.prompt.is_prompt", "=", "true")


def error(text: str, subject: SubjectName = "runs") -> Invalid:
    with pytest.raises(Invalid) as found:
        parse_filter(text, subject)
    return found.value


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("", Every(())),
        ("  \n", Every(())),
        ("metrics.rmse < 0.5", Measured("rmse", "<", 0.5)),
        ("metric.rmse<=-1e-3", Measured("rmse", "<=", -0.001)),
        ("METRICS.rmse > .5", Measured("rmse", ">", 0.5)),
        ("metrics.a.b > 1", Measured("a.b", ">", 1.0)),
        ("metrics.val/loss > 1", Measured("val/loss", ">", 1.0)),
        ("metrics.`val loss` = 5", Measured("val loss", "=", 5.0)),
        ('metrics."val loss" = 5', Measured("val loss", "=", 5.0)),
        ("metrics.`and` != 5", Measured("and", "!=", 5.0)),
        ("metrics.a < 1e999", Measured("a", "<", math.inf)),
        ("params.lr = '0.1'", Noted("param", "lr", "=", "0.1")),
        ('parameter.lr != "0.1"', Noted("param", "lr", "!=", "0.1")),
        ("parameters.kind like 'tree%'", Noted("param", "kind", "like", "tree%")),
        ("param.`it''s` ILIKE 'a'", Noted("param", "it''s", "ilike", "a")),
        ("param.`a``b` = 'it''s'", Noted("param", "a`b", "=", "it's")),
        ("tags.mlflow.user = 'ana'", Noted("tag", "mlflow.user", "=", "ana")),
        ("tag.`mlflow.user` is null", Not(Known("tag", "mlflow.user"))),
        ("params.lr IS NOT NULL", Known("param", "lr")),
        ("attributes.status = 'FINISHED'", Among(STATE, ("finished",))),
        ("attributes.status != 'FAILED'", Not(Among(STATE, ("failed", "lost")))),
        ("status NOT IN ('KILLED', 'killed')", Not(Among(STATE, ("killed",)))),
        (
            "status LIKE 'F%' AND status ILIKE '_ailed'",
            Every((Among(STATE, ("finished", "failed", "lost")), Among(STATE, ("failed", "lost")))),
        ),
        ("status = 'finished'", Some(())),
        ("attr.user_id = 'ana'", Alike(RUN["user_id"], "=", "ana")),
        ("run.run_id = 'x'", Alike(RUN["run_id"], "=", "x")),
        ("attribute.run_id IN ('a','b')", Among(RUN["run_id"], ("a", "b"))),
        ("run_id not in ('a')", Among(RUN["run_id"], ("a",), negated=True)),
        ("run_name LIKE 'a%'", Alike(RUN["run_name"], "like", "a%")),
        ("attributes.`Run name` = 'a'", Alike(RUN["run_name"], "=", "a")),
        ('"run name" = "a"', Alike(RUN["run_name"], "=", "a")),
        ("Created > 17", Property(RUN["start_time"], ">", 17)),
        ("attributes.end_time >= 1700000000000", Property(RUN["end_time"], ">=", 1_700_000_000_000)),
        ("artifact_uri != ''", Alike(RUN["artifact_uri"], "!=", "")),
        ("dataset.name = 'iris'", Used("name", "=", ("iris",))),
        ("datasets.digest IN ('a', 'b')", Used("digest", "=", ("a", "b"))),
        ("datasets.context NOT IN ('eval')", Used("context", "=", ("eval",), negated=True)),
        ("metrics.a > 1 AND metrics.b > 1 and metrics.c > 1", Every((A, B, C))),
        ("metrics.a > 1 OR metrics.b > 1 AND metrics.c > 1", Some((A, Every((B, C))))),
        ("(metrics.a > 1 OR metrics.b > 1) AND metrics.c > 1", Every((Some((A, B)), C))),
        ("NOT metrics.a > 1 AND metrics.b > 1", Every((Not(A), B))),
    ],
)
def test_a_filter_of_runs_is_read_as_it_is_meant(text: str, condition: Condition):
    assert condition == parse_filter(text, "runs")


@pytest.mark.parametrize(
    ("subject", "text", "condition"),
    [
        ("experiments", "name ILIKE '%x%'", Alike(EXPERIMENT["name"], "ilike", "%x%")),
        ("experiments", "experiment_id IN ('0', '7')", Among(EXPERIMENT["experiment_id"], ("0", "7"))),
        ("experiments", "attribute.creation_time > 5", Property(EXPERIMENT["creation_time"], ">", 5)),
        ("experiments", "last_update_time <= 5", Property(EXPERIMENT["last_update_time"], "<=", 5)),
        ("experiments", "tags.team = 'a'", Noted("tag", "team", "=", "a")),
        ("registered models", "name IN ('a')", Among(MODEL["name"], ("a",))),
        ("registered models", "tags.team != 'a'", Noted("tag", "team", "!=", "a")),
        ("registered models", "tag.`mlflow.prompt.is_prompt` != 'true'", Not(PROMPT)),
        ("registered models", "tag.`mlflow.prompt.is_prompt` = 'true'", PROMPT),
        ("model versions", "tag.mlflow.prompt.is_prompt != 'true'", Not(PROMPT)),
        ("model versions", "tag.mlflow.prompt.is_prompt = 'false'", Not(PROMPT)),
        ("logged models", "name IN ('a',)", Among(LOGGED["name"], ("a",))),
        ("model versions", "name='churn'", Alike(VERSION["name"], "=", "churn")),
        ("model versions", "run_id IN ('a', 'b')", Among(VERSION["run_id"], ("a", "b"))),
        ("model versions", "version_number >= 2", Property(VERSION["version_number"], ">=", 2)),
        ("model versions", "version_number = '2'", Property(VERSION["version_number"], "=", 2)),
        ("model versions", "source_path = 's3://a'", Alike(VERSION["source_path"], "=", "s3://a")),
        ("logged models", "model_type = 'sklearn'", Alike(LOGGED["model_type"], "=", "sklearn")),
        ("logged models", "source_run_id = 'x'", Alike(LOGGED["source_run_id"], "=", "x")),
        ("logged models", "last_updated_time > 4", Property(LOGGED["last_updated_timestamp"], ">", 4)),
        ("logged models", "metrics.a > 1 AND params.b = '1'", Every((A, Noted("param", "b", "=", "1")))),
    ],
)
def test_a_filter_of_others_is_read_as_it_is_meant(subject: SubjectName, text: str, condition: Condition):
    assert condition == parse_filter(text, subject)


@pytest.mark.parametrize(
    ("subject", "text", "expected"),
    [
        ("runs", "metrics.rmse", Sort(Known("metric", "rmse"), ascending=True)),
        ("runs", "metrics.`val loss` DESC", Sort(Known("metric", "val loss"), ascending=False)),
        ("runs", 'params."lr" asc', Sort(Known("param", "lr"), ascending=True)),
        ("runs", "tag.a desc", Sort(Known("tag", "a"), ascending=False)),
        ("runs", "attributes.start_time DESC", Sort(RUN["start_time"], ascending=False)),
        ("runs", "created", Sort(RUN["start_time"], ascending=True)),
        ("runs", "`Run name` DESC", Sort(RUN["run_name"], ascending=False)),
        ("experiments", "name", Sort(EXPERIMENT["name"], ascending=True)),
        ("registered models", "last_updated_timestamp DESC", Sort(MODEL["last_updated_timestamp"], ascending=False)),
        ("registered models", "timestamp", Sort(MODEL["last_updated_timestamp"], ascending=True)),
        ("model versions", "version_number DESC", Sort(VERSION["version_number"], ascending=False)),
        ("logged models", "metrics.a DESC", Sort(Known("metric", "a"), ascending=False)),
    ],
)
def test_an_order_is_read_as_it_is_meant(subject: SubjectName, text: str, expected: Sort):
    assert (expected,) == parse_order([text], subject)


def test_numbers_of_experiments_are_put_in_order_as_numbers():
    assert ("e.number",) == parse_order(["experiment_id"], "experiments")[0].by.columns


def test_a_comparator_that_is_none_is_told_in_the_words_of_mlflow():
    assert "Invalid comparator '~' not one of '{'>=', '>', '!=', '=', '<=', '<'}" == error("metrics.x ~ 3").message


@pytest.mark.parametrize(
    "text",
    [
        *("metrics.x LIKE '3'", "metrics.x IN (3)", "metrics.x == 3", "metrics.x <> 3"),
        *("params.x > '3'", "tags.x IN ('3')", "attributes.status > 'F'", "start_time LIKE '3'"),
        *("dataset.name < 'x'", "metrics.x is 3", "params.x NOT 'a'", f"params.x {'y' * 999} 'a'"),
    ],
)
def test_each_entity_has_its_own_comparators(text: str):
    assert error(text).message.startswith("Invalid comparator '")
    assert 150 > len(error(text).message)


@pytest.mark.parametrize("text", ["metrics.x IS NULL", "run_id IS NOT NULL", "start_time is null"])
def test_only_what_may_be_missing_is_asked_whether_it_is(text: str):
    assert error(text).message.startswith("IS NULL / IS NOT NULL is only supported for tags")


def test_logged_models_have_words_of_their_own_for_what_is_wrong():
    assert error("Foo", "logged models").message.startswith("Invalid filter string: ")
    assert error("name > 'a'", "logged models").message.startswith("Invalid comparison operator '>'")


@pytest.mark.parametrize("subject", ["registered models", "model versions"])
def test_prompts_are_found_only_where_they_are_asked_for(subject: SubjectName):
    named = parse_filter("name = 'a'", subject)

    assert Every((named, Not(PROMPT))) == parse_model_filter("name = 'a'", subject)
    for text in (
        "name = 'a' AND tags.`mlflow.prompt.is_prompt` = 'true'",
        "NOT tags.`mlflow.prompt.is_prompt` = 'true'",
    ):
        assert parse_filter(text, subject) == parse_model_filter(text, subject)


@pytest.mark.parametrize(
    ("text", "problem", "place", "hint"),
    [
        ("metrics.x > 'a'", "metrics.x is compared with a number", "'a'", "0.85"),
        ("metrics.x > NaN", "metrics.x is compared with a number", "NaN", "0.85"),
        ("metrics.x >", "metrics.x is compared with a number", "", "0.85"),
        ("start_time = '5'", "start_time is compared with a number", "'5'", "without quotes"),
        (
            "params.x = 5",
            "Parameter value is either not quoted or unidentified quote types used for string value 5",
            "5",
            "like this",
        ),
        (
            "params.x = `5`",
            "Parameter value is either not quoted or unidentified quote types used for string value `5`",
            "`5`",
            "like this",
        ),
        ("params.x = 'a", "this quote never ends", "'", "close it with '"),
        ("metrics.`a > 1", "this quote never ends", "`", "close it with `"),
        ("metrics. > 1", "expected a key after metrics.", "metrics.", "metrics.a"),
        ("metrics.'a' > 1", "expected a key after metrics.", "metrics.", "metrics.a"),
        (
            "metric = 1",
            "Invalid attribute key 'metric' specified: runs have none",
            "metric",
            "there are run_id, run_name",
        ),
        ("statu = 'x'", "Invalid attribute key 'statu' specified: runs have none", "statu", "did you mean status"),
        ("metrcs.a > 1", "Invalid entity type 'metrcs': runs have none", "metrcs.a", "did you mean metrics"),
        ("a.b > 1", "Invalid entity type 'a': runs have none", "a.b", "begin with one of attribute"),
        ("dataset.size = 'x'", "a dataset has no 'size'", "dataset.size", "name, digest, context"),
        ("'metrics.a' > 1", "expected a condition", "'metrics.a'", ""),
        ("metrics.a > 1 AND", "expected a condition", "", ""),
        ("metrics.a > 1 metrics.b > 1", "expected AND, OR or the end of the filter", "metrics.b", ""),
        ("(metrics.a > 1", "expected AND, OR or ')', the search ends here", "", ""),
        ("metrics.a > 1)", "expected AND, OR or the end of the filter", ")", ""),
        ("run_id IN 'a'", "expected '(' and a list of texts in quotes", "'a'", ""),
        (
            "run_id IN ()",
            "While parsing a list in the query, expected string value",
            ")",
            "",
        ),
        ("run_id IN ('a' 'b')", "expected ',' or ')'", "'b'", ""),
        ("metrics.a", "expected a comparator after metrics.a, the search ends here", "", ""),
        ("metrics.a > 1 \x00", "a search cannot hold the character U+0000", "", "leave it out"),
        ("params.a = '\ud800'", "a search cannot hold the character U+D800", "", "leave it out"),
    ],
)
def test_an_error_points_at_the_place_and_says_what_was_expected(text: str, problem: str, place: str, hint: str):
    found = error(text)
    said, line, marks = found.message.split("\n")
    start, length = marks.index("^"), marks.count("^")

    assert said.startswith(f"Invalid clause(s) in filter string: {problem}")
    assert hint in found.hint
    assert not place or place == line[start : start + length]


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("experiments", "metrics.a > 1"),
        ("experiments", "dataset.name = 'x'"),
        ("registered models", "params.a = 'x'"),
        ("registered models", "run.name = 'x'"),
        ("model versions", "run_name = 'x'"),
        ("logged models", "dataset.name = 'x'"),
    ],
)
def test_what_one_search_knows_another_does_not(subject: SubjectName, text: str):
    assert f"{subject} have none of that name" in error(text, subject).message


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("runs", ""),
        ("runs", "metrics.a down"),
        ("runs", "metrics.a ASC DESC"),
        ("runs", "dataset.name"),
        ("runs", "nothing"),
        ("runs", "metrics.a; DROP TABLE run"),
        ("experiments", "tags.a"),
        ("registered models", "tags.a"),
    ],
)
def test_an_order_that_is_none_is_invalid(subject: SubjectName, text: str):
    with pytest.raises(Invalid):
        parse_order([text], subject)


def test_an_order_by_too_many_things_is_invalid():
    with pytest.raises(Invalid, match="at most 8"):
        parse_order([f"metrics.a{number}" for number in range(9)], "runs")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 40_000,
        "NOT " * 10_000 + "metrics.a > 1",
        "(" * 41 + "metrics.a > 1" + ")" * 41,
        " OR ".join(["metrics.a > 1"] * 3_000),
        " AND ".join(["metrics.a > 1"] * 101),
        "params.a LIKE '" + "%" * 10_001 + "'",
        "metrics.a > 1" + " " * LENGTH_MAX,
    ],
)
def test_a_filter_too_large_for_a_database_is_invalid(text: str):
    assert error(text).message


def test_a_filter_may_name_a_thousand_runs():
    ids = tuple(f"{number:032x}" for number in range(1_300))
    listed = ", ".join(f"'{each}'" for each in ids)

    assert Among(RUN["run_id"], tuple(map(ulid_of, ids))) == parse_filter(f"run_id IN ({listed})", "runs")


@settings(max_examples=300)
@given(st.text(max_size=60) | scraps, st.sampled_from(list(SUBJECTS)))
def test_any_text_is_a_filter_or_invalid(text: str, subject: SubjectName):
    with suppress(Invalid):
        parse_filter(text, subject)
    with suppress(Invalid):
        parse_order([text], subject)


@settings(max_examples=200)
@given(claims, st.data())
def test_a_spoilt_filter_is_a_filter_or_invalid(claim: Claim, data: st.DataObject):
    start = data.draw(st.integers(0, len(claim.text)))
    end = data.draw(st.integers(start, min(len(claim.text), start + 8)))
    with suppress(Invalid):
        parse_filter(claim.text[:start] + data.draw(st.text(max_size=3) | fragments) + claim.text[end:], "runs")
