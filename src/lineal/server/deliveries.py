"""Send what is in the outbox, while the server runs: a thread that looks for messages, and a few that send them.

Any number of servers may do so over one database. A server that dies leaves its messages to the others, or to itself when
it comes back.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from lineal.formats.webhook_messages import headers
from lineal.objects.errors import LinealError
from lineal.operations.messages import hook_runs, hooking, outbox, webhook_secrets
from lineal.operations.messages.outbox import Delivery
from lineal.operations.messages.retrying import again, judge
from lineal.operations.messages.sending import send
from lineal.storage.store import Store

_POLL_S = 0.25
_LEASE_TIMES = 6
"""A message is ours for so many times what an answer may take; more than any machine is late."""

_KEPT_MS = 7 * 24 * 3_600_000
_TIDIED_MS = 3_600_000

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
                taken += hook_runs.claim(self._store, count=hands - len(taken))
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
            webhook_secrets.seal_all(self._store)

    def _put_off(self, delivery: Delivery, error: LinealError) -> None:
        """Try again later what cannot be signed now: somebody may bring the key."""
        _log.warning("the webhook %s cannot be told of %s: %s", delivery.webhook, delivery.event, error.message)
        now, attempts_max = self._store.clock.now(), self._store.reach.attempts_max
        sent = again(error.message, delivery.attempt_count, attempts_max=attempts_max, now=now, is_unreachable=True)
        outbox.settle(self._store, delivery, sent)

    def _deliver(self, delivery: Delivery) -> None:
        try:
            if delivery.webhook.startswith(hooking.PREFIX):
                hook_runs.deliver(self._store, delivery)
                return
            reach = self._store.reach
            try:
                secrets = webhook_secrets.valid(self._store, delivery)
            except LinealError as error:
                self._put_off(delivery, error)
                return
            signed = headers(
                delivery.format,
                delivery.body,
                delivery=delivery.id,
                timestamp=str(self._store.clock.now() // 1_000),
                secrets=secrets,
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
