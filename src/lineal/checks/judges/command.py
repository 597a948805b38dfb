"""What does a program of yours say? A command, run beside the policy."""

from __future__ import annotations

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.objects.statements import Verdict

NOT_RUN = "programs of a policy are not run here; lineal gate runs them where the project is"


class Command(Check, frozen=True, tag="command"):
    """Passes when a command ends with exit status 0; 75 is inconclusive, any other status fails.

    The shell runs it in the directory of the policy, as whoever asks the gate, and ends it with all that it started when its
    time is over. ``LINEAL_VERSION``, ``LINEAL_CHAMPION`` and ``LINEAL_STAGE`` name what it is about, ``LINEAL_EVIDENCE`` a JSON
    file with what is known, ``LINEAL_FILES`` a directory with the version's files where ``files`` asks for it. Its last lines
    are in the verdict. A server runs none, unless it is started with ``--policy-commands``.

    Options:
        run: the command, as a shell reads it.
        timeout_s: after so many seconds it is ended, which is inconclusive.
        files: lay out the version's files for it.
    """

    run: str
    timeout_s: float = 300.0
    files: bool = False

    def __post_init__(self) -> None:
        """Refuse a command that is none."""
        if not self.run.strip():
            raise ValueError("run must be a command")
        if not self.timeout_s > 0:
            raise ValueError(f"timeout_s must be more than zero, not {self.timeout_s}")

    @property
    def asked(self) -> str:
        """By which name the evidence has what came of it."""
        return f"command {self.run}"

    def judge(self, evidence: Evidence) -> Verdict:
        """Read what came of it."""
        ran = evidence.ran.get(self.asked)
        if ran is None:
            return self.verdict("inconclusive", f"{self.run}: {NOT_RUN}")
        return self.verdict(ran.outcome, f"{self.run}: {ran.said}", **ran.numbers)
