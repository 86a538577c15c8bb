"""Deployments, process definitions and forms of a world, without what was taken back."""

from __future__ import annotations

from dataclasses import replace

from engine.listings.listing import Filter, Listing

LATEST = "d.version = (select max(l.version) from definition l where l.world_id = d.world_id and l.kind = d.kind and l.key = d.key and not l.undone)"

DEPLOYMENTS = Listing(
    columns="p.id, p.uuid, p.name, p.source, p.deployed_at, p.deployed_by",
    source="from deployment p where p.world_id = :world and p.undone_at is null",
    filters={
        "id": Filter("uuid", "p.uuid = :value"),
        "name": Filter("text", "p.name = :value"),
        "name_like": Filter("text", "p.name like :value", "mit % als Platzhalter"),
        "source": Filter("text", "p.source = :value"),
        "after": Filter("instant", "p.deployed_at > :value"),
        "before": Filter("instant", "p.deployed_at < :value"),
    },
    orders={"id": "p.id", "name": "p.name", "deployment_time": "p.deployed_at"},
    tie="p.id desc",
)

PROCESS_DEFINITIONS = Listing(
    columns="d.id, d.uuid, d.key, d.version, d.name, d.file, d.meta, p.uuid as deployment_uuid",
    source=(
        "from definition d join deployment p on p.world_id = d.world_id and p.id = d.deployment_id"
        " where d.world_id = :world and d.kind = 'bpmn' and not d.undone"
    ),
    filters={
        "number": Filter("whole", "d.id = :value", is_public=False),
        "is_latest": Filter("text", f"(case when {LATEST} then 'true' else 'false' end) = :value", is_public=False),
        "process_definition_id": Filter("uuid", "d.uuid = :value"),
        "process_definition_id_in": Filter("uuids", "d.uuid = any (cast(:value as uuid[]))"),
        "key": Filter("text", "d.key = :value"),
        "keys_in": Filter("texts", "d.key = any (cast(:value as text[]))"),
        "key_like": Filter("text", "d.key like :value"),
        "name": Filter("text", "d.name = :value"),
        "name_like": Filter("text", "d.name like :value"),
        "version": Filter("whole", "d.version = :value"),
        "latest_version": Filter("flag", LATEST, "nur die neueste Fassung jedes Prozesses"),
        "version_tag": Filter("text", "d.meta ->> 'version_tag' = :value"),
        "version_tag_like": Filter("text", "d.meta ->> 'version_tag' like :value"),
        "deployment_id": Filter("uuid", "p.uuid = :value"),
        "resource_name": Filter("text", "d.file = :value"),
        "resource_name_like": Filter("text", "d.file like :value"),
        "active": Filter("flag", "true"),
        "suspended": Filter("flag", "false", "Prozesse werden hier nicht angehalten"),
    },
    orders={
        "key": "d.key", "name": "d.name", "version": "d.version", "id": "d.uuid", "deployment_id": "d.deployment_id",
        "number": "d.id", "resource_name": "d.file", "deploy_time": "p.deployed_at", "version_tag": "d.meta ->> 'version_tag'",
    },
    tie="d.key, d.version desc",
)  # fmt: skip

FORMS = replace(PROCESS_DEFINITIONS, source=PROCESS_DEFINITIONS.source.replace("'bpmn'", "'form'"))

# Of a deployment only what was new in it; a file without a change stays with the deployment before. A file is named by its first definition.
RESOURCES = Listing(
    columns="d.uuid, d.file, p.uuid as deployment_uuid",
    source=(
        "from (select distinct on (deployment_id, file) * from definition where world_id = :world and not undone order by deployment_id, file, id) d"
        " join deployment p on p.world_id = d.world_id and p.id = d.deployment_id where d.world_id = :world"
    ),
    filters={"id": Filter("uuid", "d.uuid = :value"), "deployment_id": Filter("uuid", "p.uuid = :value")},
    orders={"name": "d.file"},
    tie="d.file, d.id",
)
