"""Which of MLflow's test files speak to a server, and which of their tests are out of scope, and why."""

from __future__ import annotations

from typing import NamedTuple

FILES = (
    "tests/tracking/test_rest_tracking.py",
    "tests/tracking/test_model_registry.py",
    "tests/tracking/test_client_webhooks.py",
    "tests/tracking/test_mlflow_artifacts.py",
    "tests/webhooks/test_e2e.py",
    "tests/store/model_registry/test_rest_store_webhooks.py",
    "tests/store/model_registry/test_sqlalchemy_store.py",
    "tests/store/tracking/sqlalchemy_store/test_sqlalchemy_store_core.py",
    "tests/store/tracking/sqlalchemy_store/test_sqlalchemy_store_experiments.py",
    "tests/store/tracking/sqlalchemy_store/test_sqlalchemy_store_runs.py",
)
"""The last four are written for a store over a database; a store that speaks to a server takes its place. The files beside them
are of generative models alone, or of the tables of MLflow's own database."""


class Rule(NamedTuple):
    """What is out of scope.

    ``name`` and ``uses`` are regular expressions, for the test's name with its parameters and for its source; a rule
    holds where both are found and ``file`` is part of the path.
    """

    why: str
    name: str = ""
    uses: str = ""
    file: str = ""


_GENAI = "generative models: traces, assessments, scorers, gateways, prompts, evaluation datasets, issues"
_WORKSPACES = "workspaces: one repository is one workspace"
_INTERNALS = "the insides of MLflow's own server or database"
_ROOTS = "a directory of the server's machine as the place of artifacts: ours go through the server and stand by digest"
_REMOVED = "file stores, which MLflow itself no longer has"

RULES = (
    Rule(_REMOVED, name=r"\[file\b"),
    Rule(_WORKSPACES, name="workspace-enabled|includes_workspace|single_tenant|workspace_when_set"),
    Rule(
        _GENAI,
        name="trace|span|assessment|scorer|scoring|secret|endpoint|gateway|promptlab|issue|model_definition"
        "|provider|list_models|evaluation_dataset|_experiments_rest_tracking|_rest_tracking|otel",
        file="test_rest_tracking",
    ),
    Rule("GraphQL, which only MLflow's own pages ask", name="graphql"),
    Rule(_GENAI, name="test_prompt_|prompt", file="test_e2e"),
    Rule(
        _GENAI,
        name="trace|span|assessment|scorer|scoring|_decrypted_secret|test_dataset_|completed_sessions|set_invalid_tag",
        file="store/tracking",
    ),
    Rule(_ROOTS, name="appends_to_artifact|local_artifact_uri|with_path_source|with_file_uri|test_artifacts"),
    Rule(_ROOTS, uses="my_location", file="test_rest_tracking"),
    Rule(_ROOTS, uses="artifacts_destination", file="test_mlflow_artifacts"),
    Rule("an example of MLflow's repository that is not part of the tests", name="artifacts_example"),
    Rule(_GENAI, uses="start_trace|_create_trace|create_dataset", file="store/tracking"),
    Rule(_INTERNALS, name="calls_optimized_impl|validation_regex", file="test_rest_tracking"),
    Rule(
        _INTERNALS,
        uses=r"ManagedSessionMaker|\bSql[A-Z]\w+\(|models\.Sql|\bsession\b|mock\.patch|store\._|SqlAlchemyStore\.|\.engine\b"
        r"|SearchUtils\.|SearchModelUtils|_get_orderby|_upgrade|hard_delete|_try_get|monkeypatch",
        file="test_sqlalchemy_store",
    ),
)

DIFFERENCES = {
    "test_get_latest_versions": "A version that stands in production can't be deleted before another one does, or it is archived.",
    "test_search_registered_model_order_by_errors": "Models may be put in order by when they were made, too.",
    "test_search_model_versions_order_by_errors": "Versions may be put in order by each of their attributes.",
    "test_get_run_with_name": "A run without a name is called after its id, not by words that are put together.",
    "test_search_attrs": "Where a run's artifacts are is searched by the place of its experiment, without the run's id.",
    "test_search_logged_models_invalid_filter_string": "Filters may hold OR, NOT and parentheses.",
    "test_search_logged_models_pagination": "A page token of another search is refused as an invalid one, without saying in"
    " which part they differ.",
}
"""Tests that fail because ours does something else, and why it does."""
