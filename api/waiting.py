"""What the instances of a trial wait for, whatever it is: people first, then jobs, times, and what may come from outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

TASK, JOB, TIMER, MESSAGE, SIGNAL = "Aufgabe", "Auftrag", "Frist", "Nachricht", "Signal"
ORDER = (TASK, JOB, TIMER, MESSAGE, SIGNAL)

_WAITS = (
    f"select '{TASK}' as kind, id, element_id as name, label, instance_id, due_at, null as key from user_task"
    " where tenant_id = :t and ended_at is null",
    f"select '{JOB}', id, topic, label, instance_id, null, null from job where tenant_id = :t",
    f"select '{TIMER}', id, element_id, label, instance_id, due_at, null from timer where tenant_id = :t",
    f"select '{MESSAGE}', id, name, label, instance_id, null, key from subscription where tenant_id = :t and kind = 'message'",
    f"select '{SIGNAL}', id, name, label, instance_id, null, null from subscription where tenant_id = :t and kind = 'signal'",
)
_QUERY = text(
    f"select w.kind, w.id, w.name, w.label, w.due_at, w.key, p.process_key, p.business_key from ({' union all '.join(_WAITS)}) w"
    " join process_instance p on p.tenant_id = :t and p.id = w.instance_id"
    " order by array_position(cast(:kinds as text[]), w.kind), w.due_at nulls last, p.id, w.name"
)


@dataclass(frozen=True, slots=True)
class Wait:
    """`kind` is one of ORDER; `name` the element, topic, message or signal; `key` what a message is correlated by."""

    kind: str
    id: UUID
    name: str
    label: str
    due_at: datetime | None
    key: str | None
    process_key: str
    business_key: str
    city: str

    @property
    def is_from_outside(self) -> bool:
        """Whether it may come or not: nobody here has to do anything about it."""
        return self.kind in (MESSAGE, SIGNAL)


def of_tenant(tx: Connection, slug: str, tenant_id: int) -> list[Wait]:
    """Return what a city's instances wait for, in the order of ORDER, the earliest first."""
    rows = tx.execute(_QUERY, {"t": tenant_id, "kinds": list(ORDER)})
    return [Wait(**row._mapping, city=slug) for row in rows]
