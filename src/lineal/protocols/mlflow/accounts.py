"""MLflow's endpoints of users and permissions, as its ``basic-auth`` app has them: those of 2.x and those of 3.x.

Its permissions are our roles on one experiment or model: READ and USE a reader's, EDIT a writer's, MANAGE an admin's, and
DENY, which was NO_PERMISSIONS, none. Who made something has no greater role on it than elsewhere: else everybody could
overrule the gates of their own models.
"""

from __future__ import annotations

import msgspec

from lineal.client.local import LocalRepository
from lineal.objects.errors import Exists, Invalid, NotFound
from lineal.objects.secret import Secret
from lineal.operations.answers.accounts import AccountAnswer, GrantAnswer
from lineal.operations.people import accounts as verbs
from lineal.protocols.mlflow.dispatch import Endpoint
from lineal.protocols.mlflow.experiments import NOTHING, Nothing
from lineal.protocols.mlflow.wire import lacking
from lineal.storage.store import Role

_ROLES: dict[str, Role] = {
    "READ": "reader",
    "USE": "reader",
    "EDIT": "writer",
    "MANAGE": "admin",
    "NO_PERMISSIONS": "none",
    "DENY": "none",
}
_SHOWN: dict[Role, str] = {
    "none": "NO_PERMISSIONS",
    "reader": "READ",
    "writer": "EDIT",
    "approver": "EDIT",
    "admin": "MANAGE",
}
_KINDS = {"experiment": "experiment:#", "registered_model": "model:"}


class _Permission(msgspec.Struct, omit_defaults=True):
    user_id: int
    permission: str
    experiment_id: str = ""
    name: str = ""


class _User(msgspec.Struct):
    id: int
    username: str
    is_admin: bool
    experiment_permissions: list[_Permission] = []
    registered_model_permissions: list[_Permission] = []


class _ShownUser(msgspec.Struct):
    user: _User


class _Users(msgspec.Struct):
    users: list[_User]


class _Named(msgspec.Struct):
    username: str = ""


class _Create(msgspec.Struct):
    username: str
    password: str


class _Password(msgspec.Struct):
    username: str
    password: str
    current_password: str = ""


class _Admin(msgspec.Struct):
    username: str
    is_admin: bool


class _OnExperiment(msgspec.Struct):
    experiment_id: str
    username: str
    permission: str = ""


class _OnModel(msgspec.Struct):
    name: str
    username: str
    permission: str = ""


class _OnResource(msgspec.Struct):
    username: str
    resource_type: str
    resource_id: str
    permission: str = ""


class _ExperimentPermission(msgspec.Struct):
    experiment_permission: _Permission


class _ModelPermission(msgspec.Struct):
    registered_model_permission: _Permission


class _Effective(msgspec.Struct):
    allowed: bool
    permission: str


class _Resource(msgspec.Struct):
    resource_type: str
    resource_pattern: str
    permission: str


class _Resources(msgspec.Struct):
    permissions: list[_Resource]
    is_admin: bool


class _Asked(msgspec.Struct):
    pass


def _create(repository: LocalRepository, asked: _Create) -> _ShownUser:
    if not asked.password:
        raise Invalid("Password cannot be empty.")
    return _ShownUser(_user(verbs.create(repository, asked.username, password=Secret(asked.password))))


def _get(repository: LocalRepository, asked: _Named) -> _ShownUser:
    if not asked.username:
        raise lacking("username")
    return _ShownUser(_user(verbs.show(repository, asked.username)))


def _current(repository: LocalRepository, _: _Asked) -> _ShownUser:
    actor = repository.store.actor
    try:
        return _ShownUser(_user(verbs.show(repository, actor.name)))
    except NotFound:  # the owner of this machine, and who stands in a file of tokens, have no account
        return _ShownUser(_User(0, actor.name, actor.role == "admin"))


def _list(repository: LocalRepository, _: _Asked) -> _Users:
    return _Users([_user(each) for each in verbs.list_accounts(repository)])


def _password(repository: LocalRepository, asked: _Password) -> Nothing:
    if not asked.password:
        raise Invalid("Password cannot be empty.")
    verbs.set_password(
        repository, asked.username, password=Secret(asked.password), current=Secret(asked.current_password)
    )
    return NOTHING


def _admin(repository: LocalRepository, asked: _Admin) -> Nothing:
    known = verbs.show(repository, asked.username)
    if asked.is_admin != (known.role == "admin"):
        verbs.set_role(repository, asked.username, "admin" if asked.is_admin else "reader")
    return NOTHING


def _delete(repository: LocalRepository, asked: _Named) -> Nothing:
    verbs.remove(repository, asked.username)
    return NOTHING


def _create_on_experiment(repository: LocalRepository, asked: _OnExperiment) -> _ExperimentPermission:
    made = _granted(repository, asked.username, f"experiment:#{asked.experiment_id}", asked.permission, is_new=True)
    return _ExperimentPermission(made)


def _update_on_experiment(repository: LocalRepository, asked: _OnExperiment) -> Nothing:
    _granted(repository, asked.username, f"experiment:#{asked.experiment_id}", asked.permission, is_new=False)
    return NOTHING


def _get_on_experiment(repository: LocalRepository, asked: _OnExperiment) -> _ExperimentPermission:
    return _ExperimentPermission(_own(repository, asked.username, f"experiment:#{asked.experiment_id}"))


def _delete_on_experiment(repository: LocalRepository, asked: _OnExperiment) -> Nothing:
    verbs.revoke(repository, asked.username, on=f"experiment:#{asked.experiment_id}")
    return NOTHING


def _create_on_model(repository: LocalRepository, asked: _OnModel) -> _ModelPermission:
    return _ModelPermission(_granted(repository, asked.username, f"model:{asked.name}", asked.permission, is_new=True))


def _update_on_model(repository: LocalRepository, asked: _OnModel) -> Nothing:
    _granted(repository, asked.username, f"model:{asked.name}", asked.permission, is_new=False)
    return NOTHING


def _get_on_model(repository: LocalRepository, asked: _OnModel) -> _ModelPermission:
    return _ModelPermission(_own(repository, asked.username, f"model:{asked.name}"))


def _delete_on_model(repository: LocalRepository, asked: _OnModel) -> Nothing:
    verbs.revoke(repository, asked.username, on=f"model:{asked.name}")
    return NOTHING


def _grant(repository: LocalRepository, asked: _OnResource) -> Nothing:
    verbs.grant(repository, asked.username, _role(asked.permission), on=_object(asked))
    return NOTHING


def _revoke(repository: LocalRepository, asked: _OnResource) -> Nothing:
    verbs.revoke(repository, asked.username, on=_object(asked))
    return NOTHING


def _effective(repository: LocalRepository, asked: _OnResource) -> _Effective:
    """Tell what somebody may do somewhere, by their own role there, that of all, and their own elsewhere."""
    account, thing = verbs.show(repository, asked.username), _object(asked)
    role: Role = "admin" if account.role == "admin" else (account.shared | account.grants).get(thing, account.role)
    return _Effective(role != "none", _SHOWN[role])


def _permissions(repository: LocalRepository, asked: _Named) -> _Resources:
    account = verbs.show(repository, asked.username or repository.store.actor.name)
    found = [_resource(thing, role) for thing, role in account.grants.items()]
    return _Resources(found, account.role == "admin")


def _resource(thing: str, role: Role) -> _Resource:
    kind, prefix = next(each for each in _KINDS.items() if thing.startswith(each[1]))
    return _Resource(kind, thing.removeprefix(prefix), _SHOWN[role])


def _granted(repository: LocalRepository, name: str, thing: str, permission: str, *, is_new: bool) -> _Permission:
    role = _role(permission)
    is_there = any(each.name == name for each in verbs.grants(repository, on=thing))
    if is_new and is_there:
        raise Exists(f"A permission for {thing} and user {name} already exists.", hint="update it")
    if not is_new and not is_there:
        raise _no_permission(thing, name)
    return _permission(verbs.grant(repository, name, role, on=thing))


def _own(repository: LocalRepository, name: str, thing: str) -> _Permission:
    found = [each for each in verbs.grants(repository, name) if each.object == thing]
    if not found:
        raise _no_permission(thing, name)
    return _permission(found[0])


def _no_permission(thing: str, name: str) -> NotFound:
    return NotFound(
        f"There is no permission for {thing} and user {name}.", hint="lineal user grants lists those there are"
    )


def _permission(grant: GrantAnswer) -> _Permission:
    kind, _, name = grant.object.partition(":")
    if kind == "experiment":
        return _Permission(grant.number, _SHOWN[grant.role], experiment_id=name.removeprefix("#"))
    return _Permission(grant.number, _SHOWN[grant.role], name=name)


def _role(permission: str) -> Role:
    if permission not in _ROLES:
        raise Invalid(f"Invalid permission '{permission}'. Valid permissions are: {tuple(_ROLES)}")
    return _ROLES[permission]


def _object(asked: _OnResource) -> str:
    if asked.resource_type not in _KINDS:
        raise Invalid(
            f"Invalid resource type '{asked.resource_type}'. Valid resource types are: {tuple(sorted(_KINDS))}"
        )
    return f"{_KINDS[asked.resource_type]}{asked.resource_id}"


def _user(account: AccountAnswer) -> _User:
    found: dict[str, list[_Permission]] = {"experiment": [], "model": []}
    for thing, role in account.grants.items():
        kind, _, name = thing.partition(":")
        known = {"experiment_id": name.removeprefix("#")} if kind == "experiment" else {"name": name}
        found[kind].append(_Permission(account.number, _SHOWN[role], **known))
    return _User(account.number, account.name, account.role == "admin", found["experiment"], found["model"])


_USERS, _ON_EXPERIMENTS, _ON_MODELS = (
    "/2.0/mlflow/users",
    "/2.0/mlflow/experiments/permissions",
    "/2.0/mlflow/registered-models/permissions",
)
_ON_ANY = "/3.0/mlflow/users/permissions"

ENDPOINTS = (
    Endpoint("POST", f"{_USERS}/create", _Create, _create),
    Endpoint("GET", f"{_USERS}/get", _Named, _get),
    Endpoint("GET", f"{_USERS}/current", _Asked, _current),
    Endpoint("GET", f"{_USERS}/list", _Asked, _list),
    Endpoint("PATCH", f"{_USERS}/update-password", _Password, _password),
    Endpoint("PATCH", f"{_USERS}/update-admin", _Admin, _admin),
    Endpoint("DELETE", f"{_USERS}/delete", _Named, _delete),
    Endpoint("POST", f"{_ON_EXPERIMENTS}/create", _OnExperiment, _create_on_experiment),
    Endpoint("GET", f"{_ON_EXPERIMENTS}/get", _OnExperiment, _get_on_experiment),
    Endpoint("PATCH", f"{_ON_EXPERIMENTS}/update", _OnExperiment, _update_on_experiment),
    Endpoint("DELETE", f"{_ON_EXPERIMENTS}/delete", _OnExperiment, _delete_on_experiment),
    Endpoint("POST", f"{_ON_MODELS}/create", _OnModel, _create_on_model),
    Endpoint("GET", f"{_ON_MODELS}/get", _OnModel, _get_on_model),
    Endpoint("PATCH", f"{_ON_MODELS}/update", _OnModel, _update_on_model),
    Endpoint("DELETE", f"{_ON_MODELS}/delete", _OnModel, _delete_on_model),
    Endpoint("POST", f"{_ON_ANY}/grant", _OnResource, _grant),
    Endpoint("POST", f"{_ON_ANY}/revoke", _OnResource, _revoke),
    Endpoint("GET", f"{_ON_ANY}/get", _OnResource, _effective),
    Endpoint("GET", f"{_ON_ANY}/list", _Named, _permissions),
    Endpoint("GET", "/3.0/mlflow/users/current/permissions", _Named, _permissions),
)
