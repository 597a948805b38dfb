"""The same facts in the words of others: Hugging Face, Annex IV, CycloneDX, lists of materials, inventories."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from lineal.formats.cards import annex_iv, cyclonedx, huggingface, inventory
from lineal.formats.cards.facts import CardFacts, SectionState
from lineal.formats.cards.forms import FORMS, write
from lineal.objects.digest import digest_of
from lineal.objects.runs import ModelFacts
from tests.unit.formats.cards.cards import DIGEST, FACTS, card, facts

BARE = CardFacts(title="m", reference="m:1.0.0", digest=DIGEST, stage="staging", owner="ada", created_at=0)
WRITTEN = {"intended-use": "To rank.", "ethical-considerations": "Women are missed.", "risk-management": "Low."}


def metadata(found: CardFacts) -> dict[str, Any]:
    _, matter, _ = huggingface.readme(card(facts=found)).split("---\n", 2)
    read: dict[str, Any] = yaml.safe_load(matter)
    return read


def test_the_metadata_is_what_hugging_face_reads() -> None:
    assert metadata(FACTS) == {
        "license": "apache-2.0",
        "language": ["en"],
        "library_name": "sklearn",
        "pipeline_tag": "tabular-classification",
        "tags": ["lineal", "census"],
        "version": "income:1.2.0",
        "base_model": "census:3.0.0",
        "datasets": ["data:adult-train@2"],
        "metrics": ["accuracy"],
        "model-index": [
            {
                "name": "income",
                "results": [
                    {
                        "task": {"type": "tabular-classification"},
                        "dataset": {
                            "name": "data:adult-test@1",
                            "type": "data:adult-test@1",
                            "revision": digest_of(b"held out"),
                        },
                        "metrics": [{"type": "accuracy", "value": 0.8725, "name": "accuracy"}],
                    }
                ],
            }
        ],
    }


def test_what_is_not_known_is_not_said() -> None:
    assert metadata(BARE) == {"tags": ["lineal"], "version": "m:1.0.0"}
    assert huggingface.eval_results(BARE) == {}


@pytest.mark.parametrize(
    ("architecture", "task"),
    [
        ("BertForSequenceClassification(\n  (bert): BertModel", "text-classification"),
        ("LlamaForCausalLM", "text-generation"),
        ("ViTForImageClassification", "image-classification"),
        ("torchvision.models.ResNet", ""),
    ],
)
def test_the_task_of_a_network_is_known_by_its_class(architecture: str, task: str) -> None:
    known = ModelFacts(framework="transformers", architecture=architecture)

    assert huggingface.task_of(facts(facts=known, evaluation=None)) == task


def test_results_are_in_a_file_of_their_own_too() -> None:
    ((path, text),) = huggingface.eval_results(FACTS).items()

    assert path == ".eval_results/data-adult-test-1.yaml"
    assert yaml.safe_load(text) == [
        {
            "dataset": {"id": "data:adult-test@1", "task_id": "accuracy", "revision": digest_of(b"held out")},
            "value": 0.8725,
            "date": "2023-11-14",
            "notes": "income:1.2.0, measured by Lineal",
        }
    ]


def test_annex_iv_has_nine_parts_says_who_fills_them_and_names_every_gap() -> None:
    states = {
        "intended-use": SectionState(state="fresh"),
        "risk-management": SectionState(state="stale", changes=("x",)),
    }
    found = card(WRITTEN, states=states)
    made, gaps = annex_iv.document(found), annex_iv.gaps(found)

    assert [f"## {n}. {part.title}" in made for n, part in enumerate(annex_iv.ANNEX_IV, 1)] == [True] * 9
    assert gaps[6] == ()
    assert gaps[1] == ("Provider and instructions for use is missing",)
    assert "Risk management is stale: x" in gaps[5]
    assert "| 6. Changes over its life | Lineal | none |" in made
    assert "| 7. Standards applied | people | Standards applied is missing |" in made
    assert "### income:1.1.0, 2023-11-14 22:13 UTC, by bob (archived)" in made
    assert "**Gap.** Which standards were applied" in made
    assert "<!-- human section=risk-management -->\nLow." in made


def test_annex_iv_of_a_version_of_which_nothing_is_known_is_all_gaps() -> None:
    gaps = annex_iv.gaps(card(facts=BARE))

    assert "it is not known what it was trained on" in gaps[2]
    assert "it was not measured on held-out rows" in gaps[4]


def test_a_bill_of_materials_names_the_model_its_data_and_its_packages() -> None:
    made = json.loads(cyclonedx.document(card(WRITTEN)))
    model, parts = made["metadata"]["component"], {each["bom-ref"]: each for each in made["components"]}
    found = model["modelCard"]

    assert (made["bomFormat"], made["specVersion"], model["type"]) == ("CycloneDX", "1.6", "machine-learning-model")
    assert model["hashes"] == [{"alg": "SHA-256", "content": DIGEST.removeprefix("sha256:")}]
    assert "pkg:pypi/scikit-learn@1.5.0" in parts
    assert parts[f"data:{FACTS.data[0].digest}"]["name"] == "adult-train"
    assert {each["ref"] for each in found["modelParameters"]["datasets"]} <= set(parts)
    assert set(made["dependencies"][0]["dependsOn"]) == set(parts)
    assert {
        "type": "recall",
        "value": "0.59",
        "slice": "sex=Female",
        "confidenceInterval": {"lowerBound": "0.55", "upperBound": "0.63"},
    } in found["quantitativeAnalysis"]["performanceMetrics"]
    assert found["considerations"]["useCases"] == ["To rank."]
    assert found["considerations"]["fairnessAssessments"][0] == {
        "groupAtRisk": "sex=Female",
        "harms": "Women are missed.",
    }


def test_the_same_facts_give_the_same_bytes() -> None:
    assert cyclonedx.document(card()) == cyclonedx.document(card())
    assert cyclonedx.document(card(), "1.7") == cyclonedx.document(card()).replace('"1.6"', '"1.7"')


def test_the_coverage_tells_what_is_known_of_each_cluster() -> None:
    made, bare = inventory.coverage(card(WRITTEN)), inventory.coverage(card(facts=BARE))

    assert len(inventory.G7) == 7
    assert "| Models | license | apache-2.0 |" in made
    assert "| Security properties | signatures | not known |" in made
    assert "4 of 7 clusters are complete." in made
    assert "1 of 7 clusters are complete." in bare


def test_an_inventory_has_a_line_for_the_version() -> None:
    found = json.loads(inventory.entry(card(WRITTEN)))

    assert set(found) == set(inventory.INVENTORY)
    assert (found["purpose"], found["risk"], found["runs_in"]) == ("To rank.", "Low.", ["eu"])
    assert found["gates"] == {"production": "pass"}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_can_be_written_of_everything_and_of_nothing(form: Any) -> None:
    for found in (card(WRITTEN), card(facts=BARE)):
        made = write(found, form, dict)

        assert made.text.endswith("\n")
        assert "json" not in made.media_type or json.loads(made.text)
