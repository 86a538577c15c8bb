"""Jobs (timers, and what the program's own worker does) and incidents: looking, and trying again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from api import app
from api.rest import lists
from api.rest.camunda7 import present
from api.rest.operations import Field, operation
from engine import clock, errors, external_tasks, incidents, jobs, timers
from engine.listings import listing, waits

bp = Blueprint("rest_waits", __name__)

OPERATORS = ("team_lead", "designer", "worker")
KINDS = {"failedJob": ["job", "timer", "start"], "failedExternalTask": ["job"], "failedMessage": ["message"], "failedStep": ["step"]}


INCIDENT_TYPE = Field("text", "failedJob, failedExternalTask, failedMessage oder failedStep")


def by_type(given: dict[str, Any]) -> dict[str, Any]:
    """Translate Camunda's kind of an incident into ours."""
    wanted = given.pop("incidentType", None)
    return given if wanted is None else given | {"incidentKinds": KINDS.get(wanted, [])}


lists.add(bp, "/job", "Fristen und Aufträge", waits.JOBS, present.job, answer="[{id, dueDate, retries, exceptionMessage, …}]")
lists.add(
    bp, "/incident", "Offene Störungen", waits.INCIDENTS, present.incident, accept=by_type,
    more={"incidentType": INCIDENT_TYPE},
    answer="[{id, incidentType, incidentMessage, …}]",
)  # fmt: skip


@bp.get("/job/<job_id>")
@operation("Eine Frist oder ein Auftrag", answer="{id, dueDate, retries, …}")
def get_job(job_id: str) -> object:
    wanted = {"job_id": lists.path_id("Den Auftrag", job_id)}
    return lists.one_of(waits.JOBS, wanted, present.job, errors.NotFound(f"Den Auftrag „{job_id[:80]}“ gibt es nicht."))


@bp.put("/job/<job_id>/retries")
@operation(
    "Versuche setzen; 0 öffnet eine Störung, mehr schließen sie", roles=OPERATORS, status=204,
    body={"retries": Field("whole", "so viele Versuche bleiben", required=True), "dueDate": Field("text", "wird nicht geändert")},
)  # fmt: skip
def put_retries(job_id: str, body: dict[str, Any]) -> None:
    session, uuid, retries = app.session(), lists.path_id("Den Auftrag", job_id), body["retries"]
    if body["dueDate"] is not None:
        raise errors.InvalidInput("Die Fälligkeit wird hier nicht geändert; sie folgt aus dem Diagramm.")
    with app.database().begin(session.tenant_id) as tx:
        now = clock.now(tx, session.tenant_id)
        row = next(iter(listing.rows(tx, waits.JOBS, session.tenant_id, {"job_id": uuid})), None)
        if row is None or row.kind != "timer":
            jobs.set_retries(tx, session.tenant_id, uuid, retries, by=session.login, now=now)
        elif retries < 1:
            raise errors.InvalidInput("Eine Frist kann nicht ausgesetzt werden; möglich ist mindestens ein Versuch.")
        else:
            timers.retry(tx, session.tenant_id, uuid, by=session.login, now=now)


@bp.post("/job/<job_id>/execute")
@operation(
    "Noch einmal versuchen, sofort: ein Auftrag, eine fällige oder gescheiterte Frist. Eine Frist wird nicht vorgezogen",
    roles=OPERATORS,
    status=204,
)
def execute_job(job_id: str) -> None:
    session, uuid = app.session(), lists.path_id("Den Auftrag", job_id)
    with app.database().begin(session.tenant_id) as tx:
        now = clock.now(tx, session.tenant_id)
        row = next(iter(listing.rows(tx, waits.JOBS, session.tenant_id, {"job_id": uuid})), None)
        if row is None or row.kind != "timer":
            jobs.try_again(tx, session.tenant_id, uuid, by=session.login, now=now)
        elif row.due_at > now:
            raise errors.InvalidInput(f"Die Frist ist erst am {clock.shown(row.due_at)} fällig und wird nicht vorgezogen.")
        else:
            timers.retry(tx, session.tenant_id, uuid, by=session.login, now=now)


@bp.get("/job/<job_id>/stacktrace")
@operation("Was vom letzten Fehlschlag bekannt ist", content="text/plain", answer="ein Text")
def stacktrace(job_id: str) -> object:
    uuid, tenant_id = lists.path_id("Den Auftrag", job_id), app.session().tenant_id
    with app.database().begin(tenant_id) as tx:
        rows = listing.rows(tx, waits.JOBS, tenant_id, {"job_id": uuid})
        if not rows:
            raise errors.NotFound(f"Den Auftrag „{job_id[:80]}“ gibt es nicht.")
        details = None if rows[0].kind == "timer" else external_tasks.error_details(tx, tenant_id, uuid)
    return Response(details or rows[0].error or "", content_type="text/plain; charset=utf-8")


@bp.get("/incident/<incident_id>")
@operation("Eine offene Störung", answer="{id, incidentType, incidentMessage, …}")
def get_incident(incident_id: str) -> object:
    wanted = {"incident_id": lists.path_id("Die Störung", incident_id)}
    missing = errors.NotFound(f"Die offene Störung „{incident_id[:80]}“ gibt es nicht.")
    return lists.one_of(waits.INCIDENTS, wanted, present.incident, missing)


@bp.delete("/incident/<incident_id>")
@operation("Störung verwerfen (nur eine Nachricht, die niemand erwartet)", roles=OPERATORS, status=204)
def delete_incident(incident_id: str) -> None:
    session = app.session()
    uuid = lists.path_id("Die Störung", incident_id)
    with app.database().begin(session.tenant_id) as tx:
        now = clock.now(tx, session.tenant_id)
        incidents.dismiss(tx, session.tenant_id, uuid, by=session.login, reason="Über die Schnittstelle verworfen.", now=now)
