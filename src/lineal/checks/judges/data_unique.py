"""Does what it was trained on hold things twice? Rows that repeat another."""

from __future__ import annotations

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.wording import check_share, figure
from lineal.objects.statements import Verdict


class DataUnique(Check, frozen=True, tag="data_unique"):
    """Passes when no two rows of the training data have the same values in ``columns``.

    All rows are counted, by digests that are computed once for a dataset.

    Options:
        columns: the columns that tell rows apart; by default all of them together.
        at_most: the share of rows that may repeat another, from 0 to 1; by default none.
        dataset: only the dataset of that name; by default each that was read.
    """

    columns: tuple[str, ...] = ()
    at_most: float = 0.0
    dataset: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        check_share(self.at_most, "at_most")

    @property
    def asked(self) -> str:
        """By which name the evidence has what this check asks for."""
        return ",".join(self.columns)

    def judge(self, evidence: Evidence) -> Verdict:
        """Look for rows that are alike."""
        known = evidence.repeats.get(self.asked, ())
        found = [each for each in known if self.dataset in {"", each.name, each.name.partition("@")[0]}]
        if not found:
            what = self.dataset or "a dataset that is known"
            return self.verdict("inconclusive", f"{evidence.name} was not trained on {what}")
        if gaps := [each for each in found if each.gap]:
            return self.verdict("inconclusive", "; ".join(f"{each.name}: {each.gap}" for each in gaps))
        worst = max(found, key=lambda each: each.found / max(each.row_count, 1))
        share = worst.found / max(worst.row_count, 1)
        numbers = {"repeated": worst.found, "rows": worst.row_count, "share": share, "at_most": self.at_most}
        by = f" by {', '.join(self.columns)}" if self.columns else ""
        said = f"{worst.found:,} of {worst.row_count:,} rows of {worst.name} repeat another{by}"
        if share > self.at_most:
            asked = f"at most {figure(self.at_most)}" if self.at_most else "none"
            return self.verdict("fail", f"{said}, but {asked} may", **numbers)
        return self.verdict("pass", said, **numbers)
