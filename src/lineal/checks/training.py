"""What checks of the training data have in common: which datasets they look at, and who gives the verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence, TrainingData
from lineal.checks.gate import SEVERITY
from lineal.checks.wording import listed
from lineal.objects.profiles import ColumnProfile, Profile
from lineal.objects.statements import Outcome, Verdict

Finding = tuple[Outcome, str, dict[str, float]]
"""What is said of one dataset: the outcome, a sentence, the numbers behind it."""


def judge_each(check: Check, evidence: Evidence, dataset: str, judge: Callable[[TrainingData], Finding]) -> Verdict:
    """Return the worst of what ``judge`` says of each dataset that the version was trained on.

    Args:
        check: whose verdict it is.
        evidence: what is known.
        dataset: only the one of that name; empty for all.
        judge: says what is to be said of one.
    """
    known = evidence.training
    chosen = [each for each in known if dataset in {"", each.name, each.name.partition("@")[0]}]
    if not chosen:
        there = (
            f"it was trained on {listed(each.name for each in known)}" if known else "no dataset that it read is known"
        )
        what = f"{evidence.name} was not trained on {dataset}; {there}" if dataset else f"{there}; lineal data add"
        return check.verdict("inconclusive", what)
    found = [judge(each) for each in chosen]
    outcome, _, numbers = max(found, key=lambda each: SEVERITY.index(each[0]))
    same = [reason for worst, reason, _ in found if worst == outcome]
    return check.verdict(outcome, "; ".join(same), **numbers)


def judge_profiles(
    check: Check, evidence: Evidence, dataset: str, judge: Callable[[TrainingData, Profile], Finding]
) -> Verdict:
    """Return the worst of what ``judge`` says of the profile of each dataset; one without a profile is inconclusive."""

    def of_one(data: TrainingData) -> Finding:
        profile = profiled(data)
        return judge(data, profile) if isinstance(profile, Profile) else profile

    return judge_each(check, evidence, dataset, of_one)


def profiled(data: TrainingData) -> Profile | Finding:
    """Return the profile of a dataset, or what there is to say where it has none."""
    return data.profile or ("inconclusive", f"{data.name}: {data.gap or 'it is not profiled'}", {})


def columns(profile: Profile, names: tuple[str, ...]) -> Iterator[tuple[str, ColumnProfile | None]]:
    """Yield each named column with its profile, None where there is none; all columns where none is named."""
    known = {each.name: each for each in profile.columns}
    for name in names or known:
        yield name, known.get(name)
