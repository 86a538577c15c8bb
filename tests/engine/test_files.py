"""Kept files: once per content and tenant, referred to by variables, provable by history, apart from other tenants."""

from __future__ import annotations

import threading
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from engine import documents, errors, file_proof, files, history, instances, replay, user_tasks
from engine.db import Database
from tests import sample_files
from tests.conftest import START, World
from tests.engine.spiff.bpmn import chain, node, script, user
from tests.engine.test_durable import deploy, start
from tests.engine.test_job_races import pid, wait_until_blocked

FLOW = node("startEvent", "s") + user("a") + script("messen", "groesse", "beleg.metadata.size") + user("b") + node("endEvent", "e")
WITH_FILE = FLOW + chain("s", "a", "messen", "b", "e")


def draft(name: str = "bescheid.pdf", content: bytes = sample_files.PDF) -> files.Draft:
    return files.draft(name, content, files.Limits())


def keep(tx: Connection, world: World, *drafts: files.Draft, key: str = "K") -> None:
    files.keep(tx, world.detmold, drafts, business_key=key, source="Beleg prüfen", by="anna", now=START)


def erase(tx: Connection, world: World, one: files.Draft) -> None:
    files.erase(tx, world.detmold, one.uuid, by="lena", reason="doppelt", now=START)


def breaches(database: Database, tenant_id: int) -> list[str]:
    with database.snapshot(tenant_id) as tx:
        return [fault.message for _, fault in file_proof.verify_all(tx, tenant_id) if fault is not None]


@pytest.fixture
def brought(database: Database, world: World) -> tuple[files.Draft, instances.Instance]:
    """A file in a variable of a running instance."""
    deploy(database, world, ("p", WITH_FILE))
    made = draft()
    with database.begin(world.detmold) as tx:
        keep(tx, world, made)
    return made, start(database, world, business_key="K", beleg=made.reference)


def test_the_same_bytes_are_stored_once_under_two_names(database: Database, world: World) -> None:
    with database.begin(world.detmold) as tx:
        keep(tx, world, draft("a.pdf"), draft("b.pdf"), draft("c.txt", sample_files.TEXT))

        found = files.of_key(tx, world.detmold, "K")
        stored = tx.execute(text("select count(*) from file_content where tenant_id = :t"), {"t": world.detmold}).scalar()

        assert sorted((file.name, file.media_type, file.size) for file in found) == [
            ("a.pdf", "application/pdf", len(sample_files.PDF)), ("b.pdf", "application/pdf", len(sample_files.PDF)),
            ("c.txt", "text/plain", len(sample_files.TEXT)),
        ]  # fmt: skip
        assert stored == 2
        assert files.content(tx, world.detmold, found[0].uuid)[1] in (sample_files.PDF, sample_files.TEXT)


def test_another_tenant_sees_neither_name_nor_bytes(database: Database, world: World) -> None:
    made = draft()
    with database.begin(world.detmold) as tx:
        keep(tx, world, made)

    with database.begin(world.oerlinghausen) as tx:
        for tenant in (world.oerlinghausen, world.detmold):
            with pytest.raises(errors.NotFound):
                files.content(tx, tenant, made.uuid)
            assert files.of_key(tx, tenant, "K") == []
        assert tx.execute(text("select count(*) from file_content")).scalar() == 0


def test_a_variable_refers_to_the_file_and_feel_sees_its_size(
    database: Database, world: World, brought: tuple[files.Draft, instances.Instance]
) -> None:
    made, instance = brought
    with database.begin(world.detmold) as tx:
        (task,) = tx.execute(text("select id from user_task where instance_id = :i and ended_at is null"), {"i": instance.id}).scalars()
        user_tasks.complete(tx, world.detmold, task, {}, by="anna", now=START)

    with database.begin(world.detmold) as tx:
        found = instances.variables_of(tx, world.detmold, instance.id)
        commands = history.read(tx, world.detmold, instance.id)
        verdict = replay.replay(tx, world.detmold, instance.id)

    assert found["groesse"] == Decimal(len(sample_files.PDF))
    assert found["beleg"] == made.reference
    assert all(made.name not in command.payload for command in commands)
    assert made.sha256.hex() in commands[0].payload
    assert verdict.identical
    assert breaches(database, world.detmold) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("update file_content set content = 'x'", "wurde verändert"),
        ("update file_content set content = null", "fehlt"),
        ("delete from kept_file", "die „K“ in Schritt 1 nennt, fehlt"),
        (
            "with new as (insert into file_content select tenant_id, sha256('x'::bytea), 1, 'x'::bytea from file_content where tenant_id = {t}"
            " returning sha256) update kept_file set sha256 = (select sha256 from new)",
            "ist nicht die, die „K“ in Schritt 1 nennt",
        ),
    ],
)
def test_changed_bytes_are_found_and_not_handed_out(
    database: Database, world: World, owner: Connection, brought: tuple[files.Draft, instances.Instance], change: str, told: str
) -> None:
    owner.execute(text("set session_replication_role = replica"))

    owner.execute(text(change.format(t=world.detmold) + f" where tenant_id = {world.detmold}"))

    (message,) = breaches(database, world.detmold)
    assert told in message
    if "kept_file" not in change:
        with database.begin(world.detmold) as tx, pytest.raises(errors.InvalidState, match="verändert"):
            files.content(tx, world.detmold, brought[0].uuid)


def test_an_erased_file_has_no_name_and_no_bytes_and_chain_and_replay_hold(
    database: Database, world: World, brought: tuple[files.Draft, instances.Instance]
) -> None:
    made, instance = brought
    with database.begin(world.detmold) as tx:
        keep(tx, world, draft("zweite.pdf"))
        second = next(file for file in files.of_key(tx, world.detmold, "K") if file.name == "zweite.pdf")
        files.erase(tx, world.detmold, made.uuid, by="lena", reason="Aufbewahrung abgelaufen", now=START)
        assert files.content(tx, world.detmold, second.uuid)[1] == sample_files.PDF
        files.erase(tx, world.detmold, second.uuid, by="lena", reason="Aufbewahrung abgelaufen", now=START)

    with database.begin(world.detmold) as tx:
        stored = tx.execute(text("select content, size from file_content")).all()
        assert stored == [(None, len(sample_files.PDF))]
        assert documents.name_of(files.named(tx, world.detmold, made.reference)) == "gelöschte Datei"
        with pytest.raises(errors.NotFound, match="gelöscht"):
            files.content(tx, world.detmold, made.uuid)
        assert history.verify(tx, world.detmold, instance.id) is None
        assert replay.replay(tx, world.detmold, instance.id).identical
    assert breaches(database, world.detmold) == []

    again = draft("wieder.pdf")
    with database.begin(world.detmold) as tx:
        keep(tx, world, again)
        assert files.content(tx, world.detmold, again.uuid)[1] == sample_files.PDF


@pytest.mark.parametrize("second", ["erases", "keeps"])
def test_two_at_once_on_the_same_bytes_leave_neither_bytes_without_a_file_nor_a_file_without_bytes(
    database: Database, world: World, owner: Connection, second: str
) -> None:
    one, other = draft("eins.pdf"), draft("zwei.pdf")
    with database.begin(world.detmold) as tx:
        keep(tx, world, *([one, other] if second == "erases" else [one]))

    def meanwhile() -> None:
        with database.begin(world.detmold) as tx:
            erase(tx, world, one)

    erasing = threading.Thread(target=meanwhile)
    with database.begin(world.detmold) as tx:
        if second == "erases":
            erase(tx, world, other)
        else:
            keep(tx, world, other)
        erasing.start()
        wait_until_blocked(owner, pid(tx))
    erasing.join(20)

    with database.begin(world.detmold) as tx:
        stored = tx.execute(text("select content from file_content")).scalar_one()
        assert stored == (None if second == "erases" else sample_files.PDF)
    assert breaches(database, world.detmold) == []


@pytest.mark.parametrize(
    "forged",
    [
        documents.reference(UUID(int=7), b"x" * 32, "application/pdf", 3),
        {"documentId": "files::00000000-0000-0000-0000-000000000007"},
    ],
)
def test_a_reference_to_no_file_of_ours_is_refused_wherever_it_comes_in(
    database: Database, world: World, forged: dict[str, object]
) -> None:
    deploy(database, world, ("p", WITH_FILE))

    with pytest.raises(errors.InvalidInput, match="hochladen statt nennen"):
        start(database, world, liste=[{"tief": [forged]}])


def test_a_reference_with_another_hash_or_of_another_tenant_is_refused(
    database: Database, world: World, brought: tuple[files.Draft, instances.Instance]
) -> None:
    made, instance = brought
    changed = made.reference | {"contentHash": "0" * 64}

    with database.begin(world.detmold) as tx, pytest.raises(errors.InvalidInput, match="gibt es nicht"):
        instances.set_variables(tx, world.detmold, instance.id, {"beleg": changed}, reason="x", by="anna", now=START)
    with database.begin(world.oerlinghausen) as tx, pytest.raises(errors.InvalidInput, match="gibt es nicht"):
        instances.start(tx, "p", "K", {"beleg": made.reference}, tenant_id=world.oerlinghausen, now=START, by="olga")


def test_foreign_documents_are_plain_values(database: Database, world: World) -> None:
    deploy(database, world, ("p", WITH_FILE))
    foreign = {"camunda.document.type": "camunda", "documentId": "0b0f", "contentHash": "abc", "metadata": {"fileName": "x.pdf"}}

    instance = start(database, world, fremd=foreign)

    with database.begin(world.detmold) as tx:
        assert instances.variables_of(tx, world.detmold, instance.id)["fremd"] == foreign
    assert breaches(database, world.detmold) == []


def test_too_much_is_refused_and_nothing_is_kept(database: Database, world: World) -> None:
    database.runtime.file_limits = files.Limits(file_mb=1, form_mb=1, tenant_mb=1)
    large = files.draft("g.txt", b"a" * (1024 * 1024 + 1), database.runtime.file_limits)
    half = [draft(f"{number}.txt", bytes([65 + number]) * 600_000) for number in range(2)]

    assert large.problem == "„g.txt“: Die Datei ist größer als 1 MB. Bitte verkleinern oder aufteilen."
    for given, told in (([large], "größer als 1 MB|höchstens"), (half, "höchstens 50 Dateien und 1 MB"), ([draft()] * 51, "höchstens 50")):
        with database.begin(world.detmold) as tx, pytest.raises(errors.InvalidInput, match=told):
            keep(tx, world, *given)
    with database.begin(world.detmold) as tx:
        keep(tx, world, half[0])
        with pytest.raises(errors.InvalidInput, match="Der Speicher für Dateien ist voll"):
            keep(tx, world, half[1])
        assert len(files.of_key(tx, world.detmold, "K")) == 1
