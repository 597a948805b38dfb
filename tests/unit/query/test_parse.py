"""From text to tree, and what is said of text that is no search."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lineal.objects.errors import Invalid, NotFound
from lineal.query.cursor import Cursor
from lineal.query.fields import FIELDS, Subject
from lineal.query.parse import parse
from lineal.query.query import Data, Understood, check_limit, understand
from lineal.query.syntax import (
    LENGTH_MAX,
    Alike,
    Blank,
    Condition,
    Every,
    Known,
    Matching,
    Measured,
    Not,
    Noted,
    Packaged,
    Parameter,
    Property,
    Query,
    Some,
    Sort,
    Staged,
    TrainedOn,
)
from tests.unit.query.facts import TOLD, Told
from tests.unit.query.searches import fragments, queries, scraps, written
from tests.unit.query.world import NOW

MODEL, STAGE, ALIAS = (FIELDS["versions"][name] for name in ("model", "stage", "alias"))
A, B, C = (Measured(name, ">", 1.0) for name in "abc")
ACCURATE = Measured("accuracy", ">", 0.9)
ADULT = TrainedOn("data:adult")


def understood(text: str, subject: Subject = "versions") -> Understood:
    return understand(text, subject=subject, facts=TOLD, now=NOW)


def _accepted_or_invalid(text: str, subject: Subject) -> None:
    with suppress(Invalid):
        assert understood(text, subject).wanted.source.name == subject


def error(text: str, subject: Subject = "versions") -> Invalid:
    with pytest.raises(Invalid) as caught:
        understood(text, subject)
    return caught.value


@given(st.sampled_from(["versions", "runs"]).flatmap(lambda subject: st.tuples(st.just(subject), queries(subject))))
def test_a_tree_written_as_text_is_read_as_that_tree(asked: tuple[Subject, Query]):
    subject, query = asked
    found = parse(written(query), subject, NOW)

    assert (query.condition, query.sorts, query.limit) == (found.condition, found.sorts, found.limit)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("", Every(())),
        ("all models", Every(())),
        ("all models with accuracy > 0.90", ACCURATE),
        ("show me the models that have accuracy > 90%", ACCURATE),
        ("metrics.accuracy > .9", ACCURATE),
        ("'accuracy' > 9e-1", ACCURATE),
        ("trained on data:adult", ADULT),
        ("models trained on adult", ADULT),
        ("TRAINED ON 'data:adult'", ADULT),
        ("model = churn and accuracy > 0.9", Every((Property(MODEL, "=", "churn"), ACCURATE))),
        ("accuracy > 0.9 trained on data:adult", Every((ACCURATE, ADULT))),
        ("a > 1 or b > 1 and c > 1", Some((A, Every((B, C))))),
        ("a > 1 or b > 1 c > 1", Some((A, Every((B, C))))),
        ("(a > 1 or b > 1) and c > 1", Every((Some((A, B)), C))),
        ("not a > 1 and b > 1", Every((Not(A), B))),
        ("not (a > 1 and b > 1)", Not(Every((A, B)))),
        ("recall[sex=Female] >= 50%", Measured("recall[sex=Female]", ">=", 0.5)),
        ("recall[age=[20, 30]] >= 1", Measured("recall[age=[20, 30]]", ">=", 1.0)),
        ("recall[a and b > 2] < 33.3%", Measured("recall[a and b > 2]", "<", 0.333)),
        ("loss == -1.5e-3", Measured("loss", "=", -0.0015)),
        ("loss <> NaN", Measured("loss", "!=", "NaN")),
        ("loss = -inf", Measured("loss", "=", "-Infinity")),
        ('"and" > 1', Measured("and", ">", 1.0)),
        ("best > 1", Measured("best", ">", 1.0)),
        ("models > 1", Measured("models", ">", 1.0)),
        ('"say ""hi""" > 1', Measured('say "hi"', ">", 1.0)),
        ("param.C < 1", Parameter("C", "<", "1", 1.0)),
        ("params.kind = boosting", Parameter("kind", "=", "boosting")),
        ('params.kind = "1"', Parameter("kind", "=", "1")),
        ("""params."learning rate" = 'x y'""", Parameter("learning rate", "=", "x y")),
        ("has params.x", Known("param", "x")),
        ("not has auc", Not(Known("metric", "auc"))),
        ("stage is not production", Property(STAGE, "!=", "production")),
        ("Stage IN (a, 'b c')", Some((Property(STAGE, "=", "a"), Property(STAGE, "=", "b c")))),
        ("stage not in (a)", Not(Some((Property(STAGE, "=", "a"),)))),
        ("model in (churn)", Some((Property(MODEL, "=", "churn"),))),
        ("(a > 1 stage in (x))", Every((A, Some((Property(STAGE, "=", "x"),))))),
        ("alias not contains x", Not(Property(ALIAS, "~", "x"))),
        ("by = ana", Property(FIELDS["versions"]["author"], "=", "ana")),
        ("version = v2.3", Property(FIELDS["versions"]["version"], "=", (2, 3))),
        ("number = #7", Property(FIELDS["versions"]["number"], "=", 7)),
        ("tags.team = a", Noted("tag", "team", "=", "a")),
        ("""tag."mlflow.user" !~ 'a b'""", Noted("tag", "mlflow.user", "!~", "a b")),
        ("tags.a.b like 'x%'", Noted("tag", "a.b", "like", "x%")),
        ("params.kind not ilike 'x%'", Not(Noted("param", "kind", "ilike", "x%"))),
        ("model like chur_", Alike(MODEL, "like", "chur_")),
        ("tags.team is null", Not(Known("tag", "team"))),
        ("auc is not null", Known("metric", "auc")),
        ("run is null", Blank(FIELDS["versions"]["run"])),
        ("has commit", Not(Blank(FIELDS["versions"]["commit"]))),
        ("commit = 3FE4a1", Property(FIELDS["versions"]["commit"], "=", "3fe4a1")),
        ("metrics./^val_.*/ > 0.9", Measured(Matching("^val_.*"), ">", 0.9)),
        (r"params./a\/b (c|d), [>]/ = 1", Parameter(Matching("a/b (c|d), [>]"), "=", "1", 1.0)),
        ("has tags./x/", Known("tag", Matching("x"))),
        ("metrics./a/b > 1", Measured("/a/b", ">", 1.0)),
        ("package Scikit_Learn >= 1.4", Packaged("scikit-learn", ">=", "1.4")),
        (
            "has package torch and package 'numpy' = 1.26.*",
            Every((Packaged("torch"), Packaged("numpy", "=", "1.26.*"))),
        ),
        ("package > 1", Measured("package", ">", 1.0)),
        ("stage = production at 2026-11-01", Staged("production", 1_793_491_200_000, 1_793_577_600_000)),
        ("stage is not production on 1 day ago", Not(Staged("production", NOW - 86_400_000, NOW - 86_399_999))),
    ],
)
def test_a_condition_is_read_as_it_is_meant(text: str, condition: Condition):
    assert condition == parse(text, "versions", NOW).condition


AUC, LOSS = Known("metric", "auc"), Known("metric", "log_loss")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("best by auc", Query(Every(()), (Sort(AUC, ascending=False, best=True),))),
        ("best model by auc", Query(Every(()), (Sort(AUC, ascending=False, best=True),))),
        ("the best model trained on data:adult by auc", Query(ADULT, (Sort(AUC, ascending=False, best=True),))),
        ("best by auc trained on data:adult", Query(ADULT, (Sort(AUC, ascending=False, best=True),))),
        ("best by auc and accuracy > 0.9", Query(ACCURATE, (Sort(AUC, ascending=False, best=True),))),
        ("accuracy > 0.9 and best by auc", Query(ACCURATE, (Sort(AUC, ascending=False, best=True),))),
        (
            "best 3 by auc, log_loss",
            Query(Every(()), (Sort(AUC, ascending=False, best=True), Sort(LOSS, ascending=True, best=True)), 3),
        ),
        ("worst by auc", Query(Every(()), (Sort(AUC, ascending=True, best=True),))),
        ("worst by log_loss", Query(Every(()), (Sort(LOSS, ascending=False, best=True),))),
        ("best by auc asc", Query(Every(()), (Sort(AUC, ascending=True, best=True),))),
        ("best by log_loss desc", Query(Every(()), (Sort(LOSS, ascending=False, best=True),))),
        (
            "order by auc desc, stage limit 5",
            Query(Every(()), (Sort(AUC, ascending=False), Sort(STAGE, ascending=True)), 5),
        ),
        ("limit 5 accuracy > 0.9", Query(ACCURATE, (), 5)),
        ("a > 1 or b > 1 limit 5 c > 1", Query(Every((Some((A, B)), C)), (), 5)),
        (
            "best models by = ana by auc",
            Query(parse("by = ana", "versions", 0).condition, (Sort(AUC, ascending=False, best=True),)),
        ),
    ],
)
def test_sorts_and_limits_are_read_as_they_are_meant(text: str, expected: Query):
    found = parse(text, "versions", NOW)

    assert (expected.condition, expected.sorts, expected.limit) == (found.condition, found.sorts, found.limit)


@pytest.mark.parametrize(
    ("text", "problem", "place", "hint"),
    [
        ("accuracy > high", "the metric accuracy is compared with a number", "high", "0.85"),
        ("accuracy >", "expected a number such as 0.85 or 85%, the search ends here", "", ""),
        ("accuracy > 1e999", "no number is that large", "1e999", "double"),
        ("accuracy > NaN", "NaN can be compared with = and != only", "NaN", ""),
        ("accuracy ~ 0.8", "the metric accuracy is a number and holds no text", "~", "use ="),
        ("modle = churn", "modle is no field, and a metric is compared with a number", "churn", "did you mean model"),
        ("stgae ~ prod", "the metric stgae is a number and holds no text", "~", "did you mean stage"),
        (
            "accuracy > 0.9 stge x",
            "expected =, !=, <, <=, >, >= or ~ after 'stge', found 'x'",
            "x",
            "did you mean stage",
        ),
        ("bets by auc", "expected =, !=, <, <=, >, >= or ~ after 'bets', found 'by'", "by", "did you mean best"),
        ("best auc", "expected 'by' and a metric, found 'auc'", "auc", "best by auc"),
        ("best by created", "'best' needs a metric", "created", "order by created"),
        ("best by params.C", "'best' needs a metric", "params.C", "order by params.C"),
        ("order by alias", "a version can have many aliases, so they give no order", "alias", ""),
        ("created > soon", "created is compared with a time such as", "soon", ""),
        ("created > 2026-02-30", "created is compared with a time such as", "2026-02-30", ""),
        ("created ~ 2026", "created can be compared with =, !=, <, <=, >, >=", "~", ""),
        ("model > churn", "model can be compared with =, !=, ~, !~", ">", ""),
        ("version = next", "version is compared with a version such as", "next", ""),
        ("number = 1.5", "number is compared with a whole number", "1.5", ""),
        ("number = 99999999999999999999", "number is compared with a whole number", "99999999999999999999", ""),
        ("params.C > big", "> compares numbers", "big", "="),
        ("tags.team > a", "a tag is a text, and has no order", ">", "like"),
        ("auc like 'x'", "a metric is a number and like no pattern", "like", "use ="),
        ("created like '2026%'", "created can be compared with =", "like", ""),
        ("created > 7 m ago", "created is compared with a time", "m", "write minutes or months"),
        ("created > 7 weks ago", "created is compared with a time", "weks", "did you mean week"),
        ("stage = production at noon", "expected a time such as", "noon", ""),
        ("stage ~ prod at today", "where a version stood at a time", "~", ""),
        ("latency > 5 ms", "a metric has no unit, and 'ms' is none of its numbers", "ms", "leave it out"),
        ("avg(auc) > 1", "a search has no function 'avg'", "avg", "last value"),
        ("tagz.team = x", "nothing is called 'tagz' that names begin with", "tagz.team", "did you mean tag"),
        ("metrics./val_(/ > 1", "this parenthesis is never closed", "(", "search.md"),
        ("metrics./a**/ > 1", "there is nothing to repeat here", "*", ""),
        ("order by metrics./a/", "several names give no order", "metrics./a/", "name one"),
        ("order by commit", "commit gives no order", "commit", ""),
        ("commit = xyz", "commit is compared with a commit, by at least four", "xyz", ""),
        ("model is null", "every one of the versions has the field model", "model", ""),
        ("package torch ~ 2", "the version of a package can be compared with", "~", "1.4.*"),
        ("package torch > two", "expected a version such as 1.4", "two", ""),
        ("package torch > 2.*", "> compares with one version", "2.*", "write 2"),
        ("params. = 1", "expected a name after params.", "params.", "params.depth"),
        ("name ~ ''", "expected some text to look for", "''", ""),
        ("has model", "every one of the versions has the field model", "model", ""),
        ("state = failed", "state is a field of runs, and this searches versions", "state", "--kind runs"),
        ("all runs", "this searches versions", "runs", "--kind runs"),
        ("(a > 1", "expected 'and', 'or' or ')', the search ends here", "", ""),
        ("a > 1)", "expected a condition such as accuracy > 0.85, or the name of a metric, found ')'", ")", ""),
        ("a > 1 and", "expected a condition such as", "", ""),
        ("stage in (a b)", "expected ',' or ')', found 'b'", "b", ""),
        ("limit 0", "expected a whole number from 1 to 10,000 for the limit, found '0'", "0", ""),
        ("limit 5 limit 6", "a search has one limit", "6", ""),
        ('a > 1 "b', "this quote never ends", '"', "close it"),
        ("recall[sex > 1", "this bracket never ends", "[", "close it"),
        ("! a > 1", "'!' does not belong here", "!", "not before a condition"),
        ("a > 1 \x00", "a search cannot hold the character U+0000", "\x00", "leave it out"),
    ],
)
def test_an_error_points_at_the_place_and_says_what_was_expected(text: str, problem: str, place: str, hint: str):
    found = error(text)
    said, line, marks = found.message.split("\n")
    start, length = marks.index("^"), marks.count("^")

    assert said.startswith(problem)
    assert hint in found.hint
    assert place.replace("\x00", " ") == line[start : start + length].rstrip() or (place, line[start:]) == ("\x00", " ")


def test_a_state_that_no_run_can_have_is_an_error_with_the_nearest_one():
    assert "did you mean finished?" == error("state = finnished", "runs").hint


def test_the_marks_stand_under_wide_characters():
    _, line, marks = error("漢字 > 1 é x").message.split("\n")

    # Two characters of two columns each stand before the place.
    assert line.index("x") + 2 == marks.index("^")


def test_a_long_search_is_shown_around_the_place():
    text = " and ".join(["accuracy > 0.5"] * 60 + ["accuracy > high"])
    _, line, marks = error(text).message.split("\n")

    assert line.startswith("  …")
    assert 140 > len(line)
    assert "high" == line[marks.index("^") : marks.index("^") + 4]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 1_000,
        "not " * 900 + "a > 1",
        " or ".join(["a>1"] * 600),
        f"stage in ({','.join('a' * 1_500)})",
        "order by " + ",".join("abcdefghijk"),
        "[" * 3_000,
        "a" * (LENGTH_MAX + 1),
    ],
)
def test_a_search_too_large_for_a_database_is_invalid(text: str):
    assert error(text).message


@settings(max_examples=300)
@given(st.text(max_size=60) | scraps, st.sampled_from(["versions", "runs"]))
@example("", "runs")
@example("\x1c\x85\u2028 > 1", "versions")
def test_any_text_is_a_search_or_invalid(text: str, subject: Subject):
    _accepted_or_invalid(text, subject)


@settings(max_examples=200)
@given(queries("versions").map(written), st.data())
def test_a_spoilt_search_is_a_search_or_invalid(text: str, data: st.DataObject):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 8)))
    _accepted_or_invalid(text[:start] + data.draw(st.text(max_size=3) | fragments) + text[end:], "versions")


def test_a_dataset_that_is_not_here_is_the_callers_error():
    class Without(Told):
        def data(self, reference: str) -> Data:
            raise NotFound(f"there is no dataset {reference}", hint="did you mean data:adult?")

    with pytest.raises(NotFound) as caught:
        understand("auc > 0 trained on adlut", subject="versions", facts=Without())
    said, line, marks = caught.value.message.split("\n")

    assert "there is no dataset data:adlut" == said
    assert "adlut" == line[marks.index("^") : marks.rindex("^") + 1]
    assert "did you mean data:adult?" == caught.value.hint


def test_a_text_is_not_compared_as_a_number():
    class OnlyTexts(Told):
        def is_text_only(self, param: str) -> bool:
            return param == "kind"

    with pytest.raises(Invalid) as caught:
        understand("params.C > 1 and params.kind >= 2", subject="runs", facts=OnlyTexts())
    said, line, marks = caught.value.message.split("\n")

    assert "the parameter kind is a text, and not a number" == said
    assert "params.kind >= 2" == line[marks.index("^") : marks.rindex("^") + 1]
    assert "like" in caught.value.hint


@pytest.mark.parametrize("limit", [0, -1, 10_001])
def test_a_limit_that_makes_no_sense_is_invalid(limit: int):
    with pytest.raises(Invalid):
        check_limit(limit)


def test_the_metrics_of_a_search_are_told_once_each_in_its_order():
    text = "auc > 0.5 and metrics.stage > 1 and params.C = 1 and auc < 1 and has f1 best by recall[sex=Female], auc"

    assert ("auc", "stage", "f1", "recall[sex=Female]") == understood(text).metrics


def test_the_note_says_which_way_a_metric_is_better_when_its_name_decided():
    assert "log_loss is better when it is small: the smallest come first" == understood("best by log_loss").note
    assert "log_loss is better when it is small: the largest come first" == understood("worst by log_loss").note
    assert ["", "", ""] == [
        understood(text).note for text in ("best by auc", "best by log_loss asc", "order by log_loss")
    ]


def test_a_cursor_at_the_end_stays_there():
    cursor = Cursor("auc", "versions")
    cursor.take()

    assert ["end", "end"] == [cursor.peek().kind, cursor.peek(5).kind]
