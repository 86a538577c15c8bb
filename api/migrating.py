"""`vollstreckung migrate-instances`: move running instances to another version, after a look at what would become of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from api import cities, console, strict_json, wiring
from engine import clock, errors, migration

BY = "befehlszeile"
MAX_BYTES = 1024 * 1024
MAX_TOLD = 20
EXAMPLE = 'Erwartet wird {"alte_stelle": "neue_stelle", "weggefallen": null}.'


def migrate_instances(
    process: str, from_version: int, to_version: int, *, tenant: str, file: Path | None, dry_run: bool, reason: str, as_json: bool
) -> int:
    """Try or do a migration; return 0 when every instance can or could follow, else 1."""
    given = read_mapping(file) if file is not None else None
    if not dry_run:
        migration.checked_reason(reason)
    database = wiring.open_database()
    try:
        with database.look() as tx:
            tenant_id = cities.named(tx, tenant).id
        with database.begin(tenant_id) as tx:
            proposal = migration.propose(tx, process, from_version, to_version, tenant_id=tenant_id)
            made = migration.plan(tx, process, from_version, to_version, given or {}, tenant_id=tenant_id)
        if dry_run:
            with database.begin(tenant_id) as tx:
                now = clock.now(tx, tenant_id)
            with database.snapshot(tenant_id) as tx:
                verdicts = list(migration.dry_run(tx, made, now=now))
        else:
            moved = migration.migrate_all(lambda: database.begin(tenant_id), made, reason=reason, by=BY)
            verdicts = list(moved)
    finally:
        database.close()
    refused = [verdict for verdict in verdicts if verdict.reasons]
    if as_json:
        console.emit_json(_told(proposal, made.mapping, verdicts, dry_run=dry_run))
    else:
        _print(proposal, made.mapping, verdicts, dry_run=dry_run)
    return 1 if refused else 0


def read_mapping(file: Path) -> dict[str, str | None]:
    """Return the mapping of a JSON file. Raises errors.InvalidInput that says what is wrong with it."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as fault:
        raise console.unreadable(file, fault) from fault
    if len(content) > MAX_BYTES:
        raise errors.InvalidInput(f"„{file}“ ist größer als {MAX_BYTES // 1024 // 1024} MB. {EXAMPLE}")
    try:
        found = strict_json.loads(content)
    except strict_json.Unreadable as fault:
        raise errors.InvalidInput(f"Die Zuordnung „{file}“ ist nicht lesbar: {fault} {EXAMPLE}") from fault
    return checked(found, str(file))


def checked(found: object, where: str) -> dict[str, str | None]:
    """Return a mapping of texts to texts or nothing. Raises errors.InvalidInput with a message per entry that is neither."""
    if not isinstance(found, dict):
        raise errors.InvalidInput(f"Die Zuordnung „{where}“ ist kein JSON-Objekt. {EXAMPLE}")
    wrong = {str(key)[:200]: "Erwartet wird eine Stelle der neuen Fassung oder null." for key, value in found.items() if not _fits(value)}
    if wrong:
        raise errors.InvalidInput(f"Die Zuordnung „{where}“ enthält etwas anderes als Stellen. {EXAMPLE}", wrong)
    return dict(found)


def _fits(value: object) -> bool:
    return value is None or isinstance(value, str)


def _told(
    proposal: migration.Proposal, drawn: Mapping[str, str | None], verdicts: Iterable[migration.Verdict], *, dry_run: bool
) -> dict[str, object]:
    kept = list(verdicts)
    return {
        "dry_run": dry_run,
        "instances": len(kept),
        "migrated": 0 if dry_run else sum(not verdict.reasons for verdict in kept),
        "possible": sum(not verdict.reasons for verdict in kept),
        "refused": sum(bool(verdict.reasons) for verdict in kept),
        "mapping": [
            {"source": pair.source, "target": drawn.get(pair.source, pair.target if pair.certain else None), "certain": pair.certain}
            | ({} if pair.certain or pair.target is None else {"guess": pair.target})
            for pair in proposal.pairs
        ],
        "verdicts": [
            {
                "instance": verdict.uuid, "key": verdict.business_key, "changes": list(verdict.changes),
                "reasons": [{"element": reason.element_id, "message": reason.message} for reason in verdict.reasons],
            }
            for verdict in kept
        ],
    }  # fmt: skip


def _print(proposal: migration.Proposal, drawn: Mapping[str, str | None], verdicts: Iterable[migration.Verdict], *, dry_run: bool) -> None:
    def say(line: str) -> None:
        console.out.print(line, markup=False, highlight=False)

    kept = list(verdicts)
    for pair in proposal.pairs:
        if pair.source in drawn:
            say(f"{pair.source} → {drawn[pair.source] or 'nirgends'} (angegeben)")
        elif not pair.certain:
            guess = f"; vermutlich {pair.target}" if pair.target else ""
            say(f"{pair.source} → ohne Entsprechung{guess} (mit --mapping angeben)")
    for verdict in [verdict for verdict in kept if verdict.reasons][:MAX_TOLD]:
        say(f"{verdict.business_key}: nicht umgestellt. {' '.join(reason.message for reason in verdict.reasons)}")
    if dry_run:
        for verdict in [verdict for verdict in kept if verdict.changes][:MAX_TOLD]:
            say(f"{verdict.business_key}: {'; '.join(verdict.changes)}")
    possible = sum(not verdict.reasons for verdict in kept)
    done = "wären umgestellt" if dry_run else "umgestellt"
    say(f"{len(kept)} Vorgänge: {possible} {done}, {len(kept) - possible} blieben in ihrer Fassung.")
