"""What a scenario does: each act by the very verbs that pages, forms and commands use.

An act is given as `scenarios.Act`; the shape of its `what` stands at each function where it is not plain. Raises errors.Rejected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from engine import clock, errors, external_tasks, instances, jobs, messages, signals
from processes import actions, claim_files, imports, money, runs, scenarios
from processes.casefile import charges, holds, letters, measures, notes, payments, seizures
from processes.scenario_stage import Scene
from processes.scenarios import BERLIN, Act

BY = "szenario"
PERSON = {
    "rechtsform": "nat", "vorname": "Mara", "geburtsdatum": "01.02.1980", "strasse": "Lange Straße", "hausnummer": "1", "plz": "32756",
    "ort": "Detmold", "land": "DE",
}  # fmt: skip
CLAIM = {"op_nr": "1", "forderungsart": "Grundsteuer B", "bescheid_vom": "15.01.2026", "schuldner_nr": "S90001"}


def do(scene: Scene, act: Act) -> None:
    """Do the one thing that the act names."""
    if act.kind is not None:
        ACTS[act.kind](scene, act, act.what)


def bring_in(scene: Scene) -> None:
    """Import the scenario's claims, one file per tenant, with its joint debtors."""
    for slug in dict.fromkeys(row.get("mandant", "detmold") for row in scene.scenario.claims):
        rows = [{**CLAIM, **PERSON, **row, "mandant": slug} for row in scene.scenario.claims if row.get("mandant", "detmold") == slug]
        for row in rows:
            row.setdefault("nachname", f"Muster {row['schuldner_nr']}")
        joint = [{**row, "mandant": slug} for row in scene.scenario.joint_debtors if row.get("mandant", "detmold") == slug]
        _import_rows(scene, slug, rows, joint)
    scene.stage.move(scene.scenario.starts_at)


def _import_rows(scene: Scene, slug: str, rows: Sequence[Mapping[str, str]], joint: Sequence[Mapping[str, str]]) -> None:
    tenant_id = scene.stage.tenant(slug)
    with scene.stage.transaction(tenant_id) as tx:
        received = imports.receive(
            tx, tenant_id=tenant_id, name=f"{scene.scenario.path.stem}.csv", content=claims_file(rows), by=BY, now=clock.now(tx, tenant_id),
            joint_name="gesamtschuldner.csv" if joint else None, joint_content=claims_file(joint) if joint else None,
        )  # fmt: skip
    imports.process(lambda: scene.stage.transaction(tenant_id), received, clock=lambda tx: clock.now(tx, tenant_id), by=BY)
    with scene.stage.transaction(tenant_id) as tx:
        scene.last_report = imports.report(tx, received)
    for line in scene.last_report.rejected_lines:
        reasons = "; ".join(f"{fault.column}: {fault.reason}" for fault in line.faults)
        scene.outcome.faults.append(f"Zeile {line.number} der Forderungsdatei wurde abgewiesen: {reasons}")


def _einspielen(scene: Scene, act: Act, what: Any) -> None:
    rows = [{**CLAIM, **PERSON, **{str(k): scenarios.cell(v) for k, v in row.items()}} for row in what]
    for slug in dict.fromkeys(row.get("mandant", "detmold") for row in rows):
        _import_rows(
            scene, slug, [{"nachname": "Muster", **row, "mandant": slug} for row in rows if row.get("mandant", "detmold") == slug], []
        )


def _mahnlauf(scene: Scene, act: Act, what: Any) -> None:
    tenant_id = scene.stage.tenant(str(what))
    with scene.stage.transaction(tenant_id) as tx:
        run_id = runs.start(tx, tenant_id, by=BY, now=clock.now(tx, tenant_id))
    runs.process(lambda: scene.stage.transaction(tenant_id), tenant_id, run_id)


def _zahlung(scene: Scene, act: Act, what: Any) -> None:
    reference = str(what.get("kassenzeichen") or what.get("fall") or scene.case_number())
    tenant_id = scene.tenant_of(what)
    with scene.stage.transaction(tenant_id) as tx:
        now = clock.now(tx, tenant_id)
        value_on = what.get("wertstellung") or now.astimezone(BERLIN).date()
        cent = money.cent(Decimal(str(what["betrag"])))
        method = str(what.get("art", "ueberweisung"))
        receipt = what.get("quittung")
        if "massnahme" in what:
            measure = measures.of_number(tx, tenant_id, str(what.get("fall") or scene.case_number()), int(what["massnahme"]))
            measures.book_payment(
                tx, tenant_id=tenant_id, measure_id=measure.uuid, amount_cent=cent, value_on=value_on, method=method, by=BY, now=now
            )
            return
        payments.book(
            tx, tenant_id=tenant_id, reference=reference, amount_cent=cent, value_on=value_on, method=method, by=BY, now=now,
            receipt=str(receipt) if receipt is not None else ("Q-1" if method == "bar" else None),
        )  # fmt: skip


def _storno(scene: Scene, act: Act, what: Any) -> None:
    tenant_id = scene.tenant_of(what)
    with scene.stage.transaction(tenant_id) as tx:
        paid = payments.of_reference(tx, tenant_id, str(what.get("kassenzeichen") or scene.case_number()))
        payments.reverse(
            tx,
            tenant_id=tenant_id,
            payment_id=paid[-1].uuid,
            reason=str(what.get("grund", "Rückbuchung")),
            by=BY,
            now=clock.now(tx, tenant_id),
        )


def _aufgabe(scene: Scene, act: Act, what: Any) -> None:
    found = scene.open_tasks(str(what), act.target)
    if not found:
        shown = ", ".join(sorted(task.element_id for task in scene.open_tasks(None, None))) or "keine"
        raise errors.InvalidState(f"Die Aufgabe „{what}“ ist nicht offen. Offen sind: {shown}.")
    task = found[0]
    with scene.stage.transaction(task.tenant_id) as tx:
        scene.stage.complete(
            tx, task.tenant_id, task.id, _submitted(scene.resolved(tx, act.form)), by=act.role or BY, now=clock.now(tx, task.tenant_id)
        )


def _nachricht(scene: Scene, act: Act, what: Any) -> None:
    tenant_id = scene.tenant_of(what)
    with scene.stage.transaction(tenant_id) as tx:
        key = str(what.get("schluessel") or scene.case_number())
        data = scene.resolved(tx, {str(name): value for name, value in (what.get("daten") or {}).items()})
        process = str(what["prozess"]) if "prozess" in what else None
        messages.send(tx, str(what["name"]), key, data, tenant_id=tenant_id, process_key=process, now=clock.now(tx, tenant_id))


def _starten(scene: Scene, act: Act, what: Any) -> None:
    """Start a process by hand: `{prozess, schluessel, variablen, ereignis}`."""
    tenant_id = scene.tenant_of(what)
    with scene.stage.transaction(tenant_id) as tx:
        start = str(what["ereignis"]) if "ereignis" in what else None
        given = scene.resolved(tx, {str(name): value for name, value in (what.get("variablen") or {}).items()})
        instances.start(
            tx, str(what["prozess"]), str(what.get("schluessel", "")), given, tenant_id=tenant_id, now=clock.now(tx, tenant_id), by=BY,
            start_event=start,
        )  # fmt: skip


def _auftrag(scene: Scene, act: Act, what: Any) -> None:
    """End a job as a program outside would: `{topic, ergebnis}` or `{topic, fehlercode, meldung}`; the oldest of the topic, or that of `fuer`."""
    topic = str(what["topic"])
    found = _open_job(scene, topic, act.target)
    if found is None:
        raise errors.InvalidState(f"Ein Auftrag mit dem Topic „{topic}“ ist nicht offen.")
    tenant_id, job_id = found
    with scene.stage.transaction(tenant_id) as tx:
        now = clock.now(tx, tenant_id)
        external_tasks.lock(tx, tenant_id, job_id, worker=BY, lease=jobs.LEASE)
        given = scene.resolved(tx, {str(name): value for name, value in (what.get("ergebnis") or {}).items()})
        if "fehlercode" in what:
            code, message = str(what["fehlercode"]), str(what.get("meldung", ""))
            jobs.bpmn_error(tx, tenant_id, job_id, code, message, given, worker=BY, now=now)
        else:
            jobs.complete(tx, tenant_id, job_id, given, worker=BY, now=now)


def _open_job(scene: Scene, topic: str, target: str | None) -> tuple[int, UUID] | None:
    query = text(
        "select j.id from job j join process_instance p on p.tenant_id = j.tenant_id and p.id = j.instance_id"
        " where j.tenant_id = :t and j.topic = :topic and j.retries > 0 and (cast(:target as text) is null or p.business_key = :target)"
        " order by j.created_at, j.instance_id limit 1"
    )
    for tenant_id, tx in scene.stage.each_tenant():
        job_id = tx.execute(query, {"t": tenant_id, "topic": topic, "target": target}).scalar()
        if job_id is not None:
            return tenant_id, job_id
    return None


def _signal(scene: Scene, act: Act, what: Any) -> None:
    """Throw a signal from outside: `{name, daten}`."""
    tenant_id = scene.tenant_of(what)
    with scene.stage.transaction(tenant_id) as tx:
        signals.send(tx, str(what["name"]), {str(n): v for n, v in (what.get("daten") or {}).items()}, tenant_id=tenant_id)


def _sperre(scene: Scene, act: Act, what: Any) -> None:
    claim, tenant_id = scene.claim_of(what)
    with scene.stage.transaction(tenant_id) as tx:
        holds.set(
            tx,
            claim,
            reason=str(what["grund"]),
            until_on=what.get("bis"),
            by=BY,
            now=clock.now(tx, tenant_id),
            sender_tenant_id=tenant_id,
        )


def _sperre_aufheben(scene: Scene, act: Act, what: Any) -> None:
    claim, tenant_id = scene.claim_of(what)
    with scene.stage.transaction(tenant_id) as tx:
        holds.lift(tx, claim, by=BY, now=clock.now(tx, tenant_id), sender_tenant_id=tenant_id)


def _zustellung(scene: Scene, act: Act, what: Any) -> None:
    tenant_id = scene.stage.tenants["detmold"]
    with scene.stage.transaction(tenant_id) as tx:
        measure = measures.of_number(tx, tenant_id, str(what.get("fall") or scene.case_number()), int(what["massnahme"]))
        seizures.record_service(tx, tenant_id=tenant_id, measure_id=measure.uuid, served_on=what["am"], by=BY, now=clock.now(tx, tenant_id))


def _einwendung(scene: Scene, act: Act, what: Any) -> None:
    claim, tenant_id = scene.claim_of(what)
    with scene.stage.transaction(tenant_id) as tx:
        now = clock.now(tx, tenant_id)
        note = notes.keep(
            tx, tenant_id=tenant_id, subject="Einwendung", body=str(what.get("text", "Einwendung")), by=BY, now=now, claim=claim
        )
        payload = {"forderung_id": str(claim.uuid), "notiz": f"notiz:{note}"}
        for key, process in ((scene.claim_key(what), "mahnung"), (scene.case_number(), "beitreibung")):
            messages.send(tx, "einwendung_eingegangen", key, payload, tenant_id=tenant_id, process_key=process, now=now, optional=True)


def _post_zurueck(scene: Scene, act: Act, what: Any) -> None:
    """A letter comes back: the newest of a claim, or with `fall` and `vorlage` the newest of that template in the case."""
    if "vorlage" in what:
        tenant_id = scene.tenant_of(what)
        with scene.stage.transaction(tenant_id) as tx:
            of_case = letters.of_case(tx, tenant_id, str(what.get("fall") or scene.case_number()))
            of_template = [letter for letter in of_case if letter.template == what["vorlage"]]
            if not of_template:
                raise errors.NotFound(f"Ein Schreiben „{what['vorlage']}“ gibt es in dem Fall nicht.")
            reason, now = str(what.get("grund", "unbekannt verzogen")), clock.now(tx, tenant_id)
            actions.record_returned_mail(tx, tenant_id, of_template[-1].uuid, reason=reason, now=now)
        return
    claim, tenant_id = scene.claim_of(what)
    with scene.stage.transaction(tenant_id) as tx:
        now = clock.now(tx, tenant_id)
        sent = letters.of_claim(tx, tenant_id, claim.uuid)
        reason = str(what.get("grund", "unbekannt verzogen"))
        if sent:
            letters.set_returned(tx, tenant_id, sent[-1].uuid, on=now.astimezone(BERLIN).date(), reason=reason)
        payload = {"schreiben_id": str(sent[-1].uuid) if sent else None, "grund": reason}
        messages.send(tx, "post_zurueck", scene.claim_key(what), payload, tenant_id=tenant_id, process_key="mahnung", now=now)


def _forderung_aendern(scene: Scene, act: Act, what: Any) -> None:
    claim, tenant_id = scene.claim_of(what)
    with scene.stage.transaction(tenant_id) as tx:
        by_cent = money.cent(Decimal(str(what["um"]))) if "um" in what else None
        kind = "gemindert" if by_cent is not None else "zurueckgenommen"
        now = clock.now(tx, tenant_id)
        charges.change_claim(tx, claim, kind, sender_tenant_id=tenant_id, by=BY, now=now, reduce_by_cent=by_cent)


ACTS: Mapping[str, Callable[[Scene, Act, Any], None]] = {
    "einspielen": _einspielen,
    "mahnlauf": _mahnlauf,
    "zahlung": _zahlung,
    "storno": _storno,
    "aufgabe": _aufgabe,
    "nachricht": _nachricht,
    "starten": _starten,
    "auftrag": _auftrag,
    "signal": _signal,
    "sperre": _sperre,
    "sperre_aufheben": _sperre_aufheben,
    "zustellung": _zustellung,
    "einwendung": _einwendung,
    "post_zurueck": _post_zurueck,
    "forderung_aendern": _forderung_aendern,
}


def claims_file(rows: Sequence[Mapping[str, str]]) -> bytes:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    return claim_files.write(columns, [[row.get(column, "") for column in columns] for row in rows])


def _submitted(form: Mapping[str, object]) -> dict[str, object]:
    """Return form values as a browser would send them."""
    return {name: _sent(value) for name, value in form.items()}


def _sent(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _sent(item) for name, item in value.items()}
    return [_sent(item) for item in value] if isinstance(value, list) else value
