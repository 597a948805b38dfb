from __future__ import annotations

from typing import Any

import pytest

from lineal.checks.judges.replays_equal import ReplaysEqual
from lineal.objects.digest import digest_of
from lineal.objects.replays import Replay
from tests.unit.checks.evidence import evidence, people, version

CELLS = people(all=(2, 0, 0, 2))


def replay(outcome: str, **counts: int) -> Replay:
    return Replay(against=digest_of(b"old"), outcome=outcome, request_count=10, **counts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "at_most", "outcome", "says"),
    [
        (replay("equal", equal=10, exact=10), 0.0, "pass", "all 10 golden requests are answered as before, digit by"),
        (replay("differing", equal=9, differing=1), 0.0, "fail", "1 of 10 golden requests have other answers; at most 0 "),
        (replay("differing", equal=9, differing=1), 0.1, "pass", "1 of 10 golden requests have other answers"),
        (replay("refused", equal=9, refused=1), 1.0, "fail", "1 of 10 golden requests that were answered are answered no"),
        (replay("reformed", reformed=10), 1.0, "fail", "answers of another form"),
        (replay("unstable", equal=9, unstable=1), 0.0, "inconclusive", "nothing can be compared"),
        (replay("not done", reason="no time"), 0.0, "inconclusive", "(no time); lineal golden replay income:1.1.0 --against"),
        (None, 0.0, "inconclusive", "it was not asked the golden requests of income:1.0.0"),
    ],
)  # fmt: skip
def test_the_replay_decides(found: Replay | None, at_most: float, outcome: str, says: str) -> None:
    verdict = ReplaysEqual(at_most=at_most).judge(evidence(CELLS, replay=found))

    assert outcome == verdict.outcome, verdict.reason
    assert says in verdict.reason


@pytest.mark.parametrize("changes", [{"is_first": True}, {"champion": version(), "version": version()}])
def test_nothing_to_differ_from(changes: dict[str, Any]) -> None:
    assert "pass" == ReplaysEqual().judge(evidence(CELLS, **changes)).outcome


def test_a_share_lies_between_0_and_1() -> None:
    with pytest.raises(ValueError, match="at_most must lie between 0 and 1"):
        ReplaysEqual(at_most=2)
