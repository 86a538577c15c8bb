"""What two things at the same moment lead to: virtual time lets one settle before the other, a production night does not."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import text

from api import scenario_tests, seeding
from engine import clock, history, timers, worker
from processes import imports, runs, scenario_acts, scenarios
from processes.casefile import payments
from tests.processes.conftest import Played

CLAIM = {
    **scenario_acts.CLAIM, **scenario_acts.PERSON, "mandant": "detmold", "nachname": "Muster", "kassenzeichen": "DE260900001",
    "faellig_am": "15.08.2026", "betrag": "248,37",
}  # fmt: skip


def test_a_payment_booked_as_the_grace_days_end_is_not_handed_over(played: Played) -> None:
    database = played.database
    seeded = seeding.sandbox(database, "Wettlauf", clock=berlin(2026, 9, 2), files=played.files)
    detmold = seeded.tenants["detmold"]
    with database.begin(detmold) as tx:
        received = imports.receive(
            tx, tenant_id=detmold, name="f.csv", content=scenario_acts.claims_file([CLAIM]), by="test", now=clock.now(tx, detmold)
        )
    imports.process(lambda: database.begin(detmold), received, clock=lambda tx: clock.now(tx, detmold), by="test")
    worker.run_until(database, seeded.world_id, berlin(2026, 9, 2))
    with database.begin(detmold) as tx:
        run_id = runs.start(tx, detmold, by="test", now=clock.now(tx, detmold))
    runs.process(lambda: database.begin(detmold), detmold, run_id)
    worker.run_until(database, seeded.world_id, berlin(2026, 9, 28, 23))

    with database.look() as tx:
        clock.set_virtual(tx, seeded.world_id, berlin(2026, 9, 29, 0))
    with database.begin(detmold) as tx:
        now = clock.now(tx, detmold)
        payments.book(
            tx, tenant_id=detmold, reference="DE260900001", amount_cent=25937, value_on=date(2026, 9, 28), method="ueberweisung",
            by="test", now=now,
        )  # fmt: skip
        (timer_id,) = tx.execute(text("select id from timer where tenant_id = :t and due_at <= :now"), {"t": detmold, "now": now}).scalars()
        timers.fire(tx, detmold, timer_id, now=now)
        # The job that reads the balance comes before the message of the payment, as in a busy worker.
        (job_id,) = tx.execute(text("select id from job where tenant_id = :t"), {"t": detmold}).scalars()
    worker.do_job(database, detmold, job_id, worker="test", report=worker.Report())
    worker.run_until(database, seeded.world_id, berlin(2026, 9, 30))

    with database.begin(detmold) as tx:
        (instance,) = tx.execute(text("select id, status from process_instance where tenant_id = :t"), {"t": detmold}).all()
        completed = {element for row in history.read(tx, detmold, instance.id) for _, element, _, _ in row.content["events"]}
    assert instance.status == "completed"
    assert "bezahlt" in completed
    assert scenario_tests.RACE in played.files["mahnung.bpmn"].decode()


def berlin(year: int, month: int, day: int, hour: int = 8) -> datetime:
    return datetime(year, month, day, hour, tzinfo=scenarios.BERLIN)
