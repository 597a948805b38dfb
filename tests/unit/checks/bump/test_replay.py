"""What replaying golden requests says of a semantic version: equal for a patch, other answers minor, refusals and other forms major."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from lineal.checks.bump import Levels, Subject, derive
from lineal.checks.bump.changes import changes_said
from lineal.checks.bump.replay import replayed
from lineal.checks.comparing.answers import Tolerance
from lineal.formats import golden
from lineal.formats.golden import GoldenAnswer
from lineal.objects.digest import digest_of
from lineal.objects.replays import Replay
from lineal.objects.runs import Package
from tests.unit.checks.evidence import FACTS, RUNTIME, version

OLD = digest_of(b"old")
OTHER = digest_of(b"other")
BEFORE = version()


def said(prediction: Any, **more: Any) -> GoldenAnswer:
    return GoldenAnswer(200, json.dumps({"predictions": [prediction], **more}))


REFUSED, CRASHED = GoldenAnswer(400, "no"), GoldenAnswer(0, reason="the process ended by SIGSEGV")
BY_CHANCE = msgspec.structs.replace(said(0.5), again=json.dumps({"predictions": [0.7]}))


def replay(*pairs: tuple[GoldenAnswer, GoldenAnswer], labels: tuple[str, ...] = ()) -> Replay:
    requests = [
        golden.of_rows([{"n": place}], labels=labels[place : place + 1] if labels else ())
        for place in range(len(pairs))
    ]
    before, after = ([pair[side] for pair in pairs] for side in (0, 1))
    return replayed(requests, before, after, against=OLD, tolerance=Tolerance())


def bumped(found: Replay | None, levels: Levels | None = None, **changes: Any) -> tuple[str, dict[str, str]]:
    whole = {"weights": OTHER, **changes}
    bump = derive(
        Subject(BEFORE),
        Subject(version(**whole)),
        previous_semantic="1.4.2",
        replay=found,
        levels=levels or Levels(),
    )
    return bump.level, {each.rule: text for each, text in zip(bump.causes, bump.findings, strict=True)}


@pytest.mark.parametrize(
    ("pairs", "outcome", "level", "rule", "says"),
    [
        ([(said("a"), said("a"))] * 3, "equal", "patch", "replay-equal", "all 3 golden requests are answered as before, digit by digit"),
        ([(said(0.1), said(0.1 + 1e-9))], "equal", "patch", "replay-equal", "all 1 golden requests are answered as before, within 1e-06"),
        ([(said("a"), said("a")), (said("a"), said("b"))], "differing", "minor", "replay-differs", "1 of 2 golden requests have other answers"),
        ([(said(1.0), said(1.5))], "differing", "minor", "replay-differs", "numbers by up to 33.333 %"),
        ([(said("a"), REFUSED), (said("a"), said("b"))], "refused", "major", "replay-refused", "1 of 2 golden requests that were answered are answered no more"),
        ([(said("a"), CRASHED)], "refused", "major", "replay-refused", "answered no more"),
        ([(said("a"), said(1))], "reformed", "major", "replay-form", "have answers of another form"),
        ([(said("a", classes=["a"]), said("a", classes=["a", "b"]))], "reformed", "major", "replay-form", "another form"),
        ([(REFUSED, said("a"))], "differing", "minor", "replay-accepted", "that were refused are answered"),
        ([(REFUSED, CRASHED), (said("a"), said("a"))], "equal", "patch", "replay-equal", "answered as before"),
        ([(REFUSED, CRASHED)], "not done", "minor", "replay-not-done", "none of them is answered"),
        ([(BY_CHANCE, said(0.5))], "unstable", "minor", "replay-unstable", "answered otherwise each time"),
        ([(said(0.5), BY_CHANCE)], "unstable", "minor", "replay-unstable", "nothing can be compared"),
        ([], "not done", "minor", "replay-not-done", "there are none"),
    ],
)  # fmt: skip
def test_the_replay_decides_where_weights_differ(
    pairs: list[tuple[GoldenAnswer, GoldenAnswer]], outcome: str, level: str, rule: str, says: str
) -> None:
    found = replay(*pairs)
    derived, causes = bumped(found)

    assert found.outcome == outcome
    assert derived == level
    assert says in causes[rule]


def test_answers_too_long_to_keep_are_equal_by_their_digest() -> None:
    long, other = GoldenAnswer(200, digest="sha256:a"), GoldenAnswer(200, digest="sha256:b")

    assert ["equal", "differing", "differing"] == [replay((long, each)).outcome for each in (long, other, said("a"))]


def test_last_digits_that_differ_from_time_to_time_are_no_chance() -> None:
    noisy = msgspec.structs.replace(said(0.1), again=json.dumps({"predictions": [0.1 + 1e-12]}))

    assert replay((noisy, said(0.1 + 1e-13))).outcome == "equal"


@pytest.mark.parametrize(
    ("changes", "level", "rule"),
    [
        ({"code": OTHER}, "patch", "code-changed"),
        ({"metrics": {}}, "patch", "metrics-changed"),
        ({"params": {"rate": 0.2}}, "minor", "params-changed"),
        ({"data": ()}, "minor", "data-changed"),
        ({"facts": msgspec.structs.replace(FACTS, framework_version="1.5.1")}, "patch", "framework-patched"),
        ({"facts": msgspec.structs.replace(FACTS, framework_version="1.6.0")}, "minor", "framework-upgraded"),
        ({"facts": msgspec.structs.replace(FACTS, classes=("yes", "no"))}, "major", "output-labels"),
    ],
)
def test_equal_answers_lift_no_more_than_they_prove(changes: dict[str, Any], level: str, rule: str) -> None:
    derived, causes = bumped(replay((said("a"), said("a"))), **changes)

    assert level == derived
    assert causes[rule].startswith(level)


def test_another_package_with_equal_answers_is_a_patch_and_without_them_minor() -> None:
    upgraded = msgspec.structs.replace(RUNTIME, packages=(*RUNTIME.packages, Package(name="pandas", version="3.0.0")))
    old, new = Subject(BEFORE, runtime=RUNTIME), Subject(version(runtime=OTHER), runtime=upgraded)
    equal, none = (
        derive(old, new, previous_semantic="1.0.0", replay=each).level for each in (replay((said(1), said(1))), None)
    )

    assert ("patch", "minor") == (equal, none)


def test_the_same_weights_stay_a_patch_by_their_digest_unless_answers_differ() -> None:
    same = {"weights": BEFORE.weights}

    assert "patch" == bumped(None, **same)[0]
    assert "patch" == bumped(replay(), **same)[0]
    assert "patch" == bumped(replay((BY_CHANCE, BY_CHANCE)), **same)[0]
    assert "minor" == bumped(replay((said("a"), said("b"))), **same)[0]
    assert "major" == bumped(replay((said("a"), REFUSED)), **same)[0]


def test_levels_are_the_policys() -> None:
    levels = Levels(levels={"replay-not-done": "major", "replay-equal": "minor"})

    assert "major" == bumped(replay(), levels)[0]
    assert "minor" == bumped(replay((said(1), said(1))), levels, weights=BEFORE.weights)[0]


def test_the_example_is_the_first_of_what_matters_most() -> None:
    found = replay((said("a"), said("a")), (said("a"), said("b")), (said("c"), REFUSED), (said("d"), CRASHED))

    assert found.example
    assert (3, "status 400: no") == (found.example.place, found.example.after)
    assert '{"rows":[{"n":2}]}' == found.example.request


def test_flips_are_counted_where_the_true_answers_are_known() -> None:
    pairs = [(said("a"), said("b")), (said("b"), said("a")), (said("a"), said("a")), (said("b"), REFUSED)]
    changes = replay(*pairs, labels=("a", "a", "a", "b")).changes

    assert changes
    assert (3, 2, 3, 1, 1) == (
        changes.row_count, changes.changed, changes.labelled, changes.broke, changes.fixed
    )  # fmt: skip
    assert changes_said(changes).startswith("66.667 % of 3 answers change (95 % interval 9.43 to 99.16")
    assert "33.333 % for the worse (right before, wrong now; " in changes_said(changes)


def test_numbers_are_neither_right_nor_wrong() -> None:
    changes = replay((said(1.0), said(2.0)), labels=("1.0",)).changes

    assert changes
    assert (1, 1, 0) == (changes.row_count, changes.changed, changes.labelled)
