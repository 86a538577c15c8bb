"""What a person does on the pages of a trial, in the words of scenario files: one translation per page that records something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy import Connection

from api import strict_json, trials, typed
from api.auth import sessions
from engine import user_tasks
from processes import walks
from processes.casefile import claims, letters, measures

Translate = Callable[[Connection, sessions.Session], dict[str, object] | None]


def translate(tx: Connection, session: sessions.Session) -> dict[str, object] | None:
    """Return the act that the request of a page stands for, None where it records nothing."""
    found = ACTS.get(request.endpoint or "")
    return found(tx, session) if found is not None else None


def _task(tx: Connection, session: sessions.Session) -> dict[str, object]:
    task = user_tasks.get(tx, session.tenant_id, _path("task_id"))
    submitted = strict_json.loads(request.form.get("daten", "{}"))
    form = walks.readable(tx, submitted) if isinstance(submitted, Mapping) else {}
    act: dict[str, object] = {"aufgabe": task.element_id, "formular": form}
    if user_tasks.open_tasks(tx, session.tenant_id, element_id=task.element_id, limit=1):
        act["fuer"] = task.business_key
    if session.login.endswith(trials.SECOND):
        act["als"] = "zweite_person"
    return act


def _mahnlauf(tx: Connection, session: sessions.Session) -> dict[str, object]:
    return {"mahnlauf": session.tenant_slug}


def _payment(tx: Connection, session: sessions.Session) -> dict[str, object]:
    method = request.form.get("art", "")
    paid: dict[str, object] = {"betrag": typed.euros(request.form["betrag"]), "wertstellung": typed.day(request.form["wertstellung"])}
    if method.startswith("massnahme:"):
        measure = measures.find(tx, session.tenant_id, UUID(method.partition(":")[2]))
        paid |= {"fall": measure.case_number, "massnahme": measure.number, "art": "drittschuldner"}
    else:
        paid |= _reference(tx, session, request.form.get("bezug", "")) | {"art": method}
    receipt = request.form.get("quittung", "").strip()
    return {"zahlung": paid | ({"quittung": receipt} if receipt else {})}


def _reference(tx: Connection, session: sessions.Session, reference: str) -> dict[str, object]:
    known = claims.by_reference(tx, session.tenant_id, reference)
    return {"kassenzeichen": reference} if known else {"fall": reference}


def _hold(tx: Connection, session: sessions.Session) -> dict[str, object]:
    until = request.form.get("bis", "").strip()
    what = _claim(tx) | {"grund": request.form.get("grund", "").strip()}
    return {"sperre": what | ({"bis": typed.day(until)} if until else {})}


def _lift(tx: Connection, session: sessions.Session) -> dict[str, object]:
    return {"sperre_aufheben": _claim(tx)}


def _objection(tx: Connection, session: sessions.Session) -> dict[str, object]:
    return {"einwendung": _claim(tx) | {"text": request.form.get("text", "").strip()}}


def _returned(tx: Connection, session: sessions.Session) -> dict[str, object]:
    letter = letters.find(tx, session.tenant_id, UUID(request.form["schreiben"]))
    reason = {"grund": request.form.get("grund", "").strip()}
    if letter.case_number is None and letter.claim_uuids:
        return {"post_zurueck": _named(claims.find(tx, letter.claim_uuids[0])) | reason}
    return {"post_zurueck": {"fall": letter.case_number, "vorlage": letter.template} | reason}


def _service(tx: Connection, session: sessions.Session) -> dict[str, object]:
    measure = measures.find(tx, session.tenant_id, UUID(request.form["massnahme"]))
    served = typed.day(request.form["zugestellt"])
    return {"zustellung": {"fall": measure.case_number, "massnahme": measure.number, "am": served}}


def _claim(tx: Connection) -> dict[str, object]:
    return _named(claims.find(tx, UUID(request.form["forderung"])))


def _named(claim: claims.Claim) -> dict[str, object]:
    named: dict[str, object] = {"kassenzeichen": claim.reference}
    return named | ({"op_nr": claim.item_number} if claim.item_number != walks.DEFAULT_ITEM else {})


def _path(name: str) -> Any:
    return (request.view_args or {})[name]


ACTS: Mapping[str, Translate] = {
    "task_page.complete": _task, "mahnlauf.start": _mahnlauf, "case_files.book_payment": _payment, "case_files.set_hold": _hold,
    "case_files.lift_hold": _lift, "case_files.record_objection": _objection, "case_files.record_returned_mail": _returned,
    "case_files.record_service": _service,
}  # fmt: skip
