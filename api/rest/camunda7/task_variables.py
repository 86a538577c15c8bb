"""Variables as an open user task sees them, and those of the task alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint
from sqlalchemy import Connection

from api import app
from api.rest import file_variables, variables
from api.rest.camunda7.process_instances import CHANGERS, ONE_VARIABLE, REASON, TYPED
from api.rest.camunda7.tasks import task_uuid
from api.rest.file_variables import Brought
from api.rest.operations import Field, operation
from engine import clock, errors, instances, user_tasks

bp = Blueprint("rest_task_variables", __name__)

ADDRESSES = (("variables", False, "die die Aufgabe sieht"), ("localVariables", True, "der Aufgabe allein"))


def _add(path: str, local: bool, which: str) -> None:
    @operation(f"Variablen, {which}", answer=f"{{Name: {TYPED}}}")
    def read_all(task_id: str) -> object:
        with app.database().begin(app.session().tenant_id) as tx:
            return variables.typed_all(_seen(tx, task_id, local))

    @operation(f"Eine Variable, {which}", query={"deserializeValue": Field("any", "ohne Wirkung")}, answer=TYPED)
    def read(task_id: str, name: str, query: dict[str, Any]) -> object:
        with app.database().begin(app.session().tenant_id) as tx:
            return variables.typed(_one(tx, task_id, name, local))

    @operation(
        f"Eine Variable, {which}, als Datei oder Text",
        answer="die Bytes der Datei, sonst der Wert als Text",
        content="application/octet-stream",
    )
    def data(task_id: str, name: str) -> object:
        with app.database().begin(app.session().tenant_id) as tx:
            return file_variables.answer(tx, _one(tx, task_id, name, local))

    @operation(f"Eine Variable setzen, {which}", roles=CHANGERS, body=ONE_VARIABLE, status=204)
    def put(task_id: str, name: str, body: dict[str, Any]) -> None:
        given = {member: value for member, value in body.items() if value is not None}
        brought = Brought()
        _change(task_id, {name: variables.untyped(name, given, brought.take)}, local, brought)

    @operation(f"Eine Datei als Variable setzen, {which} (multipart: data, valueType File)", roles=CHANGERS, status=204)
    def upload(task_id: str, name: str) -> None:
        given, brought = file_variables.uploaded(name)
        _change(task_id, given, local, brought)

    @operation(f"Eine Variable löschen, {which}", roles=CHANGERS, status=204)
    def delete(task_id: str, name: str) -> None:
        _change(task_id, {}, local, removed=[name])

    @operation(
        f"Variablen setzen und löschen, {which}", roles=CHANGERS, status=204,
        body={"modifications": Field("object", f"{{Name: {TYPED}}}"), "deletions": Field("texts", "Namen")},
    )  # fmt: skip
    def post(task_id: str, body: dict[str, Any]) -> None:
        brought = Brought()
        _change(task_id, variables.untyped_all(body["modifications"], brought.take), local, brought, body["deletions"] or ())

    all_of_them, one = f"/task/<task_id>/{path}", f"/task/<task_id>/{path}/<name>"
    for rule, view, method in (
        (all_of_them, read_all, "GET"), (all_of_them, post, "POST"), (one, read, "GET"), (one, put, "PUT"), (one, delete, "DELETE"),
        (f"{one}/data", data, "GET"), (f"{one}/data", upload, "POST"),
    ):  # fmt: skip
        bp.add_url_rule(rule, f"{path}_{view.__name__}", view, methods=[method])


for _path, _local, _which in ADDRESSES:
    _add(_path, _local, _which)


def _seen(tx: Connection, task_id: str, local: bool) -> dict[str, object]:
    """Return variables of an open task: its own, or all it sees. Raises errors.NotFound."""
    tenant_id = app.session().tenant_id
    task = user_tasks.get(tx, tenant_id, task_uuid(task_id))
    found = instances.visible(tx, tenant_id, task.instance_id, [task.id])
    if task.id not in found:
        raise errors.NotFound(f"Die Aufgabe „{task.label}“ ist nicht mehr offen.")
    own, everything = found[task.id]
    return file_variables.named(tx, own if local else everything)


def _one(tx: Connection, task_id: str, name: str, local: bool) -> object:
    found = _seen(tx, task_id, local)
    if name not in found:
        raise errors.NotFound(f"Die Variable „{name[:80]}“ gibt es bei dieser Aufgabe nicht.")
    return found[name]


def _change(task_id: str, changes: dict[str, object], local: bool, brought: Brought | None = None, removed: Sequence[str] = ()) -> None:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        if brought is not None:
            task = user_tasks.get(tx, session.tenant_id, task_uuid(task_id))
            brought.keep(tx, task.business_key, task.label)
        user_tasks.set_variables(
            tx, session.tenant_id, task_uuid(task_id), {} if local else changes, changes if local else {}, reason=REASON, by=session.login,
            now=clock.now(tx, session.tenant_id), removed=() if local else removed, removed_local=removed if local else (),
        )  # fmt: skip
