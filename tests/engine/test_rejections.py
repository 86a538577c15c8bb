"""What is kept of a refused deployment, for whom, how long and how much."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from engine import clock, errors, rejections
from engine.db import Database
from engine.protocol import Finding
from tests.conftest import World

FILES = {"a.bpmn": b"<a/>", "b.dmn": b"<b/>"}
FINDINGS = (
    Finding("a.bpmn", 3, "senden", "Brief „senden“ <b>", "Das Thema fehlt.", "Bitte eintragen."),
    Finding("b.dmn", 1, "", "", "Keine Rechtsgrundlage.", "", "warning"),
)


def keep(tx: Connection, world: World, *, files: dict[str, bytes] | None = None, by: str = "dora", days_ago: int = 0) -> object:
    now = clock.database_now(tx) - timedelta(days=days_ago)
    return rejections.keep(
        tx, FILES if files is None else files, FINDINGS, name="Mahnung", source="Camunda Modeler", tenant_id=world.detmold, by=by, now=now
    )


def kept(tx: Connection, world: World) -> list[rejections.Listed]:
    return rejections.listed(tx, world.detmold, now=clock.database_now(tx))


def test_files_and_findings_come_back_as_they_were(tx: Connection, world: World) -> None:
    uuid = keep(tx, world)

    found = rejections.find(tx, uuid, tenant_id=world.detmold, now=clock.database_now(tx))

    assert (found.files, found.findings) == (FILES, FINDINGS)
    assert list(found.files) == ["a.bpmn", "b.dmn"], "in the order in which they were sent"
    listed = found.listed
    assert (listed.name, listed.source, listed.rejected_by, listed.errors, listed.warnings) == ("Mahnung", "Camunda Modeler", "dora", 1, 1)
    assert listed.kept_until - listed.rejected_at == timedelta(days=14)


def test_the_same_files_of_the_same_person_are_one_rejection_that_is_renewed(tx: Connection, world: World) -> None:
    first = keep(tx, world, days_ago=3)
    keep(tx, world, by="emil")
    keep(tx, world, files={"a.bpmn": b"<a/>"})

    again = keep(tx, world)

    assert again == first
    listed = kept(tx, world)
    assert len(listed) == 3
    assert listed[0].uuid == first, "renewed, so the newest"
    assert clock.database_now(tx) - listed[0].rejected_at < timedelta(minutes=1)
    assert tx.execute(text("select count(*) from rejected_file where tenant_id = :t"), {"t": world.detmold}).scalar_one() == 5


def test_another_city_sees_neither_rejection_nor_files_and_cannot_plant_one(database: Database, world: World) -> None:
    with database.begin(world.detmold) as tx:
        uuid = keep(tx, world)

    with database.begin(world.oerlinghausen) as tx:
        rows = [tx.execute(text(f"select count(*) from {table}")).scalar_one() for table in ("rejected_deployment", "rejected_file")]
        changed = tx.execute(text("update rejected_deployment set name = 'meins'")).rowcount
        assert rejections.expire(tx, world.detmold, now=clock.database_now(tx) + timedelta(days=100)) == 0
        assert not rejections.is_kept(tx, uuid, tenant_id=world.detmold, now=clock.database_now(tx))
        with pytest.raises(errors.NotFound):
            rejections.find(tx, uuid, tenant_id=world.detmold, now=clock.database_now(tx))

    assert (rows, changed) == ([0, 0], 0)
    with pytest.raises(DBAPIError, match="row-level security"), database.begin(world.oerlinghausen) as tx:
        keep(tx, world)


def test_after_fourteen_days_of_the_databases_clock_it_is_gone_whatever_the_sandbox_says(tx: Connection, world: World) -> None:
    old, young = keep(tx, world, days_ago=14), keep(tx, world, by="emil", days_ago=13)
    clock.set_virtual(tx, world.id, clock.now(tx, world.detmold) + timedelta(days=400))

    listed = kept(tx, world)
    with pytest.raises(errors.NotFound, match="14 Tage"):
        rejections.find(tx, old, tenant_id=world.detmold, now=clock.database_now(tx))
    deleted = rejections.expire(tx, world.detmold, now=clock.database_now(tx))

    assert [one.uuid for one in listed] == [young]
    assert deleted == 1
    assert tx.execute(text("select count(*) from rejected_file where tenant_id = :t"), {"t": world.detmold}).scalar_one() == 2


def test_what_has_expired_goes_with_the_next_that_is_kept(tx: Connection, world: World) -> None:
    keep(tx, world, days_ago=20)

    keep(tx, world, by="emil")

    assert tx.execute(text("select count(*) from rejected_deployment where tenant_id = :t"), {"t": world.detmold}).scalar_one() == 1


def test_the_oldest_give_way_where_there_are_too_many(tx: Connection, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejections, "MAX_KEPT", 3)

    made = [keep(tx, world, files={"a.bpmn": f"<a{number}/>".encode()}, days_ago=9 - number) for number in range(5)]

    assert [one.uuid for one in kept(tx, world)] == made[:1:-1]


def test_the_oldest_give_way_where_they_take_too_much_room_but_the_newest_stays(
    tx: Connection, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejections, "MAX_BYTES", 2500)
    made = [keep(tx, world, files={"a.typ": b"%d" % number * 800}, days_ago=9 - number) for number in range(4)]
    listed = [one.uuid for one in kept(tx, world)]

    huge = keep(tx, world, files={"a.typ": b"x" * 5000})

    assert listed == made[:1:-1]
    assert [one.uuid for one in kept(tx, world)] == [huge]


def test_texts_that_the_database_cannot_hold_do_not_stop_the_refusal(tx: Connection, world: World) -> None:
    finding = Finding("a.form", 1, "x\0", "\ud800", "Muster „\0“", "")

    uuid = rejections.keep(
        tx, {"\udcff.form": b"\0"}, (finding,), name="\0", source="x" * 1000, tenant_id=world.detmold, by="dora",
        now=clock.database_now(tx),
    )  # fmt: skip

    found = rejections.find(tx, uuid, tenant_id=world.detmold, now=clock.database_now(tx))
    assert list(found.files.values()) == [b"\0"]
    assert found.findings[0].message == "Muster „\N{REPLACEMENT CHARACTER}“"
    assert len(found.listed.source) == rejections.MAX_TEXT
