"""Parameters are found without a call, each with its source, and the program never notices."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from lineal.capture.launch import launch
from lineal.capture.launched import Launched
from lineal.objects.canonical import Scalar
from tests.parts.capture import interpreter

Record = Callable[..., Launched]
Write = Callable[[str, str], Path]

PROGRAMS = Path(__file__).parents[2] / "surfaces" / "programs"


class Ran(NamedTuple):
    """A program that was run twice, without and with a recorder."""

    plain: str
    recorded: str
    launched: Launched

    def of(self, source: str) -> dict[str, Scalar]:
        """Return the parameters of one source."""
        record = self.launched.record
        return {name: value for name, value in record.params.items() if record.param_sources[name] == source}


FILES = {
    "config.yaml": "rate: 0.5\nmodel:\n  depth: 3\n  layers: [1, 2]\n  name: net-${model.depth}\n"
    "db: {password: hunter2, user_password: 1234, url: 'postgres://me:secret9@host/x'}\n",
    "conf/hydra.yaml": "defaults: [optimizer: adam, _self_]\nseed: 7\nagain: ${seed}\nname: x-${optimizer.beta}\n"
    "counted: ${next:}\nhome: ${oc.env:HOME}\nlater: ???\nkind: {width: 1}\n",
    "conf/optimizer/adam.yaml": "beta: 0.9\n",
    "conf/optimizer/sgd.yaml": "beta: 0.1\n",
    "settings.json": '{"hidden": 12, "optim": {"betas": [0.9, 0.99]}, "rows": [{"a": 1}]}',
    "exp_config.toml": "[toml]\nb = 1\nday = 2026-01-02\n",
    "given.ini": "[train]\nepochs = 3\n[DEFAULT]\ncommon = y\n",
    "data.json": '{"rows": 3}',
    "text_config.json": '{"text_json": {"ü": 1}}',
    "text_config.yaml": "text_yaml: [1, 2]\n",
    "text_config.toml": "text_toml = 0.5\n",
    "text_config.ini": "[text_ini]\nepochs = 4\n",
    "windows_config.json": '{"windows":\r\n 7}\r\n',
    "experiment.yaml": "omega: {lr: 0.125, again: '${omega.lr}'}\n",
    "lines_config.json": '{"line": 1}\n' * 50,
    "tokenizer_config.json": '{"token": 3}',
    "big_config.json": json.dumps({f"n{position:03}": position for position in range(600)}),
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Run one program that uses every source; the libraries' imports take seconds."""
    folder = tmp_path_factory.mktemp("params")
    project = folder / "project"
    for name, text in FILES.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    program = (project / "program.py").resolve()
    program.write_bytes((PROGRAMS / "parameters.py").read_bytes())
    (project / "own_module.py").write_bytes((PROGRAMS / "parameters_module.py").read_bytes())
    command = (str(interpreter()), "program.py", "--rate", "0.7", "--config=given.ini", "fit", "--depth", "4")
    variables = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    plain = subprocess.run(command, cwd=project, env=variables, capture_output=True, text=True, check=False)
    launched = launch(command, directory=project, spool=folder / "spool", variables=variables, run_id="RUN")
    assert (0, "") == (plain.returncode, plain.stderr)
    return Ran(plain.stdout, (folder / "spool" / "stdout").read_text(), launched)


def test_the_program_does_and_prints_the_same(ran: Ran) -> None:
    assert 0 == ran.launched.exit_status
    assert ran.plain.splitlines() == ran.recorded.splitlines()
    assert "signatures (" in ran.plain


def test_a_configuration_that_is_read_as_text_is_known_by_its_file(ran: Ran) -> None:
    assert {"text_json.ü": 1} == ran.of("text_config.json")
    assert {"text_yaml": "1, 2"} == ran.of("text_config.yaml")
    assert {"text_toml": 0.5} == ran.of("text_config.toml")
    assert {"text_ini.epochs": "4"} == ran.of("text_config.ini")
    assert {"windows": 7} == ran.of("windows_config.json")
    assert {"omega.lr": 0.125, "omega.again": 0.125} == ran.of("experiment.yaml")
    assert not {"literal", "line"} & ran.launched.record.params.keys()
    assert {} == ran.of("data.json")


def test_models_of_attrs_and_pydantic_are_parameters_like_dataclasses(ran: Ran) -> None:
    assert {"wide": 6, "part.a": 1} == ran.of("AttrsConfig")
    assert {"AttrsOptions.depth": 2} == ran.of("AttrsOptions")
    assert {"heads": 8} == ran.of("PartConfig")
    # The command line has the name; the library hides the secret itself.
    assert {"PydanticConfig.rate": 1.0, "key": "**********"} == ran.of("PydanticConfig")
    assert "hunter2hunter2" not in str(ran.launched.record)


def test_argparse_tells_options_defaults_and_subcommands(ran: Ran) -> None:
    assert {
        "rate": 0.7,
        "config": "given.ini",
        "argparse.depth": 4,
        "argparse.subcommand": "fit",
        "mixed": 2,
        "rest": "a, b",
        "slot": 5,
        "colour": "red",
    } == ran.of("argparse")


def test_click_and_typer_tell_what_each_command_was_given(ran: Ran) -> None:
    assert {
        "verbose": False,
        "click.subcommand": "train",
        "path": "x.csv",
        "pin": "[masked]",
        "asked": "typed",
        "unset": None,
        "depth": 8,
    } == ran.of("click")
    assert {"size": 6, "shade": "dark", "subcommand": "go"} == ran.of("typer")


def test_absl_tells_the_flags_of_the_program_only(ran: Ran) -> None:
    assert {"batch": 64, "name_of_run": "a"} == ran.of("absl")


def test_hydra_tells_the_composed_whole_and_calls_no_resolver(ran: Ran) -> None:
    assert {
        "seed": 8,
        "again": 8,
        "name": "x-0.1",
        "counted": "${next:}",
        "home": "${oc.env:HOME}",
        "later": "???",
        "kind.width": 1,
        "optimizer.beta": 0.1,
        "hydra.overrides": "seed=8, optimizer=sgd",
        "hydra.choices.optimizer": "sgd",
    } == ran.of("hydra")
    assert {"dotted.rate": 2} == ran.of("omegaconf")


def test_configuration_files_keep_their_names_and_never_take_one_of_the_command_line(ran: Ran) -> None:
    assert {
        "config.rate": 0.5,
        "model.depth": 3,
        "model.layers": "1, 2",
        "model.name": "net-3",
        "db.password": "[masked]",
        "db.user_password": "[masked]",
        "db.url": "postgres://me:[masked]@host/x",
    } == ran.of("config.yaml")
    assert {"hidden": 12, "optim.betas": "0.9, 0.99", "rows": "{'a': 1}"} == ran.of("settings.json")
    assert {"toml.b": 1, "toml.day": "2026-01-02"} == ran.of("exp_config.toml")
    assert {"common": "y", "train.epochs": "3"} == ran.of("given.ini")
    sources = set(ran.launched.record.param_sources.values())
    assert set() == sources & {"data.json", "tokenizer_config.json", "written_config.json"}


def test_dataclasses_called_like_a_configuration_are_told_when_they_are_made(ran: Ran) -> None:
    assert {"width": 4, "act": "relu"} == ran.of("ModelConfig")
    assert {"steps": 10, "inner.a": 1} == ran.of("TrainConfig")
    assert {"lamp": 1} == ran.of("OwnSettings")


def test_literal_globals_of_the_script_are_told_with_their_last_value(ran: Ran) -> None:
    assert {
        "LR": 0.25,
        "epochs": 3,
        "tags": "a, b",
        "API_TOKEN": "[masked]",
        "changed_from_outside": 2,
    } == ran.of("global")


def test_what_could_not_be_kept_is_said(ran: Ran) -> None:
    assert ["params: big_config.json has more than 500 names; the first ones are kept"] == [
        each for each in ran.launched.gaps if each.startswith("params")
    ]
    assert 500 == len(ran.of("big_config.json"))


def test_errors_help_and_exit_statuses_are_those_of_the_program(
    project: Path, write: Write, record: Record, spool: Path, variables: dict[str, str]
) -> None:
    write(
        "program.py",
        "import argparse\np = argparse.ArgumentParser(prog='x'); p.add_argument('--n', type=int, required=True)\n"
        "s = p.add_subparsers(required=True, dest='verb'); s.add_parser('go').add_argument('m', type=int)\np.parse_args()\n",
    )
    for arguments in (
        ("--help",),
        (),
        ("--n", "x"),
        ("--n", "1", "stay"),
        ("--n", "1", "go", "x"),
        ("--n", "1", "go", "-h"),
    ):
        command = (sys.executable, "program.py", *arguments)
        plain = subprocess.run(command, cwd=project, env=variables, capture_output=True, text=True, check=False)
        launched = record(*command, spool=spool / str(len(arguments)) / "-".join(arguments))

        assert launched.stdout is not None
        assert (plain.returncode, plain.stdout) == (launched.exit_status, _text(launched.stdout))
        assert plain.stderr == _text(launched.stderr)


def _text(path: Path | None) -> str:
    return path.read_text() if path else ""


def test_workers_threads_and_started_programs_leave_the_parameters_of_the_program_alone(
    record: Record, write: Write
) -> None:
    write(
        "child.py",
        "import argparse, lineal\np = argparse.ArgumentParser(); p.add_argument('--lr', type=float)\n"
        "p.add_argument('--own'); p.parse_args(); deep = 7; lineal.param(lr=9)",
    )
    write("task.sh", f"{sys.executable} child.py --lr $1 --own a")
    write(
        "program.py",
        "import argparse, json, multiprocessing, subprocess, sys, threading, lineal\n"
        "def parse(*given):\n"
        "    p = argparse.ArgumentParser(); p.add_argument('--lr', type=float); return p.parse_args(given or None)\n"
        "def work(n):\n    parse('--lr', str(n)); json.load(open('config.json'))\n"
        "if __name__ == '__main__':\n"
        "    parse('--lr', '3'); lr = parse().lr\n"
        "    for way in ('fork', 'spawn'):\n"
        "        with multiprocessing.get_context(way).Pool(2) as pool: pool.map(work, [5, 6])\n"
        "    for n in '78': subprocess.run(['sh', 'task.sh', n], check=True)\n"
        "    def again(n): parse('--lr', '0.5')\n"
        "    threads = [threading.Thread(target=again, args=(n,)) for n in range(8)]\n"
        "    [each.start() for each in threads]; [each.join() for each in threads]\n"
        "    lineal.param(final=lr)\n",
    )
    write("config.json", '{"of_workers": 1}')

    launched = record("program.py", "--lr", "0.5")

    assert {"lr": 0.5, "own": "a", "deep": 7, "final": 0.5} == launched.record.params
    assert {
        "lr": "argparse",
        "own": "argparse",
        "deep": "global",
        "final": "lineal.param",
    } == launched.record.param_sources
    assert "params: programs that the program started have other values of lr; its own are kept" in launched.gaps
