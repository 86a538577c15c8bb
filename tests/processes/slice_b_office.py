"""Given: an enforcement case of Detmold with claims of two cities, the real diagrams of desk, seizure and field, and virtual time.

A small `beitreibung` calls the diagram under test as the main line does. Tasks are completed through their real forms; free texts go
into notes. The printer is outside: `dispatch_letter` is the real topic where it exists, else a printer that remembers its orders.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from engine import clock, contents, deployments, instances, jobs, messages, replay, user_tasks, worker
from engine.db import Database
from forms import model, reader, validation
from processes import topics as topic_room
from processes.casefile import bundles, claims, holds, ledger, measures, notes, payments, seizures, tables, tenants, view
from processes.law import feel_functions
from tests.conftest import World
from tests.engine.spiff import bpmn
from tests.processes import city

ROOT = Path(__file__).parents[2]
BERLIN = ZoneInfo("Europe/Berlin")
NUMBER = "DT-2026-000001"
MAIN_LINE = ("uebernahme", "beitreibung", "vollstreckungsankuendigung")
MINE = ("innendienst", "pfaendung", "pfaendung_ueberwachung", "aussendienst", "buendel_pruefen", "barabrechnung")
OUT = ("massnahme_id", "massnahme_ergebnis", "innendienst_entscheidung", "innendienst_begruendung", "innendienst_belegt", "massnahme_art")


def host(called: str) -> bytes:
    """Return a `beitreibung` that calls one diagram with everything it has and takes everything back."""
    mapping = (
        '<bpmn:extensionElements><camunda:in variables="all"/><camunda:out variables="all"/></bpmn:extensionElements>'
    )  # fmt: skip
    body = (
        bpmn.node("startEvent", "s") + bpmn.node("callActivity", "aufruf", mapping, calledElement=called) + bpmn.node("endEvent", "e")
        + bpmn.chain("s", "aufruf", "e")
    )  # fmt: skip
    return bpmn.file(bpmn.process(body, key="beitreibung"))


@dataclass
class Office:
    """The case and what was printed."""

    database: Database
    world: World
    letters: list[Mapping[str, object]] = field(default_factory=list)

    @property
    def tenant_id(self) -> int:
        return self.world.detmold

    def begin_on(self, day: date) -> None:
        """Set the world's clock before anything happens."""
        with self.database.look() as tx:
            moment = datetime(day.year, day.month, day.day, 8, tzinfo=BERLIN)
            tx.execute(text("update world set virtual_now = :m where id = :w"), {"m": moment, "w": self.world.id})

    def hand_over(self, reference: str) -> None:
        """The claim's own process hands it over to the enforcing authority, per debtor."""
        with self.database.begin(self.tenant_id) as tx:
            (claim,) = claims.by_reference(tx, self.tenant_id, reference)
            slug = tenants.find(tx, claim.tenant_id).slug
            for debtor in claims.debtors_of(tx, claim):
                payload = {
                    "forderung_id": str(claim.uuid), "schuldner_id": str(debtor.debtor_uuid), "glaeubiger": slug, "kassenzeichen": reference,
                    "op_nr": claim.item_number, "forderungsart": claim.kind, "vollstreckbar_ab": self.today(tx),
                }  # fmt: skip
                key = f"{slug}/{reference}/{claim.item_number}/{debtor.debtor_uuid}"
                messages.send(
                    tx, "forderung_vollstreckbar", key, payload, tenant_id=self.tenant_id, process_key="uebernahme", now=self.now(tx)
                )
        self.settle()

    def case_numbers(self) -> list[str]:
        with self.database.begin(self.tenant_id) as tx:
            return list(
                tx.execute(
                    text("select number from enforcement_case where tenant_id = :t order by number"), {"t": self.tenant_id}
                ).scalars()
            )

    def claims_inside(self, number: str) -> list[str]:
        with self.database.begin(self.tenant_id) as tx:
            return sorted(claim.reference for claim in claims.of_case(tx, self.tenant_id, number))

    def bundle(self) -> list[object]:
        """Return the ids of the claims of the case."""
        with self.database.begin(self.tenant_id) as tx:
            return [facts["forderung_id"] for facts in self.facts(tx)]

    def set_hold(self, reference: str) -> None:
        with self.database.begin(self.tenant_id) as tx:
            (claim,) = claims.by_reference(tx, self.tenant_id, reference)
            holds.set(
                tx, claim, reason="Stundung", until_on=date(2026, 12, 31), by="anna", now=self.now(tx), sender_tenant_id=self.tenant_id
            )
        self.settle()

    def lift_hold(self, reference: str) -> None:
        with self.database.begin(self.tenant_id) as tx:
            (claim,) = claims.by_reference(tx, self.tenant_id, reference)
            holds.lift(tx, claim, by="anna", now=self.now(tx), sender_tenant_id=self.tenant_id)
        self.settle()

    def now(self, tx: Connection) -> datetime:
        return clock.now(tx, self.tenant_id)

    def until(self, day: date, hour: int = 8, minute: int = 0) -> None:
        """Let time pass; timers fire and jobs are done on the way."""
        worker.run_until(self.database, self.world.id, datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN))
        self.no_incidents()

    def settle(self) -> None:
        worker.settle(self.database, self.world.id)
        self.no_incidents()

    def no_incidents(self) -> None:
        with self.database.begin(self.tenant_id) as tx:
            assert [tuple(row) for row in tx.execute(text("select element_id, message from incident where resolved_at is null"))] == []

    def start(self, called: str, **more: object) -> UUID:
        """Start the case with one diagram."""
        with self.database.begin(self.tenant_id) as tx:
            files = {"beitreibung.bpmn": host(called)}
            deployments.deploy(tx, files, world_id=self.world.id, name="Fall", by="test", now=self.now(tx), readers={})
            found = claims.of_case(tx, self.tenant_id, NUMBER)
            variables = {
                "mandant": "detmold", "bundesland": "NW", "fallnummer": NUMBER, "schuldner_id": None, "forderungen": self.facts(tx),
                "offener_betrag": Decimal(sum(b.total_cent for b in ledger.balances(tx, found, self.today(tx)).values())).scaleb(-2), **more,
            }  # fmt: skip
            started = instances.start(tx, "beitreibung", NUMBER, variables, tenant_id=self.tenant_id, now=self.now(tx), by="test")
        self.settle()
        return started.uuid

    def today(self, tx: Connection) -> date:
        return self.now(tx).astimezone(BERLIN).date()

    def facts(self, tx: Connection) -> list[dict[str, object]]:
        return bundles.facts(tx, tenant_id=self.tenant_id, case_number=NUMBER, calendar="NW", on=self.today(tx))

    def tasks(self) -> list[str]:
        """Return the element ids of the open tasks, without those of the claims' own processes."""
        with self.database.begin(self.tenant_id) as tx:
            return sorted(task.element_id for task in user_tasks.open_tasks(tx, self.tenant_id) if task.process_key != "mahnung")

    def task(self, element: str) -> user_tasks.UserTask:
        with self.database.begin(self.tenant_id) as tx:
            (found,) = [task for task in user_tasks.open_tasks(tx, self.tenant_id) if task.element_id == element]
            return found

    def submit(self, element: str, *, by: str = "anna", **submitted: object) -> dict[str, str]:
        """Complete the open task through its form; return the errors per field (then nothing happened)."""
        with self.database.begin(self.tenant_id) as tx:
            (task,) = [task for task in user_tasks.open_tasks(tx, self.tenant_id) if task.element_id == element]
            form = reader.read((ROOT / "forms" / "definitions" / f"{task.form}.form").read_bytes())
            known = {**instances.variables_of(tx, self.tenant_id, task.instance_id), **task.variables}
            context = {"akte": view.form_context(tx, known, self.now(tx).date())}
            checked = validation.validate(form, submitted, known, now=self.now(tx), context=context)
            if checked.errors:
                return checked.errors
            values = self.keep_notes(tx, form, checked.values, by)
            user_tasks.complete(tx, self.tenant_id, task.id, values, by=by, now=self.now(tx))
        self.settle()
        return {}

    def done(self, element: str, *, by: str = "anna", **submitted: object) -> None:
        """Complete the open task; its form must accept the values."""
        refused = self.submit(element, by=by, **submitted)
        assert refused == {}, refused

    def keep_notes(self, tx: Connection, form: model.Form, values: Mapping[str, object], by: str) -> dict[str, object]:
        kept = dict(values)
        for key in (component.key for component in model.walk(form.components) if component.note):
            if isinstance(kept.get(key), str) and kept[key]:
                note = notes.keep(
                    tx, tenant_id=self.tenant_id, subject=key, body=str(kept[key]), by=by, now=self.now(tx), case_number=NUMBER
                )
                kept[key] = f"notiz:{note}"
        return kept

    def measure(self, number: int = 1) -> measures.Measure:
        with self.database.begin(self.tenant_id) as tx:
            return measures.of_number(tx, self.tenant_id, NUMBER, number)

    def serve(self, on: date, number: int = 1) -> None:
        with self.database.begin(self.tenant_id) as tx:
            measure = measures.of_number(tx, self.tenant_id, NUMBER, number)
            seizures.record_service(tx, tenant_id=self.tenant_id, measure_id=measure.uuid, served_on=on, by="post", now=self.now(tx))
        self.settle()

    def pay(self, cent: int, on: date, *, number: int | None = None, reference: str = NUMBER) -> payments.Payment:
        """A third party pays on a measure, or the debtor transfers to a reference."""
        with self.database.begin(self.tenant_id) as tx:
            if number is not None:
                measure = measures.of_number(tx, self.tenant_id, NUMBER, number)
                made = measures.book_payment(tx, tenant_id=self.tenant_id, measure_id=measure.uuid, amount_cent=cent, value_on=on,
                                             method="drittschuldner", by="kasse", now=self.now(tx))  # fmt: skip
            else:
                made = payments.book(tx, tenant_id=self.tenant_id, reference=reference, amount_cent=cent, value_on=on,
                                     method="ueberweisung", by="kasse", now=self.now(tx))  # fmt: skip
        self.settle()
        return made

    def tell(self, name: str, payload: Mapping[str, object], *, key: str, process_key: str | None = None) -> None:
        """Send a message to the case or a measure."""
        with self.database.begin(self.tenant_id) as tx:
            messages.send(tx, name, key, payload, tenant_id=self.tenant_id, process_key=process_key, now=self.now(tx))
        self.settle()

    def open_cent(self, reference: str) -> dict[str, int]:
        """Return what is open of a claim today, by component."""
        with self.database.begin(self.tenant_id) as tx:
            (claim,) = [claim for claim in claims.of_case(tx, self.tenant_id, NUMBER) if claim.reference == reference]
            return {kind: cent for kind, cent in ledger.balance(tx, claim.uuid, self.today(tx)).open_cent.items() if cent}

    def fees_cent(self) -> dict[str, int]:
        """Return what was booked of each fee and outlay of the measures, and is open, as kind -> cents."""
        with self.database.begin(self.tenant_id) as tx:
            return dict(ledger.case_balance(tx, self.tenant_id, NUMBER, self.today(tx)).open_cent)

    def booked_cent(self, kind: str) -> list[int]:
        with self.database.begin(self.tenant_id) as tx:
            rows = ledger.bookings(tx, [ledger.of_case(self.tenant_id, NUMBER)])
            return [row.amount_cent for row in rows if row.kind == kind]

    def variables(self, process_key: str = "beitreibung") -> dict[str, object]:
        with self.database.begin(self.tenant_id) as tx:
            key = tx.execute(text("select id from process_instance where process_key = :k order by id desc limit 1"), {"k": process_key})
            return instances.variables_of(tx, self.tenant_id, key.scalar_one())

    def running(self) -> list[str]:
        """Return the process keys of the running instances, without the claims' own."""
        with self.database.begin(self.tenant_id) as tx:
            rows = tx.execute(
                text("select process_key from process_instance where ended_at is null and process_key <> 'mahnung' order by 1")
            )
            return list(rows.scalars())

    def replays_identically(self) -> bool:
        with self.database.begin(self.tenant_id) as tx:
            found = tx.execute(text("select id from process_instance where tenant_id = :t"), {"t": self.tenant_id}).scalars().all()
            return all(replay.replay(tx, self.tenant_id, instance_id).identical for instance_id in found)

    def letter_names(self) -> list[object]:
        return [letter["vorlage"] for letter in self.letters]


def deploy(office: Office, names: tuple[str, ...]) -> None:
    """Deploy the diagrams with their tables and all forms; without the main line one that calls only a part of it."""
    with office.database.begin(office.tenant_id) as tx:
        files = {"beitreibung.bpmn": host("innendienst")} | {
            file.name: file.read_bytes()
            for name in names
            for file in (ROOT / "processes" / name).iterdir()
            if file.suffix in (".bpmn", ".dmn")
        }
        files |= {file.name: file.read_bytes() for file in (ROOT / "forms" / "definitions").glob("*.form")}
        readers = {"form": contents.Reader(keys=lambda content, name: [(Path(name).stem, "")], check=lambda content, name: [])}
        deployments.deploy(tx, files, world_id=office.world.id, name="Maßnahmen", by="test", now=office.now(tx), readers=readers)


def open_main_line(database: Database, world: World, *rows: tuple[str, Mapping[str, str]], start: date) -> Office:
    """Bring in claims that are already dunned and deploy the whole main line; no case is open yet."""
    office = Office(database, world)
    office.begin_on(start)
    database.runtime.functions = feel_functions.FUNCTIONS
    database.runtime.topics.update(all_topics(office))
    city.settle_in(database, world)
    for slug, row in rows:
        city.take_claims(database, getattr(world, slug), slug, row)
    deploy(office, MAIN_LINE + MINE)
    return office


def open_office(database: Database, world: World, *rows: tuple[str, Mapping[str, str]], start: date | None = None) -> Office:
    """Bring in claims that are already dunned, as (city, row), bundle them in one case, deploy the diagrams."""
    office = Office(database, world)
    if start is not None:
        office.begin_on(start)
    database.runtime.functions = feel_functions.FUNCTIONS
    database.runtime.topics.update(all_topics(office))
    city.settle_in(database, world)
    found = [claim for slug, row in rows for claim in city.take_claims(database, getattr(world, slug), slug, row)]
    with database.begin(world.detmold) as tx:
        city.open_case(tx, world.detmold, NUMBER, *found)
    deploy(office, MINE)
    return office


def all_topics(office: Office) -> dict[str, jobs.Topic]:
    """Return every topic of the room; the printer remembers what it is to print."""
    found = {}
    for module in pkgutil.iter_modules(topic_room.__path__):
        topic: jobs.Topic = importlib.import_module(f"processes.topics.{module.name}").TOPIC
        found[topic.name] = topic

    def printed(tx: Connection, job: jobs.Job, result: object, now: datetime) -> dict[str, object]:
        office.letters.append(dict(job.variables))
        return {"schreiben_id": str(job.id), "versandt_am": now.astimezone(BERLIN).date()}

    found["dispatch_letter"] = replace(found["dispatch_letter"], record=printed)
    return found


def join_case(office: Office, slug: str, row: Mapping[str, str]) -> claims.Claim:
    """A further claim of the debtor joins the case, as `uebernahme` lets it."""
    (claim,) = city.take_claims(office.database, getattr(office.world, slug), slug, row)
    with office.database.begin(office.tenant_id) as tx:
        insert = tables.case_claim.insert().values(
            tenant_id=claim.tenant_id, claim_id=claim.id, debtor_id=claim.debtor_id, enforcing_tenant_id=claim.enforcing_tenant_id,
            case_number=NUMBER, joined_at=office.now(tx),
        )  # fmt: skip
        tx.execute(insert)
    return claim
