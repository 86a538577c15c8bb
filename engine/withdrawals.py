"""Taking back a deployment that nobody uses: the versions before it are the latest again.

Nothing is deleted. The deployment keeps its row with who took it back, when and why, its definitions stay readable, and their numbers are
never given again. What somebody uses is refused with every reason at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine import bindings, bundles, clock, db, deployments, errors, migration, start_schedule
from engine.spiff import model, reader, words

MAX_TOLD = 5
LETTER_PARAMETER = "vorlage"


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What was taken back, and the versions that are the latest now (None: there is none any more)."""

    uuid: UUID
    name: str
    versions: tuple[tuple[str, str, int, int | None], ...]


class Refused(errors.InvalidState):
    """Somebody uses the deployment; nothing was changed. `reasons` has all of them."""

    def __init__(self, name: str, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        told = "\n".join(f"* {reason}" for reason in reasons)
        super().__init__(
            f"Die Bereitstellung „{name}“ kann nicht zurückgenommen werden:\n{told}\n"
            "Bitte stattdessen die frühere Fassung neu bereitstellen und laufende Vorgänge umstellen."
        )


def undo(tx: Connection, deployment_uuid: UUID, *, reason: str, tenant_id: int, by: str, now: datetime) -> Withdrawn:
    """Take a deployment back. Raises errors.NotFound, errors.InvalidInput without a reason, errors.InvalidState and Refused."""
    reason = migration.checked_reason(reason)
    world_id = deployments.world_of(tx, tenant_id)
    tx.execute(text("select 1 from world where id = :w for update"), {"w": world_id})
    row = _deployment(tx, world_id, deployment_uuid)
    reasons = tuple(_reasons(tx, row, world_id, tenant_id))
    if reasons:
        raise Refused(row.name, reasons)
    parameters = {"w": world_id, "d": row.id, "at": now, "by": by, "r": reason}
    tx.execute(text("update definition set undone = true where world_id = :w and deployment_id = :d"), parameters)
    tx.execute(
        text("update deployment set undone_at = :at, undone_by = :by, undone_reason = :r where world_id = :w and id = :d"), parameters
    )
    made = _definitions(tx, world_id, row.id)
    before = {(one.kind, one.key): _latest(tx, world_id, one.kind, one.key) for one in made}
    for one in made:
        if one.kind == "bpmn":
            _plan_starts(tx, one.key, before[(one.kind, one.key)], world_id=world_id, tenant_id=tenant_id, now=now)
    taken = tuple((one.kind, one.key, one.version, getattr(before[(one.kind, one.key)], "version", None)) for one in made)
    return Withdrawn(row.uuid, row.name, taken)


def reasons(tx: Connection, deployment_uuid: UUID, *, tenant_id: int) -> tuple[str, ...]:
    """Return why a deployment cannot be taken back; empty: it can. Raises errors.NotFound and errors.InvalidState."""
    world_id = deployments.world_of(tx, tenant_id)
    return tuple(_reasons(tx, _deployment(tx, world_id, deployment_uuid), world_id, tenant_id))


def _deployment(tx: Connection, world_id: int, uuid: UUID) -> Any:
    row = tx.execute(
        text("select id, uuid, name, undone_at, undone_by from deployment where world_id = :w and uuid = :u"), {"w": world_id, "u": uuid}
    ).first()
    if row is None:
        raise errors.NotFound("Diese Bereitstellung gibt es nicht.")
    if row.undone_at is not None:
        when = row.undone_at.astimezone(clock.BERLIN)
        raise errors.InvalidState(f"Die Bereitstellung „{row.name}“ hat {row.undone_by} schon am {when:%d.%m.%Y} zurückgenommen.")
    return row


def _definitions(tx: Connection, world_id: int, deployment_id: int) -> Sequence[Any]:
    query = text("select id, kind, key, version, name, file from definition where world_id = :w and deployment_id = :d order by id")
    return tx.execute(query, {"w": world_id, "d": deployment_id}).all()


def _latest(tx: Connection, world_id: int, kind: str, key: str) -> Any:
    """Return the latest version that is not taken back, or None."""
    query = text(
        "select d.id, d.version, d.file, r.content from definition d join resource r on r.sha256 = d.sha256 where d.world_id = :w"
        " and d.kind = :k and d.key = :key and not d.undone order by d.version desc limit 1"
    )
    return tx.execute(query, {"w": world_id, "k": kind, "key": key}).first()


def _plan_starts(tx: Connection, key: str, before: Any, *, world_id: int, tenant_id: int, now: datetime) -> None:
    """Plan the timer starts of the version that is the latest again, seen from now as after a deployment."""
    files = {} if before is None else {before.file: bytes(before.content)}
    planned, _ = start_schedule.of_files(files, db.runtime(tx).functions, now, tenant_id)
    start_schedule.replace(tx, key, planned.get(key, ()), world_id=world_id, tenant_id=tenant_id)


# ---------------------------------------------------------------- who uses it
def _reasons(tx: Connection, row: Any, world_id: int, tenant_id: int) -> Iterator[str]:
    made = _definitions(tx, world_id, row.id)
    if not made:
        yield "Sie hat keine neue Fassung gebracht; es gibt nichts zurückzunehmen."
    for one in made:
        latest = _latest(tx, world_id, one.kind, one.key)
        if latest is not None and latest.version > one.version:
            yield f"{bindings.KINDS[one.kind]} „{one.key}“ hat schon die Fassung {latest.version}. Bitte zuerst deren Bereitstellung zurücknehmen."
    in_use = tx.execute(text("select * from bundle_use(:w)"), {"w": world_id}).all()
    yield from _instances(tx, made, in_use, tenant_id)
    yield from _diagrams(tx, row.id, world_id)
    yield from _decisions(tx, in_use, row.id, world_id)


def _instances(tx: Connection, made: Sequence[Any], in_use: Sequence[Any], tenant_id: int) -> Iterator[str]:
    """Name the instances that keep one of the versions and need it: running ones, and ended ones whose history tells of it."""
    by_id = {one.id: one for one in made}
    for use in in_use:
        ids = tx.execute(text("select definition_ids from bundle where id = :b"), {"b": use.bundle_id}).scalar_one()
        needed = [one for one in (by_id[i] for i in ids if i in by_id) if _needs(tx, use.bundle_id, one)]
        if not needed:
            continue
        what = ", ".join(f"{bindings.KINDS[one.kind]} „{one.key}“ Fassung {one.version}" for one in needed)
        if use.tenant_id != tenant_id:
            yield f"{use.tenant_name}: {use.running} laufende und {use.ended} beendete Vorgänge mit {what}."
            continue
        query = text(
            "select business_key, process_key, status from process_instance where tenant_id = :t and bundle_id = :b"
            " order by status <> 'running', id limit :n"
        )
        for instance in tx.execute(query, {"t": tenant_id, "b": use.bundle_id, "n": MAX_TOLD}):
            verb = "läuft" if instance.status == "running" else "lief"
            yield f"Vorgang „{instance.business_key}“ ({instance.process_key}) {verb} mit {what}."
        if use.running + use.ended > MAX_TOLD:
            yield f"{use.running + use.ended - MAX_TOLD} weitere Vorgänge ebenso."


def _needs(tx: Connection, bundle_id: int, one: Any) -> bool:
    """Return whether a bundle's processes refer to one of its definitions; a bundle holds every form and letter of its day."""
    if one.kind == "bpmn":
        return True
    definition = bundles.definition(tx, bundle_id)
    if one.kind == "form" and definition.process.start_form == one.key:
        return True
    elements = [node.element for node in definition.nodes()]
    if any((kind, key) == (one.kind, one.key) for element in elements for kind, key, _ in _named(element)):
        return True
    computed = any(p.target == LETTER_PARAMETER and p.value.kind != "literal" for element in elements for p in element.inputs)
    return one.kind == "letter" and computed  # it may be this one


def _diagrams(tx: Connection, deployment_id: int, world_id: int) -> Iterator[str]:
    """Name the elements of the diagrams that remain the latest and would find no decision, form, letter or process any more."""
    query = text(
        "select distinct on (d.key) d.key, d.version, d.file, d.deployment_id, r.content from definition d join resource r on r.sha256 = d.sha256"
        " where d.world_id = :w and d.kind = 'bpmn' and not d.undone and d.deployment_id <> :d order by d.key, d.version desc"
    )
    for row in tx.execute(query, {"w": world_id, "d": deployment_id}).all():
        process = reader.process_of(bytes(row.content), row.file, row.key, db.runtime(tx).functions)
        for element in model.walk(process.elements) if process else ():
            for kind, key, binding in _named(element):
                if _goes(tx, world_id, kind, key, binding, of=row.deployment_id, without=deployment_id):
                    what = f"{bindings.KINDS[kind]} „{key}“{bindings.shown(binding)}"
                    yield f"{words.shown(element)} in „{row.key}“ Fassung {row.version} braucht {what}."


def _named(element: model.Element) -> Iterator[tuple[str, str, str]]:
    """Yield (kind, key, binding) of what an element names."""
    if element.called:
        yield "bpmn", element.called, element.called_binding
    if element.decision:
        yield "dmn", element.decision, element.decision_binding
    if element.assignment.form:
        yield "form", element.assignment.form, element.assignment.form_binding or "latest"
    for parameter in element.inputs:
        if parameter.target == LETTER_PARAMETER and parameter.value.kind == "literal":
            yield "letter", parameter.value.source, "latest"


def _goes(tx: Connection, world_id: int, kind: str, key: str, binding: str, *, of: int, without: int) -> bool:
    """Return whether a binding of the deployment `of` means something now, and nothing any more without a deployment."""
    if bindings.resolve(tx, world_id, kind, key, binding, deployment_id=of) is None:
        return False
    return bindings.resolve(tx, world_id, kind, key, binding, deployment_id=of, without=without) is None


def _decisions(tx: Connection, in_use: Sequence[Any], deployment_id: int, world_id: int) -> Iterator[str]:
    """Name the running instances, of older versions too, that may still ask a decision which would be gone."""
    for use in in_use:
        if not use.running:
            continue
        definition = bundles.definition(tx, use.bundle_id)
        of = bundles.deployments_of_decisions(tx, use.bundle_id)
        for key, binding in definition.decisions.items():
            if _goes(tx, world_id, "dmn", key, binding, of=of.get(key, 0), without=deployment_id):
                what = f"Entscheidung „{key}“{bindings.shown(binding)}"
                yield f"{use.tenant_name}: {use.running} laufende Vorgänge von „{definition.process.id}“ können noch nach der {what} fragen."
