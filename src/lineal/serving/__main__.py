"""``python -m lineal.serving serve DIR`` answers requests; ``… predict DIR INPUT OUTPUT.jsonl`` answers a table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lineal.objects.errors import LinealError
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
    return parser


def _obey(options: argparse.Namespace) -> None:
    release = read_release(options.directory)
    measuring = Measuring(REQUESTS if getattr(options, "cost_file", None) else 0)
    with measuring.loading():
        predictor = load(verify_release(options.directory, release), release.facts)
    if options.command == "predict":
        predict_table(predictor, options.input, options.output, measuring)
        if options.cost_file:
            measuring.write(options.cost_file)
        return
    # The batch command needs no server.
    from lineal.serving.server import serve_release  # noqa: PLC0415

    serve_release(release, predictor, options.host, options.port, options.ready_file)


if __name__ == "__main__":
    sys.exit(main())
