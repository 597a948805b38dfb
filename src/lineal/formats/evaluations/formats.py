"""Which result is read by what: by what is in its files."""

from __future__ import annotations

from collections.abc import Callable

from lineal.formats.evaluations import (
    hugging_face,
    lm_harness,
    metric_frame,
    mlflow_results,
    model_index,
    plain_metrics,
    sklearn_report,
    torch_metrics,
)
from lineal.formats.evaluations.given import Given
from lineal.formats.evaluations.results import Results, check
from lineal.objects.errors import Invalid

READERS: dict[str, Callable[[Given], Results | None]] = {
    "lm-evaluation-harness": lm_harness.read,
    "scikit-learn report": sklearn_report.read,
    "hugging face evaluate": hugging_face.read,
    "mlflow evaluation": mlflow_results.read,
    "metric frame": metric_frame.read,
    "model-index": model_index.read,
    "torchmetrics values": torch_metrics.read,
    "metrics": plain_metrics.read,
}
"""The readers in the order in which they are asked: the surest marks first."""


def read_results(given: Given) -> Results:
    """Return what the files say.

    Raises:
        Invalid: no reader knows them, or they cannot be meant as they stand; the message says which file and where.
        Unavailable: what reads one of them is not installed.
    """
    for read in READERS.values():
        if (found := read(given)) is not None:
            return check(found, given.name)
    raise Invalid(
        f"{given.name} is no result of an evaluation that is known here",
        hint="known are "
        + ", ".join(name for name in READERS if name != "metrics")
        + ", and JSON with numbers by name",
    )
