"""Who works here and in which roles, as a task list asks to offer tasks and to name people. Passwords are no matter of this interface."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from api import app, wording
from api.auth import users
from api.rest import lists
from api.rest.operations import Field, Fields, operation
from engine import errors

bp = Blueprint("rest_identities", __name__)

PEOPLE: Fields = {
    "id": Field("text", "Benutzername"),
    "idIn": Field("texts", "Benutzernamen"),
    "memberOfGroup": Field("text", "wer diese Rolle hat"),
}
ORDERS = {"userId": lambda one: one["id"], "firstName": lambda one: one["firstName"], "lastName": lambda one: one["lastName"]}
ROLES: Fields = {"id": Field("text", "Rolle"), "member": Field("text", "Rollen dieser Person")}


@bp.get("/identity/groups")
@operation(
    "Rollen einer Person bei diesem Mandanten, und wer sie noch hat", query={"userId": Field("text", "Benutzername", required=True)},
    answer="{groups: [{id, name}], groupUsers: [{id, firstName, lastName, displayName}]}",
)  # fmt: skip
def groups_of(query: dict[str, Any]) -> object:
    found = _colleagues()
    roles = found.get(query["userId"], ("", ()))[1]
    beside = {login: one for login, one in found.items() if login != query["userId"] and set(one[1]) & set(roles)}
    return {
        "groups": [{"id": role, "name": wording.group(role)} for role in roles],
        "groupUsers": [_person(login, name) | {"displayName": name} for login, (name, _) in beside.items()],
    }


@bp.get("/user")
@operation(
    "Wer bei diesem Mandanten arbeitet",
    query=PEOPLE | lists.PAGING | lists.SORTING | lists.TENANTS,
    answer="[{id, firstName, lastName, email}]",
)
def people(query: dict[str, Any]) -> object:
    return lists.cut(_people(query), query, ORDERS)


@bp.get("/user/count")
@operation("Wie viele bei diesem Mandanten arbeiten", query=PEOPLE | lists.TENANTS, answer="{count}")
def count_people(query: dict[str, Any]) -> object:
    return {"count": len(_people(query))}


@bp.get("/user/<user_id>/profile")
@operation("Eine Person, die hier arbeitet", answer="{id, firstName, lastName, email}")
def profile(user_id: str) -> object:
    found = _colleagues()
    if user_id not in found:
        raise errors.NotFound(f"„{user_id[:80]}“ arbeitet nicht bei diesem Mandanten.")
    return _person(user_id, found[user_id][0])


@bp.get("/group")
@operation("Rollen", query=ROLES | lists.PAGING | lists.SORTING | lists.TENANTS, answer="[{id, name, type}]")
def groups(query: dict[str, Any]) -> object:
    return lists.cut(_groups(query), query, {"id": lambda one: one["id"], "name": lambda one: one["name"]})


@bp.get("/group/count")
@operation("Anzahl der Rollen", query=ROLES | lists.TENANTS, answer="{count}")
def count_groups(query: dict[str, Any]) -> object:
    return {"count": len(_groups(query))}


def _groups(query: dict[str, Any]) -> list[dict[str, Any]]:
    held = None if query["member"] is None else _colleagues().get(query["member"], ("", ()))[1]
    return [
        {"id": role, "name": wording.group(role), "type": "WORKFLOW"}
        for role in users.ROLES
        if query["id"] in (None, role) and (held is None or role in held) and not query["withoutTenantId"]
    ]


def _people(query: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        _person(login, name)
        for login, (name, roles) in _colleagues().items()
        if query["id"] in (None, login)
        and (query["idIn"] is None or login in query["idIn"])
        and (query["memberOfGroup"] is None or query["memberOfGroup"] in roles)
        and not query["withoutTenantId"]
    ]


def _colleagues() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return login -> name and roles of everybody who works for the tenant."""
    tenant_id = app.session().tenant_id
    with app.database().look() as tx:
        roles = users.roles_at(tx, tenant_id)
        return {one.login: (one.name, roles.get(one.id, ())) for one in users.colleagues(tx, tenant_id)}


def _person(login: str, name: str) -> dict[str, Any]:
    first, _, last = name.rpartition(" ")
    return {"id": login, "firstName": first, "lastName": last, "email": None}
