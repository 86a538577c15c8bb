"""Running process instances: lists, variables, cancelling."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from sqlalchemy import Connection

from api import app, strict_json
from api.rest import lists, variables
from api.rest.camunda7 import present
from api.rest.operations import Field, Fields, operation
from engine import clock, errors, instances, values
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
@operation("Eine Variable als Text", answer="der Wert als Text", content="text/plain")
def get_data(instance_id: str, name: str) -> object:
    with app.database().begin(app.session().tenant_id) as tx:
        value = variables.typed(_variable(tx, instance_id, name))["value"]
    return Response(value if isinstance(value, str) else strict_json.dumps(value), content_type="text/plain; charset=utf-8")


@bp.put("/process-instance/<instance_id>/variables/<name>")
@operation("Eine Variable setzen", roles=CHANGERS, body=ONE_VARIABLE, status=204)
def put_variable(instance_id: str, name: str, body: dict[str, Any]) -> None:
    given = {member: value for member, value in body.items() if value is not None}
    change(instance_id, {name: variables.untyped(name, given)})


@bp.post("/process-instance/<instance_id>/variables")
@operation(
    "Variablen setzen und löschen", roles=CHANGERS, status=204,
    body={"modifications": Field("object", f"{{Name: {TYPED}}}"), "deletions": Field("texts", "Namen; gelöscht heißt: ohne Wert (null)")},
)  # fmt: skip
def post_variables(instance_id: str, body: dict[str, Any]) -> None:
    deleted: dict[str, object] = dict.fromkeys(body["deletions"] or ())
    change(instance_id, deleted | variables.untyped_all(body["modifications"]))


@bp.delete("/process-instance/<instance_id>/variables/<name>")
@operation("Eine Variable löschen (sie hat danach den Wert null)", roles=CHANGERS, status=204)
def delete_variable(instance_id: str, name: str) -> None:
    change(instance_id, {name: None})


@bp.get("/execution/<execution_id>/localVariables/<name>/data")
@operation("Datei einer Variablen; Variablen halten hier keine Dateien", answer="—")
def get_file(execution_id: str, name: str) -> object:
    with app.database().begin(app.session().tenant_id) as tx:
        _variable(tx, execution_id, name)
    raise errors.InvalidInput(f"Die Variable „{name[:80]}“ ist keine Datei. Bitte den Wert unter /process-instance lesen.")


def change(instance_id: str, changes: dict[str, object]) -> None:
    """Set variables of a running instance; a variable set to null has no value."""
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        instance = running(tx, instance_id)
        now = clock.now(tx, session.tenant_id)
        instances.set_variables(tx, session.tenant_id, instance.id, values.check(changes), reason=REASON, by=session.login, now=now)


def running(tx: Connection, instance_id: str) -> instances.Instance:
    """Return a running instance of the tenant. Raises errors.NotFound, also for one that has ended: to Camunda it is gone."""
    found = instances.get(tx, app.session().tenant_id, _uuid(instance_id))
    if found.status != "running":
        raise _missing(instance_id)
    return found


def _variables(tx: Connection, instance_id: str) -> dict[str, object]:
    return instances.variables_of(tx, app.session().tenant_id, running(tx, instance_id).id)


def _variable(tx: Connection, instance_id: str, name: str) -> object:
    found = _variables(tx, instance_id)
    if name not in found:
        raise errors.NotFound(f"Die Variable „{name[:80]}“ gibt es in diesem Vorgang nicht.")
    return found[name]


def _uuid(instance_id: str) -> Any:
    return lists.path_id("Den Vorgang", instance_id)


def _missing(instance_id: str) -> errors.NotFound:
    return errors.NotFound(f"Einen laufenden Vorgang mit der Kennung „{instance_id[:80]}“ gibt es nicht.")
