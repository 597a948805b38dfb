"""Examples of every command, shown in its help and after a mistake; the first is the plainest."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[str, ...]] = {
    "init": ("lineal init", "lineal init churn --database postgresql://ada@db.example.org/lineal"),
    "run": ("lineal run -- python train.py --depth 6", "lineal run --name nightly -- python -m churn.train"),
    "runs": ("lineal runs", "lineal runs --state failed --limit 5"),
    "show": ("lineal show churn@production", "lineal show run:train", "lineal show sha256:3fe4a1 --json"),
    "diff": ("lineal diff churn:1.0.0 churn:1.1.0", "lineal diff run:train run:01JD8Q"),
    "search": (
        "lineal search 'accuracy > 0.9 and stage = production'",
        "lineal search 'best by auc trained on data:customers'",
    ),
    "log": ("lineal log", "lineal log churn --limit 10"),
    "lineage": ("lineal lineage churn@production", "lineal lineage data:customers --depth 3"),
    "data add": ("lineal data add customers.csv", "lineal data add images/ --name photos --message 'spring'"),
    "data get": ("lineal data get data:customers", "lineal data get data:customers@2 old/"),
    "data list": ("lineal data list", "lineal data list --quiet"),
    "data log": ("lineal data log data:customers",),
    "data show": ("lineal data show data:customers", "lineal data show data:customers@2"),
    "data profile": ("lineal data profile data:events",),
    "data diff": (
        "lineal data diff data:customers@1 data:customers@2",
        "lineal data diff customers@1 customers --key id",
        "lineal data diff churn:1.0.0 churn:1.1.0",
    ),
    "model register": (
        "lineal model register run:train --name churn",
        "lineal model register run:train --name churn --file out/model.joblib",
        "lineal model register run:train --name churn --level major --reason 'another meaning of churn'",
    ),
    "model list": ("lineal model list", "lineal model list --json"),
    "model show": ("lineal model show churn",),
    "model card": ("lineal model card churn@production", "lineal model card churn:1.2.0 > MODEL_CARD.md"),
    "model describe": ("lineal model describe churn:1.2.0 intended-use 'Whom to call before they leave.'",),
    "evaluate": (
        "lineal evaluate churn",
        "lineal evaluate churn:1.2.0 --dataset data:held-out --label left --positive yes --slices sex,region",
    ),
    "gate": ("lineal gate churn:1.2.0", "lineal gate churn:1.2.0 --to staging"),
    "promote": (
        "lineal promote churn:1.2.0 --to production",
        "lineal promote churn:1.2.0 --to production --force --reason 'the old one is down'",
    ),
    "approve": ("lineal approve churn:1.2.0", "lineal approve churn:1.2.0 --comment 'reviewed with the auditors'"),
    "alias": ("lineal alias churn:1.2.0 champion",),
    "deploy": ("lineal deploy churn@production", "lineal deploy churn:1.3.0 --environment canary --port 8300"),
    "deployments": ("lineal deployments", "lineal deployments --all"),
    "rollback": ("lineal rollback churn", "lineal rollback churn --environment canary"),
    "undeploy": ("lineal undeploy deployment:01JD8Q",),
    "verify": ("lineal verify", "lineal verify --quiet && echo sound"),
    "server": ("lineal server", "lineal server --host 0.0.0.0 --port 8080 --tokens tokens.toml"),
    "schema": ("lineal schema promote", "lineal schema data add"),
    "completion": (
        "lineal completion bash > ~/.local/share/bash-completion/completions/lineal",
        "lineal completion fish > ~/.config/fish/completions/lineal.fish",
    ),
    "help": ("lineal help promote", "lineal help data"),
}
