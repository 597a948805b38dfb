"""The help: what there is to do, by task. Written out, so that it is there before any operation is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

GROUPS: dict[str, dict[str, str]] = {
    "the repository itself": {
        "init": "make a repository in a directory",
        "doctor": "tell whether the repository, or a remote, is fit to keep bytes",
        "import dvc": "bring the history of a DVC repository",
        "import gto": "bring the models that GTO's tags register in Git",
        "import mlflow": "bring everything that MLflow knows: runs, models, files, registry",
        "export mlflow": "take everything that is here to a folder or a server of MLflow's",
        "export gto": "tell Git of versions and stages, as tags in GTO's format",
        "export log": "write the journal as a transparency log that others can watch",
        "witness": "prove that such a log only grew since it was last seen",
        "verify": "check every byte, name and act; of a version also who signed it",
        "repair": "mend what is damaged from remotes that have it whole",
        "gc": "let go of bytes that nothing names",
        "log": "show who did what, newest first",
    },
    "runs and questions": {
        "run": "record a program: code, data, parameters, packages, metrics, outputs",
        "runs": "list the newest runs",
        "experiments": "list the names that runs are gathered under",
        "forget": "remove a deleted run or experiment for good",
        "show": "show everything that is known of one thing",
        "diff": "show in what two versions or runs differ",
        "search": "find versions or runs by metrics, parameters, code, data and more",
        "sql": "answer a question in SQL, over documented views",
        "lineage": "show how something came to be, and what came of it",
    },
    "datasets": {
        "data add": "add a file, a directory or an address as the next version of a dataset",
        "data query": "add the result of a query as the next version of a dataset",
        "data check": "tell whether a source is still what it was",
        "data get": "put the files of a version in place, touching only what differs",
        "data status": "show what was changed in the workspace since it was added",
        "data push": "send versions to a remote, only what is missing there",
        "data pull": "fetch versions from a remote, only what is missing here",
        "data files": "list the files of a version",
        "data list": "list the datasets",
        "data log": "show every version of a dataset",
        "data show": "show the tables, readers and models of a dataset version",
        "data profile": "profile every table of a dataset version, however large",
        "data diff": "show what changed in files, columns, distributions and rows",
    },
    "remotes: copies elsewhere": {
        "remote add": "name a place that holds copies: a directory, S3, GCS, Azure",
        "remote list": "list the remotes",
        "remote remove": "forget the name of a remote; what is there stays",
    },
    "versions of a model": {
        "model register": "make the next version of a model from a run",
        "model release": "make a pre-release the release: the same bytes under its number",
        "model sign": "sign the files of a version, as other programs verify them",
        "export attestations": "write what is known of a version as signed statements",
        "key create": "make a key that signs",
        "key list": "list your keys, and those that the repository trusts",
        "key trust": "have the repository trust somebody's key or root",
        "key revoke": "have the repository trust a key no longer",
        "model push": "write a version to a registry of OCI artifacts, with its tags",
        "model pull": "bring a version from such a registry, checked",
        "model bump": "say which semantic version the evidence asks for, and why",
        "golden show": "show the golden requests of a version, and its answers",
        "golden add": "add golden requests of your own",
        "golden replay": "ask golden requests again, and say which answers differ",
        "model list": "list the models and what stands where",
        "model show": "show a model and all its versions",
        "model card": "show a version's card in any form, and write what people write",
        "model scan": "tell what its files would do if they were loaded",
        "model describe": "write a section of a version's card",
        "alias": "point a name, such as champion, at a version",
    },
    "the way to production": {
        "evaluate": "measure a version on held-out data, by subgroup too",
        "evaluation add": "keep what another tool measured of a version",
        "gate": "ask what the gate of a stage says of a version",
        "approve": "stand up for a version before a stage",
        "promote": "move a version to a stage, through its gate",
        "move make": "move versions of several models together, or none",
        "move plan": "plan to move versions at a time",
        "move list": "list the moves that are planned",
        "move cancel": "cancel a planned move",
        "move due": "make the moves that are due, where no server does",
        "git record": "commit where versions stand to a branch, a file a model",
        "git apply": "make the moves that a commit asks for",
        "hold place": "see that a version is not removed",
        "hold release": "let go of what keeps a version",
        "hold list": "list what keeps versions from being removed",
        "model remove": "remove a version for good; its record stays",
    },
    "in production": {
        "deploy": "run a version where it answers requests",
        "deployments": "list what runs where, asked just now",
        "rollback": "run again the version that ran before",
        "undeploy": "stop a deployment",
    },
    "for a team and for programs": {
        "server": "serve the pages and the HTTP API",
        "user create": "make an account for a person or a program",
        "user list": "list the accounts, and what each may do",
        "user show": "show one account",
        "user role": "change what somebody may do",
        "user password": "give an account another password",
        "user grant": "give somebody another role on one experiment or model",
        "user revoke": "take back a role on one experiment or model",
        "user grants": "list the roles on single experiments and models",
        "user remove": "remove an account with its tokens, logins and roles",
        "token create": "make a token, by which a program may do what a user may",
        "token list": "list tokens: whose, until when, when last used",
        "token revoke": "take back a token",
        "webhooks": "list the addresses that are told of acts",
        "webhook create": "tell an address of acts, signed",
        "webhook show": "show a webhook",
        "webhook update": "change a webhook",
        "webhook delete": "tell an address no more",
        "webhook test": "send an example to a webhook",
        "webhook deliveries": "list what was sent to a webhook, or could not be",
        "webhook retry": "send again what nobody tries to send any more",
        "webhook rotate": "give a webhook a new secret, beside the old one for a while",
        "hooks": "list the programs that the policy has told of acts",
        "hook deliveries": "list what a hook was told, or could not be",
        "hook retry": "tell a hook again what nobody tries to tell it any more",
        "hook run": "run the hooks that are due, where no server does",
        "hook test": "run a hook with an example",
        "schema": "print the JSON Schema of an operation",
        "completion": "make bash, zsh or fish complete commands",
    },
}
"""The commands by task, each with what it does in a few words."""

SUMMARIES: dict[str, str] = {words: summary for group in GROUPS.values() for words, summary in group.items()}
"""What each command does in a few words."""

_START = """\
lineal: version control for models in production

usage: lineal COMMAND [ARGUMENTS] [OPTIONS]

from an unchanged training script to a model in production:
  lineal run -- python train.py
  lineal model register run:train --name churn
  lineal evaluate churn --dataset data:held-out --label left
  lineal promote churn --to production
  lineal deploy churn@production
"""

_EVERYWHERE = """\
options of every command:
  --repository DIR|URL  a directory or a server;
                        default: LINEAL_REPOSITORY, or the nearest .lineal upwards
  --token TOKEN         for a server that asks for one; default: LINEAL_TOKEN
  --json                print the answer as JSON, as HTTP does
  -q, --quiet           print only references, one a line; no talk
  -h, --help            show the help of a command
  --version             show the version of Lineal

references: churn, churn@production, churn:2.3.1, churn:2, run:ID, run:NAME,
            data:NAME, data:NAME@2, sha256:3fe4…
exit status: 0 done, 2 invalid, 3 not found, 4 conflict, 5 refused by a gate, 6 denied,
             7 corrupt, 8 unavailable, 9 made by a newer Lineal, 1 unexpected;
             lineal run exits as its program does
"""


def overview() -> str:
    """Return the top-level help."""
    groups = ("\n".join([f"{title}:", *_lines(group.items())]) + "\n" for title, group in GROUPS.items())
    return "\n".join([_START, *groups, _EVERYWHERE])


def group(first: str) -> str:
    """Return the help of the commands whose first word of two is ``first``; empty when there are none."""
    found = {words: summary for words, summary in SUMMARIES.items() if words.startswith(f"{first} ")}
    if not found:
        return ""
    usage = f"usage: lineal {first} COMMAND [ARGUMENTS] [OPTIONS]"
    return "\n".join([usage, "", *_lines(found.items()), "", f"lineal {first} COMMAND --help says more of each", ""])


def _lines(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for words, summary in pairs:
        yield f"  {words:<16}{summary}"
