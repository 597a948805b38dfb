"""A JSON object of numbers, of which only who gives it knows who measured them."""

from __future__ import annotations

from lineal.formats.evaluations.given import Given
from lineal.formats.evaluations.results import Results
from lineal.formats.evaluations.torch_metrics import is_plain, results_of


def read(given: Given) -> Results | None:
    """Return the metrics in the one JSON file that is given; the tool is left for who gives it to say."""
    if len(given.json) != 1:
        return None
    ((path, said),) = given.json.items()
    return Results("metrics", "", results_of(path, said)) if is_plain(said) else None
