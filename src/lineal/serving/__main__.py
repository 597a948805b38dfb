"""``python -m lineal.serving serve DIR`` answers requests; ``… predict DIR INPUT OUTPUT.jsonl`` answers a table.

``… replay DIR REQUESTS ANSWERS`` answers golden requests, by a process of its own that ``… answer DIR`` is.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lineal.objects.errors import LinealError
from lineal.serving import replaying
from lineal.serving.loaders import load
from lineal.serving.measuring import REQUESTS, Measuring
from lineal.serving.predicting import predict_table
from lineal.serving.release import read_release, verify_release


def main() -> int:
    """Do what the command line says; return the exit status."""
    options = _parser().parse_args()
    try:
        _obey(options)
    except LinealError as error:
        lines = [f"error: {error.message}", *([f"hint: {error.hint}"] if error.hint else [])]
        print("\n".join(lines), file=sys.stderr)  # noqa: T201 - the log of this process
        return error.exit_status
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lineal.serving", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="answer requests until SIGTERM")
    serve.add_argument("directory", type=Path)
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=0, help="0: any free one")
    serve.add_argument("--ready-file", type=Path, help="where to write the port once requests are answered")
    predict = commands.add_parser("predict", help="answer the rows of a table")
    predict.add_argument("directory", type=Path)
    predict.add_argument("input", type=Path, help="CSV, or .jsonl with an object of texts a line")
    predict.add_argument("output", type=Path)
    predict.add_argument(
        "--cost-file", type=Path, help="where to write what it costs; measuring takes two seconds at most"
    )
    replay = commands.add_parser("replay", help="answer golden requests")
    replay.add_argument("directory", type=Path)
    replay.add_argument("input", type=Path)
    replay.add_argument("output", type=Path)
    replay.add_argument("--request-s", type=float, default=10.0, help="how long one may take")
    replay.add_argument("--within-s", type=float, default=3600.0, help="how long all of them may take")
    answer = commands.add_parser("answer", help="answer what comes on standard input, for replay")
    answer.add_argument("directory", type=Path)
    return parser


def _obey(options: argparse.Namespace) -> None:
    if options.command == "replay":
        within = {"request_s": options.request_s, "within_s": options.within_s}
        replaying.replay(options.directory, options.input, options.output, **within)
        return
    release = read_release(options.directory)
    measuring = Measuring(REQUESTS if getattr(options, "cost_file", None) else 0)
    with measuring.loading():
        predictor = load(verify_release(options.directory, release), release.facts, trusted=release.trusted)
    if options.command == "predict":
        predict_table(predictor, options.input, options.output, measuring)
        if options.cost_file:
            measuring.write(options.cost_file)
        return
    if options.command == "answer":
        replaying.answer(release, predictor)
        return
    # The others need no server.
    from lineal.serving.server import serve_release  # noqa: PLC0415

    serve_release(release, predictor, options.host, options.port, options.ready_file)


if __name__ == "__main__":
    sys.exit(main())
