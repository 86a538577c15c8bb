"""Running process instances: lists, variables, cancelling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint
from sqlalchemy import Connection

from api import app
from api.rest import file_variables, lists, variables
from api.rest.camunda7 import present
from api.rest.file_variables import Brought
from api.rest.operations import Field, Fields, operation
from engine import clock, errors, external_tasks, instances, values
from engine.listings import instances as listed

bp = Blueprint("rest_process_instances", __name__)

CHANGERS = ("team_lead", "worker")
REASON = "Über die Schnittstelle geändert."
TYPED = "{value, type, valueInfo}"
CANCEL: Fields = {
    name: Field("flag", "ohne Wirkung: Vorgänge haben hier keine Listener und keine Untervorgänge")
    for name in ("skipCustomListeners", "skipIoMappings", "skipSubprocesses", "failIfNotExists")
}
ONE_VARIABLE: Fields = {
    "value": Field("any", "der Wert"),
    "type": Field("text", "sein Typ"),
    "valueInfo": Field("object", "weitere Angaben zum Typ"),
}

lists.add(bp, "/process-instance", "Laufende Vorgänge", listed.RUNNING, present.instance, answer="[{id, definitionId, businessKey, …}]")


@bp.get("/process-instance/<instance_id>")
@operation("Ein laufender Vorgang", answer="{id, definitionId, businessKey, …}")
def get(instance_id: str) -> object:
    wanted = {"process_instance_id": _uuid(instance_id)}
    return lists.one_of(listed.RUNNING, wanted, present.instance, _missing(instance_id))


@bp.delete("/process-instance/<instance_id>")
@operation("Vorgang abbrechen", roles=CHANGERS, query=CANCEL, status=204)
def delete(instance_id: str, query: dict[str, Any]) -> None:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        instance = running(tx, instance_id)
        now = clock.now(tx, session.tenant_id)
        instances.cancel(tx, session.tenant_id, instance.id, reason="Über die Schnittstelle abgebrochen.", by=session.login, now=now)


# ---------------------------------------------------------------- variables
@bp.get("/process-instance/<instance_id>/variables")
@operation("Alle Variablen eines Vorgangs", answer=f"{{Name: {TYPED}}}")
def get_variables(instance_id: str) -> object:
    with app.database().begin(app.session().tenant_id) as tx:
        return variables.typed_all(_variables(tx, instance_id))


@bp.get("/process-instance/<instance_id>/variables/<name>")
@operation("Eine Variable", answer=TYPED)
def get_variable(instance_id: str, name: str) -> object:
    with app.database().begin(app.session().tenant_id) as tx:
        return variables.typed(_variable(tx, instance_id, name))


@bp.get("/process-instance/<instance_id>/variables/<name>/data")
@operation("Eine Variable als Datei oder Text", answer="die Bytes der Datei, sonst der Wert als Text", content="application/octet-stream")
def get_data(instance_id: str, name: str) -> object:
    with app.database().begin(app.session().tenant_id) as tx:
        return file_variables.answer(tx, _variable(tx, instance_id, name))


@bp.put("/process-instance/<instance_id>/variables/<name>")
@operation("Eine Variable setzen", roles=CHANGERS, body=ONE_VARIABLE, status=204)
def put_variable(instance_id: str, name: str, body: dict[str, Any]) -> None:
    given = {member: value for member, value in body.items() if value is not None}
    brought = Brought()
    change(instance_id, {name: variables.untyped(name, given, brought.take)}, brought)


@bp.post("/process-instance/<instance_id>/variables/<name>/data")
@operation("Eine Datei als Variable setzen (multipart: data, valueType File)", roles=CHANGERS, status=204)
def post_data(instance_id: str, name: str) -> None:
    change(instance_id, *file_variables.uploaded(name))


@bp.post("/process-instance/<instance_id>/variables")
@operation(
    "Variablen setzen und löschen", roles=CHANGERS, status=204,
    body={"modifications": Field("object", f"{{Name: {TYPED}}}"), "deletions": Field("texts", "Namen")},
)  # fmt: skip
def post_variables(instance_id: str, body: dict[str, Any]) -> None:
    brought = Brought()
    change(instance_id, variables.untyped_all(body["modifications"], brought.take), brought, body["deletions"] or ())


@bp.delete("/process-instance/<instance_id>/variables/<name>")
@operation("Eine Variable löschen", roles=CHANGERS, status=204)
def delete_variable(instance_id: str, name: str) -> None:
    change(instance_id, {}, removed=[name])


@bp.get("/execution/<execution_id>/localVariables/<name>/data")
@operation(
    "Datei einer Variablen des Vorgangs, oder der Eingabe eines offenen Auftrags", answer="die Bytes", content="application/octet-stream"
)
def get_file(execution_id: str, name: str) -> object:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        found = _variables(tx, execution_id)
        if name not in found:
            found = external_tasks.inputs(tx, session.tenant_id, running(tx, execution_id).id)
        file = file_variables.data(tx, _of(found, name))
    if file is None:
        raise errors.InvalidInput(f"Die Variable „{name[:80]}“ ist keine Datei. Bitte den Wert unter /process-instance lesen.")
    return file


def change(instance_id: str, changes: dict[str, object], brought: Brought | None = None, removed: Sequence[str] = ()) -> None:
    """Set and remove variables of a running instance."""
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        instance = running(tx, instance_id)
        now = clock.now(tx, session.tenant_id)
        if brought is not None:
            brought.keep(tx, instance.business_key)
        instances.set_variables(
            tx, session.tenant_id, instance.id, values.check(changes), reason=REASON, by=session.login, now=now, removed=removed
        )


def running(tx: Connection, instance_id: str) -> instances.Instance:
    """Return a running instance of the tenant. Raises errors.NotFound, also for one that has ended: to Camunda it is gone."""
    found = instances.get(tx, app.session().tenant_id, _uuid(instance_id))
    if found.status != "running":
        raise _missing(instance_id)
    return found


def _variables(tx: Connection, instance_id: str) -> dict[str, object]:
    return file_variables.named(tx, instances.variables_of(tx, app.session().tenant_id, running(tx, instance_id).id))


def _variable(tx: Connection, instance_id: str, name: str) -> object:
    return _of(_variables(tx, instance_id), name)


def _of(found: Mapping[str, object], name: str) -> object:
    if name not in found:
        raise errors.NotFound(f"Die Variable „{name[:80]}“ gibt es in diesem Vorgang nicht.")
    return found[name]


def _uuid(instance_id: str) -> Any:
    return lists.path_id("Den Vorgang", instance_id)


def _missing(instance_id: str) -> errors.NotFound:
    return errors.NotFound(f"Einen laufenden Vorgang mit der Kennung „{instance_id[:80]}“ gibt es nicht.")
