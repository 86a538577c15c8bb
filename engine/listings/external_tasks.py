"""Jobs as programs outside know them: open ones, of every topic, also of those that the program serves itself."""

from __future__ import annotations

from engine import external_tasks, keys
from engine.listings.listing import Filter, Listing
from engine.listings.waits import INSTANCE_ORDERS, OF_INSTANCE

IS_LOCKED = "j.locked_by is not null and j.locked_until >= clock_timestamp()"

EXTERNAL_TASKS = Listing(
    columns=external_tasks.COLUMNS,
    source=f"{external_tasks.FROM} where j.tenant_id = :tenant",
    filters=OF_INSTANCE | {
        "external_task_id": Filter("uuid", "j.id = :value"),
        "external_task_id_in": Filter("uuids", "j.id = any (cast(:value as uuid[]))"),
        "number": Filter("whole", "p.id = :value", is_public=False),
        "definition_number": Filter("whole", "d.id = :value", is_public=False),
        "key": Filter("whole", f"{keys.sql('j.id')} = :value", is_public=False),
        "topic_name": Filter("text", "j.topic = :value"),
        "worker_id": Filter("text", "j.locked_by = :value"),
        "locked": Filter("flag", f"({IS_LOCKED})"),
        "not_locked": Filter("flag", f"(({IS_LOCKED}) is not true)"),
        "with_retries_left": Filter("flag", "j.retries > 0"),
        "no_retries_left": Filter("flag", "j.retries = 0"),
        "lock_expiration_after": Filter("instant", "j.locked_until > :value"),
        "lock_expiration_before": Filter("instant", "j.locked_until < :value"),
        "activity_id": Filter("text", "j.element_id = :value"),
        "activity_id_in": Filter("texts", "j.element_id = any (cast(:value as text[]))"),
        "execution_id": Filter("uuid", "p.uuid = :value", "die Kennung des Vorgangs"),
        "process_instance_id_in": Filter("uuids", "p.uuid = any (cast(:value as uuid[]))"),
        "priority_higher_than_or_equals": Filter("whole", "j.priority >= :value"),
        "priority_lower_than_or_equals": Filter("whole", "j.priority <= :value"),
        "active": Filter("flag", "true"),
        "suspended": Filter("flag", "false", "Aufträge werden hier nicht angehalten"),
    },
    orders=INSTANCE_ORDERS | {
        "id": "j.id", "lock_expiration_time": "j.locked_until", "task_priority": "j.priority", "create_time": "j.created_at",
        "tenant_id": "j.tenant_id", "number": "p.id", "topic_name": "j.topic", "retries": "j.retries", "activity_id": "j.element_id",
    },
    tie="j.created_at, j.instance_id, j.id",
)  # fmt: skip
