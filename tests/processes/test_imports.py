"""Claims files: the published verdicts, refused files, conflicts, repeats, and restarts anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from engine import clock, errors
from engine.db import Database
from processes import claim_files, imports
from processes.casefile import claims, debtors
from tests.conftest import World
from tests.processes import city

SAMPLES = Path(__file__).parents[2] / "processes" / "sample_data"


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def count(database: Database, tenant_id: int, table: str) -> int:
    with database.begin(tenant_id) as tx:
        return int(tx.execute(text(f"select count(*) from {table} where tenant_id = :t"), {"t": tenant_id}).scalar_one())


def test_the_sample_files_give_exactly_the_published_verdicts(database: Database, world: World) -> None:
    city.settle_in(database, world)

    detmold = city.bring_in(
        database, world.detmold, sample("forderungen_detmold.csv"), joint=sample("forderungen_detmold_gesamtschuldner.csv")
    )
    oerlinghausen = city.bring_in(
        database,
        world.oerlinghausen,
        sample("forderungen_oerlinghausen.csv"),
        joint=sample("forderungen_oerlinghausen_gesamtschuldner.csv"),
    )

    assert (detmold.lines, detmold.accepted, detmold.rejected, detmold.duplicate) == (123, 107, 14, 2)
    assert (oerlinghausen.lines, oerlinghausen.accepted, oerlinghausen.rejected, oerlinghausen.duplicate) == (60, 60, 0, 0)
    assert detmold.joint is not None
    assert (detmold.joint.lines, detmold.joint.accepted) == (3, 3)
    assert {line.number for line in detmold.rejected_lines} == {10, 15, 38, 40, 50, 54, 84, 87, 98, 105, 108, 111, 116, 124}
    assert [count(database, world.detmold, table) for table in ("claim", "process_instance")] == [107, 107]
    assert [count(database, world.oerlinghausen, table) for table in ("claim", "process_instance")] == [60, 60]
    with database.begin(world.detmold) as tx:
        shared = tx.execute(text("select count(*) from claim where tenant_id = :o"), {"o": world.oerlinghausen}).scalar_one()
        assert shared == 60, "Detmold enforces for Oerlinghausen and sees its claims"
        claim = claims.by_key(tx, world.detmold, "DE260100004", "1")
        assert claim is not None
        assert [debtor.role for debtor in claims.debtors_of(tx, claim)] == ["schuldner", "gesamtschuldner"]
    with database.begin(world.oerlinghausen) as tx:
        assert tx.execute(text("select count(*) from claim where tenant_id <> :o"), {"o": world.oerlinghausen}).scalar_one() == 0


def test_a_conflict_is_told_with_both_values(database: Database, world: World) -> None:
    city.settle_in(database, world)

    report = city.bring_in(database, world.detmold, sample("forderungen_detmold.csv"))

    (conflict,) = [line for line in report.rejected_lines if line.number == 124]
    (fault,) = conflict.faults
    assert (fault.column, fault.value) == ("betrag", "9.999,99")
    assert "5.550,00" in fault.reason
    assert "9.999,99" in fault.reason


def test_the_same_file_again_changes_nothing_and_says_so(database: Database, world: World) -> None:
    city.settle_in(database, world)
    first = city.bring_in(database, world.detmold, sample("forderungen_detmold.csv"))

    again = city.bring_in(database, world.detmold, sample("forderungen_detmold.csv"))

    assert (again.lines, again.accepted, again.rejected, again.duplicate) == (123, 0, 0, 123)
    assert again.file_id == first.file_id
    assert [count(database, world.detmold, table) for table in ("claim", "process_instance", "claims_file")] == [107, 107, 1]


def test_the_same_lines_in_another_file_are_duplicates(database: Database, world: World) -> None:
    city.settle_in(database, world)
    rows = [{"kassenzeichen": f"DE2609000{n:02d}", "betrag": "1.234,56", "schuldner_nr": f"S9{n}"} for n in range(3)]
    city.bring_in(database, world.detmold, city.csv("detmold", rows))

    again = city.bring_in(database, world.detmold, city.csv("detmold", [*rows, {**rows[0], "kassenzeichen": "DE26099999"}]))
    plain = city.bring_in(database, world.detmold, city.csv("detmold", [{**rows[0], "betrag": "1234,56"}]))

    assert (again.accepted, again.duplicate, again.rejected) == (1, 3, 0)
    assert (plain.accepted, plain.duplicate, plain.rejected) == (0, 1, 0), "1234,56 is the same amount as 1.234,56"


def test_an_empty_notice_day_is_computed_by_the_law_of_the_kind(database: Database, world: World) -> None:
    city.settle_in(database, world)

    tax, fee = city.take_claims(
        database, world.detmold, "detmold",
        {"kassenzeichen": "DE1", "betrag": "100", "schuldner_nr": "S1", "bescheid_vom": "11.08.2026", "faellig_am": "15.09.2026"},
        {"kassenzeichen": "DE2", "betrag": "100", "schuldner_nr": "S1", "bescheid_vom": "11.08.2026", "faellig_am": "15.09.2026",
         "forderungsart": "Verwaltungsgebühr"},
    )  # fmt: skip

    assert tax.notified_on is not None
    assert fee.notified_on is not None
    assert f"{tax.notified_on:%d.%m.%Y} {fee.notified_on:%d.%m.%Y}" == "17.08.2026 15.08.2026"
    assert (tax.payable_on.day, tax.grace_until.day) == (15, 18)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "leer"),
        (b"PK\x03\x04rest", "Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"\xff\xfem\0a\0", "UTF-16"),
        (b"mandant;kassenzeichen\r\ndetmold;\0", "NUL"),
        (b"mandant;kassenzeichen\r\ndetmold;\x07", "Steuerzeichen"),
        (b"\x81\x8d", "weder UTF-8 noch Windows-1252"),
        (b"mandant,kassenzeichen,op_nr\r\ndetmold,DE1,1", "Trennzeichen"),
        (b"mandant\tkassenzeichen\top_nr\r\ndetmold\tDE1\t1", "Trennzeichen"),
        (b"detmold;DE1;1;Grundsteuer B", "Kopfzeile fehlt"),
        (b"mandant;kassenzeichen;farbe\r\n", "farbe"),
        (b"mandant;mandant;kassenzeichen\r\n", "mehrfach"),
        (b"mandant;kassenzeichen;op_nr\r\n", "Pflichtspalten fehlen"),
        (b'mandant;"kassenzeichen\r\n', "Anführungszeichen"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_trusted_is_refused_whole(database: Database, world: World, content: bytes, told: str) -> None:
    city.settle_in(database, world)

    with pytest.raises(errors.InvalidInput, match=told):
        city.bring_in(database, world.detmold, content)

    assert count(database, world.detmold, "claims_file") == 0


def test_a_huge_file_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim_files, "MAX_BYTES", 10)

    with pytest.raises(errors.InvalidInput, match="größer als"):
        claim_files.read(b"x" * 11, columns=claim_files.CLAIM_COLUMNS, mandatory=claim_files.CLAIM_MANDATORY)


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"betrag": "1.23,45"}, "betrag"),
        ({"betrag": "1234.56"}, "betrag"),
        ({"betrag": "1e5"}, "betrag"),
        ({"betrag": "١٢٣"}, "betrag"),
        ({"betrag": "+5,00"}, "betrag"),
        ({"betrag": "9999999999,99"}, "betrag"),
        ({"faellig_am": "2026-08-15"}, "faellig_am"),
        ({"faellig_am": "29.02.2026"}, "faellig_am"),
        ({"faellig_am": "14.01.2026"}, "faellig_am"),
        ({"bescheid_vom": "01.01.1899"}, "bescheid_vom"),
        ({"bekanntgabe_am": "14.01.2026"}, "bekanntgabe_am"),
        ({"mahnung_am": "14.08.2026"}, "mahnung_am"),
        ({"mahnsperre_bis": "30.11.2026"}, "mahnsperre_bis"),
        ({"plz": "3275"}, "plz"),
        ({"plz": "3275X"}, "plz"),
        ({"land": "Deutschland"}, "land"),
        ({"email": "mara@"}, "email"),
        ({"rechtsform": "kgaa"}, "rechtsform"),
        ({"rechtsform": "gmbh"}, "firma"),
        ({"nachname": ""}, "nachname"),
        ({"forderungsart": "grundsteuer b"}, "forderungsart"),
        ({"kassenzeichen": "DE/1"}, "kassenzeichen"),
        ({"kassenzeichen": ""}, "kassenzeichen"),
        ({"mandant": "Detmold"}, "mandant"),
        ({"schuldner_nr": "S 1; drop"}, "schuldner_nr"),
        ({"strasse": "x" * 121}, "strasse"),
    ],
)  # fmt: skip
def test_a_faulty_cell_rejects_its_line_and_names_the_column(database: Database, world: World, change: dict[str, str], column: str) -> None:
    city.settle_in(database, world)
    good = {"kassenzeichen": "DE1", "betrag": "100,00", "schuldner_nr": "S1"}
    row = {"kassenzeichen": "DE2", "betrag": "100,00", "schuldner_nr": "S2", **change}
    if ";" in row["schuldner_nr"]:
        row["schuldner_nr"] = '"' + row["schuldner_nr"] + '"'

    report = city.bring_in(database, world.detmold, city.csv("detmold", [good, row]))

    assert (report.accepted, report.rejected) == (1, 1)
    assert column in {fault.column for fault in report.rejected_lines[0].faults}
    assert report.rejected_lines[0].number == 3


def test_a_debtor_number_of_another_person_is_a_conflict_but_a_new_address_is_not(database: Database, world: World) -> None:
    city.settle_in(database, world)
    first = {"kassenzeichen": "DE1", "betrag": "100,00", "schuldner_nr": "S1", "email": "mara@example.org"}
    moved = {"kassenzeichen": "DE2", "betrag": "100,00", "schuldner_nr": "S1", "strasse": "Neue Straße"}
    other = {"kassenzeichen": "DE3", "betrag": "100,00", "schuldner_nr": "S1", "nachname": "Anders", "geburtsdatum": "03.04.1990"}

    city.bring_in(database, world.detmold, city.csv("detmold", [first]))
    report = city.bring_in(database, world.detmold, city.csv("detmold", [moved, other]))

    assert (report.accepted, report.rejected) == (1, 1)
    assert "1990-04-03" in report.rejected_lines[0].faults[0].reason
    with database.begin(world.detmold) as tx:
        person = debtors.by_numbers(tx, world.detmold, ["S1"])["S1"].person
        assert (person.street, person.email) == ("Neue Straße", "mara@example.org")


def test_rejected_lines_go_back_with_formulas_neutralised(database: Database, world: World) -> None:
    city.settle_in(database, world)
    rows = [{"kassenzeichen": "DE1", "betrag": "-45,00", "schuldner_nr": "S1", "nachname": '=cmd|"calc"'}]
    with database.begin(world.detmold) as tx:
        received = imports.receive(
            tx, tenant_id=world.detmold, name="f.csv", content=city.csv("detmold", rows), by=city.CLERK, now=clock.now(tx, world.detmold)
        )
        returned = imports.rejected_csv(tx, received).decode("utf-8-sig")

    header, line = returned.splitlines()
    assert header.startswith("zeile;spalte;wert;grund;bescheid_vom;betrag;")
    assert line.startswith("2;betrag;'-45,00;betrag: der Betrag darf nicht negativ sein.")
    assert "'=cmd" in line
    assert not any(cell.strip('"').startswith(("=", "-", "+", "@")) for cell in line.split(";"))


def test_a_hold_of_the_file_is_a_hold_of_the_claim(database: Database, world: World) -> None:
    city.settle_in(database, world)

    city.take_claims(
        database, world.detmold, "detmold",
        {"kassenzeichen": "DE1", "betrag": "100", "schuldner_nr": "S1", "mahnsperre_grund": "Insolvenz", "mahnsperre_bis": "30.11.2026"},
    )  # fmt: skip

    assert count(database, world.detmold, "hold") == 1


def test_a_claim_already_dunned_brings_its_fee(database: Database, world: World) -> None:
    city.settle_in(database, world)
    row = {"kassenzeichen": "DE1", "betrag": "100", "schuldner_nr": "S1", "faellig_am": "06.07.2026", "mahnung_am": "03.08.2026",
           "mahnfrist_bis": "14.08.2026", "mahngebuehr": "7,00", "kosten": "28,50"}  # fmt: skip

    (claim,) = city.take_claims(database, world.detmold, "detmold", row)

    with database.begin(world.detmold) as tx:
        rows = tx.execute(text("select kind, amount_cent, value_on from booking where claim_id = :c order by id"), {"c": claim.id}).all()
        assert [(row.kind, row.amount_cent, row.value_on.day) for row in rows] == [
            ("hauptforderung", 10000, 15), ("kosten", 2850, 15), ("mahngebuehr", 700, 3),
        ]  # fmt: skip
