"""`vollstreckung check` and `deploy`: files from paths, all findings at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

from api import cities, console, deploying, model_files, wiring
from engine import clock, deployments, withdrawals
from engine.protocol import Finding

SOURCE, BY = "Befehlszeile", "befehlszeile"


def check(paths: Sequence[Path]) -> tuple[Finding, ...]:
    """Return all findings of the model files at and below the paths."""
    return deploying.check(model_files.collect(paths))


def report(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Print findings and their count."""
    faults = sum(finding.severity == "error" for finding in findings)
    if as_json:
        console.emit_json({"errors": faults, "warnings": len(findings) - faults, "findings": [asdict(finding) for finding in findings]})
        return
    model_files.print_findings(console.out, findings)
    hints = len(findings) - faults
    console.out.print(f"{faults} Fehler, {hints} {'Hinweis' if hints == 1 else 'Hinweise'}.")


def deploy(paths: Sequence[Path], *, tenant: str, name: str, as_json: bool) -> None:
    """Deploy the files to the tenant's world. Raises deployments.Refused with all findings, which are kept for the page of that address."""
    files = model_files.collect(paths)
    database = wiring.open_database()
    try:
        with database.look() as tx:
            found = cities.named(tx, tenant)
        try:
            with database.begin(found.id) as tx:
                now = clock.now(tx, found.id)
                made = deploying.deploy(tx, files, name=name, source=SOURCE, tenant_id=found.id, by=BY, now=now)
        except deployments.Refused as refused:
            kept = deploying.keep(database, files, refused.findings, name=name, source=SOURCE, tenant_id=found.id, by=BY)
            raise deployments.Refused(refused.findings, seen_at=f"/prozesse/abgelehnt/{kept}") from refused
    finally:
        database.close()
    if as_json:
        versions = [{"kind": one.kind, "key": one.key, "version": one.version, "new": one.is_new} for one in made.definitions]
        console.emit_json({"deployment": made.uuid, "definitions": versions})
        return
    fresh = [one for one in made.definitions if one.is_new]
    for one in fresh:
        console.out.print(f"{one.key}: Fassung {one.version}", highlight=False)
    if fresh:
        console.out.print(f"Bereitstellung {made.uuid}", highlight=False)
    console.out.print(f"{len(fresh)} neue Fassungen, {len(made.definitions) - len(fresh)} unverändert.")


def undo(deployment: UUID, *, tenant: str, reason: str, as_json: bool) -> None:
    """Take a deployment back. Raises withdrawals.Refused with all reasons where somebody uses it."""
    database = wiring.open_database()
    try:
        with database.look() as tx:
            found = cities.named(tx, tenant)
        with database.begin(found.id) as tx:
            made = withdrawals.undo(tx, deployment, reason=reason, tenant_id=found.id, by=BY, now=clock.now(tx, found.id))
    finally:
        database.close()
    if as_json:
        versions = [{"kind": kind, "key": key, "version": version, "latest": latest} for kind, key, version, latest in made.versions]
        console.emit_json({"deployment": made.uuid, "name": made.name, "undone": versions})
        return
    for _, key, version, latest in made.versions:
        rest = "gibt es nicht mehr" if latest is None else f"gilt wieder in Fassung {latest}"
        console.out.print(f"{key}: Fassung {version} zurückgenommen, {rest}.", markup=False, highlight=False)
