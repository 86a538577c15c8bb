"""Versions of processes: lists, diagram, start form, and starting an instance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint
from sqlalchemy import Connection

import forms
from api import app, drawn_files, starting
from api.rest import file_variables, form_data, lists, starters, variables
from api.rest.camunda7 import present
from api.rest.file_variables import Brought
from api.rest.operations import Field, Fields, operation
from engine import clock, deployments, errors, instances
from engine.listings import definitions, listing
from engine.listings import instances as instance_listing

bp = Blueprint("rest_process_definitions", __name__)

View = TypeVar("View", bound=Callable[..., object])
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


def addressed(bp: Blueprint, name: str, suffix: str, method: str, **declared: Any) -> Callable[[View], View]:
    """Return a decorator that hangs a view(tx, definition, ...) under all addresses of a version: its id, its key, its key and tenant."""

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


@addressed(bp, "definition", "", "GET", summary="Eine Fassung eines Prozesses", answer="{id, key, version, …}")
def get(tx: Connection, definition: Any) -> object:
    return present.process_definition(definition)


@addressed(bp, "definition_xml", "/xml", "GET", summary="Das Diagramm", answer="{id, bpmn20Xml}")
def xml(tx: Connection, definition: Any) -> object:
    _, _, _, content = deployments.content_of(tx, definition.uuid, tenant_id=app.session().tenant_id)
    return {"id": present.process_definition(definition)["id"], "bpmn20Xml": drawn_files.text_of(content)}


@addressed(bp, "definition_start", "/start", "POST", summary="Vorgang starten", roles=starters.ROLES, body=START, answer=INSTANCE)
def start(tx: Connection, definition: Any, body: dict[str, Any]) -> object:
    starters.may_start(definition.meta)
    session, key, brought = app.session(), starters.business_key_of(body["businessKey"]), Brought()
    given = variables.untyped_all(body["variables"], brought.take)
    brought.keep(tx, key, definition.name or definition.key)
    made = instances.start(
        tx, definition.key, key, given, tenant_id=session.tenant_id,
        now=clock.now(tx, session.tenant_id), by=session.login, version=definition.version,
    )  # fmt: skip
    return started(tx, made, with_variables=bool(body["withVariablesInReturn"]))


# ---------------------------------------------------------------- start forms
@addressed(bp, "definition_form", "/startForm", "GET", summary="Kennung des Startformulars", answer="{key, camundaFormRef}")
def start_form(tx: Connection, definition: Any) -> object:
    form = _form(tx, definition)
    reference = None if form is None else {"key": form.id, "binding": "latest", "version": None}
    return {"key": None, "camundaFormRef": reference, "contextPath": None}


@addressed(bp, "definition_deployed_form", "/deployed-start-form", "GET", summary="Das Startformular", answer="der Inhalt der .form-Datei")
def deployed_start_form(tx: Connection, definition: Any) -> object:
    return dict(_drawn(_form(tx, definition)).schema)


@addressed(
    bp, "definition_form_variables", "/form-variables", "GET", summary="Vorgaben des Startformulars", answer="{Name: {value, type}}",
    query={"variableNames": Field("texts", "nur diese")},
)  # fmt: skip
def form_variables(tx: Connection, definition: Any, query: dict[str, Any]) -> object:
    form = _form(tx, definition)
    if form is None:
        return {}
    data = forms.prefill(form, {}, now=clock.now(tx, app.session().tenant_id))
    wanted = query["variableNames"]
    return variables.typed_all({name: value for name, value in data.items() if wanted is None or name in wanted})


@addressed(
    bp, "definition_submit_form", "/submit-form", "POST", roles=starters.ROLES, body=START, answer=INSTANCE,
    summary="Vorgang mit dem Startformular starten; die Eingaben werden gegen das Formular geprüft",
)  # fmt: skip
def submit_form(tx: Connection, definition: Any, body: dict[str, Any]) -> object:
    starters.may_start(definition.meta)
    session, key, brought = app.session(), starters.business_key_of(body["businessKey"]), Brought()
    form, given = _form(tx, definition), variables.untyped_all(body["variables"], brought.take)
    if form is None:
        brought.keep(tx, key, definition.name or definition.key)
    typed = given if form is None else form_data.submitted(form, given, {})
    made = starting.submit(
        tx, definition.key, definition.version, key, typed, tenant_id=session.tenant_id, by=session.login,
        now=clock.now(tx, session.tenant_id), chosen=brought.chosen,
    )  # fmt: skip
    return started(tx, made, with_variables=bool(body["withVariablesInReturn"]))


def _form(tx: Connection, definition: Any) -> forms.Form | None:
    return starting.form_of(tx, definition.key, definition.version, tenant_id=app.session().tenant_id)


def _drawn(form: forms.Form | None) -> forms.Form:
    if form is None:
        raise errors.NotFound("Der Prozess hat kein Startformular.")
    return form


# ---------------------------------------------------------------- starting
def started(tx: Connection, made: instances.Instance, *, with_variables: bool = False) -> dict[str, object]:
    """Return a new instance as it is answered."""
    (row,) = listing.rows(tx, instance_listing.HISTORIC, made.tenant_id, {"process_instance_id": made.uuid})
    shown = present.instance(row)
    return (
        shown | {"variables": variables.typed_all(file_variables.named(tx, instances.variables_of(tx, made.tenant_id, made.id)))}
        if with_variables
        else shown
    )
