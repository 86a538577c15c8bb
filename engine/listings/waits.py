"""What instances wait for or waited for: timers and jobs of the program itself, user tasks, and incidents."""

from __future__ import annotations

from dataclasses import replace

from engine import bundles
from engine.listings.listing import Filter, Listing

OF_INSTANCE = {
    "process_instance_id": Filter("uuid", "p.uuid = :value"),
    "process_instance_ids": Filter("uuids", "p.uuid = any (cast(:value as uuid[]))"),
    "process_instance_business_key": Filter("text", "p.business_key = :value"),
    "process_definition_id": Filter("uuid", "d.uuid = :value"),
    "process_definition_key": Filter("text", "p.process_key = :value"),
}
INSTANCE_ORDERS = {"process_instance_id": "p.uuid", "process_definition_id": "d.uuid", "process_definition_key": "p.process_key"}

# A timer counts as one try: parked means none is left.
JOBS = Listing(
    columns=(
        "w.id, w.element_id, w.kind, w.retries, w.due_at, w.created_at, w.priority, w.error, p.uuid as instance_uuid, p.process_key,"
        " d.uuid as definition_uuid, d.version as definition_version"
    ),
    source=(
        "from (select t.tenant_id, t.id, t.instance_id, t.element_id, 'timer' as kind, case when t.parked then 0 else 1 end as retries,"
        " t.due_at, null::timestamptz as created_at, 0 as priority, (select i.message from incident i where i.tenant_id = t.tenant_id"
        " and i.wait_id = t.id and i.resolved_at is null limit 1) as error from timer t where t.tenant_id = :tenant"
        " union all select j.tenant_id, j.id, j.instance_id, j.element_id, j.topic, j.retries, j.locked_until, j.created_at, j.priority, j.error"
        " from job j where j.tenant_id = :tenant) w join process_instance p on p.tenant_id = w.tenant_id and p.id = w.instance_id"
        f"{bundles.DEFINITION} where w.tenant_id = :tenant"
    ),
    filters=OF_INSTANCE | {
        "job_id": Filter("uuid", "w.id = :value"),
        "job_ids": Filter("uuids", "w.id = any (cast(:value as uuid[]))"),
        "execution_id": Filter("uuid", "p.uuid = :value", "die Kennung des Vorgangs"),
        "activity_id": Filter("text", "w.element_id = :value"),
        "failed_activity_id": Filter("text", "w.element_id = :value and w.retries = 0"),
        "with_retries_left": Filter("flag", "w.retries > 0"),
        "no_retries_left": Filter("flag", "w.retries = 0"),
        "executable": Filter("flag", "w.retries > 0 and (w.due_at is null or w.due_at <= clock_timestamp())"),
        "timers": Filter("flag", "w.kind = 'timer'"),
        "messages": Filter("flag", "w.kind <> 'timer'", "Aufträge"),
        "with_exception": Filter("flag", "w.error is not null"),
        "active": Filter("flag", "true"),
        "suspended": Filter("flag", "false", "Aufträge werden hier nicht angehalten"),
    },
    orders=INSTANCE_ORDERS | {
        "job_id": "w.id", "execution_id": "p.uuid", "job_retries": "w.retries", "job_priority": "w.priority", "job_due_date": "w.due_at",
    },
    tie="w.id",
)  # fmt: skip

USER_TASKS = Listing(
    columns=(
        "u.id, u.element_id, u.label, u.assignee, u.created_at, u.ended_at, u.ended_by, u.outcome, u.due_at, u.follow_up_at, u.priority,"
        " p.uuid as instance_uuid, p.process_key, d.uuid as definition_uuid, d.version as definition_version"
    ),
    source=f"from user_task u join process_instance p on p.tenant_id = u.tenant_id and p.id = u.instance_id{bundles.DEFINITION} where u.tenant_id = :tenant",
    filters=OF_INSTANCE | {
        "task_id": Filter("uuid", "u.id = :value"),
        "process_instance_business_key_like": Filter("text", "p.business_key like :value", "mit % als Platzhalter"),
        "process_instance_business_key_in": Filter("texts", "p.business_key = any (cast(:value as text[]))"),
        "process_definition_name": Filter("text", "d.name = :value"),
        "process_variables": Filter("comparisons", "p.variables", "name_operator_wert, zum Beispiel betrag_gt_100"),
        "without_task_due_date": Filter("flag", "u.due_at is null"),
        "execution_id": Filter("uuid", "p.uuid = :value", "die Kennung des Vorgangs"),
        "activity_instance_id_in": Filter("uuids", "u.id = any (cast(:value as uuid[]))"),
        "task_name": Filter("text", "u.label = :value"),
        "task_name_like": Filter("text", "u.label like :value"),
        "task_definition_key": Filter("text", "u.element_id = :value"),
        "task_definition_key_in": Filter("texts", "u.element_id = any (cast(:value as text[]))"),
        "task_assignee": Filter("text", "u.assignee = :value"),
        "task_priority": Filter("whole", "u.priority = :value"),
        "assigned": Filter("flag", "u.assignee is not null"),
        "unassigned": Filter("flag", "u.assignee is null"),
        "finished": Filter("flag", "u.ended_at is not null"),
        "unfinished": Filter("flag", "u.ended_at is null"),
        "process_finished": Filter("flag", "p.status <> 'running'"),
        "process_unfinished": Filter("flag", "p.status = 'running'"),
        "started_after": Filter("instant", "u.created_at >= :value"),
        "started_before": Filter("instant", "u.created_at <= :value"),
        "finished_after": Filter("instant", "u.ended_at >= :value"),
        "finished_before": Filter("instant", "u.ended_at <= :value"),
        "task_due_date_before": Filter("instant", "u.due_at < :value"),
        "task_due_date_after": Filter("instant", "u.due_at > :value"),
    },
    orders=INSTANCE_ORDERS | {
        "task_id": "u.id", "task_name": "u.label", "start_time": "u.created_at", "end_time": "u.ended_at", "due_date": "u.due_at",
        "follow_up_date": "u.follow_up_at", "priority": "u.priority", "assignee": "u.assignee", "task_definition_key": "u.element_id",
        "execution_id": "p.uuid", "activity_instance_id": "u.id", "duration": "u.ended_at - u.created_at",
    },
    tie="u.created_at, u.id",
)  # fmt: skip

INCIDENTS = Listing(
    columns=(
        "i.id, i.instance_id, i.uuid, i.kind, i.element_id, i.wait_id, i.message, i.opened_at, p.uuid as instance_uuid, p.process_key,"
        " d.uuid as definition_uuid, d.id as definition_number, d.version as definition_version, j.topic"
    ),
    source=(
        "from incident i left join process_instance p on p.tenant_id = i.tenant_id and p.id = i.instance_id"
        f"{bundles.DEFINITION.replace(' join ', ' left join ')} left join job j on j.tenant_id = i.tenant_id and j.id = i.wait_id"
        " where i.tenant_id = :tenant and i.resolved_at is null"
    ),
    filters={name: OF_INSTANCE[name] for name in ("process_instance_id", "process_definition_id")} | {
        "incident_id": Filter("uuid", "i.uuid = :value"),
        "number": Filter("whole", "p.id = :value", is_public=False),
        "state": Filter("text", "'ACTIVE' = :value", is_public=False),
        "incident_number": Filter("whole", "i.id = :value", is_public=False),
        "process_definition_key": Filter("text", "p.process_key = :value", is_public=False),
        "of_instance": Filter("flag", "p.id is not null", "kein Vorgang: eine Nachricht, die niemand erwartet", is_public=False),
        "incident_kinds": Filter("texts", "i.kind = any (cast(:value as text[]))", "job, timer, message, step", is_public=False),
        "process_definition_key_in": Filter("texts", "p.process_key = any (cast(:value as text[]))"),
        "incident_message": Filter("text", "i.message = :value"),
        "incident_message_like": Filter("text", "i.message like :value"),
        "activity_id": Filter("text", "i.element_id = :value"),
        "failed_activity_id": Filter("text", "i.element_id = :value"),
        "execution_id": Filter("uuid", "p.uuid = :value", "die Kennung des Vorgangs"),
        "configuration": Filter("uuid", "i.wait_id = :value", "der Auftrag, die Frist oder die Nachricht"),
        "incident_timestamp_before": Filter("instant", "i.opened_at < :value"),
        "incident_timestamp_after": Filter("instant", "i.opened_at > :value"),
    },
    orders=INSTANCE_ORDERS | {
        "incident_id": "i.id", "incident_message": "i.message", "incident_timestamp": "i.opened_at", "incident_type": "i.kind",
        "activity_id": "i.element_id", "execution_id": "p.uuid", "configuration": "i.wait_id",
    },
    tie="i.id",
)  # fmt: skip

HISTORIC_INCIDENTS = replace(
    INCIDENTS,
    columns=INCIDENTS.columns + ", i.resolved_at, i.resolved_by, i.resolution",
    source=INCIDENTS.source.replace(" and i.resolved_at is null", ""),
    filters={
        **INCIDENTS.filters,
        "process_definition_key": Filter("text", "p.process_key = :value"),
        "open": Filter("flag", "i.resolved_at is null"),
        "resolved": Filter("flag", "i.resolved_at is not null"),
        "create_time_before": Filter("instant", "i.opened_at < :value"),
        "create_time_after": Filter("instant", "i.opened_at > :value"),
        "end_time_before": Filter("instant", "i.resolved_at < :value"),
        "end_time_after": Filter("instant", "i.resolved_at > :value"),
    },
    orders={**INCIDENTS.orders, "create_time": "i.opened_at", "end_time": "i.resolved_at"},
)
