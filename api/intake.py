"""`vollstreckung import-claims`, `run mahnlauf` and `book-payment`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from api import app, cities, console, wiring
from engine import clock, errors, worker
from engine.db import Database
from processes import actions, claim_files, imports, runs

BERLIN = ZoneInfo("Europe/Berlin")
BY = "befehlszeile"


def import_claims(file: Path, *, tenant: str, joint_debtors: Path | None, rejected: Path | None, as_json: bool) -> None:
    """Import a claims file; every line gets its verdict. Raises errors.Rejected for a file refused as a whole."""
    content = _read(file)
    joint = _read(joint_debtors) if joint_debtors is not None else None
    database = wiring.open_database()
    try:
        tenant_id, world_id = _tenant(database, tenant)
        with database.begin(tenant_id) as tx:
            received = imports.receive(
                tx, tenant_id=tenant_id, name=file.name, content=content, by=BY, now=clock.now(tx, tenant_id),
                joint_name=joint_debtors.name if joint_debtors else None, joint_content=joint,
            )  # fmt: skip
        with console.progress(quiet=as_json) as progress:
            bar = progress.add_task("Forderungen übernehmen", total=received.lines)
            imports.process(
                lambda: database.begin(tenant_id), received, clock=lambda tx: clock.now(tx, tenant_id), by=BY,
                progress=lambda done, total: progress.update(bar, completed=done, total=total),
            )  # fmt: skip
            progress.update(bar, completed=received.lines, total=received.lines)
        worker.settle(database, world_id)
        with database.begin(tenant_id) as tx:
            report = imports.report(tx, received)
            if rejected is not None:
                rejected.write_bytes(imports.rejected_csv(tx, received))
    finally:
        database.close()
    if as_json:
        console.emit_json({
            "lines": report.lines, "accepted": report.accepted, "rejected": report.rejected, "duplicate": report.duplicate, "file_id": report.file_id,
        })  # fmt: skip
        return
    for line in report.rejected_lines:
        for fault in line.faults:
            console.out.print(
                f"Zeile {line.number}, {fault.column or 'Zeile'} „{fault.value}“: {fault.reason}", markup=False, highlight=False
            )
    console.out.print(f"{report.lines} Zeilen: {report.accepted} angenommen, {report.rejected} abgewiesen, {report.duplicate} doppelt.")


def run_mahnlauf(*, tenant: str, dry_run: bool, as_json: bool) -> None:
    """Preview or run the Mahnlauf of a tenant."""
    database = wiring.open_database()
    try:
        tenant_id, world_id = _tenant(database, tenant)
        if dry_run:
            with database.begin(tenant_id) as tx:
                preview = runs.preview(tx, tenant_id, now=clock.now(tx, tenant_id))
            if as_json:
                console.emit_json({
                    "claims": preview.claims, "debtors": preview.debtors, "open": Decimal(preview.open_cent) / 100, "held": preview.held,
                })  # fmt: skip
            else:
                total = app.cent_text(preview.open_cent)
                console.out.print(
                    f"Mahnbar: {preview.claims} Forderungen von {preview.debtors} Schuldnern, {total}; gesperrt: {preview.held}."
                )
            return
        with database.begin(tenant_id) as tx:
            run_id = runs.start(tx, tenant_id, by=BY, now=clock.now(tx, tenant_id))
        with console.progress(quiet=as_json) as progress:
            bar = progress.add_task("Mahnlauf", total=None)
            done = runs.process(
                lambda: database.begin(tenant_id),
                tenant_id,
                run_id,
                progress=lambda n, total: progress.update(bar, completed=n, total=total),
            )
        worker.settle(database, world_id)
    finally:
        database.close()
    if as_json:
        console.emit_json({"run": done.run_id, "claims": done.claims, "taken": done.taken, "left": done.left, "letters": done.letters})
    else:
        console.out.print(
            f"{done.taken} von {done.claims} Forderungen gemahnt, {done.letters} Schreiben; {done.left} gingen einen anderen Weg."
        )


def book_payment(
    reference: str, amount_cent: int, *, tenant: str, value_on: date | None, method: str, receipt: str | None, as_json: bool
) -> None:
    """Book a payment by hand and tell how it was allocated."""
    database = wiring.open_database()
    try:
        tenant_id, world_id = _tenant(database, tenant)
        with database.begin(tenant_id) as tx:
            now = clock.now(tx, tenant_id)
            paid = actions.book_payment(
                tx, tenant_id, reference=reference, amount_cent=amount_cent, value_on=value_on or now.astimezone(BERLIN).date(), method=method,
                by=BY, now=now, receipt=receipt,
            )  # fmt: skip
        worker.settle(database, world_id)
    finally:
        database.close()
    if as_json:
        console.emit_json({"payment": paid.uuid, "amount_cent": paid.amount_cent, "rest_cent": paid.rest_cent})
    else:
        rest = f", davon überzahlt {app.cent_text(paid.rest_cent)}" if paid.rest_cent else ""
        console.out.print(f"Gebucht: {app.cent_text(paid.amount_cent)} auf {reference}{rest}.", highlight=False)


def _tenant(database: Database, slug: str) -> tuple[int, int]:
    with database.look() as tx:
        found = cities.named(tx, slug)
    return found.id, found.world_id


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise errors.InvalidInput(f"Die Datei „{path}“ gibt es nicht. Bitte den Pfad prüfen.")
    if path.stat().st_size > claim_files.MAX_BYTES:
        raise errors.InvalidInput(f"„{path.name}“ ist größer als {claim_files.MAX_BYTES // 1024 // 1024} MB. Bitte teilen.")
    return path.read_bytes()
