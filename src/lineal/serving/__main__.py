"""``python -m lineal.serving serve DIR`` answers requests; ``… predict DIR INPUT.csv OUTPUT.jsonl`` answers a table."""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from pathlib import Path

import msgspec

from lineal.formats import predictions, table
from lineal.objects.errors import LinealError
from lineal.serving.loaders import Predictor, load
from lineal.serving.release import Release, read_release, verify_release
from lineal.serving.rows import typed

BATCH_ROWS = 4096
"""Enough for a model to be fast, few enough for wide rows to fit in memory."""

_PIECE_BYTES = 1 << 20


def main() -> int:
    """Do what the command line says; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m lineal.serving", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="answer requests until SIGTERM")
    serve.add_argument("directory", type=Path)
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=0)
    serve.add_argument("--ready-file", type=Path)
    predict = commands.add_parser("predict", help="answer the rows of a table")
    predict.add_argument("directory", type=Path)
    predict.add_argument("input", type=Path)
    predict.add_argument("output", type=Path)
    options = parser.parse_args()
    try:
        release = read_release(options.directory)
        predictor = load(verify_release(options.directory, release), release.facts)
        if options.command == "predict":
            predict_table(release, predictor, options.input, options.output)
        else:
            serve_release(release, predictor, options.host, options.port, options.ready_file)
    except LinealError as error:
        print(f"error: {error.message}\nhint: {error.hint}", file=sys.stderr)  # noqa: T201 - the log of this process
        return error.exit_status
    return 0


def predict_table(release: Release, predictor: Predictor, source: Path, target: Path) -> None:
    """Write one prediction a row of the table ``source`` to ``target``."""
    with source.open("rb") as file, target.open("wb") as output:
        rows = table.rows(iter(lambda: file.read(_PIECE_BYTES), b""))
        while batch := list(itertools.islice(rows, BATCH_ROWS)):
            output.write(predictions.encode(predictor.predict(typed(batch, release.facts.inputs))))


def serve_release(release: Release, predictor: Predictor, host: str, port: int, ready: Path | None) -> None:
    """Answer on ``port``, and on a port of this process alone, by which one asks exactly this process how it is."""
    # The batch command needs no server.
    import uvicorn  # noqa: PLC0415

    from lineal.serving.app import create_app  # noqa: PLC0415
    from lineal.serving.listening import listen  # noqa: PLC0415

    public, private = listen(host, port, shared=True), listen("127.0.0.1", 0, shared=False)
    config = uvicorn.Config(
        create_app(release, predictor), log_level="warning", timeout_graceful_shutdown=10, server_header=False
    )
    if ready:
        ports = {"port": public.getsockname()[1], "private_port": private.getsockname()[1], "pid": os.getpid()}
        partial = ready.with_suffix(".partial")
        partial.write_bytes(msgspec.json.encode(ports))
        partial.replace(ready)
    uvicorn.Server(config).run(sockets=[public, private])


if __name__ == "__main__":
    sys.exit(main())
