"""Does it answer as before? Golden requests of the champion, asked of the candidate in its own environment."""

from __future__ import annotations

from lineal.checks.bump.replay import replay_seen
from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.wording import check_share, figure
from lineal.objects.replays import Replay
from lineal.objects.statements import Verdict


class ReplaysEqual(Check, frozen=True, tag="replays_equal"):
    """Passes when the candidate answers the champion's golden requests as the champion did; `lineal golden replay` asks them.

    Fails when a request that was answered is refused now, when an answer has another form, or when more than ``at_most`` of
    the requests are answered otherwise. Floats may differ as `[golden]` in the policy says. Answers that depend on chance are
    inconclusive.

    Options:
        at_most: the largest share of requests with other answers, from 0 to 1.
    """

    at_most: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        check_share(self.at_most, "at_most")

    def judge(self, evidence: Evidence) -> Verdict:
        """Look at the newest replay."""
        if evidence.champion is None:
            return self.verdict("pass", "no version stands there yet whose answers it could change")
        if evidence.is_champions_equal and evidence.champion.runtime == evidence.version.runtime:
            return self.verdict("pass", f"the weights and the environment are those of {evidence.champion_name}")
        found = evidence.replay
        if found is None or found.outcome == "not done":
            why = f" ({found.reason})" if found and found.reason else ""
            asked = f"lineal golden replay {evidence.name} --against {evidence.champion_name}"
            return self.verdict(
                "inconclusive", f"it was not asked the golden requests of {evidence.champion_name}{why}; {asked}"
            )
        return self._asked(found)

    def _asked(self, found: Replay) -> Verdict:
        share = found.differing / found.request_count
        numbers = {"requests": found.request_count, "equal": found.equal, "differing": found.differing}
        said = "; ".join(each.sentence for each in replay_seen(found))
        if found.refused or found.reformed:
            return self.verdict("fail", said, **numbers)
        if share > self.at_most:
            return self.verdict("fail", f"{said}; at most {figure(self.at_most)} of them may", **numbers)
        return self.verdict("inconclusive" if found.unstable else "pass", said, **numbers)
