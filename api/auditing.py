"""`vollstreckung replay` and `verify`: fold cases again, and prove that nothing was changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, text

from api import console, model_files, wiring
from engine import errors, file_proof, history, replay
from engine.db import Database
from processes import actions


def run_replay(case: str | None, *, everything: bool, against: Sequence[Path], as_json: bool) -> int:
    """Replay one case (all its instances) or all; return 0 when everything is identical, else 1."""
    if bool(case) == everything:
        raise errors.InvalidInput("Bitte entweder einen Fall (Fallnummer oder Kassenzeichen) oder --all angeben.")
    other = model_files.collect(against) if against else None
    diagrams = {name: content for name, content in (other or {}).items() if name.endswith(".bpmn")}
    database = wiring.open_database()
    results: list[replay.Replayed] = []
    try:
        for tenant_id in _tenants(database):
            with database.snapshot(tenant_id) as tx:
                if everything:
                    ids = (
                        tx.execute(text("select id from process_instance where tenant_id = :t order by id"), {"t": tenant_id})
                        .scalars()
                        .all()
                    )
                else:
                    ids = _of_case(tx, tenant_id, case or "")
                results += [replay.replay(tx, tenant_id, instance_id, against=diagrams or None) for instance_id in ids]
    finally:
        database.close()
    if not results:
        raise errors.NotFound(
            f"Zu „{case}“ gibt es keinen Vorgang. Erwartet wird eine Fallnummer oder ein Kassenzeichen."
            if case
            else "Es gibt noch keine Vorgänge."
        )
    different = [result for result in results if not result.identical]
    if as_json:
        told = [
            {"process": r.process_key, "key": r.business_key, "message": r.difference.message if r.difference else ""} for r in different
        ]
        console.emit_json(
            {"cases": len(results), "identical": len(results) - len(different), "different": len(different), "differences": told}
        )
    else:
        for result in results if not everything else different:
            renumbered = f" ({result.renumbered} Kennungen zählt dieses Programm anders)" if result.renumbered else ""
            verdict = (
                f"identisch{renumbered}" if result.identical else f"abweichend: {result.difference.message if result.difference else ''}"
            )
            console.out.print(
                f"{result.process_key} {result.business_key} ({result.commands} Schritte): {verdict}", markup=False, highlight=False
            )
        console.out.print(f"{len(results)} Vorgänge nachgerechnet: {len(results) - len(different)} identisch, {len(different)} abweichend.")
    return 1 if different else 0


def verify(*, as_json: bool) -> int:
    """Verify the hash chain of every instance and the bytes of every kept file; return 0 when all hold, else 1."""
    database = wiring.open_database()
    checked = files = 0
    breaches: list[history.Breach] = []
    changed: list[file_proof.FileBreach] = []
    try:
        for tenant_id in _tenants(database):
            with database.snapshot(tenant_id) as tx:
                for _, breach in history.verify_all(tx, tenant_id):
                    checked += 1
                    if breach is not None:
                        breaches.append(breach)
                for _, fault in file_proof.verify_all(tx, tenant_id):
                    files += 1
                    if fault is not None:
                        changed.append(fault)
    finally:
        database.close()
    if as_json:
        told = [{"tenant": b.tenant_id, "instance": b.instance_id, "seq": b.seq, "message": b.message} for b in breaches]
        told_files = [{"tenant": b.tenant_id, "file": str(b.file_id), "message": b.message} for b in changed]
        console.emit_json(
            {"instances": checked, "intact": checked - len(breaches), "broken": len(breaches), "breaches": told, "files": files}
            | {"files_intact": files - len(changed), "files_broken": len(changed), "file_breaches": told_files}
        )
    else:
        for breach in breaches:
            console.out.print(f"Vorgang {breach.instance_id} (Mandant {breach.tenant_id}): {breach.message}", highlight=False)
        console.out.print(f"{checked} Hashketten geprüft: {checked - len(breaches)} unversehrt, {len(breaches)} gebrochen.")
        for fault in changed:
            console.out.print(f"{fault.message} (Mandant {fault.tenant_id})", highlight=False)
        if files:
            console.out.print(f"{files} Dateien geprüft: {files - len(changed)} unversehrt, {len(changed)} verändert oder fehlend.")
    return 1 if breaches or changed else 0


def _tenants(database: Database) -> Sequence[int]:
    with database.look() as tx:
        return tx.execute(text("select id from tenant order by id")).scalars().all()


def _of_case(tx: Connection, tenant_id: int, case: str) -> list[int]:
    try:
        return [instance.id for instance in actions.instances_of(tx, tenant_id, case)]
    except errors.NotFound:
        return []
