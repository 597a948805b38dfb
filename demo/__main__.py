"""One complete life of a model, on real data, with the real command line: ``python -m demo [DIRECTORY] [--stop]``."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

from demo import data
from demo.narration import Narrator

SOURCES = Path(__file__).parent / "project"


def main() -> None:
    """Tell the story; leave the repository to explore."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("directory", nargs="?", type=Path, default=Path("demo-repository"), help="where to make it")
    parser.add_argument("--stop", action="store_true", help="stop the deployed model at the end")
    options = parser.parse_args()
    told = Narrator(options.directory.absolute())
    make_project(told)
    first_version(told)
    before = to_production(told)
    refused(told)
    better_version(told)
    back_again(told, before)
    overruled(told)
    questions(told)
    if options.stop:
        stop(told)
    farewell(told, is_stopped=options.stop)


def make_project(told: Narrator) -> None:
    """Make a project as a person would have it: a script, data, Git."""
    told.chapter(
        "A project with a training script and data",
        """An ordinary Git repository. train.py reads a CSV file, fits a scikit-learn model and saves it with joblib; it
        knows nothing of Lineal. The data is the Adult census: 32,561 people to learn from, 16,281 held out, with sex
        and race. lineal.toml says what a model must show before it may stand in production.""",
    )
    project = told.project
    if project.exists():
        stop(told)
        shutil.rmtree(project)
    project.mkdir(parents=True)
    for each in SOURCES.iterdir():
        if each.is_file():
            shutil.copy(each, project)
    data.write(project / "data")
    (project / ".gitignore").write_text("data/\nout/\n", encoding="utf-8")
    git(project, "init", "--quiet")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "--message", "Train a model of income")
    told.run("lineal init")
    told.run("lineal data add data/adult-train.csv --message 'the census, as published'", lines=8)
    told.run("lineal data add data/adult-test.csv --message 'held out; never trained on'", lines=4)


def first_version(told: Narrator) -> None:
    """Record a run and bind it into a version."""
    told.chapter(
        "Train: everything is recorded, nothing is asked",
        """`lineal run` in front of the usual command. It sees which files were read and written, the commit and what
        was changed since, arguments, packages, hardware, seeds, output and metrics.""",
    )
    told.run("lineal run -- python train.py --kind logistic")
    told.chapter(
        "Register: one value holds it all",
        """Weights, data, code, parameters, runtime and metrics become one immutable version, named by the digest of its
        bytes, with a semantic version and a first model card. It begins in staging.""",
    )
    told.run("lineal model register run:train --name income", lines=9)
    told.run("lineal evaluate income")


def to_production(told: Narrator) -> list[str]:
    """Promote and deploy the first version; return what it answers."""
    told.chapter(
        "Promote and deploy: through the gate, then for real",
        """The gate's checks answer with evidence. Then the version starts as a server, in the environment that it was
        made with, from the exact bytes; it counts as deployed once the right digest answers.""",
    )
    told.run("lineal promote income --to production")
    told.run("lineal deploy income@production")
    answers = ask(told, "the first five people of the held-out set")
    told.run("lineal deployments")
    return answers


def refused(told: Narrator) -> None:
    """Train on faulty data: better overall, far worse for women."""
    told.chapter(
        "A better model that must not pass",
        """Next month's export lost nine in ten of the women who earn more than 50K; nobody noticed. A stronger
        learner on it is better overall.""",
    )
    lost = data.write_faulty(told.project / "data")
    told.say(f"({lost:,} rows are missing from data/adult-train.csv.)")
    told.run("lineal data add data/adult-train.csv --message 'export of November'", lines=4)
    told.run("lineal run -- python train.py --kind boosting")
    told.run("lineal model register run:train --name income", lines=9)
    told.run("lineal evaluate income")
    told.say("More accurate overall. The gate looks at each subgroup, with statistics, and refuses (exit status 5):")
    told.run("lineal promote income --to production", exit_status=5)


def better_version(told: Narrator) -> None:
    """Mend the data; the same learner passes."""
    told.chapter(
        "The same learner on the right data passes",
        """The fault is found, the data mended: those are the bytes of the first dataset version, so nothing is stored
        twice, and the version's number in the registry tells its story.""",
    )
    data.write(told.project / "data")
    told.run("lineal data add data/adult-train.csv --message 'mended'", lines=4)
    told.run("lineal run -- python train.py --kind boosting")
    told.run("lineal model register run:train --name income", lines=9)
    told.run("lineal evaluate income")
    told.run("lineal promote income --to production")
    told.run("lineal deploy income@production")
    ask(told, "the same five people, the same address")
    told.run("lineal deployments")


def back_again(told: Narrator, before: list[str]) -> None:
    """Roll back, and compare the answers bit by bit."""
    told.chapter(
        "Roll back: one command, the same bytes",
        "Something smells. The version that ran before answers again, at the same address, without a gap.",
    )
    told.run("lineal rollback income")
    after = ask(told, "the same five people once more")
    if after != before:
        raise SystemExit("demo: the first version answers otherwise than before")
    told.say("Every probability is, digit by digit, what the first version answered the first time.")
    told.run("lineal deployments --all")


def overruled(told: Narrator) -> None:
    """Overrule the gate, which is never done unseen; then put the right version back."""
    told.chapter(
        "A person may overrule the gate, but never unseen",
        "Without a reason it is refused; with one it is done, and the journal shows it for ever.",
    )
    told.run("lineal promote income:2.0.0 --to production --force", exit_status=2)
    told.run("lineal promote income:2.0.0 --to production --force --reason 'the auditors want to see it fail'")
    told.say("They have seen it. The right one goes back, through the gate, and runs:")
    told.run("lineal promote income:2.1.0 --to production")
    told.run("lineal deploy income@production")


def questions(told: Narrator) -> None:
    """Ask what can be asked."""
    told.chapter("Questions", "What is it, how did it come to be, what differs, which is best, who did what?")
    told.run("lineal show income@production", lines=14)
    told.run("lineal diff income:2.0.0 income:2.1.0", lines=24)
    told.run("lineal lineage income@production")
    told.run("lineal search 'accuracy > 0.85'")
    told.run("lineal search 'best by auc trained on data:adult-train@1'")
    told.run("lineal log income --limit 12")
    told.chapter(
        "Is every byte still what it was?",
        "`lineal verify` reads everything. Then one bit of the production model's weights is turned over on the disk.",
    )
    told.run("lineal verify")
    flip_a_bit(told)
    told.run("lineal verify", exit_status=7)
    flip_a_bit(told)
    told.say("(The bit is turned back.)")
    told.run("lineal verify --quiet")


def flip_a_bit(told: Narrator) -> None:
    """Turn one bit of the production model's weights over, in the store, past every safeguard."""
    digest = told.answer("lineal model show income")["versions"][0]["digest"]
    version = told.answer(f"lineal show {digest}")["version"]
    run = told.answer("lineal show run:train")["run"]
    weights = next(each for each in run["outputs"] if each["path"].endswith(version["main_file"]))
    name = weights["digest"].removeprefix("sha256:")
    path = told.project / ".lineal" / "blobs" / "sha256" / name[:2] / name[2:]
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    path.chmod(0o444)


def ask(told: Narrator, who: str) -> list[str]:
    """Send five rows to what runs in production; show and return its answers, exactly as they came."""
    where = told.answer("lineal deployments")[0]["endpoint"]
    lines = (told.project / "data" / "adult-test.csv").read_text(encoding="utf-8").splitlines()
    columns = lines[0].split(",")
    rows = [dict(zip(columns, line.split(","), strict=True)) for line in lines[1:6]]
    body = json.dumps({"rows": rows}).encode()
    request = Request(f"{where}/predict", data=body, headers={"Content-Type": "application/json"})  # noqa: S310
    with urlopen(request, timeout=30) as response:  # noqa: S310 - our own server on this machine
        answer = json.load(response)
        version = response.headers["Lineal-Version"]
    told.say(f"POST {where}/predict with {who}: {', '.join(map(str, answer['predictions']))}")
    told.say(f"Lineal-Version: {version}")
    return [json.dumps(each) for each in answer["probabilities"]]


def stop(told: Narrator) -> None:
    """Stop what an earlier demo, or this one, left running."""
    if (told.project / ".lineal").is_dir():
        for each in told.answer("lineal deployments"):
            told.run(f"lineal undeploy {each['reference']}")


def git(project: Path, *arguments: str) -> None:
    """Run git as a person whose name is set."""
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(("git", *identity, *arguments), cwd=project, check=True)


def farewell(told: Narrator, *, is_stopped: bool) -> None:
    """Say what to try next; in a terminal, show the pages."""
    print(f"\n{'─' * 96}\nDone in {told.seconds:.0f} seconds. Everything is in {told.project}\n")
    lineal = Path(sys.executable).parent / "lineal"
    print(f"Try next:   cd {told.project} && export PATH={lineal.parent}:$PATH")
    for command, what in (
        ("lineal model card income@production", "the model card, facts filled in"),
        ("lineal search 'recall[sex=Female] > 0.5'", "any metric of any subgroup"),
        ("lineal diff income:1.0.0 income:2.1.0", "data, code, parameters, packages, metrics"),
        ("lineal show run:train --json", "everything that was seen of a run"),
        ("lineal deployments", "what runs" if not is_stopped else "what runs (nothing now)"),
        ("lineal server", "the pages, and the HTTP API"),
        ("lineal --help", "all commands"),
    ):
        print(f"  {command:<44} {what}")
    if sys.stdin.isatty() and sys.stdout.isatty():
        print("\nThe pages open at the address below; Ctrl-C ends them.\n", flush=True)
        os.chdir(told.project)
        os.execv(lineal, [str(lineal), "server"])  # noqa: S606 - the demo ends as the server


if __name__ == "__main__":
    main()
