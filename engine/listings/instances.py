"""Process instances with the version of their process: those that run, and all there ever were."""

from __future__ import annotations

from dataclasses import replace

from engine import bundles
from engine.listings.listing import Filter, Listing

OPEN_INCIDENT = "exists (select 1 from incident i where i.tenant_id = p.tenant_id and i.instance_id = p.id and i.resolved_at is null)"
# Which elements an instance stands at, by its waits.
WAITS_AT = " or ".join(
    f"exists (select 1 from {table} w where w.tenant_id = p.tenant_id and w.instance_id = p.id and w.element_id = any (cast(:value as text[])){more})"
    for table, more in (("user_task", " and w.outcome is null"), ("job", ""), ("timer", ""), ("subscription", ""))
)

COMMON = {
    "number": Filter("whole", "p.id = :value", is_public=False),
    "definition_number": Filter("whole", "d.id = :value", is_public=False),
    "definition_version": Filter("whole", "d.version = :value", is_public=False),
    "version_tag": Filter("text", "d.meta ->> 'version_tag' = :value", is_public=False),
    "has_incident": Filter("text", f"(case when {OPEN_INCIDENT} then 'true' else 'false' end) = :value", is_public=False),
    "status": Filter("texts", "p.status = any (cast(:value as text[]))", is_public=False),
    "process_instance_ids": Filter("uuids", "p.uuid = any (cast(:value as uuid[]))"),
    "process_instance_id_in": Filter("uuids", "p.uuid = any (cast(:value as uuid[]))"),
    "process_instance_id": Filter("uuid", "p.uuid = :value"),
    "business_key": Filter("text", "p.business_key = :value"),
    "process_instance_business_key": Filter("text", "p.business_key = :value"),
    "business_key_like": Filter("text", "p.business_key like :value", "mit % als Platzhalter"),
    "process_instance_business_key_like": Filter("text", "p.business_key like :value", "mit % als Platzhalter"),
    "process_instance_business_key_in": Filter("texts", "p.business_key = any (cast(:value as text[]))"),
    "process_definition_id": Filter("uuid", "d.uuid = :value"),
    "process_definition_key": Filter("text", "p.process_key = :value"),
    "process_definition_key_in": Filter("texts", "p.process_key = any (cast(:value as text[]))"),
    "process_definition_key_not_in": Filter("texts", "p.process_key <> all (cast(:value as text[]))"),
    "process_definition_name": Filter("text", "d.name = :value"),
    "deployment_id": Filter("uuid", "d.deployment_id = (select id from deployment where world_id = :world and uuid = :value)"),
    "with_incident": Filter("flag", OPEN_INCIDENT),
    "with_incidents": Filter("flag", OPEN_INCIDENT),
    "root_process_instances": Filter("flag", "true", "jeder Vorgang ist hier eigenständig"),
    "variables": Filter("comparisons", "p.variables", "name_operator_wert, zum Beispiel betrag_gt_100; Operatoren: eq neq gt gteq lt lteq like"),
}  # fmt: skip

HISTORIC = Listing(
    columns=(
        "p.id, p.uuid, p.process_key, p.business_key, p.status, p.started_at, p.ended_at, p.started_by, d.uuid as definition_uuid,"
        " d.id as definition_number, d.name as definition_name, d.version as definition_version, d.meta ->> 'version_tag' as version_tag,"
        " (select h.payload::jsonb -> 'stimulus' ->> 'name' from history h where p.status = 'cancelled' and h.tenant_id = p.tenant_id"
        f" and h.instance_id = p.id and h.kind = 'cancelled' limit 1) as reason, {OPEN_INCIDENT} as has_incident"
    ),
    source=f"from process_instance p{bundles.DEFINITION} where p.tenant_id = :tenant",
    filters=COMMON | {
        "active_activity_id_in": Filter("texts", f"({WAITS_AT})"),
        "finished": Filter("flag", "p.status <> 'running'"),
        "unfinished": Filter("flag", "p.status = 'running'"),
        "active": Filter("flag", "p.status = 'running'"),
        "completed": Filter("flag", "p.status in ('completed', 'terminated')"),
        "externally_terminated": Filter("flag", "p.status = 'cancelled'"),
        "suspended": Filter("flag", "false", "Vorgänge werden hier nicht angehalten"),
        "started_by": Filter("text", "p.started_by = :value"),
        "started_after": Filter("instant", "p.started_at >= :value"),
        "started_before": Filter("instant", "p.started_at <= :value"),
        "finished_after": Filter("instant", "p.ended_at >= :value"),
        "finished_before": Filter("instant", "p.ended_at <= :value"),
    },
    orders={
        "number": "p.id", "instance_id": "p.uuid", "definition_id": "d.uuid", "definition_key": "p.process_key", "definition_name": "d.name",
        "definition_version": "d.version", "business_key": "p.business_key", "start_time": "p.started_at", "end_time": "p.ended_at",
        "duration": "p.ended_at - p.started_at",
    },
    tie="p.id",
)  # fmt: skip

RUNNING = replace(
    HISTORIC,
    source=HISTORIC.source + " and p.status = 'running'",
    filters=COMMON | {
        "activity_id_in": Filter("texts", f"({WAITS_AT})"),
        "active": Filter("flag", "true"),
        "suspended": Filter("flag", "false", "Vorgänge werden hier nicht angehalten"),
    },
    orders={name: HISTORIC.orders[name] for name in ("instance_id", "definition_id", "definition_key", "business_key")},
)  # fmt: skip
