"""Uses every source of parameters once, and prints what each gave: it must print the same when it is recorded."""

import argparse
import configparser
import enum
import inspect
import json
import pickle
import sys
import tomllib
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import attrs
import click
import cloudpickle
import hydra
import pydantic
import typer
import typer.testing
import yaml
from absl import flags
from click.testing import CliRunner
from omegaconf import OmegaConf
from own_module import OwnSettings

LR = 0.25
epochs, tags = 3, ["a", "b"]
API_TOKEN = "abcd"
changed_from_outside = 1
seen = 0
for _each in "abc":
    seen += len(_each)


class Colour(enum.Enum):
    """A choice."""

    RED = "red"


@dataclass
class Inner:
    """Not called like a configuration, but a part of one."""

    a: int = 1


@dataclass
class ModelConfig:
    """A part that tells itself."""

    width: int = 4
    act: str = "relu"


@dataclass(frozen=True)
class TrainConfig:
    """The whole."""

    steps: int
    model: ModelConfig = field(default_factory=ModelConfig)
    inner: Inner = field(default_factory=Inner)


def use_argparse() -> None:
    """Options, a subcommand without a destination, mixed arguments, a namespace of the program's own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--config")
    fit = parser.add_subparsers().add_parser("fit")
    fit.add_argument("--depth", type=int)
    print("argparse", parser.parse_args())

    mixed = argparse.ArgumentParser()
    mixed.add_argument("--mixed", type=int)
    mixed.add_argument("--colour", type=Colour, default=Colour.RED)
    mixed.add_argument("rest", nargs="*")
    print("mixed", mixed.parse_intermixed_args(["a", "--mixed", "2", "b"]))

    class Slots:
        __slots__ = ("slot",)

    own = argparse.ArgumentParser()
    own.add_argument("--slot", type=int)
    print("slots", own.parse_args(["--slot", "5"], namespace=Slots()).slot)


def use_click() -> None:
    """A group, a prompt, a hidden prompt, an option that is not set."""

    @click.group()
    @click.option("--verbose/--quiet", default=False)
    def main(verbose: bool) -> None:
        click.echo(f"verbose {verbose}")

    @main.command()
    @click.argument("path")
    @click.option("--depth", default=8)
    @click.option("--pin", prompt=True, hide_input=True)
    @click.option("--asked", prompt=True)
    @click.option("--unset")
    def train(**given: object) -> None:
        click.echo(str(given))

    runner = CliRunner()
    for arguments in (["train", "x.csv"], ["train", "--depth", "x"], ["--help"], ["no"]):
        result = runner.invoke(main, arguments, input="1234\ntyped\n")
        print("click", result.exit_code, result.output)
    app = typer.Typer()

    @app.callback()
    def around() -> None:
        """Make it a group."""

    @app.command()
    def go(size: int = 5, shade: str = "dark") -> None:
        print("typer", size, shade)

    result = typer.testing.CliRunner().invoke(app, ["go", "--size", "6"])
    print(result.exit_code, result.output)


def use_flags() -> None:
    """Flags of the program."""
    flags.DEFINE_integer("batch", 32, "how many")
    flags.DEFINE_string("name_of_run", "a", "what to call it")
    print("absl", flags.FLAGS(["program", "--batch=64", "rest"]), flags.FLAGS.batch)


def use_hydra() -> None:
    """A program of Hydra's, with a resolver that counts its calls."""
    calls = count()
    OmegaConf.register_new_resolver("next", lambda: next(calls), use_cache=False)
    before, sys.argv = (
        sys.argv,
        ["program.py", "seed=8", "optimizer=sgd", "hydra.run.dir=.", "hydra.output_subdir=null"],
    )
    config = Path("conf").absolute()

    @hydra.main(config_path=str(config), config_name="hydra", version_base=None)
    def job(given: object) -> None:
        print("hydra", given.seed, given.name, given.counted, given.counted)

    job()
    sys.argv = ["program.py", "dotted.rate=2"]
    print("omegaconf", OmegaConf.from_cli())
    sys.argv = before


def use_files() -> None:
    """Files of every kind; data, and what the program wrote itself, are no configuration."""
    for name in ("settings.json", "data.json", "tokenizer_config.json", "big_config.json"):
        with Path(name).open() as file:
            print(name, len(json.load(file)))
    with Path("config.yaml").open() as file:
        print("yaml", yaml.safe_load(file))
    print("omegaconf", OmegaConf.load("config.yaml").model.name)
    with Path("exp_config.toml").open("rb") as file:
        print("toml", tomllib.load(file))
    parser = configparser.ConfigParser()
    print("ini", parser.read(["missing.ini", "given.ini"]), dict(parser["train"]))
    Path("written_config.json").write_text('{"written": 1}')
    with Path("written_config.json").open() as file:
        print(json.load(file))


def use_classes() -> None:
    """Dataclasses look as they did, to whoever inspects or pickles them."""
    config = TrainConfig(steps=10)
    print(config, OwnSettings(), pickle.loads(pickle.dumps(config)) == config)
    print(inspect.isfunction(TrainConfig.__init__), TrainConfig.__init__.__name__, TrainConfig.__init__.__annotations__)
    kept = cloudpickle.dumps([TrainConfig, use_argparse])
    print(b"lineal" in kept, cloudpickle.loads(kept)[0](steps=1))


def use_texts() -> None:
    """Configurations that are read as text first, and texts that are none."""
    print(json.loads(Path("text_config.json").read_text()))
    name = "text_config.yaml"
    with open(name) as file:  # noqa: PTH123 as many write it
        print(yaml.safe_load(file.read()))
    print(tomllib.loads((Path(__file__).parent / "text_config.toml").read_text()))
    parser = configparser.ConfigParser()
    parser.read_string(Path("text_config.ini").read_text())
    with open("windows_config.json", "rb") as file:  # noqa: PTH123 as above
        print(dict(parser["text_ini"]), json.loads(file.read()))
    print(OmegaConf.load("experiment.yaml"), json.loads('{"literal": 1}'), json.loads(Path("data.json").read_text()))
    lines = Path("lines_config.json").read_text().splitlines()
    print([json.loads(line) for line in lines] == [json.loads(s=line) for line in lines], len(lines))


@attrs.define
class AttrsConfig:
    """Slots, a validator, a part."""

    wide: int = attrs.field(default=3, validator=attrs.validators.instance_of(int))
    part: Inner = attrs.field(factory=Inner)


@attrs.frozen(slots=False)
class AttrsOptions:
    """Without slots, frozen."""

    depth: int = 2


class PartConfig(pydantic.BaseModel):
    """A part that tells itself."""

    heads: int = 8


class PydanticConfig(pydantic.BaseModel):
    """The whole."""

    rate: float = 0.5
    part: PartConfig = PartConfig()
    key: pydantic.SecretStr = pydantic.SecretStr("hunter2hunter2")


class Row(pydantic.BaseModel):
    """No configuration."""

    value: int


def use_models() -> None:
    """Classes of attrs and pydantic look as they did."""
    made = AttrsConfig(wide=5)
    print(made, attrs.evolve(made, wide=6), pickle.loads(pickle.dumps(made)) == made, AttrsOptions())
    print(inspect.signature(AttrsConfig), AttrsConfig.__init__.__qualname__, hasattr(made, "__dict__"))
    found = PydanticConfig.model_validate({"rate": "0.25", "part": {"heads": 4}})
    print(found, PydanticConfig.model_validate_json('{"rate": 0.75}'), Row(value=1), found.model_copy() == found)
    print(inspect.signature(PydanticConfig), pickle.loads(pickle.dumps(found)) == found, PydanticConfig.model_validate)
    print(
        PydanticConfig.__init__.__qualname__,
        PydanticConfig.__pydantic_custom_init__,
        PydanticConfig(rate=1, part=PartConfig()),
    )
    try:
        PydanticConfig(rate="x")
    except pydantic.ValidationError as error:
        print(error)


def print_signatures() -> None:
    """What is watched still has the names and arguments it had."""
    watched = (
        argparse.ArgumentParser.parse_known_args,
        argparse.ArgumentParser.parse_args,
        argparse._SubParsersAction.__call__,
        click.Command.make_context,
        hydra.compose,
        OmegaConf.from_cli,
        flags.FlagValues.__call__,
        json.load,
        yaml.load,
        tomllib.load,
        configparser.RawConfigParser.read,
        configparser.RawConfigParser.read_string,
        json.loads,
        tomllib.loads,
        OmegaConf.load,
        TrainConfig,
        dataclass,
    )
    for each in watched:
        print("signatures", inspect.signature(each), each.__name__, each.__module__, each.__doc__)


if __name__ == "__main__":
    use_argparse()
    use_click()
    use_flags()
    use_hydra()
    use_files()
    use_classes()
    use_texts()
    use_models()
    print_signatures()
    globals()["changed_from_outside"] = 2
