"""Bundles: what a running instance keeps. Its process, those it calls, and its forms and letters, each in the version it began with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, text

from engine import bindings, db, deployments, errors
from engine.spiff import definition as spiff
from engine.spiff import model, reader

# The version of its own process that an instance `p` keeps, as `d`; `:world` is the world of its tenant.
DEFINITION = (
    " join bundle b on b.world_id = :world and b.id = p.bundle_id join definition d on d.world_id = :world and d.kind = 'bpmn'"
    " and d.key = p.process_key and d.id = any (b.definition_ids)"
)


def for_start(tx: Connection, process_key: str, *, tenant_id: int, version: int | None = None) -> tuple[int, spiff.Definition]:
    """Return the bundle that a new instance of the process runs: the latest versions, or `version` of the process and the latest beside it.

    Raises errors.NotFound.
    """
    world_id = deployments.world_of(tx, tenant_id)
    now_newest, bundles = deployments.newest(tx, world_id), db.runtime(tx).bundles
    cached = bundles.get((world_id, process_key)) if version is None else None
    if cached is not None and cached[0] == now_newest:
        return cached[1], definition(tx, cached[1])
    ids = _closure(tx, world_id, process_key, version)
    parameters = {"w": world_id, "p": process_key, "ids": ids}
    query = text("select id from bundle where world_id = :w and process_key = :p and definition_ids = cast(:ids as bigint[])")
    found = tx.execute(query, parameters).scalar()
    if found is not None and version is None:
        bundles.keep((world_id, process_key), (now_newest, int(found)))
    elif found is None:  # not kept in memory before its commit
        found = tx.execute(
            text(
                "insert into bundle (world_id, process_key, definition_ids) values (:w, :p, cast(:ids as bigint[]))"
                " on conflict (world_id, process_key, definition_ids) do update set process_key = excluded.process_key returning id"
            ),
            parameters,
        ).scalar_one()
    return int(found), definition(tx, int(found))


def preview(tx: Connection, process_key: str, version: int, *, tenant_id: int) -> spiff.Definition:
    """Return what the bundle of one version would execute, without making one."""
    ids = _closure(tx, deployments.world_of(tx, tenant_id), process_key, version)
    query = text(
        "select d.key, d.file, r.content from definition d join resource r on r.sha256 = d.sha256 where d.id = any (:ids) and d.kind = 'bpmn'"
    )
    return spiff.of_processes(process_key, _parsed(tx, tx.execute(query, {"ids": ids}).all()))


def _closure(tx: Connection, world_id: int, process_key: str, version: int | None) -> list[int]:
    """Return the ids of the process, what it calls and the forms it binds, each as drawn, and all other latest forms and letters; sorted.

    Raises errors.NotFound for a version that does not exist, errors.InvalidState where one thing is drawn in two versions.
    """
    chosen: dict[tuple[str, str], int] = {}
    todo = [("bpmn", process_key, "latest" if version is None else f"version:{version}", 0)]
    while todo:
        kind, key, binding, deployment_id = todo.pop()
        row = bindings.resolve(tx, world_id, kind, key, binding, deployment_id=deployment_id)
        what = {"bpmn": "Den Prozess", "form": "Das Formular"}[kind]
        if row is None:
            raise errors.NotFound(f"{what} „{key}“ gibt es{bindings.shown(binding)} nicht. Bitte zuerst bereitstellen.")
        if chosen.get((kind, key), row.id) != row.id:
            text_two = f"{what} „{key}“ verlangt der Prozess „{process_key}“ in zwei Fassungen zugleich."
            raise errors.InvalidState(f"{text_two} Bitte überall dieselbe Bindung wählen.")
        if kind == "bpmn" and (kind, key) not in chosen:
            process = reader.process_of(bytes(row.content), row.file, key)
            todo += _bound(process, row.deployment_id) if process else []
        chosen[kind, key] = row.id
    query = text(
        "select distinct on (kind, key) kind, key, id from definition where world_id = :w and kind in ('form', 'letter') and not undone"
        " order by kind, key, version desc"
    )
    for row in tx.execute(query, {"w": world_id}):
        chosen.setdefault((row.kind, row.key), row.id)
    return sorted(chosen.values())


def _bound(process: model.Process, deployment_id: int) -> list[tuple[str, str, str, int]]:
    """Return (kind, key, binding, deployment) of what a process calls and of the forms it does not take as the latest."""
    found = []
    for element in model.walk(process.elements):
        if element.called:
            found.append(("bpmn", element.called, element.called_binding, deployment_id))
        form, binding = element.assignment.form, element.assignment.form_binding
        if form and binding not in (None, "latest"):
            found.append(("form", form, binding, deployment_id))
    return found


def definition(tx: Connection, bundle_id: int) -> spiff.Definition:
    """Return the executable definition of a bundle, parsed once per process of the program."""
    runtime = db.runtime(tx)
    found = runtime.definitions.get(bundle_id)
    if found is None:
        found = runtime.definitions.keep(bundle_id, spiff.of_processes(*processes(tx, bundle_id)))
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
    return rows[0].process_key, _parsed(tx, rows)


def _parsed(tx: Connection, rows: Iterable[Any]) -> dict[str, model.Process]:
    """Return the process of each row (key, file, content) by its key."""
    kept: dict[str, model.Process] = {}
    for row in rows:
        process = reader.process_of(bytes(row.content), row.file, row.key, db.runtime(tx).functions)
        if process is None:
            raise errors.InvalidState(f"Das Diagramm „{row.file}“ enthält den Prozess „{row.key}“ nicht mehr. Bitte die Datenbank prüfen.")
        kept[row.key] = process
    return kept


def deployments_of_decisions(tx: Connection, bundle_id: int) -> dict[str, int]:
    """Return decision -> the deployment of the process of a bundle that asks it; of several the latest."""
    query = text(
        "select d.key, d.deployment_id from bundle b join definition d on d.world_id = b.world_id and d.id = any (b.definition_ids)"
        " where b.id = :b and d.kind = 'bpmn'"
    )
    deployed = {row.key: row.deployment_id for row in tx.execute(query, {"b": bundle_id})}
    found: dict[str, int] = {}
    for key, process in processes(tx, bundle_id)[1].items():
        for element in model.walk(process.elements):
            if element.decision:
                found[element.decision] = max(found.get(element.decision, 0), deployed[key])
    return found


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
        raise errors.NotFound(f"{bindings.KINDS[kind]} „{key}“ gehört nicht zu den Modellen, mit denen der Vorgang begonnen wurde.")
    return row.version, bytes(row.content)
