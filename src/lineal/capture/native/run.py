"""A run as its program holds it: says what the program wants to be kept with it. No call raises, and none waits for a network."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any, Self

from lineal.capture.native.shim import ranks, scalars, writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

    from lineal.capture.native.kept import Kept

_warned: set[str] = set()


def warn(sentence: str) -> None:
    """Say ``sentence`` once: a fault of ours is a warning and never the program's failure."""
    if sentence not in _warned:
        _warned.add(sentence)
        warnings.warn(f"lineal: {sentence}", stacklevel=4)


class LiveRun:
    """A run that goes on. Used in a ``with`` it ends with the block, as failed when an exception leaves it.

    Attributes:
        id: the run's id.

    Args:
        run_id: its id.
        sink: where its events go; None when nothing can be recorded.
        spool: the directory of its files.
        end: what is to be done when it ends, with how it ended.
    """

    def __init__(self, run_id: str, sink: writing.Sink | None, spool: str, end: Callable[[str], None]) -> None:
        self.id = run_id
        self.process = os.getpid()
        self.has_ended = False
        self._sink = sink
        self._spool = spool
        self._end = end
        self._steps: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"<run:{self.id}{' (ended)' if self.has_ended else ''}>"

    def log(self, metrics: Mapping[str, float] | None = None, /, step: int | None = None, **named: float) -> None:
        """Record values of metrics at a step; without a step they count up by themselves, metric by metric.

        Args:
            metrics: values by name, for names that are no Python names, as ``{"train/loss": 0.5}``.
            step: the training step, epoch or whatever counts.
            named: more values by name; NaN and infinities are kept as such.
        """
        if self._sink is None or self.has_ended:
            self._missed()
            return
        try:
            values = writing.encoded({**metrics, **named} if metrics else named)
            self._sink.append("metric", f',"step":{writing.encoded(step)},"metrics":{values}')
        except Exception as error:  # noqa: BLE001 logging a metric must never end a training
            warn(f"a metric could not be logged: {error}")

    def param(self, params: Mapping[str, object] | None = None, /, **named: object) -> None:
        """Record parameters; the last value of a name stays. What is no number, text or boolean is kept as text."""
        given = {**(params or {}), **named}
        self._say(
            "param",
            lambda: {
                "params": {str(name): scalars.scalar(value) for name, value in given.items()},
                "source": "lineal.param",
            },
        )

    def tag(self, tags: Mapping[str, object] | None = None, /, **named: object) -> None:
        """Record tags, which are texts; the last one of a name stays."""
        given = {**(tags or {}), **named}
        self._say("tag", lambda: {"tags": {str(name): str(value) for name, value in given.items()}})

    def about(self, **facts: object) -> None:
        """Say what the run is: its name, and the runs that it belongs to or goes on with."""
        if facts:
            self._say("about", lambda: facts)

    def table(self, key: str, rows: Any, *, step: int | None = None) -> None:
        """Record a table: rows as dictionaries, columns as a dictionary of sequences, or a data frame."""
        self._keep(key, step, "table", "table_of", rows)

    def image(self, key: str, image: Any, *, step: int | None = None) -> None:
        """Record a picture: a path, a PIL image, an array (grey, RGB or RGBA; bytes, or floats from 0 to 1) or a figure."""
        self._keep(key, step, "image", "image_of", image)

    def figure(self, key: str, figure: Any, *, step: int | None = None) -> None:
        """Record a figure as it looks now: Matplotlib's as SVG, Plotly's as JSON. It is drawn here: it may change later."""
        self._keep(key, step, "figure", "figure_of", figure)

    def confusion_matrix(
        self,
        key: str,
        y_true: Any = None,
        y_pred: Any = None,
        *,
        matrix: Any = None,
        labels: Iterable[object] | None = None,
        step: int | None = None,
    ) -> None:
        """Record which labels were taken for which: from the labels themselves, or as a ``matrix`` whose rows are true.

        Args:
            key: what to call it.
            y_true: the true labels.
            y_pred: the predicted ones.
            matrix: the counts, in place of both.
            labels: the order of the labels; by default sorted.
            step: when it was measured.
        """
        self._keep(key, step, "confusion-matrix", "confusion_of", y_true, y_pred, matrix, labels)

    def curve(
        self,
        key: str,
        x: Any,
        y: Any,
        *,
        kind: str = "",
        x_label: str = "",
        y_label: str = "",
        step: int | None = None,
    ) -> None:
        """Record a curve: points ``x`` and ``y``; ``kind`` is ``roc``, ``pr``, ``calibration`` or whatever it is."""
        self._keep(key, step, "curve", "curve_of", kind, x, y, x_label, y_label)

    def histogram(
        self, key: str, values: Any = None, *, counts: Any = None, edges: Any = None, step: int | None = None
    ) -> None:
        """Record a distribution: of ``values`` in 64 bins, or as ``counts`` between ``edges``."""
        self._keep(key, step, "histogram", "histogram_of", values, counts, edges)

    def text(self, key: str, text: str, *, step: int | None = None) -> None:
        """Record a text. Secrets in it are not looked for."""
        self._keep(key, step, "text", "text_of", text)

    def file(self, path: os.PathLike[str] | str, key: str = "", *, step: int | None = None) -> None:
        """Record a copy of a file as it is now: a picture, sound, video or anything else.

        Args:
            path: the file.
            key: what to call it; by default its name without suffix.
            step: when it was made.
        """
        name = os.path.splitext(os.path.basename(os.fspath(path)))[0]
        self._keep(key or name, step, "", "file_of", path)

    def audio(self, key: str, path: os.PathLike[str] | str, *, step: int | None = None) -> None:
        """Record a copy of a file with sound."""
        self._keep(key, step, "audio", "file_of", path)

    def video(self, key: str, path: os.PathLike[str] | str, *, step: int | None = None) -> None:
        """Record a copy of a file with moving pictures."""
        self._keep(key, step, "video", "file_of", path)

    def finish(self, state: str = "finished") -> None:
        """End the run. Where it was begun by `lineal.start` alone, wait until it is stored, some seconds at most.

        Args:
            state: how it ended: finished, failed or killed.
        """
        if self.has_ended:
            return
        self.has_ended = True
        try:
            if self._sink is not None:
                self._sink.append("about", writing.members({"state": state}))
            self._end(state)
        except Exception as error:  # noqa: BLE001 the end of a run must not be the end of its program
            warn(f"the run could not be ended: {error}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finish("failed" if kind is not None and not _is_success(error) else "finished")

    def _say(self, kind: str, facts: Callable[[], dict[str, object]]) -> None:
        if self._sink is None or self.has_ended:
            self._missed()
            return
        try:
            self._sink.append(kind, writing.members(facts()))
        except Exception as error:  # noqa: BLE001 as in log
            warn(f"a {kind} could not be logged: {error}")

    def _keep(self, key: str, step: int | None, what: str, make: str, *arguments: Any) -> None:
        if self._sink is None or self.has_ended:
            self._missed()
            return
        try:
            # Most programs log numbers only.
            from lineal.capture.native import kept, media  # noqa: PLC0415

            made: Kept = getattr(media, make)(*arguments)
            rank = ranks.inner_place()[0]
            name = f"{key}/rank_{rank}" if rank else key
            number = self._steps.get(name, 0) if step is None else int(step)
            self._steps[name] = number + 1
            path = kept.keep(self._spool, name, number, made)
            facts = {"key": name, "step": number, "what": what or made.what, "path": path}
            self._sink.append("media", writing.members(facts))
        except Exception as error:  # noqa: BLE001 as in log
            warn(f"{what or 'file'} {key!r} could not be logged: {error}")

    def _missed(self) -> None:
        if self.has_ended:
            warn(f"run:{self.id} has ended, so nothing more was logged to it")


def _is_success(error: BaseException | None) -> bool:
    return isinstance(error, SystemExit) and error.code in {None, 0}
