"""Bindings: which version of a definition a diagram means by its key."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

MAX_VERSION = 2**31 - 1
KINDS = {"bpmn": "Prozess", "dmn": "Entscheidung", "form": "Formular", "letter": "Schreiben"}
CLAUSES = {
    "latest": "",
    # As it was when the diagram was deployed; the same content is no new version, so it may be older than the diagram.
    "deployment": " and d.deployment_id <= :deployment",
    "version": " and d.version = :number",
    "versionTag": " and d.meta ->> 'version_tag' = :tag",
}
SHOWN = {
    "latest": "",
    "deployment": " aus der Bereitstellung des Diagramms",
    "version": " in der Fassung {}",
    "versionTag": " mit dem Kennzeichen „{}“",
}


def resolve(tx: Connection, world_id: int, kind: str, key: str, binding: str, *, deployment_id: int, without: int = 0) -> Any:
    """Return the row (id, uuid, file, deployment_id, content) that a binding means, or None; nothing of a deployment that was taken back.

    binding: latest, deployment (that of the diagram: deployment_id), version:N or versionTag:TEXT; of several with a tag the latest.
    without: a deployment to look away from, to see what would be meant if it were taken back.
    """
    how, _, which = binding.partition(":")
    query = text(
        "select d.id, d.uuid, d.file, d.deployment_id, r.content from definition d join resource r on r.sha256 = d.sha256"
        f" where d.world_id = :w and d.kind = :k and d.key = :key and not d.undone and d.deployment_id <> :without{CLAUSES[how]}"
        " order by d.version desc limit 1"
    )
    number = int(which) if how == "version" else None
    if number is not None and not 0 < number <= MAX_VERSION:
        return None
    parameters = {"w": world_id, "k": kind, "key": key, "deployment": deployment_id, "number": number, "tag": which, "without": without}
    return tx.execute(query, parameters).first()


def shown(binding: str) -> str:
    """Return the binding as a message names it, after the key."""
    how, _, which = binding.partition(":")
    return SHOWN[how].format(which)
