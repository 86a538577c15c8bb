"""What instances wait for to be told: messages, with the version of their process."""

from __future__ import annotations

from engine import bundles
from engine.listings.instances import COMMON
from engine.listings.listing import Filter, Listing

MESSAGES = Listing(
    columns="s.id as wait_id, s.instance_id, p.uuid as instance_uuid",
    source=(
        f"from subscription s join process_instance p on p.tenant_id = s.tenant_id and p.id = s.instance_id{bundles.DEFINITION}"
        " where s.tenant_id = :tenant and s.kind = 'message'"
    ),
    filters={
        "message_name": Filter("text", "s.name = :value"),
        "business_key": Filter("text", "(s.key = :value or p.business_key = :value)", "der Schlüssel der Nachricht oder des Vorgangs"),
        "process_instance_id": COMMON["process_instance_id"],
        "process_definition_id": COMMON["process_definition_id"],
        "variables": COMMON["variables"],
    },
    orders={},
    tie="s.instance_id, s.id",
)
