"""Letters in the case file: ordered exactly once with the step, one Mahnung per debtor and run, printed from what was frozen."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from engine import clock, contents, deployments, errors, jobs, worker
from engine.db import Database
from processes import letters as printing
from processes import runs
from processes.casefile import claim_letters, claims, holds, letters, timeline
from processes.topics import dispatch_letter, post_charge
from tests.conftest import World
from tests.engine.spiff import bpmn
from tests.processes import city, letter_samples

MAHNUNG = (
    bpmn.node("startEvent", "s") + bpmn.node("intermediateCatchEvent", "mahnlauf", '<bpmn:messageEventDefinition messageRef="lauf"/>')
    + bpmn.job("gebuehr", "post_charge", bpmn.io({
        "forderung_id": "=forderung_id", "art": '="mahngebuehr"', "betrag": "=if hauptforderung > 200 then 7 else 6", "rechtsgrundlage": '="§ 9 VO VwVG NRW"',
    }))
    + bpmn.job("mahnung_versenden", "dispatch_letter", bpmn.io({
        "vorlage": '="mahnung"', "schreiben_id": "=schreiben_id", "forderung_id": "=forderung_id", "mahnfrist_bis": "=mahnfrist_bis",
    }))
    + bpmn.node("endEvent", "e") + bpmn.chain("s", "mahnlauf", "gebuehr", "mahnung_versenden", "e")
)  # fmt: skip
DIAGRAM = bpmn.file(bpmn.process(MAHNUNG, key="mahnung")).replace(
    b"</bpmn:definitions>", b'<bpmn:message id="lauf" name="mahnlauf"/></bpmn:definitions>'
)
LETTERS = contents.Reader(keys=printing.keys, check=printing.check)


@pytest.fixture
def office(database: Database, world: World) -> Database:
    """Detmold with our letters deployed, and a `mahnung` that waits for the run."""
    database.runtime.topics |= {topic.name: topic for topic in (post_charge.TOPIC, dispatch_letter.TOPIC)}
    city.settle_in(database, world)
    with database.begin(world.detmold) as tx:
        files = {"mahnung.bpmn": DIAGRAM, **printing.own_shared()}
        files |= {path.name: path.read_bytes() for path in letter_samples.TEMPLATES.values()}
        now = clock.now(tx, world.detmold)
        deployments.deploy(tx, files, world_id=world.id, name="Briefe", by="test", now=now, readers={"letter": LETTERS})
    return database


def wait_for_the_run(database: Database, world: World, *references: str, number: str = "S1") -> list[claims.Claim]:
    """Bring claims of one debtor in; their processes wait for the Mahnlauf."""
    rows = [{"kassenzeichen": ref, "betrag": "248,37" if n == 0 else "120,00", "schuldner_nr": number} for n, ref in enumerate(references)]
    return city.take_claims(database, world.detmold, "detmold", *rows)


def run(database: Database, world: World, on: date) -> UUID:
    """Let a Mahnlauf run on that day and everything settle; no incident may be left."""
    worker.run_until(database, world.id, datetime(on.year, on.month, on.day, 8, tzinfo=letters.BERLIN))
    with database.begin(world.detmold) as tx:
        run_id = runs.start(tx, world.detmold, by="test", now=clock.now(tx, world.detmold))
    runs.process(lambda: database.begin(world.detmold), world.detmold, run_id)
    worker.settle(database, world.id)
    with database.begin(world.detmold) as tx:
        assert tx.execute(text("select message from incident where resolved_at is null")).scalars().all() == []
    return run_id


def all_letters(tx: Connection, world: World) -> list[letters.Letter]:
    return letters.since(tx, world.detmold, datetime(2026, 1, 1, tzinfo=letters.BERLIN))


def test_the_claims_of_a_debtor_share_one_letter_of_the_day(office: Database, world: World) -> None:
    first, second = wait_for_the_run(office, world, "DE260900001", "DE260900002")

    run(office, world, date(2026, 9, 2))

    with office.begin(world.detmold) as tx:
        (letter,) = all_letters(tx, world)
        assert letter.inputs["werte"] == {
            "gesamtbetrag": "384.37", "mahnfrist_bis": "2026-09-14", "hauptforderung": "368.37", "saeumniszuschlag": "3.00",
            "mahngebuehr": "13.00", "kosten": "0.00",
        }  # fmt: skip
        assert set(letter.claim_uuids) == {first.uuid, second.uuid}
        assert letter.posted_on == date(2026, 9, 2)
        assert [entry.summary for entry in timeline.of_claim(tx, first)][-1] == "Mahnung versandt"
        assert [(link.dunned_on, link.dunning_deadline_on) for link in claims.debtors_of(tx, second)] == [
            (date(2026, 9, 2), date(2026, 9, 14))
        ]
        content = letters.pdf(tx, world.detmold, letter.uuid)
    assert letter_samples.qr_payloads(content)[0].split("\n")[7:] == ["EUR384.37", "", "", "DE260900001 DE260900002"]
    assert "384,37 €" in letter_samples.words(content)


def test_the_letter_of_scenario_s01_is_right_to_the_cent_and_day(office: Database, world: World) -> None:
    wait_for_the_run(office, world, "DE260900001")

    run(office, world, date(2026, 9, 2))

    with office.begin(world.detmold) as tx:
        (letter,) = all_letters(tx, world)
        content = letters.pdf(tx, world.detmold, letter.uuid)
    (payload,) = letter_samples.qr_payloads(content)
    assert payload == "BCD\n002\n1\nSCT\n\nStadt Detmold\nDE89370400440532013000\nEUR257.37\n\n\nDE260900001"
    assert "Bitte zahlen Sie 257,37 € bis 14. September 2026." in letter_samples.words(content)


def test_each_debtor_gets_a_letter_of_its_own(office: Database, world: World) -> None:
    wait_for_the_run(office, world, "DE260900001")
    wait_for_the_run(office, world, "DE260900002", number="S2")

    run(office, world, date(2026, 9, 2))

    with office.begin(world.detmold) as tx:
        assert sorted(letter.inputs["zeichen"] for letter in all_letters(tx, world)) == ["DE260900001", "DE260900002"]


def test_joint_debtors_are_dunned_each_but_not_one_who_is_held(office: Database, world: World) -> None:
    (claim,) = wait_for_the_run(office, world, "DE260900001")
    (other, third) = (wait_for_the_run(office, world, f"DE2609001{n}", number=f"S{n}")[0] for n in (10, 11))
    with office.begin(world.detmold) as tx:
        now = clock.now(tx, world.detmold)
        for joint in (other, third):
            claims.add_debtor(tx, claim, joint.debtor_id, role=claims.GESAMTSCHULDNER, now=now)
        tx.execute(text("update process_instance set ended_at = now() where business_key like '%DE26090011%'"))
        holds.set(
            tx, claim, reason="Insolvenz", until_on=None, debtor_id=third.debtor_id, by="test", now=now, sender_tenant_id=world.detmold
        )

    with office.begin(world.detmold) as tx:
        contents, dunned = claim_letters.mahnung(
            tx, world.detmold, [claim.uuid], deadline_on=date(2026, 9, 14), today=date(2026, 9, 2), again=False
        )

    assert [content.is_first for content in contents] == [True, False]
    assert dunned == {claim.uuid: [claim.debtor_id, other.debtor_id]}
    assert all(content.inputs["gesamtschuldner"] for content in contents)


def test_a_letter_is_ordered_once_however_often_it_is_asked_for(office: Database, world: World) -> None:
    (claim,) = wait_for_the_run(office, world, "DE260900001")
    run(office, world, date(2026, 9, 2))

    with office.begin(world.detmold) as tx:
        (letter,) = all_letters(tx, world)
        again = letters.order(
            tx, world.detmold, letter.uuid, template="mahnung", bundle_id=letter.bundle_id, subject="Mahnung", inputs={"werte": {}},
            now=clock.now(tx, world.detmold), claim_uuids=[claim.uuid],
        )  # fmt: skip

    assert again is False
    with office.begin(world.detmold) as tx:
        assert [found.inputs["zeichen"] for found in letters.of_claim(tx, world.detmold, claim.uuid)] == ["DE260900001"]


def test_printing_later_gives_the_same_bytes_and_keeps_the_first_print(office: Database, world: World) -> None:
    wait_for_the_run(office, world, "DE260900001")
    run(office, world, date(2026, 9, 2))

    with office.begin(world.detmold) as tx:
        (waiting,) = letters.unprinted(tx, world.detmold)
        sheet = letters.sheet(tx, world.detmold, waiting)
    content = printing.render(sheet)
    with office.begin(world.detmold) as tx:
        letters.keep(tx, world.detmold, waiting, content)
        letters.keep(tx, world.detmold, waiting, b"another")
    with office.begin(world.detmold) as tx:
        assert letters.pdf(tx, world.detmold, waiting) == content == printing.render(sheet)
        assert letters.find(tx, world.detmold, waiting).sha256 == hashlib.sha256(content).digest()
        assert letters.unprinted(tx, world.detmold) == []


def test_a_new_version_of_the_template_leaves_ordered_letters_as_they_were(office: Database, world: World) -> None:
    wait_for_the_run(office, world, "DE260900001")
    run(office, world, date(2026, 9, 2))
    changed = letter_samples.TEMPLATES["mahnung"].read_bytes().replace(b"Bitte zahlen Sie", b"Zahlen Sie")

    with office.begin(world.detmold) as tx:
        now = clock.now(tx, world.detmold)
        deployments.deploy(tx, {"mahnung.typ": changed}, world_id=world.id, name="neu", by="test", now=now, readers={"letter": LETTERS})
        (letter,) = all_letters(tx, world)
        assert "Bitte zahlen Sie 257,37" in letter_samples.words(letters.pdf(tx, world.detmold, letter.uuid))


def test_a_returned_letter_is_noted(office: Database, world: World) -> None:
    wait_for_the_run(office, world, "DE260900001")
    run(office, world, date(2026, 9, 2))

    with office.begin(world.detmold) as tx:
        (letter,) = all_letters(tx, world)
        letters.set_returned(tx, world.detmold, letter.uuid, on=date(2026, 9, 9), reason="unbekannt verzogen")
        assert letters.find(tx, world.detmold, letter.uuid).returned_on == date(2026, 9, 9)


def test_another_city_sees_no_letter(office: Database, world: World) -> None:
    wait_for_the_run(office, world, "DE260900001")
    run(office, world, date(2026, 9, 2))
    with office.begin(world.detmold) as tx:
        (letter,) = all_letters(tx, world)

    with office.begin(world.oerlinghausen) as tx, pytest.raises(errors.NotFound):
        letters.pdf(tx, world.detmold, letter.uuid)


def test_an_unknown_template_is_an_incident_that_names_the_known_ones(office: Database, world: World) -> None:
    job = jobs.Job(UUID(int=1), world.detmold, 1, UUID(int=2), 1, "p", "k", "e", "dispatch_letter", {"vorlage": "gedicht"}, {}, 1, 3)

    with office.begin(world.detmold) as tx, pytest.raises(errors.Incident, match="mahnung"):
        dispatch_letter.record(tx, job, None, clock.now(tx, world.detmold))
