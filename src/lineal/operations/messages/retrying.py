"""When what did not arrive is tried again, and when nobody tries any more: the same for addresses and for hooks."""

from __future__ import annotations

import random

from lineal.operations.messages.outbox import Sent
from lineal.operations.messages.sending import Answer

_FIRST_WAIT_MS, _LONGEST_WAIT_MS = 1_000, 600_000

_AGAIN = frozenset((408, 425, 429, *range(500, 600)))
"""Answers after which sending again may help: the receiver, or something before it, had no time."""


def judge(answer: Answer, attempt_count: int, *, attempts_max: int, now: int) -> Sent:
    """Return what is to be done after an answer.

    Args:
        answer: what came back.
        attempt_count: how often the message was sent, this time among them.
        attempts_max: how often it is sent at most.
        now: the time, in milliseconds since 1970.
    """
    if answer.status is not None and 200 <= answer.status < 300:
        return Sent(state="delivered", status=answer.status)
    problem = answer.problem or f"HTTP {answer.status}: {answer.body}"
    if answer.status is not None and answer.status not in _AGAIN:
        return Sent(state="dead", status=answer.status, problem=problem)
    return again(
        problem,
        attempt_count,
        attempts_max=attempts_max,
        now=now,
        status=answer.status,
        least_ms=1_000 * (answer.retry_after_s or 0),
        is_unreachable=answer.status is None,
    )


def again(
    problem: str,
    attempt_count: int,
    *,
    attempts_max: int,
    now: int,
    status: int | None = None,
    least_ms: float = 0,
    is_unreachable: bool = False,
) -> Sent:
    """Return that something is tried again, or is dead when that was the last attempt.

    Args:
        problem: what went wrong.
        attempt_count: how often it was tried.
        attempts_max: how often it is tried at most.
        now: the time.
        status: what it ended with.
        least_ms: how long it waits at least.
        is_unreachable: what else waits for the same receiver would fare no better.
    """
    if attempt_count >= attempts_max:
        return Sent(state="dead", status=status, problem=problem)
    wait_ms = min(max(wait_of(attempt_count), least_ms), _LONGEST_WAIT_MS)
    return Sent(
        state="waiting", status=status, problem=problem, again_at=now + int(wait_ms), is_unreachable=is_unreachable
    )


def wait_of(attempt_count: int) -> float:
    """Return for how many milliseconds a message waits after so many attempts: twice as long each time.

    It is never just as long as others wait, so that what failed together does not come back together.
    """
    longest: float = min(_FIRST_WAIT_MS * 2.0 ** (attempt_count - 1), _LONGEST_WAIT_MS)
    return longest * random.uniform(0.75, 1.25)  # noqa: S311 - nobody gains from knowing it
