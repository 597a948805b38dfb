"""Pairs of files that real libraries wrote get the level that the definitions of the levels ask for, each with its reason."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from lineal.checks.bump import RULES, Finding, Subject, findings, may_be_rewritten, same_tensors
from lineal.checks.bump.replay import replayed
from lineal.checks.comparing.answers import Tolerance
from lineal.formats import golden
from lineal.formats.golden import GoldenAnswer, GoldenRequest
from lineal.formats.structures.files import one_file
from lineal.formats.structures.reading import read_structure
from lineal.formats.tensors.formats import read_model
from lineal.objects.digest import digest_of
from lineal.objects.replays import Replay
from lineal.objects.runs import ModelFacts
from lineal.objects.structures import Structure
from tests.parts.fixtures import SESSION
from tests.parts.models import PAIRS as WRITTEN
from tests.parts.part import need
from tests.unit.checks.bump.pairs import PAIRS, Pair
from tests.unit.checks.evidence import version

_BYTES_MAX = 1 << 20

Compare = Callable[[Pair], tuple[Finding, ...]]


@pytest.fixture(scope="session")
def compare(pytestconfig: pytest.Config) -> Compare:
    """Return what compares the files of a pair."""
    place = Path(need(WRITTEN, pytestconfig.stash[SESSION])["directory"])

    @cache
    def structure(name: str) -> Structure:
        with (place / name).open("rb") as file:
            return read_structure(one_file(name, file))

    def subject(name: str) -> Subject:
        digest = digest_of((place / name).read_bytes())
        return Subject(version(weights=digest, main_file="model", facts=ModelFacts()), structure(name))

    def same(pair: Pair) -> bool:
        if not may_be_rewritten(structure(pair.old), structure(pair.new)):
            return False
        with (place / pair.old).open("rb") as old, (place / pair.new).open("rb") as new:
            left, right = read_model(old), read_model(new)
            return bool(left and right and same_tensors(left, right, most_bytes=_BYTES_MAX))

    def replay(pair: Pair) -> Replay | None:
        old, new = (place / f"{name}.answers" for name in (pair.old, pair.new))
        if not (old.exists() and new.exists()):
            return None
        before, after = (list(golden.decode(each.read_bytes(), GoldenAnswer)) for each in (old, new))
        requests = list(golden.decode((place / "requests.jsonl").read_bytes(), GoldenRequest))
        return replayed(requests, before, after, against=digest_of(pair.old.encode()), tolerance=Tolerance())

    return lambda pair: findings(subject(pair.old), subject(pair.new), is_rewritten=same(pair), replay=replay(pair))


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.old} to {pair.new}: {pair.rule}")
def test_a_pair_has_the_level_of_what_differs(compare: Compare, pair: Pair) -> None:
    found = compare(pair)

    said = "\n".join(f"{each} [{each.rule}] {each.where}" for each in found)
    assert pair.level == found[0].level, said
    assert any(each.rule == pair.rule and pair.where in each.where for each in found), said
    assert {each.rule for each in found} <= RULES.keys()


def test_there_are_enough_pairs_of_each_level() -> None:
    levels = [each.level for each in PAIRS]

    assert len(set(PAIRS)) == len(PAIRS) >= 40
    assert min(levels.count(level) for level in ("patch", "minor", "major")) >= 4
