"""Versions of processes: lists, diagram, start form, and starting an instance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint
from sqlalchemy import Connection

from api import app, strict_json
from api.rest import faults, lists, variables
from api.rest.camunda7 import present
from api.rest.operations import Field, Fields, operation
from engine import clock, deployments, errors, instances
from engine.listings import definitions, listing
from engine.listings import instances as instance_listing

bp = Blueprint("rest_process_definitions", __name__)

View = TypeVar("View", bound=Callable[..., object])
MAX_BUSINESS_KEY = 255
STARTERS = ("claims_clerk", "team_lead", "creditor_clerk", "worker", "designer")
START: Fields = {
    "businessKey": Field("text", "Geschäftsschlüssel, zum Beispiel das Kassenzeichen"),
    "variables": Field("object", "Variablen {Name: {value, type}}"),
    "withVariablesInReturn": Field("flag", "die Variablen nach dem Start mit antworten"),
}
INSTANCE = "{id, definitionId, businessKey, ended, …}"

lists.add(
    bp, "/process-definition", "Prozesse", definitions.PROCESS_DEFINITIONS, present.process_definition, posts=False,
    answer="[{id, key, version, name, …}]",
)  # fmt: skip


# A definition is addressed by its id, by its key (latest version), or by key and tenant.
def _addressed(name: str, suffix: str, method: str, **declared: Any) -> Callable[[View], View]:
    """Return a decorator that hangs a view(definition, ...) under all three addresses."""

    def hang(view: View) -> View:
        for number, address in enumerate(
            ("/process-definition/<definition_id>", "/process-definition/key/<key>", "/process-definition/key/<key>/tenant-id/<tenant>")
        ):
            described = operation(**declared)(_resolving(view))
            bp.add_url_rule(address + suffix, f"{name}_{number}", described, methods=[method])
        return view

    return hang


def _resolving(view: View) -> Callable[..., object]:
    def resolved(definition_id: str | None = None, key: str | None = None, tenant: str | None = None, **given: Any) -> object:
        session = app.session()
        wanted: dict[str, object] = {"key": key, "latest_version": True}
        if definition_id is not None:
            wanted = {"process_definition_id": lists.id_of("id", definition_id)}
        with app.database().begin(session.tenant_id) as tx:
            found = listing.rows(tx, definitions.PROCESS_DEFINITIONS, session.tenant_id, wanted)
            if not found or (definition_id is not None and str(present.process_definition(found[0])["id"]) != definition_id):
                raise errors.NotFound(f"Den Prozess „{(definition_id or key or '')[:120]}“ gibt es nicht. Bitte zuerst bereitstellen.")
            answered: object = view(tx, found[0], **given)
        return answered

    return resolved


@_addressed("definition", "", "GET", summary="Eine Fassung eines Prozesses", answer="{id, key, version, …}")
def get(tx: Connection, definition: Any) -> object:
    return present.process_definition(definition)


@_addressed("definition_xml", "/xml", "GET", summary="Das Diagramm", answer="{id, bpmn20Xml}")
def xml(tx: Connection, definition: Any) -> object:
    _, _, _, content = deployments.content_of(tx, definition.uuid, tenant_id=app.session().tenant_id)
    return {"id": present.process_definition(definition)["id"], "bpmn20Xml": content.decode("utf-8", "replace")}


@_addressed("definition_start", "/start", "POST", summary="Vorgang starten", roles=STARTERS, body=START, answer=INSTANCE)
def start(tx: Connection, definition: Any, body: dict[str, Any]) -> object:
    _may_start()
    return started(tx, definition, body.get("businessKey"), variables.untyped_all(body["variables"]), bool(body["withVariablesInReturn"]))


def started(tx: Connection, definition: Any, business_key: str | None, given: dict[str, object], with_variables: bool) -> object:
    """Start an instance and return it."""
    session = app.session()
    made = instances.start(
        tx, definition.key, business_key_of(business_key), given, tenant_id=session.tenant_id, now=clock.now(tx, session.tenant_id), by=session.login,
        version=definition.version,
    )  # fmt: skip
    (row,) = listing.rows(tx, instance_listing.HISTORIC, session.tenant_id, {"process_instance_id": made.uuid})
    shown = present.instance(row)
    return shown | {"variables": variables.typed_all(instances.variables_of(tx, session.tenant_id, made.id))} if with_variables else shown


def business_key_of(given: str | None) -> str:
    """Return a business key to store. Raises errors.InvalidInput for one too long."""
    if given is not None and (len(given) > MAX_BUSINESS_KEY or not strict_json.storable(given)):
        raise errors.InvalidInput(f"Der Geschäftsschlüssel ist länger als {MAX_BUSINESS_KEY} Zeichen oder nicht speicherbar.")
    return given or ""


def _may_start() -> None:
    """A designer tries out in a sandbox; a real case is begun by those who answer for it."""
    session = app.session()
    if not session.is_sandbox and not session.may("admin", *(role for role in STARTERS if role != "designer")):
        raise faults.Fault(403, "In der Produktivumgebung startet die Prozessgestaltung keine Vorgänge. Bitte in der Sandbox ausprobieren.")
