"""The sections of a card: what each asks of a person, and which facts the answer speaks about.

The first nine are those of Mitchell et al. 2019, "Model Cards for Model Reporting" (arXiv 1810.03993), with fixed ids.
"""

from __future__ import annotations

from typing import NamedTuple


class Section(NamedTuple):
    """A section of the card.

    ``asks`` is what a person should write, empty where the section is wholly generated; ``about`` names the facts that
    the text speaks about, in words; ``required_for`` the stages that want it by default. A section with a ``profile``
    is on a card once somebody has written it, or where the policy names the profile.
    """

    id: str
    title: str
    asks: str = ""
    about: tuple[str, ...] = ()
    required_for: tuple[str, ...] = ()
    profile: str = ""


SECTIONS = (
    Section("model-details", "Model details"),
    Section(
        "intended-use",
        "Intended use",
        "Who should use this model, for what decision, and what must it not be used for?",
        ("inputs", "outputs"),
        ("production",),
    ),
    Section(
        "factors",
        "Factors",
        "Which groups of people and which circumstances matter, and why were these subgroups measured?",
        ("subgroups",),
    ),
    Section("metrics", "Metrics"),
    Section("evaluation-data", "Evaluation data"),
    Section(
        "training-data",
        "Training data",
        "How was the data collected, by whom, and whom does it leave out?",
        ("training data",),
    ),
    Section("quantitative-analyses", "Quantitative analyses"),
    Section(
        "ethical-considerations",
        "Ethical considerations",
        "Whom can a wrong answer harm, how, and what is done against it?",
        ("training data", "subgroups", "the worst-off groups"),
        ("production",),
    ),
    Section(
        "caveats",
        "Caveats and recommendations",
        "What was not tested, when will it stop being right, and what should users watch?",
        ("training data", "the worst-off groups"),
        ("production",),
    ),
    Section("history", "How it came to be"),
    Section("trust", "What was checked, and where it runs"),
)
"""The sections of every card, in their order."""

_MEASURED = ("what was measured",)

EXTRA = (
    Section(
        "provider",
        "Provider and instructions for use",
        "Who provides the system and answers for it, in which forms does it come, and where are its instructions?",
        profile="annex-iv",
    ),
    Section(
        "design-choices",
        "Design choices",
        "What is the system made to optimise, which choices and trade-offs were made, and under which assumptions?",
        ("inputs", "outputs", "training data"),
        profile="annex-iv",
    ),
    Section(
        "oversight",
        "Monitoring, functioning and control",
        "What can it do and not do, who oversees it, and how is it overruled or stopped?",
        ("outputs", "the worst-off groups"),
        profile="annex-iv",
    ),
    Section(
        "metric-choice",
        "Why these metrics",
        "Why do these metrics, and these thresholds, tell whether the system serves its purpose?",
        _MEASURED,
        profile="annex-iv",
    ),
    Section(
        "risk-management",
        "Risk management",
        "Which risks were found, how likely and grave are they, and what reduces each?",
        ("training data", "the worst-off groups"),
        profile="annex-iv",
    ),
    Section(
        "standards",
        "Standards applied",
        "Which standards were applied, in full or in part, and what was done where there was none?",
        profile="annex-iv",
    ),
    Section(
        "conformity",
        "Declaration of conformity",
        "Who declares that this very version conforms, when, and where is the signed declaration?",
        ("the weights",),
        profile="annex-iv",
    ),
    Section(
        "post-market-monitoring",
        "Plan for monitoring after release",
        "What is watched in use, how often, by whom, and what happens when it degrades?",
        _MEASURED,
        profile="annex-iv",
    ),
    Section(
        "bias",
        "Bias",
        "Which groups were taken part of in its design, what was done against unwanted bias, and how was that measured?",
        ("subgroups", "the worst-off groups"),
        profile="subcards",
    ),
    Section(
        "explainability",
        "Explainability",
        "How does the model come to an answer, how is that shown to users, and which limits do they need to know?",
        ("inputs", "outputs"),
        profile="subcards",
    ),
    Section(
        "safety",
        "Safety and security",
        "In which applications can it endanger people, how is its use restricted, and who may reach it?",
        ("outputs",),
        profile="subcards",
    ),
    Section(
        "privacy",
        "Privacy",
        "Is there personal data in what it learned from, on which ground, and how is it found and removed again?",
        ("training data", "inputs"),
        profile="subcards",
    ),
)
"""Sections that only some cards have: lists of questions, by profile."""

PROFILES = tuple(dict.fromkeys(each.profile for each in EXTRA))
"""Lists of questions that a policy may ask for."""

HUMAN: dict[str, Section] = {each.id: each for each in (*SECTIONS, *EXTRA) if each.asks}
"""The sections that a person writes, by id."""


def shown(written: frozenset[str], profiles: tuple[str, ...] = ()) -> tuple[Section, ...]:
    """Return the sections of a card, in their order.

    Args:
        written: the ids of those that people wrote.
        profiles: lists of questions that are on the card though nobody answered yet.
    """
    extra = [each for each in EXTRA if each.id in written or each.profile in profiles]
    end = next(place for place, each in enumerate(SECTIONS) if each.id == "history")
    return (*SECTIONS[:end], *extra, *SECTIONS[end:])
