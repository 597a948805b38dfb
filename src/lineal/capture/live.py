"""What ``lineal.log`` and ``lineal.param`` do inside a recorded program: one line in the spool, nothing more."""

from __future__ import annotations

import warnings

from lineal.capture.shim.lineal_shim.scalars import scalar
from lineal.capture.shim.lineal_shim.writing import append, emit, encoded, is_open, quoted, spool

_warned: set[str] = set()


def log(step: int | None = None, **metrics: float) -> None:
    """Record values of metrics at a step; without a step they count up by themselves, metric by metric.

    Never raises and never waits for a disk or network: outside of a recorded run it warns once and does nothing.

    Args:
        step: the training step, epoch or whatever counts.
        metrics: values by name; NaN and infinities are kept as such.
    """
    if not _is_recorded():
        return
    try:
        values = ",".join([f"{quoted(name)}:{encoded(value)}" for name, value in metrics.items()])
        append("metric", f',"step":{encoded(step)},"metrics":{{{values}}}')
    except Exception as error:  # noqa: BLE001 logging a metric must never end a training
        _warn(f"a metric could not be logged: {error}")


def param(**params: object) -> None:
    """Record parameters of the run; the last value of a name stays. Never raises, as `log`.

    Args:
        params: values by name; whatever is no number, text or boolean is kept as text.
    """
    if not _is_recorded():
        return
    try:
        emit("param", params={name: scalar(value) for name, value in params.items()}, source="lineal.param")
    except Exception as error:  # noqa: BLE001 logging a parameter must never end a training
        _warn(f"a parameter could not be logged: {error}")


def _is_recorded() -> bool:
    if is_open() or spool():
        return True
    _warn("no run is being recorded, so nothing was logged; start the program with `lineal run`")
    return False


def _warn(sentence: str) -> None:
    if sentence not in _warned:
        _warned.add(sentence)
        warnings.warn(f"lineal: {sentence}", stacklevel=4)
