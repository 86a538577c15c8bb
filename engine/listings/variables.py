"""Process variables as rows: of running instances, and of all."""

from __future__ import annotations

from dataclasses import replace

from engine import bundles
from engine.listings.listing import Filter, Listing

HISTORIC = Listing(
    columns=(
        "v.key as name, v.value, p.id as instance_id, p.uuid as instance_uuid, p.process_key, p.status, p.started_at, d.uuid as definition_uuid,"
        " d.version as definition_version"
    ),
    source=f"from process_instance p{bundles.DEFINITION} cross join lateral jsonb_each(p.variables) v where p.tenant_id = :tenant",
    filters={
        "number": Filter("whole", "p.id = :value", is_public=False),
        "variable_name": Filter("text", "v.key = :value"),
        "variable_names": Filter("texts", "v.key = any (cast(:value as text[]))"),
        "variable_name_in": Filter("texts", "v.key = any (cast(:value as text[]))"),
        "variable_name_like": Filter("text", "v.key like :value", "mit % als Platzhalter"),
        "process_instance_id": Filter("uuid", "p.uuid = :value"),
        "process_instance_id_in": Filter("uuids", "p.uuid = any (cast(:value as uuid[]))"),
        "execution_id_in": Filter("uuids", "p.uuid = any (cast(:value as uuid[]))", "Kennungen der Vorgänge"),
        "process_definition_id": Filter("uuid", "d.uuid = :value"),
        "process_definition_key": Filter("text", "p.process_key = :value"),
        "business_key": Filter("text", "p.business_key = :value"),
        "variable_values": Filter("comparisons", "p.variables", "name_operator_wert, zum Beispiel betrag_gt_100"),
    },
    orders={"number": "p.id", "variable_name": "v.key", "instance_id": "p.uuid", "process_instance_id": "p.uuid"},
    tie="p.id, v.key",
)

RUNNING = replace(HISTORIC, source=HISTORIC.source + " and p.status = 'running'")
