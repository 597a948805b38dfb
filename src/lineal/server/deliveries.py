"""Send what is in the outbox, while the server runs: a thread that looks for messages, and a few that send them.

Any number of servers may do so over one database. A server that dies leaves its messages to the others, or to itself when
it comes back.
"""

from __future__ import annotations

import logging
import random
import threading
from concurrent.futures import ThreadPoolExecutor

from lineal.formats.webhook_messages import headers
from lineal.objects.errors import LinealError
from lineal.operations.messages import outbox
from lineal.operations.messages.outbox import Delivery, Sent
from lineal.operations.messages.sending import Answer, send
from lineal.storage.store import Store

_POLL_S = 0.25
_FIRST_WAIT_MS, _LONGEST_WAIT_MS = 1_000, 600_000
_LEASE_TIMES = 6
"""A message is ours for so many times what an answer may take; more than any machine is late."""

_KEPT_MS = 7 * 24 * 3_600_000
_TIDIED_MS = 3_600_000

_AGAIN = frozenset((408, 425, 429, *range(500, 600)))
"""Answers after which sending again may help: the receiver, or something before it, had no time."""

_log = logging.getLogger(__name__)


class Deliveries:
    """Sends messages from ``start`` to ``stop``.

    Args:
        store: where the outbox is.
        workers: how many are sent at once.
    """

    def __init__(self, store: Store, *, workers: int = 4) -> None:
        self._store = store
        self._workers = workers
        self._free = threading.Semaphore(workers)
        self._stopping = threading.Event()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="deliveries", daemon=True)
        self._tidied_at = 0

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more messages; those that are being sent are sent to their end."""
        self._stopping.set()
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        with ThreadPoolExecutor(self._workers, thread_name_prefix="delivery") as pool:
            while not self._stopping.is_set():
                try:
                    taken = self._take()
                except LinealError as error:
                    _log.warning("the outbox cannot be read: %s", error.message)
                    taken = []
                for each in taken:
                    pool.submit(self._deliver, each)
                if not taken:
                    self._done.wait(_POLL_S)
                    self._done.clear()

    def _take(self) -> list[Delivery]:
        """Take as many messages as there are hands for them."""
        hands = 0
        while hands < self._workers and self._free.acquire(blocking=False):
            hands += 1
        taken = list[Delivery]()
        try:
            if hands:
                lease_ms = _LEASE_TIMES * 1_000 * self._store.reach.timeout_s
                taken = outbox.claim(self._store, count=hands, lease_ms=lease_ms)
                self._tidy()
        finally:
            if hands > len(taken):
                self._free.release(hands - len(taken))
        return taken

    def _tidy(self) -> None:
        now = self._store.clock.now()
        if now - self._tidied_at > _TIDIED_MS:
            self._tidied_at = now
            outbox.forget(self._store, older_ms=_KEPT_MS)

    def _deliver(self, delivery: Delivery) -> None:
        try:
            reach = self._store.reach
            signed = headers(
                delivery.format,
                delivery.body,
                delivery=delivery.id,
                timestamp=str(self._store.clock.now() // 1_000),
                secret=delivery.secret,
            )
            answer = send(delivery.url, delivery.body, signed, reach)
            sent = judge(answer, delivery.attempt_count, attempts_max=reach.attempts_max, now=self._store.clock.now())
            outbox.settle(self._store, delivery, sent)
            if sent.state == outbox.DEAD:
                _log.warning("the webhook %s does not get %s: %s", delivery.webhook, delivery.event, sent.problem)
        except Exception:  # noqa: BLE001 - what is not settled is sent again when its time is over
            _log.exception("the message %s", delivery.id)
        finally:
            self._free.release()
            self._done.set()


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
    if attempt_count >= attempts_max or (answer.status is not None and answer.status not in _AGAIN):
        return Sent(state="dead", status=answer.status, problem=problem)
    wait_ms = max(wait_of(attempt_count), 1_000 * (answer.retry_after_s or 0))
    return Sent(
        state="waiting",
        status=answer.status,
        problem=problem,
        again_at=now + int(min(wait_ms, _LONGEST_WAIT_MS)),
        is_unreachable=answer.status is None,
    )


def wait_of(attempt_count: int) -> float:
    """Return for how many milliseconds a message waits after so many attempts: twice as long each time.

    It is never just as long as others wait, so that what failed together does not come back together.
    """
    longest: float = min(_FIRST_WAIT_MS * 2.0 ** (attempt_count - 1), _LONGEST_WAIT_MS)
    return longest * random.uniform(0.75, 1.25)  # noqa: S311 - nobody gains from knowing it
