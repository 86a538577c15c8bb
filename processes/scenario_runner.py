"""Play a scenario in virtual time and compare what it expects: letters, balances, open tasks, processes, elements.

Opens no transaction: the caller hands in `transaction(tenant_id)`, `move(until)` and `complete(...)`, which are the very ones of the
program. A scenario acts only through claims files, runs, forms, messages, payments and the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection, text

from engine import clock, errors, external_tasks, history, incidents, instances, jobs, messages, signals, user_tasks
from processes import actions, claim_files, imports, money, runs, scenarios
from processes.casefile import charges, claims, debtors, holds, ledger, letters, measures, notes, payments, seizures
from processes.scenarios import BERLIN, Act, Scenario

BY = "szenario"
PERSON = {
    "rechtsform": "nat", "vorname": "Mara", "geburtsdatum": "01.02.1980", "strasse": "Lange Straße", "hausnummer": "1", "plz": "32756",
    "ort": "Detmold", "land": "DE",
}  # fmt: skip
CLAIM = {"op_nr": "1", "forderungsart": "Grundsteuer B", "bescheid_vom": "15.01.2026", "schuldner_nr": "S90001"}


class Complete(Protocol):
    def __call__(
        self, tx: Connection, tenant_id: int, task_id: UUID, submitted: Mapping[str, object], *, by: str, now: datetime
    ) -> user_tasks.Completion: ...


@dataclass(frozen=True, slots=True)
class Stage:
    """The world a scenario plays in, and the program's own verbs."""

    world_id: int
    tenants: Mapping[str, int]
    transaction: Callable[[int], AbstractContextManager[Connection]]
    move: Callable[[datetime], object]
    complete: Complete


@dataclass
class Outcome:
    """faults: German, with the step's number; empty where all is as expected.

    reached: element ids by process and scope (`mahnung/`, `beitreibung/ankuendigung`).
    """

    scenario: Scenario
    faults: list[str] = field(default_factory=list)
    reached: dict[str, set[str]] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return not self.faults


def play(scenario: Scenario, stage: Stage) -> Outcome:
    """Play the scenario to its end, or to the first act that the program refuses unexpectedly."""
    outcome = Outcome(scenario)
    player = Player(scenario, stage, outcome)
    try:
        player.bring_in()
        for act in scenario.acts:
            if not player.act(act):
                break
        else:
            player.expect("Am Ende", scenario.then, None)
    except (errors.Rejected, errors.Incident) as refused:
        outcome.faults.append(f"Unerwartet abgelehnt: {refused}")
    player.collect_reached()
    return outcome


class Player:
    """Does one act after another in a stage, and compares what an act expects."""

    def __init__(self, scenario: Scenario, stage: Stage, outcome: Outcome) -> None:
        self.scenario = scenario
        self.stage = stage
        self.outcome = outcome
        self.seen_letters: set[UUID] = set()
        self.last_report: imports.Report | None = None

    # -- acting
    def bring_in(self) -> None:
        """Import the scenario's claims, one file per tenant, with its joint debtors."""
        for slug in dict.fromkeys(row.get("mandant", "detmold") for row in self.scenario.claims):
            rows = [{**CLAIM, **PERSON, **row, "mandant": slug} for row in self.scenario.claims if row.get("mandant", "detmold") == slug]
            for row in rows:
                row.setdefault("nachname", f"Muster {row['schuldner_nr']}")
            joint = [{**row, "mandant": slug} for row in self.scenario.joint_debtors if row.get("mandant", "detmold") == slug]
            self.import_rows(slug, rows, joint)
        self.stage.move(self.scenario.starts_at)

    def import_rows(self, slug: str, rows: Sequence[Mapping[str, str]], joint: Sequence[Mapping[str, str]]) -> None:
        tenant_id = self.stage.tenants[slug]
        with self.stage.transaction(tenant_id) as tx:
            received = imports.receive(
                tx, tenant_id=tenant_id, name=f"{self.scenario.path.stem}.csv", content=claims_file(rows), by=BY, now=clock.now(tx, tenant_id),
                joint_name="gesamtschuldner.csv" if joint else None, joint_content=claims_file(joint) if joint else None,
            )  # fmt: skip
        imports.process(lambda: self.stage.transaction(tenant_id), received, clock=lambda tx: clock.now(tx, tenant_id), by=BY)
        with self.stage.transaction(tenant_id) as tx:
            self.last_report = imports.report(tx, received)
        for line in self.last_report.rejected_lines:
            reasons = "; ".join(f"{fault.column}: {fault.reason}" for fault in line.faults)
            self.outcome.faults.append(f"Zeile {line.number} der Forderungsdatei wurde abgewiesen: {reasons}")

    def act(self, act: Act) -> bool:
        """Do one act; return whether the scenario can go on."""
        where = f"Schritt {act.number}"
        if act.at is not None:
            self.stage.move(act.at)
        if act.kind is not None:
            try:
                getattr(self, f"do_{act.kind}")(act, act.what)
            except errors.InvalidInput as refused:
                return self.refused(where, act, refused, refused.fields)
            except errors.Rejected as refused:
                return self.refused(where, act, refused, {})
            if act.refused is not None or act.form_errors:
                self.outcome.faults.append(f"{where}: „{act.kind}“ sollte abgelehnt werden, wurde aber angenommen.")
        self.stage.move(self.now())
        self.expect(where, act.then, act)
        return True

    def refused(self, where: str, act: Act, refusal: errors.Rejected, fields: Mapping[str, str]) -> bool:
        if act.refused is not None and act.refused in str(refusal):
            return True
        if act.form_errors and all(part in fields.get(name, "") for name, part in act.form_errors.items()):
            return True
        told = "; ".join([str(refusal), *(f"{name}: {message}" for name, message in fields.items())])
        self.outcome.faults.append(f"{where}: „{act.kind}“ wurde abgelehnt: {told}")
        return False

    def now(self) -> datetime:
        tenant_id = self.stage.tenants["detmold"]
        with self.stage.transaction(tenant_id) as tx:
            return clock.now(tx, tenant_id)

    def do_einspielen(self, act: Act, what: Any) -> None:
        rows = [{**CLAIM, **PERSON, **{str(k): scenarios.cell(v) for k, v in row.items()}} for row in what]
        for slug in dict.fromkeys(row.get("mandant", "detmold") for row in rows):
            self.import_rows(
                slug, [{"nachname": "Muster", **row, "mandant": slug} for row in rows if row.get("mandant", "detmold") == slug], []
            )

    def do_mahnlauf(self, act: Act, what: Any) -> None:
        tenant_id = self.stage.tenants[str(what)]
        with self.stage.transaction(tenant_id) as tx:
            run_id = runs.start(tx, tenant_id, by=BY, now=clock.now(tx, tenant_id))
        runs.process(lambda: self.stage.transaction(tenant_id), tenant_id, run_id)

    def do_zahlung(self, act: Act, what: Any) -> None:
        reference = str(what.get("kassenzeichen") or what.get("fall") or self.case_number())
        tenant_id = self.tenant_of(what)
        with self.stage.transaction(tenant_id) as tx:
            now = clock.now(tx, tenant_id)
            value_on = what.get("wertstellung") or now.astimezone(BERLIN).date()
            cent = money.cent(Decimal(str(what["betrag"])))
            method = str(what.get("art", "ueberweisung"))
            receipt = what.get("quittung")
            if "massnahme" in what:
                measure = measures.of_number(tx, tenant_id, str(what.get("fall") or self.case_number()), int(what["massnahme"]))
                measures.book_payment(
                    tx, tenant_id=tenant_id, measure_id=measure.uuid, amount_cent=cent, value_on=value_on, method=method, by=BY, now=now
                )
                return
            payments.book(
                tx, tenant_id=tenant_id, reference=reference, amount_cent=cent, value_on=value_on, method=method, by=BY, now=now,
                receipt=str(receipt) if receipt is not None else ("Q-1" if method == "bar" else None),
            )  # fmt: skip

    def do_storno(self, act: Act, what: Any) -> None:
        tenant_id = self.tenant_of(what)
        with self.stage.transaction(tenant_id) as tx:
            paid = payments.of_reference(tx, tenant_id, str(what.get("kassenzeichen") or self.case_number()))
            payments.reverse(
                tx,
                tenant_id=tenant_id,
                payment_id=paid[-1].uuid,
                reason=str(what.get("grund", "Rückbuchung")),
                by=BY,
                now=clock.now(tx, tenant_id),
            )

    def do_aufgabe(self, act: Act, what: Any) -> None:
        found = self.open_tasks(str(what), act.target)
        if not found:
            shown = ", ".join(sorted(task.element_id for task in self.open_tasks(None, None))) or "keine"
            raise errors.InvalidState(f"Die Aufgabe „{what}“ ist nicht offen. Offen sind: {shown}.")
        task = found[0]
        with self.stage.transaction(task.tenant_id) as tx:
            self.stage.complete(
                tx, task.tenant_id, task.id, _submitted(self.resolved(tx, act.form)), by=act.role or BY, now=clock.now(tx, task.tenant_id)
            )

    def resolved(self, tx: Connection, form: Mapping[str, object]) -> dict[str, object]:
        """Replace `forderung:KASSENZEICHEN[/OP_NR]` and `schuldner:STADT/SCHULDNER_NR` by the ids that only the program knows."""

        def of(value: object) -> object:
            if isinstance(value, list):
                return [of(item) for item in value]
            kind, _, name = value.partition(":") if isinstance(value, str) else ("", "", "")
            if kind == "forderung":
                reference, _, item = name.partition("/")
                claim = claims.by_key(tx, self.stage.tenants[self.slug_of(reference)], reference, item or "1")
                return value if claim is None else str(claim.uuid)
            if kind == "schuldner":
                slug, _, number = name.partition("/")
                debtor = debtors.by_numbers(tx, self.stage.tenants[slug], [number]).get(number)
                return value if debtor is None else str(debtor.uuid)
            return value

        return {name: of(value) for name, value in form.items()}

    def do_nachricht(self, act: Act, what: Any) -> None:
        tenant_id = self.tenant_of(what)
        with self.stage.transaction(tenant_id) as tx:
            key = str(what.get("schluessel") or self.case_number())
            data = self.resolved(tx, {str(name): value for name, value in (what.get("daten") or {}).items()})
            process = str(what["prozess"]) if "prozess" in what else None
            messages.send(tx, str(what["name"]), key, data, tenant_id=tenant_id, process_key=process, now=clock.now(tx, tenant_id))

    def do_starten(self, act: Act, what: Any) -> None:
        """Start a process by hand: `{prozess, schluessel, variablen, ereignis}`."""
        tenant_id = self.tenant_of(what)
        with self.stage.transaction(tenant_id) as tx:
            start = str(what["ereignis"]) if "ereignis" in what else None
            given = self.resolved(tx, {str(name): value for name, value in (what.get("variablen") or {}).items()})
            instances.start(
                tx, str(what["prozess"]), str(what.get("schluessel", "")), given, tenant_id=tenant_id, now=clock.now(tx, tenant_id), by=BY,
                start_event=start,
            )  # fmt: skip

    def do_auftrag(self, act: Act, what: Any) -> None:
        """End a job as a program outside would: `{topic, ergebnis}` or `{topic, fehlercode, meldung}`."""
        topic = str(what["topic"])
        found = self.open_job(topic)
        if found is None:
            raise errors.InvalidState(f"Ein Auftrag mit dem Topic „{topic}“ ist nicht offen.")
        tenant_id, job_id = found
        with self.stage.transaction(tenant_id) as tx:
            now = clock.now(tx, tenant_id)
            external_tasks.lock(tx, tenant_id, job_id, worker=BY, lease=jobs.LEASE)
            given = self.resolved(tx, {str(name): value for name, value in (what.get("ergebnis") or {}).items()})
            if "fehlercode" in what:
                code, message = str(what["fehlercode"]), str(what.get("meldung", ""))
                jobs.bpmn_error(tx, tenant_id, job_id, code, message, given, worker=BY, now=now)
            else:
                jobs.complete(tx, tenant_id, job_id, given, worker=BY, now=now)

    def open_job(self, topic: str) -> tuple[int, UUID] | None:
        query = text("select id from job where tenant_id = :t and topic = :topic and retries > 0 order by created_at, instance_id limit 1")
        for tenant_id in self.stage.tenants.values():
            with self.stage.transaction(tenant_id) as tx:
                job_id = tx.execute(query, {"t": tenant_id, "topic": topic}).scalar()
            if job_id is not None:
                return tenant_id, job_id
        return None

    def do_signal(self, act: Act, what: Any) -> None:
        """Throw a signal from outside: `{name, daten}`."""
        tenant_id = self.tenant_of(what)
        with self.stage.transaction(tenant_id) as tx:
            signals.send(tx, str(what["name"]), {str(n): v for n, v in (what.get("daten") or {}).items()}, tenant_id=tenant_id)

    def do_sperre(self, act: Act, what: Any) -> None:
        claim, tenant_id = self.claim_of(what)
        with self.stage.transaction(tenant_id) as tx:
            holds.set(
                tx,
                claim,
                reason=str(what["grund"]),
                until_on=what.get("bis"),
                by=BY,
                now=clock.now(tx, tenant_id),
                sender_tenant_id=tenant_id,
            )

    def do_sperre_aufheben(self, act: Act, what: Any) -> None:
        claim, tenant_id = self.claim_of(what)
        with self.stage.transaction(tenant_id) as tx:
            holds.lift(tx, claim, by=BY, now=clock.now(tx, tenant_id), sender_tenant_id=tenant_id)

    def do_zustellung(self, act: Act, what: Any) -> None:
        tenant_id = self.stage.tenants["detmold"]
        with self.stage.transaction(tenant_id) as tx:
            measure = measures.of_number(tx, tenant_id, str(what.get("fall") or self.case_number()), int(what["massnahme"]))
            seizures.record_service(
                tx, tenant_id=tenant_id, measure_id=measure.uuid, served_on=what["am"], by=BY, now=clock.now(tx, tenant_id)
            )

    def do_einwendung(self, act: Act, what: Any) -> None:
        claim, tenant_id = self.claim_of(what)
        with self.stage.transaction(tenant_id) as tx:
            now = clock.now(tx, tenant_id)
            note = notes.keep(
                tx, tenant_id=tenant_id, subject="Einwendung", body=str(what.get("text", "Einwendung")), by=BY, now=now, claim=claim
            )
            payload = {"forderung_id": str(claim.uuid), "notiz": f"notiz:{note}"}
            for key, process in ((self.claim_key(what), "mahnung"), (self.case_number(), "beitreibung")):
                messages.send(tx, "einwendung_eingegangen", key, payload, tenant_id=tenant_id, process_key=process, now=now, optional=True)

    def do_post_zurueck(self, act: Act, what: Any) -> None:
        """A letter comes back: the newest of a claim, or with `fall` and `vorlage` the newest of that template in the case."""
        if "vorlage" in what:
            tenant_id = self.tenant_of(what)
            with self.stage.transaction(tenant_id) as tx:
                of_case = letters.of_case(tx, tenant_id, str(what.get("fall") or self.case_number()))
                of_template = [letter for letter in of_case if letter.template == what["vorlage"]]
                if not of_template:
                    raise errors.NotFound(f"Ein Schreiben „{what['vorlage']}“ gibt es in dem Fall nicht.")
                reason, now = str(what.get("grund", "unbekannt verzogen")), clock.now(tx, tenant_id)
                actions.record_returned_mail(tx, tenant_id, of_template[-1].uuid, reason=reason, now=now)
            return
        claim, tenant_id = self.claim_of(what)
        with self.stage.transaction(tenant_id) as tx:
            now = clock.now(tx, tenant_id)
            sent = letters.of_claim(tx, tenant_id, claim.uuid)
            reason = str(what.get("grund", "unbekannt verzogen"))
            if sent:
                letters.set_returned(tx, tenant_id, sent[-1].uuid, on=now.astimezone(BERLIN).date(), reason=reason)
            payload = {"schreiben_id": str(sent[-1].uuid) if sent else None, "grund": reason}
            messages.send(tx, "post_zurueck", self.claim_key(what), payload, tenant_id=tenant_id, process_key="mahnung", now=now)

    def do_forderung_aendern(self, act: Act, what: Any) -> None:
        claim, tenant_id = self.claim_of(what)
        with self.stage.transaction(tenant_id) as tx:
            by_cent = money.cent(Decimal(str(what["um"]))) if "um" in what else None
            kind = "gemindert" if by_cent is not None else "zurueckgenommen"
            now = clock.now(tx, tenant_id)
            charges.change_claim(tx, claim, kind, sender_tenant_id=tenant_id, by=BY, now=now, reduce_by_cent=by_cent)

    # -- finding
    def claim_key(self, what: Any) -> str:
        return f"{what.get('mandant', self.slug_of(str(what['kassenzeichen'])))}/{what['kassenzeichen']}/{what.get('op_nr', '1')}"

    def slug_of(self, reference: str) -> str:
        return next((row.get("mandant", "detmold") for row in self.scenario.claims if row["kassenzeichen"] == reference), "detmold")

    def tenant_of(self, what: Any) -> int:
        slug = what.get("mandant") or (self.slug_of(str(what["kassenzeichen"])) if what.get("kassenzeichen") else "detmold")
        return self.stage.tenants[str(slug)]

    def claim_of(self, what: Any) -> tuple[claims.Claim, int]:
        tenant_id = self.tenant_of(what)
        with self.stage.transaction(tenant_id) as tx:
            claim = claims.by_key(tx, tenant_id, str(what["kassenzeichen"]), str(what.get("op_nr", "1")))
        if claim is None:
            raise errors.NotFound(f"Die Forderung {what['kassenzeichen']} gibt es im Szenario nicht.")
        return claim, tenant_id

    def case_number(self) -> str:
        tenant_id = self.stage.tenants["detmold"]
        with self.stage.transaction(tenant_id) as tx:
            query = text(
                "select business_key from process_instance where tenant_id = :t and process_key = 'beitreibung' order by id desc limit 1"
            )
            return str(tx.execute(query, {"t": tenant_id}).scalar() or "")

    def open_tasks(self, element: str | None, target: str | None) -> list[user_tasks.UserTask]:
        found = []
        for tenant_id in self.stage.tenants.values():
            with self.stage.transaction(tenant_id) as tx:
                found += user_tasks.open_tasks(tx, tenant_id, element_id=element, limit=200)
        return [task for task in found if target is None or target in task.business_key]

    # -- expecting
    def expect(self, where: str, then: Mapping[str, object], act: Act | None) -> None:
        for kind, expected in then.items():
            getattr(self, f"expect_{kind}")(where, expected)
        if then and "stoerungen" not in then:
            self.expect_stoerungen(where, [])

    def fault(self, where: str, message: str) -> None:
        self.outcome.faults.append(f"{where}: {message}")

    def expect_aufgaben(self, where: str, expected: Any) -> None:
        found = sorted(task.element_id for task in self.open_tasks(None, None))
        if found != sorted(str(element) for element in expected):
            self.fault(where, f"Offene Aufgaben sind {found}, erwartet werden {sorted(expected)}.")

    def expect_konto(self, where: str, expected: Any) -> None:
        for reference, wanted in expected.items():
            found = self.balance(str(reference))
            for name, amount in wanted.items():
                actual = found.get(str(name), Decimal(0))
                if actual != Decimal(str(amount)):
                    self.fault(where, f"{reference}: {name} ist {actual}, erwartet wird {amount}.")

    def balance(self, reference: str) -> dict[str, Decimal]:
        """Return the open euros per component of a claim (Kassenzeichen, or Kassenzeichen/op_nr) or of a case (`fall`)."""
        today = self.now().astimezone(BERLIN).date()
        if reference == "fall":
            tenant_id = self.stage.tenants["detmold"]
            with self.stage.transaction(tenant_id) as tx:
                found = ledger.case_balance(tx, tenant_id, self.case_number(), today)
        else:
            key, _, item = reference.partition("/")
            tenant_id = self.stage.tenants[self.slug_of(key)]
            with self.stage.transaction(tenant_id) as tx:
                claim = claims.by_key(tx, tenant_id, key, item or "1")
                if claim is None:
                    return {}
                found = ledger.balance(tx, claim.uuid, today)
        return {**{name: money.euro(cent) for name, cent in found.open_cent.items()}, "gesamt": money.euro(found.total_cent)}

    def expect_schreiben(self, where: str, expected: Any) -> None:
        written = self.new_letters()
        if len(written) != len(expected):
            self.fault(where, f"Geschrieben wurden {[letter.template for letter in written]}, erwartet werden {len(expected)} Schreiben.")
        left = list(written)
        for wanted in expected:
            fitting = [letter for letter in left if letter.template == wanted.get("vorlage")]
            if not fitting:
                self.fault(where, f"Das Schreiben „{wanted.get('vorlage')}“ fehlt.")
                continue
            # Letters of one run have no order among themselves: compare with the one that deviates least.
            match = min(fitting, key=lambda letter: len(_deviations(letter, wanted)))
            left.remove(match)
            for deviation in _deviations(match, wanted):
                self.fault(where, deviation)

    def new_letters(self) -> list[letters.Letter]:
        found: list[letters.Letter] = []
        for tenant_id in self.stage.tenants.values():
            with self.stage.transaction(tenant_id) as tx:
                found += letters.since(tx, tenant_id, self.scenario.starts_at)
        fresh = [letter for letter in found if letter.uuid not in self.seen_letters]
        self.seen_letters |= {letter.uuid for letter in fresh}
        return fresh

    def expect_prozesse(self, where: str, expected: Any) -> None:
        for key, wanted in expected.items():
            states: list[str] = []
            for tenant_id in self.stage.tenants.values():
                with self.stage.transaction(tenant_id) as tx:
                    query = text("select status from process_instance where tenant_id = :t and process_key = :k order by id")
                    states += [row.status for row in tx.execute(query, {"t": tenant_id, "k": str(key)})]
            running = sum(state == "running" for state in states)
            actual = "keiner" if not states else "offen" if running else "beendet"
            if actual != wanted:
                self.fault(where, f"Prozess „{key}“ ist {actual}, erwartet wird {wanted}.")

    def expect_elemente(self, where: str, expected: Any) -> None:
        reached = set().union(*self.collect_reached().values())
        for element in expected:
            if element not in reached:
                self.fault(where, f"Das Element „{element}“ wurde nicht erreicht.")

    def expect_nicht_elemente(self, where: str, expected: Any) -> None:
        reached = set().union(*self.collect_reached().values())
        for element in expected:
            if element in reached:
                self.fault(where, f"Das Element „{element}“ wurde erreicht.")

    def expect_variablen(self, where: str, expected: Any) -> None:
        for key, wanted in expected.items():
            found: dict[str, object] = {}
            for tenant_id in self.stage.tenants.values():
                with self.stage.transaction(tenant_id) as tx:
                    query = text("select id from process_instance where tenant_id = :t and process_key = :k order by id")
                    for row in tx.execute(query, {"t": tenant_id, "k": str(key)}).all():
                        found |= instances.variables_of(tx, tenant_id, row.id)
            for name, value in wanted.items():
                if not _same(found.get(str(name)), value):
                    self.fault(where, f"Variable „{name}“ von „{key}“ ist {found.get(str(name))}, erwartet wird {value}.")

    def expect_stoerungen(self, where: str, expected: Any) -> None:
        found: list[str] = []
        for tenant_id in self.stage.tenants.values():
            with self.stage.transaction(tenant_id) as tx:
                found += [incident.message for incident in incidents.open_ones(tx, tenant_id)]
        for message in found:
            if not any(str(part) in message for part in expected):
                self.fault(where, f"Störung: {message}")
        for part in expected:
            if not any(str(part) in message for message in found):
                self.fault(where, f"Die Störung „{part}“ fehlt.")

    def expect_bericht(self, where: str, expected: Any) -> None:
        for name, value in expected.items():
            actual = getattr(
                self.last_report, {"zeilen": "lines", "angenommen": "accepted", "abgewiesen": "rejected", "doppelt": "duplicate"}[name]
            )
            if actual != value:
                self.fault(where, f"Einspielbericht: {name} ist {actual}, erwartet wird {value}.")

    def collect_reached(self) -> dict[str, set[str]]:
        """Return (and keep) the elements of each process and scope that completed, were activated, or whose flow was taken."""
        for tenant_id in self.stage.tenants.values():
            with self.stage.transaction(tenant_id) as tx:
                rows = tx.execute(
                    text("select id, process_key, bundle_id from process_instance where tenant_id = :t"), {"t": tenant_id}
                ).all()
                for row in rows:
                    for command in history.read(tx, tenant_id, row.id):
                        for kind, element, scope, _ in command.content["events"]:
                            if kind in ("element_activated", "element_completed", "flow_taken") and element:
                                self.outcome.reached.setdefault(f"{row.process_key}/{scope}", set()).add(element)
        return self.outcome.reached


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


def _same(actual: object, expected: object) -> bool:
    if isinstance(expected, Decimal | int) and not isinstance(expected, bool):
        try:
            return Decimal(str(actual)) == Decimal(expected)
        except ArithmeticError:
            return False
    if isinstance(expected, date):
        return str(actual) in (expected.isoformat(), f"{expected:%d.%m.%Y}")
    return actual == expected


def _deviations(letter: letters.Letter, wanted: Mapping[str, object]) -> list[str]:
    values = letter.inputs.get("werte")
    facts = values if isinstance(values, Mapping) else letter.inputs
    return [
        f"Schreiben „{letter.template}“: {name} ist {facts.get(name)}, erwartet wird {value}."
        for name, value in wanted.items()
        if name != "vorlage" and not _same(facts.get(name), value)
    ]
