"""What a deployment brings: the definitions in its files, which of them are new versions, and storing those. The same content is never one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine import values
from engine.spiff import model, reader


@dataclass(frozen=True, slots=True)
class Deployed:
    """A version that a deployment made or found unchanged."""

    id: int
    uuid: UUID
    kind: str
    key: str
    version: int
    name: str
    file: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Version:
    """A definition in a file; `known`: the row of its latest version where that has the same content. `number`: of the next one."""

    kind: str
    key: str
    name: str
    file: str
    content: bytes
    meta: Mapping[str, object]
    number: int
    known: Any


def of_file(
    tx: Connection, world_id: int, kind: str, file: str, content: bytes, contents: Sequence[tuple[str, str, Mapping[str, object]]]
) -> list[Version]:
    """Return the versions in a file; contents: (key, name, what else lists show) of each definition in it."""
    query = text(
        "select id, uuid, version, sha256, deployment_id, (select max(n.version) from definition n where n.world_id = d.world_id and n.kind = d.kind"
        " and n.key = d.key) as highest, undone from definition d where world_id = :w and kind = :k and key = :key"
        " order by undone, version desc limit 1"
    )
    made = []
    for key, name, meta in contents:
        latest = tx.execute(query, {"w": world_id, "k": kind, "key": key}).first()
        is_known = latest is not None and not latest.undone and bytes(latest.sha256) == hashlib.sha256(content).digest()
        number = 1 if latest is None else latest.highest + 1
        made.append(Version(kind, key, name, file, content, meta, number, latest if is_known else None))
    return made


def with_companions(drawn: list[Version]) -> list[Version]:
    """Return the versions; an unchanged process that binds to its deployment is new where something that comes with it changed since."""
    came = {(version.kind, version.key): version.known.deployment_id if version.known is not None else None for version in drawn}
    bound = {version.key: _bound_to_deployment(version) for version in drawn if version.kind == "bpmn" and version.known is not None}

    def is_later(process: str, companion: tuple[str, str]) -> bool:
        own, other = came["bpmn", process], came.get(companion, 0)
        return own is not None and (other is None or other > own)

    while later := [key for key, companions in bound.items() if any(is_later(key, one) for one in companions)]:
        came |= {("bpmn", key): None for key in later}
    return [replace(version, known=None) if came[version.kind, version.key] is None else version for version in drawn]


def _bound_to_deployment(version: Version) -> set[tuple[str, str]]:
    """Return (kind, key) of what a process binds to its own deployment."""
    process = reader.process_of(version.content, version.file, version.key)
    bound: set[tuple[str, str]] = set()
    for element in model.walk(process.elements) if process else ():
        references = (
            ("bpmn", element.called, element.called_binding), ("dmn", element.decision, element.decision_binding),
            ("form", element.assignment.form, element.assignment.form_binding),
        )  # fmt: skip
        bound |= {(kind, key) for kind, key, binding in references if key and binding == "deployment"}
    return bound


def found(version: Version) -> Deployed:
    """Return a version that is there already."""
    known = version.known
    return Deployed(known.id, known.uuid, version.kind, version.key, known.version, version.name, version.file, is_new=False)


def store(tx: Connection, world_id: int, deployment_id: int, version: Version) -> Deployed:
    """Store a version as a part of a deployment."""
    sha256 = hashlib.sha256(version.content).digest()
    tx.execute(text("insert into resource (sha256, content) values (:s, :c) on conflict do nothing"), {"s": sha256, "c": version.content})
    made = tx.execute(
        text(
            "insert into definition (world_id, kind, key, version, name, file, sha256, deployment_id, meta)"
            " values (:w, :k, :key, :v, :n, :f, :s, :d, cast(:m as jsonb)) returning id, uuid"
        ),
        {
            "w": world_id, "k": version.kind, "key": version.key, "v": version.number, "n": version.name, "f": version.file, "s": sha256,
            "d": deployment_id, "m": values.to_json(version.meta),
        },
    ).one()  # fmt: skip
    return Deployed(made.id, made.uuid, version.kind, version.key, version.number, version.name, version.file, is_new=True)
