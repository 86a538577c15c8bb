"""What instances wait for to be told: messages, with the version of their process."""

from __future__ import annotations

from engine import bundles
from engine.listings.instances import COMMON
from engine.listings.listing import Filter, Listing

MESSAGES = Listing(
    columns=(
        "s.id as wait_id, s.instance_id, s.element_id, s.name, s.key, p.uuid as instance_uuid, p.process_key, p.business_key as instance_key,"
        " p.started_at, d.id as definition_number, d.name as definition_name, d.version as definition_version"
    ),
    source=(
        f"from subscription s join process_instance p on p.tenant_id = s.tenant_id and p.id = s.instance_id{bundles.DEFINITION}"
        " where s.tenant_id = :tenant and s.kind = 'message'"
    ),
    filters={
        "message_name": Filter("text", "s.name = :value"),
        "business_key": Filter("text", "(s.key = :value or p.business_key = :value)", "der Schlüssel der Nachricht oder des Vorgangs"),
        "number": COMMON["number"],
        "definition_number": COMMON["definition_number"],
        "process_definition_key": COMMON["process_definition_key"],
        "element_id": Filter("text", "s.element_id = :value", is_public=False),
        "correlation_key": Filter("text", "s.key = :value", is_public=False),
        "process_instance_id": COMMON["process_instance_id"],
        "process_definition_id": COMMON["process_definition_id"],
        "variables": COMMON["variables"],
    },
    orders={"message_name": "s.name", "number": "p.id", "element_id": "s.element_id", "correlation_key": "s.key"},
    tie="s.instance_id, s.id",
)
