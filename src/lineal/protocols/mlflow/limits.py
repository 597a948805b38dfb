"""What MLflow's server takes, and the words in which it refuses the rest; its clients and their tests know them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from functools import lru_cache

from lineal.objects.errors import Invalid
from lineal.operations.recording.summaries import UsedDataset

KEY_CHARACTERS_MAX = 250
PARAM_CHARACTERS_MAX = 6_000
TAG_CHARACTERS_MAX = 8_000
EXPERIMENT_CHARACTERS_MAX = 500
EXPERIMENT_TAG_CHARACTERS_MAX = 20_000

REGISTRY_TAG_CHARACTERS_MAX = 100_000
MODEL_CHARACTERS_MAX = 256
ALIAS_CHARACTERS_MAX = 255

METRICS_MAX, PARAMS_MAX, TAGS_MAX, TOGETHER_MAX = 1_000, 100, 100, 1_000
"""What one batch holds at most."""

_ALIAS = re.compile(r"[\w-]+")
_NUMBERED = re.compile(r"[vV][0-9]+")
_KEY = re.compile(r"^[/\w.\- :]*$")
_HINT = "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)."


@lru_cache(4_096)  # a program logs the same names again and again
def check_key(key: str, what: str) -> None:
    """Refuse the name of a metric, param or tag that MLflow would refuse. Raises Invalid.

    Args:
        key: the name.
        what: ``metric``, ``parameter`` or ``tag``.
    """
    if not key:
        raise Invalid(f"Missing value for required parameter '{what}.key'. A key name must be provided.")
    if len(key) > KEY_CHARACTERS_MAX:
        raise Invalid(
            f"{what.capitalize()} name '{key[:KEY_CHARACTERS_MAX]}' had length {len(key)}, which exceeded length limit of"
            f" {KEY_CHARACTERS_MAX}"
        )
    if not _KEY.match(key):
        raise Invalid(
            f"Invalid value \"{key}\" for parameter '{what}.key' supplied: Invalid {what} name: '{key}'. {_HINT}"
        )
    if _is_elsewhere(key):
        raise Invalid(
            f"Invalid value \"{key}\" for parameter '{what}.key' supplied: Invalid {what} name: '{key}'."
            " Names may be treated as files in certain cases, and must not resolve to other names when treated as such."
        )


def _is_elsewhere(key: str) -> bool:
    normal = posixpath.normpath(key)
    return normal != key or normal == "." or normal.startswith(("..", "/"))


def check_batch(metrics: Sequence[object], params: Sequence[object], tags: Sequence[object]) -> None:
    """Refuse a batch that is too large. Raises Invalid."""
    counts = {"metrics": len(metrics), "params": len(params), "tags": len(tags)}
    for (name, count), most in zip(counts.items(), (METRICS_MAX, PARAMS_MAX, TAGS_MAX), strict=True):
        if count > most:
            raise Invalid(f"A batch logging request can contain at most {most} {name}. Got {count} {name}.")
    if (together := sum(counts.values())) > TOGETHER_MAX:
        raise Invalid(
            f"A batch logging request can contain at most {TOGETHER_MAX} metrics, params, and tags in total."
            f" Got {together}."
        )


_DATASET = {
    "name": 500,
    "digest": 36,
    "source": 65_535,
    "schema": 1_048_575,
    "profile": 16_777_215,
}
"""How many characters each part of a dataset has at most."""

_INPUT_TAG = {"key": 255, "value": 500}


def check_dataset(used: UsedDataset) -> None:
    """Refuse a dataset that says too much of itself. Raises Invalid."""
    for said, most in ((used.dataset, _DATASET), *((tag, _INPUT_TAG) for tag in used.tags)):
        for name, limit in most.items():
            if len(getattr(said, name) or "") > limit:
                raise Invalid(f"'{name}' exceeds the maximum length of {limit} characters")


def cut(text: str, most: int) -> str:
    """Return a value that is not too long: MLflow cuts long ones, and says nothing."""
    return text if len(text) <= most else text[:most]


def check_results(count: int, most: int) -> None:
    """Refuse a page that has no rows, or too many. Raises Invalid."""
    if count < 1:
        raise Invalid(f"Invalid value for request parameter max_results. It must be at least 1, but got value {count}")
    if count > most:
        raise Invalid(
            f"Invalid value for request parameter max_results. It must be at most {most}, but got value {count}"
        )


def check_model_name(name: str) -> None:
    """Refuse the name of a model that MLflow would refuse. Raises Invalid."""
    if not name.strip():
        raise Invalid("Missing value for required parameter 'name'. Registered model name cannot be empty.")
    if name in {".", ".."}:
        raise Invalid(
            f"Invalid value \"{name}\" for parameter 'name' supplied: Names may be treated as files in certain cases, and must"
            " not resolve to other names when treated as such."
        )
    if "/" in name or ":" in name or len(name) > MODEL_CHARACTERS_MAX:
        raise Invalid(
            f"Invalid name: '{name[:MODEL_CHARACTERS_MAX]}'. Registered model names cannot contain '/' or ':', and have at"
            f" most {MODEL_CHARACTERS_MAX} characters."
        )


def check_alias(alias: str) -> None:
    """Refuse an alias that MLflow would refuse, because it has another meaning or cannot be in an address. Raises Invalid."""
    if not alias:
        raise Invalid("Registered model alias name cannot be empty.")
    if not _ALIAS.fullmatch(alias):
        raise Invalid(
            f"Invalid alias name: '{alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-)."
        )
    if len(alias) > ALIAS_CHARACTERS_MAX:
        raise Invalid(f"Registered model alias name exceeds the maximum length of {ALIAS_CHARACTERS_MAX} characters")
    if alias.lower() == "latest":
        raise Invalid("'latest' alias name (case insensitive) is reserved.")
    if _NUMBERED.fullmatch(alias):
        raise Invalid(f"Version alias name '{alias}' is reserved.")


def checked_registry_tag(key: str, value: str) -> str:
    """Return the value of a tag of a model or a version. Raises Invalid."""
    check_key(key, "tag")
    if len(value) > REGISTRY_TAG_CHARACTERS_MAX:
        raise Invalid(
            f"'value' exceeds the maximum length of {REGISTRY_TAG_CHARACTERS_MAX} characters: the tag {key!r} has {len(value)}"
        )
    return value
