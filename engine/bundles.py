"""Bundles: what a running instance keeps. Its process, those it calls, and its forms and letters, each in the version it began with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from engine import db, deployments, errors
from engine.spiff import definition as spiff
from engine.spiff import model, reader


def for_start(tx: Connection, process_key: str, *, tenant_id: int, version: int | None = None) -> tuple[int, spiff.Definition]:
    """Return the bundle that a new instance of the process runs: the latest versions, or `version` of the process and the latest beside it.

    Raises errors.NotFound.
    """
    world_id = deployments.world_of(tx, tenant_id)
    now_newest, bundles = deployments.newest(tx, world_id), db.runtime(tx).bundles
    cached = bundles.get((world_id, process_key)) if version is None else None
    if cached is not None and cached[0] == now_newest:
        return cached[1], definition(tx, cached[1], tenant_id=tenant_id)
    ids = _closure(tx, world_id, process_key, version)
    parameters = {"w": world_id, "p": process_key, "ids": ids}
    query = text("select id from bundle where world_id = :w and process_key = :p and definition_ids = cast(:ids as bigint[])")
    found = tx.execute(query, parameters).scalar()
    if found is not None and version is None:
        bundles[(world_id, process_key)] = (now_newest, int(found))
    elif found is None:  # not kept in memory before its commit
        found = tx.execute(
            text(
                "insert into bundle (world_id, process_key, definition_ids) values (:w, :p, cast(:ids as bigint[]))"
                " on conflict (world_id, process_key, definition_ids) do update set process_key = excluded.process_key returning id"
            ),
            parameters,
        ).scalar_one()
    return int(found), definition(tx, int(found), tenant_id=tenant_id)


def _closure(tx: Connection, world_id: int, process_key: str, version: int | None) -> list[int]:
    """Return the ids of the process, the processes it calls and all latest forms and letters, sorted."""
    ids: set[int] = set()
    todo, seen = [process_key], set()
    while todo:
        key = todo.pop()
        if key in seen:
            continue
        seen.add(key)
        row = _process(tx, world_id, key, version if key == process_key else None)
        if row is None:
            raise errors.NotFound(f"Den Prozess „{key}“ gibt es nicht. Bitte zuerst bereitstellen.")
        ids.add(row.id)
        parsed = reader.Reader(bytes(row.content), row.file).read()
        process = parsed.process(key) if parsed else None
        todo += [element.called for element in model.walk(process.elements) if element.called] if process else []
    latest = text(
        "select distinct on (kind, key) id from definition where world_id = :w and kind in ('form', 'letter')"
        " order by kind, key, version desc"
    )
    ids.update(tx.execute(latest, {"w": world_id}).scalars())
    return sorted(ids)


def _process(tx: Connection, world_id: int, key: str, version: int | None) -> Any:
    return tx.execute(
        text(
            "select d.id, d.file, d.version, r.content from definition d join resource r on r.sha256 = d.sha256"
            " where d.world_id = :w and d.kind = 'bpmn' and d.key = :key and (cast(:v as integer) is null or d.version = :v)"
            " order by d.version desc limit 1"
        ),
        {"w": world_id, "key": key, "v": version},
    ).first()


def definition(tx: Connection, bundle_id: int, *, tenant_id: int) -> spiff.Definition:
    """Return the executable definition of a bundle, parsed once per process of the program."""
    runtime = db.runtime(tx)
    found = runtime.definitions.get(bundle_id)
    if found is None:
        found = spiff.of_processes(*processes(tx, bundle_id))
        runtime.remember_definition(bundle_id, found)
    return found


def processes(tx: Connection, bundle_id: int) -> tuple[str, dict[str, model.Process]]:
    """Return the key of a bundle's process, and every process of the bundle in the version it keeps.

    By key and not by file: a file may have held other processes, or other versions of them, in another deployment.
    """
    query = text(
        "select b.process_key, d.key, d.file, r.content from bundle b join definition d on d.world_id = b.world_id"
        " and d.id = any (b.definition_ids) join resource r on r.sha256 = d.sha256 where b.id = :b and d.kind = 'bpmn'"
    )
    rows = tx.execute(query, {"b": bundle_id}).all()
    kept: dict[str, model.Process] = {}
    for row in rows:
        parsed = reader.Reader(bytes(row.content), row.file, db.runtime(tx).functions).read()
        process = parsed.process(row.key) if parsed is not None else None
        if process is None:
            raise errors.InvalidState(f"Das Diagramm „{row.file}“ enthält den Prozess „{row.key}“ nicht mehr. Bitte die Datenbank prüfen.")
        kept[row.key] = process
    return rows[0].process_key, kept


def files(tx: Connection, bundle_id: int, kind: str) -> dict[str, bytes]:
    """Return file name -> content of a bundle's definitions of a kind."""
    query = text(
        "select d.file, r.content from bundle b join definition d on d.world_id = b.world_id and d.id = any (b.definition_ids)"
        " join resource r on r.sha256 = d.sha256 where b.id = :b and d.kind = :k"
    )
    return {row.file: bytes(row.content) for row in tx.execute(query, {"b": bundle_id, "k": kind})}


def pinned(tx: Connection, bundle_id: int, kind: str, key: str) -> tuple[int, bytes]:
    """Return (version, content) of a form or letter as an instance keeps it. Raises errors.NotFound."""
    query = text(
        "select d.version, r.content from bundle b join definition d on d.world_id = b.world_id and d.id = any (b.definition_ids)"
        " join resource r on r.sha256 = d.sha256 where b.id = :b and d.kind = :k and d.key = :key"
    )
    row = tx.execute(query, {"b": bundle_id, "k": kind, "key": key}).first()
    if row is None:
        raise errors.NotFound(f"„{key}“ ({kind}) gehört nicht zu den Modellen, mit denen der Vorgang begonnen wurde.")
    return row.version, bytes(row.content)


def element(tx: Connection, bundle_id: int, element_id: str, *, tenant_id: int) -> model.Element | None:
    """Return an element of a bundle's processes as drawn, or None."""
    built = definition(tx, bundle_id, tenant_id=tenant_id)
    return next((node.element for node in built.nodes() if node.element.id == element_id), None)
