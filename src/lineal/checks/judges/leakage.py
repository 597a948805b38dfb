"""Did it see the answers? Held-out rows that stand in the training data as they are."""

from __future__ import annotations

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.wording import check_share, figure
from lineal.objects.statements import Verdict


class Leakage(Check, frozen=True, tag="leakage"):
    """Passes when at most ``at_most`` of the held-out rows stand in the training data, cell by cell.

    Rows are compared by digests of the columns that both tables have, computed once for a dataset. All rows are counted,
    so there is no interval. Where columns have few values, some rows are alike by chance: allow for those.

    Options:
        at_most: the largest share, from 0 to 1; by default none.
        ignore: columns that are left out, as an id that differs in every row.
    """

    at_most: float = 0.0
    ignore: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        check_share(self.at_most, "at_most")

    @property
    def asked(self) -> str:
        """By which name the evidence has what this check asks for."""
        return ",".join(self.ignore)

    def judge(self, evidence: Evidence) -> Verdict:
        """Look at each dataset that the version was trained on."""
        found = evidence.overlaps.get(self.asked, ())
        if not found:
            return self.verdict(
                "inconclusive",
                f"it is not known what {evidence.name} was trained on, or not on what it was measured; lineal data add",
            )
        if gaps := [each for each in found if each.gap]:
            return self.verdict("inconclusive", "; ".join(f"{each.name}: {each.gap}" for each in gaps))
        worst = max(found, key=lambda each: each.found)
        share = worst.found / worst.row_count if worst.row_count else 0.0
        numbers = {"found": worst.found, "rows": worst.row_count, "share": share, "at_most": self.at_most}
        if not worst.found:
            names = ", ".join(each.name for each in found)
            return self.verdict("pass", f"none of the {worst.row_count:,} held-out rows stands in {names}", **numbers)
        said = (
            f"{worst.found:,} of {worst.row_count:,} held-out rows ({figure(share)}) stand in {worst.name} as they are"
        )
        if share > self.at_most:
            return self.verdict("fail", f"{said}, but at most {figure(self.at_most)} is asked", **numbers)
        return self.verdict("pass", f"{said}, at most {figure(self.at_most)} as asked", **numbers)
