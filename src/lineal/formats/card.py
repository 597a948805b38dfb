"""Model cards: a Hugging Face README, facts generated and human sections kept.

The sections are those of Mitchell et al. 2019, "Model Cards for Model Reporting" (arXiv 1810.03993). A person writes
between ``<!-- human section=… -->`` and ``<!-- /human -->``; everything else is generated, so an edit of it is lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from lineal.formats import front_matter, markdown
from lineal.objects.canonical import Scalar
from lineal.objects.errors import Invalid
from lineal.objects.runs import ModelFacts
from lineal.objects.statements import Evaluation


class Section(NamedTuple):
    """A section of the card.

    ``asks`` is what a person should write, empty where the section is wholly generated; ``about`` names the facts that
    the text speaks about, in words; ``required_for`` the stages that want it by default.
    """

    id: str
    title: str
    asks: str = ""
    about: tuple[str, ...] = ()
    required_for: tuple[str, ...] = ()


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
)
"""Every section, in the card's order."""

HUMAN: dict[str, Section] = {each.id: each for each in SECTIONS if each.asks}
"""The sections that a person writes, by id."""

_FENCED = re.compile(r"<!-- human section=(\S+) -->[ \t]*\n?(.*?)<!-- /human -->", re.DOTALL)
_OPENING = re.compile(r"<!-- human section=(\S+) -->")
_MARK = re.compile(r"(<|&(?:amp;)*lt;)(!-- /?human)")
_ESCAPED = re.compile(r"&(?:lt;|amp;((?:amp;)*lt;))(?=!-- /?human)")
_PLACEHOLDER = re.compile(r"_Nobody has written this yet: .*_")


class CardFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on a card that no person wrote.

    ``title`` is the model's name; ``evaluation_dataset`` the reference of the rows that ``evaluation`` is about. Lines
    (``data``, ``code``, ``runtime``, ``hardware``, ``lineage``) are plain text, one fact each.
    """

    title: str
    reference: str
    digest: str
    stage: str
    owner: str
    created_at: int
    facts: ModelFacts = ModelFacts()
    params: dict[str, Scalar] = {}
    data: tuple[str, ...] = ()
    evaluation: Evaluation | None = None
    evaluation_dataset: str = ""
    code: tuple[str, ...] = ()
    runtime: tuple[str, ...] = ()
    hardware: tuple[str, ...] = ()
    lineage: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


def render(facts: CardFacts, sections: Mapping[str, str], states: Mapping[str, str]) -> str:
    """Return the card as Markdown with YAML front matter, as Hugging Face reads it.

    Args:
        facts: what is generated.
        sections: what people wrote, by section id.
        states: ``fresh``, ``stale`` or ``missing`` for each of those; a stale one says so and why.
    """
    parts = [front_matter.render(_metadata(facts)), f"# {markdown.plain(facts.title)}\n"]
    for section in SECTIONS:
        parts.append(f"## {section.title}\n")
        if section.id in _GENERATED:
            parts.append(_GENERATED[section.id](facts))
        if section.asks:
            parts.append(_human(section, sections.get(section.id, ""), states.get(section.id, "missing")))
    return "\n".join(parts)


def parse_sections(text: str) -> dict[str, str]:
    """Return what people wrote, by section id, from a card that was rendered and then edited.

    A section that was left as it was without text is not in the answer; generated parts are not read.

    Raises:
        Invalid: a mark is broken or doubled, or names a section that nobody writes.
    """
    found: dict[str, str] = {}
    for match in _FENCED.finditer(text):
        name, body = match[1], match[2].strip()
        if name not in HUMAN:
            raise Invalid(f"nobody writes a section {name!r}", hint="sections: " + ", ".join(HUMAN))
        if name in found or _OPENING.search(body):
            raise Invalid(
                f"the marks of the section {name!r} are broken or doubled", hint="keep one <!-- human … --> pair"
            )
        found[name] = _unescaped(body) if not _PLACEHOLDER.fullmatch(body) else ""
    opened = [name for name in _OPENING.findall(text) if name not in found]
    if opened or not found:
        what = f"the section {opened[0]!r} has no end" if opened else "this card has no section that a person writes"
        raise Invalid(what, hint="keep the lines <!-- human section=… --> and <!-- /human --> as they were")
    return {name: body for name, body in found.items() if body}


def _human(section: Section, text: str, state: str) -> str:
    note = ""
    if state == "stale":
        note = f"> **Stale.** This was written about other facts: {', '.join(section.about)}. Read it again.\n\n"
    body = _escaped(text.strip()) or f"_Nobody has written this yet: {section.asks}_"
    return f"{note}<!-- human section={section.id} -->\n{body}\n<!-- /human -->\n"


def _escaped(text: str) -> str:
    """Return a text that cannot end its section early: our own marks in it are written as entities."""
    return _MARK.sub(lambda match: f"&lt;{match[2]}" if match[1] == "<" else f"&amp;{match[1][1:]}{match[2]}", text)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: f"&{match[1]}" if match[1] else "<", text)


def _details(facts: CardFacts) -> str:
    known = facts.facts
    framework = f"{known.framework} {known.framework_version}".strip()
    made_on = markdown.time(facts.created_at)
    rows = [
        ("Version", facts.reference),
        ("Digest", f"`{facts.digest}`"),
        ("Stage", facts.stage),
        ("Owner", markdown.plain(facts.owner)),
        ("Registered", made_on),
        ("Framework", markdown.plain(framework)),
        ("Classes", markdown.plain(", ".join(known.classes))),
    ]
    parts = [markdown.table(("", ""), [row for row in rows if row[1]])]
    if known.architecture:
        parts.append("Architecture:\n\n" + markdown.code(known.architecture))
    for title, columns in (("Inputs", known.inputs), ("Outputs", known.outputs)):
        if columns:
            parts.append(markdown.table((title, "dtype"), [(markdown.plain(k), v) for k, v in columns.items()]))
    if facts.params:
        shown = [(markdown.plain(key), markdown.plain(str(value))) for key, value in sorted(facts.params.items())]
        parts.append(markdown.table(("Parameter", "value"), shown))
    return "\n".join(parts)


def _metrics(facts: CardFacts) -> str:
    if facts.evaluation is None:
        return "It has not been measured on held-out rows.\n"
    overall = facts.evaluation.overall
    rows = [
        (name, markdown.figure(value), markdown.interval(overall.intervals.get(name)))
        for name, value in overall.metrics.items()
    ]
    return markdown.table(("Metric", "value", "95 % interval"), rows)


def _evaluation_data(facts: CardFacts) -> str:
    found = facts.evaluation
    if found is None:
        return "None yet.\n"
    label = f"The label is `{markdown.plain(found.label)}`"
    label += f", positive is `{markdown.plain(found.positive)}`." if found.positive else "."
    name = markdown.plain(facts.evaluation_dataset or found.dataset)
    return f"{name} (`{found.dataset}`), {found.overall.row_count:,} rows. {label}\n"


def _training_data(facts: CardFacts) -> str:
    return markdown.lines(facts.data) or "It is not known what this version was trained on.\n"


def _quantitative(facts: CardFacts) -> str:
    found = facts.evaluation
    if found is None or not found.slices:
        return "No subgroup has been measured.\n"
    parts = []
    for feature in dict.fromkeys(each.feature for each in found.slices):
        slices = [each for each in found.slices if each.feature == feature]
        names = list(dict.fromkeys(name for each in slices for name in each.metrics))
        rows = [
            (
                markdown.plain(each.value),
                f"{each.row_count:,}",
                *(_cell(each.metrics, each.intervals, n) for n in names),
            )
            for each in slices
        ]
        parts.append(markdown.table((markdown.plain(feature), "rows", *names), rows))
    return "\n".join(parts) + "\nIn brackets: 95 % confidence intervals.\n"


def _cell(metrics: Mapping[str, float | str], intervals: Mapping[str, tuple[float, float]], name: str) -> str:
    if name not in metrics:
        return "too few rows"
    between = markdown.interval(intervals.get(name))
    return markdown.figure(metrics[name]) + (f" [{between}]" if between else "")


def _history(facts: CardFacts) -> str:
    titled = (
        ("What is new", facts.findings),
        ("Code", facts.code),
        ("Runtime", facts.runtime),
        ("Hardware", facts.hardware),
        ("Lineage", facts.lineage),
    )
    return "\n".join(f"### {title}\n\n{markdown.lines(lines)}" for title, lines in titled if lines)


_GENERATED = {
    "model-details": _details,
    "metrics": _metrics,
    "evaluation-data": _evaluation_data,
    "training-data": _training_data,
    "quantitative-analyses": _quantitative,
    "history": _history,
}

_TASKS = {
    "binary": "tabular-classification",
    "multiclass": "tabular-classification",
    "regression": "tabular-regression",
}


def _metadata(facts: CardFacts) -> dict[str, object]:
    """Return the front matter as huggingface.co/docs/hub/model-cards describes it."""
    found: dict[str, object] = {"library_name": facts.facts.framework, "tags": ["lineal"], "version": facts.reference}
    if facts.evaluation is None:
        return {key: value for key, value in found.items() if value}
    evaluation, task = facts.evaluation, _TASKS[facts.evaluation.task]
    dataset = facts.evaluation_dataset or evaluation.dataset
    finite = {name: value for name, value in evaluation.overall.metrics.items() if not isinstance(value, str)}
    result = {
        "task": {"type": task},
        "dataset": {"name": dataset, "type": dataset, "revision": evaluation.dataset},
        "metrics": [{"type": name, "value": value, "name": name} for name, value in finite.items()],
    }
    found |= {
        "pipeline_tag": task,
        "metrics": list(finite),
        "model-index": [{"name": facts.title, "results": [result]}] if finite else None,
    }
    return {key: value for key, value in found.items() if value}
