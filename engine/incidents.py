"""Incidents: the process cannot go on; a row a person resolves, and the instance waits where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine import clock, errors

MAX_MESSAGE = 4000


@dataclass(frozen=True, slots=True)
class Incident:
    tenant_id: int
    id: int
    uuid: UUID
    instance_id: int | None
    kind: str
    element_id: str
    wait_id: UUID | None
    message: str
    opened_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None
    resolution: str | None
    business_key: str | None
    process_key: str | None


@dataclass(frozen=True, slots=True)
class PutAside:
    """What failed and waits for a person, for its incident; what_failed: German, in front of the reason."""

    wait_id: UUID
    instance_id: int | None = None
    element_id: str = ""
    what_failed: str = ""


QUERY = (
    "select i.tenant_id, i.id, i.uuid, i.instance_id, i.kind, i.element_id, i.wait_id, i.message, i.opened_at, i.resolved_at,"
    " i.resolved_by, i.resolution, p.business_key, p.process_key from incident i"
    " left join process_instance p on p.tenant_id = i.tenant_id and p.id = i.instance_id"
)


def open_incident(
    tx: Connection,
    tenant_id: int,
    *,
    kind: str,
    message: str,
    now: datetime,
    instance_id: int | None = None,
    element_id: str = "",
    wait_id: UUID | None = None,
) -> None:
    """Open an incident, unless the same wait has an open one already (then its message is renewed)."""
    parameters = {
        "t": tenant_id, "i": instance_id, "k": kind, "e": element_id, "w": wait_id, "m": message[:MAX_MESSAGE], "now": now,
    }  # fmt: skip
    renewed = tx.execute(
        text("update incident set message = :m where tenant_id = :t and wait_id = :w and resolved_at is null"), parameters
    ).rowcount if wait_id is not None else 0  # fmt: skip
    if not renewed:
        tx.execute(
            text(
                "insert into incident (tenant_id, instance_id, kind, element_id, wait_id, message, opened_at)"
                " values (:t, :i, :k, :e, :w, :m, :now)"
            ),
            parameters,
        )


def open_ones(tx: Connection, tenant_id: int, *, limit: int = 200) -> list[Incident]:
    """Return the open incidents of a tenant, oldest first."""
    query = text(f"{QUERY} where i.tenant_id = :t and i.resolved_at is null order by i.id limit :limit")
    return [Incident(*row) for row in tx.execute(query, {"t": tenant_id, "limit": limit})]


def get(tx: Connection, tenant_id: int, uuid: UUID) -> Incident:
    """Return an incident. Raises errors.NotFound."""
    row = tx.execute(text(f"{QUERY} where i.tenant_id = :t and i.uuid = :u"), {"t": tenant_id, "u": uuid}).first()
    if row is None:
        raise errors.NotFound("Die Störung gibt es nicht, oder sie gehört einem anderen Mandanten.")
    return Incident(*row)


def of_number(tx: Connection, tenant_id: int, number: int) -> Incident:
    """Return an incident by its number. Raises errors.NotFound."""
    row = tx.execute(text(f"{QUERY} where i.tenant_id = :t and i.id = :n"), {"t": tenant_id, "n": number}).first()
    if row is None:
        raise errors.NotFound("Die Störung gibt es nicht, oder sie gehört einem anderen Mandanten.")
    return Incident(*row)


def retry(tx: Connection, tenant_id: int, uuid: UUID, *, by: str, reason: str, now: datetime) -> Incident:
    """Resolve an incident by trying again: the job, timer, message or planned start becomes due once more. `reason` is kept."""
    incident = _unresolved(tx, tenant_id, uuid, reason)
    parameters = {"t": tenant_id, "w": incident.wait_id}
    if incident.kind == "job":
        fresh = "update job set retries = 1, attempts = 0, locked_until = null, locked_by = null where tenant_id = :t and id = :w"
        tx.execute(text(fresh), parameters)
    elif incident.kind == "timer":
        tx.execute(text("update timer set parked = false where tenant_id = :t and id = :w"), parameters)
    elif incident.kind == "message":
        tx.execute(text("update outbox set parked = false where tenant_id = :t and message_id = :w"), parameters)
    elif incident.kind == "start":
        tx.execute(text("update scheduled_start set parked = false where tenant_id = :t and id = :w"), parameters)
    _close(tx, incident, by, reason, now)
    tx.execute(text("select pg_notify('vollstreckung_work', '')"))
    return incident


def dismiss(tx: Connection, tenant_id: int, uuid: UUID, *, by: str, reason: str, now: datetime) -> Incident:
    """Resolve an incident without another try: a message or planned start is thrown away. `reason` is kept.

    Raises errors.InvalidState for a job or timer: its instance waits for it, so it is tried again or the instance is cancelled.
    """
    incident = _unresolved(tx, tenant_id, uuid, reason)
    if incident.kind not in ("message", "start"):
        raise errors.InvalidState("Auf diesen Schritt wartet der Vorgang. Bitte erneut versuchen oder den Vorgang abbrechen.")
    parameters = {"t": tenant_id, "w": incident.wait_id}
    if incident.kind == "message":
        tx.execute(text("delete from outbox where tenant_id = :t and message_id = :w and parked"), parameters)
    else:
        tx.execute(text("delete from scheduled_start where tenant_id = :t and id = :w and parked"), parameters)
    _close(tx, incident, by, reason, now)
    return incident


def resolve_wait(tx: Connection, tenant_id: int, wait_id: UUID, *, by: str, reason: str, now: datetime) -> None:
    """Resolve the open incident of a wait, if there is one: what it waits for goes on."""
    query = text(
        "update incident set resolved_at = :now, resolved_by = :by, resolution = :r where tenant_id = :t and wait_id = :w and resolved_at is null"
    )
    tx.execute(query, {"t": tenant_id, "w": wait_id, "by": by, "r": reason, "now": now})


def _unresolved(tx: Connection, tenant_id: int, uuid: UUID, reason: str) -> Incident:
    tx.execute(text("select 1 from incident where tenant_id = :t and uuid = :u for update"), {"t": tenant_id, "u": uuid})
    incident = get(tx, tenant_id, uuid)
    if incident.resolved_at is not None:
        raise errors.Conflict(
            f"Die Störung hat {incident.resolved_by} schon am {incident.resolved_at.astimezone(clock.BERLIN):%d.%m.%Y} bearbeitet."
        )
    if not reason.strip():
        raise errors.InvalidInput("Bitte angeben, was behoben wurde.", {"reason": "Bitte ausfüllen."})
    return incident


def _close(tx: Connection, incident: Incident, by: str, reason: str, now: datetime) -> None:
    tx.execute(
        text("update incident set resolved_at = :now, resolved_by = :by, resolution = :r where tenant_id = :t and id = :i"),
        {"t": incident.tenant_id, "i": incident.id, "by": by, "r": reason.strip(), "now": now},
    )
