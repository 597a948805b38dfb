"""A card as Hugging Face reads it: a ``README.md`` with metadata, and the results in files of their own.

The metadata is as huggingface.co/docs/hub/model-cards describes it. ``model-index`` is what the hub read first, and
``.eval_results/*.yaml`` what it reads since; a card has both.
"""

from __future__ import annotations

import re

from lineal.formats import front_matter
from lineal.formats.cards import as_markdown
from lineal.formats.cards.facts import Card, CardFacts
from lineal.formats.markdown import time

README = "README.md"

_TASKS = {
    "binary": "tabular-classification",
    "multiclass": "tabular-classification",
    "regression": "tabular-regression",
    "ranking": "other",
    "other": "other",
}
_ARCHITECTURES = (
    ("ForSequenceClassification", "text-classification"),
    ("ForTokenClassification", "token-classification"),
    ("ForQuestionAnswering", "question-answering"),
    ("ForCausalLM", "text-generation"),
    ("LMHeadModel", "text-generation"),
    ("ForMaskedLM", "fill-mask"),
    ("ForImageClassification", "image-classification"),
    ("ForObjectDetection", "object-detection"),
    ("ForAudioClassification", "audio-classification"),
    ("ForSpeechSeq2Seq", "automatic-speech-recognition"),
)
"""How the classes of transformers end, and the task of each."""

_LIBRARIES = {"pytorch": "pytorch", "torch": "pytorch", "lightgbm": "lightgbm", "tensorflow": "keras"}
"""Names of libraries that the hub spells otherwise than the framework; the others are the same."""


def readme(card: Card) -> str:
    """Return a card as a ``README.md``."""
    return front_matter.render(_metadata(card.facts)) + "\n" + as_markdown.render(card)


def eval_results(facts: CardFacts) -> dict[str, str]:
    """Return the files with the results, by their path; none where nothing was measured."""
    if facts.evaluation is None:
        return {}
    where = _dataset(facts)
    entries = [
        {
            "dataset": {"id": where, "task_id": name, "revision": facts.evaluation.dataset},
            "value": value,
            "date": time(facts.evaluated_at)[:10],
            "notes": f"{facts.reference}, measured by Lineal",
        }
        for name, value in _finite(facts).items()
    ]
    name = re.sub(r"[^A-Za-z0-9]+", "-", where).strip("-")
    return {f".eval_results/{name}.yaml": front_matter.items(entries)} if entries else {}


def task_of(facts: CardFacts) -> str:
    """Return the task as Hugging Face calls it; empty where it is not known."""
    for end, task in _ARCHITECTURES:
        if re.search(rf"{end}\b", facts.facts.architecture):
            return task
    return _TASKS[facts.evaluation.task] if facts.evaluation else ""


def _dataset(facts: CardFacts) -> str:
    assert facts.evaluation  # noqa: S101 - asked only of what was measured
    return facts.evaluation_dataset or facts.evaluation.dataset


def _finite(facts: CardFacts) -> dict[str, float]:
    assert facts.evaluation  # noqa: S101 - as above
    return {name: value for name, value in facts.evaluation.overall.metrics.items() if not isinstance(value, str)}


def _metadata(facts: CardFacts) -> dict[str, object]:
    framework = facts.facts.framework
    found: dict[str, object] = {
        "license": facts.labels.license,
        "language": list(facts.labels.languages),
        "library_name": _LIBRARIES.get(framework, framework),
        "pipeline_tag": task_of(facts),
        "tags": ["lineal", *facts.labels.tags],
        "version": facts.reference,
        "base_model": facts.base,
        "datasets": list(dict.fromkeys(each.reference for each in facts.data if each.reference)),
    }
    if facts.evaluation and (finite := _finite(facts)):
        result = {
            "task": {"type": task_of(facts)},
            "dataset": {"name": _dataset(facts), "type": _dataset(facts), "revision": facts.evaluation.dataset},
            "metrics": [{"type": name, "value": value, "name": name} for name, value in finite.items()],
        }
        found |= {"metrics": list(finite), "model-index": [{"name": facts.title, "results": [result]}]}
    return {key: value for key, value in found.items() if value}
