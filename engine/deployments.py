"""Deployments: store what changed in checked files as new versions.

Versions belong to a world: the cities of a cooperation share diagrams, tables, forms and letters. The same content is never a
new version. A running instance keeps its process, forms and letters (its bundle); a decision is bound as drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine import bindings, brought, contents, db, errors, start_schedule
from engine.protocol import Finding, TopicOffer
from engine.spiff import inner_forms, model, reader

MAX_TOLD = 100  # faults in the message of a refusal


@dataclass(frozen=True, slots=True)
class Deployment:
    id: int
    uuid: UUID
    definitions: tuple[brought.Deployed, ...]
    findings: tuple[Finding, ...]


class Refused(errors.InvalidInput):
    """The files have errors; nothing was stored. `findings` holds all of them, the message so many as a person reads.

    seen_at: the page that shows them; it is named in the last line.
    """

    def __init__(self, findings: Sequence[Finding], *, seen_at: str | None = None) -> None:
        self.findings = tuple(findings)
        faults = [finding for finding in findings if finding.severity == "error"]
        lines = [_line(fault) for fault in faults[:MAX_TOLD]]
        if len(faults) > MAX_TOLD:
            lines.append(f"und {len(faults) - MAX_TOLD} weitere Befunde. Bitte zuerst die genannten beheben und dann noch einmal prüfen.")
        if seen_at is not None:
            lines.append(f"Alle Befunde am Diagramm: {seen_at}")
        super().__init__("Die Bereitstellung wurde abgelehnt, nichts wurde bereitgestellt:\n" + "\n".join(lines))


def _line(fault: Finding) -> str:
    where = f"{_short(fault.file)}, Zeile {fault.line}" + (f", {_short(fault.element_id)}" if fault.element_id else "")
    label = f" „{_short(fault.label)}“" if fault.label else ""
    return f"* {where}{label}: {_short(fault.message, 1000)} {_short(fault.remedy, 1000)}"


def _short(text: str, most: int = 80) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


# ---------------------------------------------------------------- deploying
def deploy(
    tx: Connection,
    files: Mapping[str, bytes],
    *,
    world_id: int,
    name: str,
    by: str,
    now: datetime,
    readers: Mapping[str, contents.Reader],
    source: str = "",
    topics: Mapping[str, TopicOffer] | None = None,
    roles: Iterable[str] | None = None,
    tenant_id: int | None = None,
) -> Deployment:
    """Store the files as a deployment. Raises Refused with all findings when one is an error; nothing is stored then.

    Where all of it is there already nothing is stored either, and the deployment that brought the first file's definition comes back.
    tenant_id: for whom timer start events start; without it they are refused.
    """
    functions = db.runtime(tx).functions
    findings = contents.check(files, readers, functions=functions, topics=topics, roles=roles, beside=beside(tx, world_id))
    planned, told = start_schedule.of_files(files, functions, now, tenant_id)
    findings += told
    if any(finding.severity == "error" for finding in findings):
        raise Refused(findings)
    tx.execute(text("select 1 from world where id = :world for update"), {"world": world_id})
    inner = {file: form.content for file, form in inner_forms.of_files(files).items()}
    drawn = [
        version
        for file, content in [*files.items(), *inner.items()]
        for version in brought.of_file(
            tx,
            world_id,
            contents.kind_of(file) or "",
            file,
            content,
            contents.of_file(contents.kind_of(file) or "", content, file, readers),
        )
    ]
    drawn = brought.with_companions(drawn)
    if drawn and all(version.known is not None for version in drawn):
        query = text(
            "select p.id, p.uuid from definition d join deployment p on p.world_id = d.world_id and p.id = d.deployment_id where d.id = :d"
        )
        deployment = tx.execute(query, {"d": drawn[0].known.id}).one()
        return Deployment(deployment.id, deployment.uuid, tuple(brought.found(version) for version in drawn), findings)
    deployment = tx.execute(
        text("insert into deployment (world_id, name, source, deployed_by, deployed_at) values (:w, :n, :s, :b, :at) returning id, uuid"),
        {"w": world_id, "n": name, "s": source, "b": by, "at": now},
    ).one()
    deployed = tuple(
        brought.store(tx, world_id, deployment.id, version) if version.known is None else brought.found(version) for version in drawn
    )
    for one in deployed:
        if one.kind == "bpmn" and one.is_new:
            start_schedule.replace(tx, one.key, planned.get(one.key, ()), world_id=world_id, tenant_id=tenant_id)
    return Deployment(deployment.id, deployment.uuid, deployed, findings)


# ---------------------------------------------------------------- reading
def world_of(tx: Connection, tenant_id: int) -> int:
    """Return the world of a tenant, which never changes."""
    known = db.runtime(tx).worlds
    world_id = known.get(tenant_id)
    if world_id is None:
        found = tx.execute(text("select world_id from tenant where id = :t"), {"t": tenant_id}).scalar()
        if found is None:
            raise errors.NotFound(f"Den Mandanten {tenant_id} gibt es nicht.")
        world_id = known.keep(tenant_id, int(found))
    return world_id


def newest(tx: Connection, world_id: int) -> int:
    """Return a number that grows with every change of a world's definitions: new ones, and ones taken back.

    Deployments of a world wait for each other: what is cached under it is complete.
    """
    cursor = db.cursor(tx)
    query = (
        "select coalesce(max(id), 0) + (select count(*) from definition where world_id = %s and undone) from definition where world_id = %s"
    )
    cursor.execute(query, (world_id, world_id))
    ((found,),) = cursor.fetchall()
    return int(found)


def tenant_by_slug(tx: Connection, slug: str, *, beside: int) -> int:
    """Return the tenant with that slug in the same world."""
    query = text("select t.id from tenant t join tenant b on b.world_id = t.world_id where t.slug = :slug and b.id = :beside")
    found = tx.execute(query, {"slug": slug, "beside": beside}).scalar()
    if found is None:
        raise errors.NotFound(f"Den Mandanten „{slug}“ gibt es hier nicht.")
    return int(found)


def event_starts(tx: Connection, kind: model.EventKind, name: str, *, tenant_id: int) -> list[tuple[str, str]]:
    """Return (process key, start event id) of the latest processes that a message or signal of that name starts."""
    world_id = world_of(tx, tenant_id)
    runtime, now_newest = db.runtime(tx), newest(tx, world_id)
    cached = runtime.event_starts.get(world_id)
    if cached is None or cached[0] != now_newest:
        found: dict[tuple[str, str], list[tuple[str, str]]] = {}
        query = text(
            "select distinct on (d.key) d.key, d.file, r.content from definition d join resource r on r.sha256 = d.sha256"
            " where d.world_id = :w and d.kind = 'bpmn' and not d.undone order by d.key, d.version desc"
        )
        for row in tx.execute(query, {"w": world_id}):
            process = reader.process_of(bytes(row.content), row.file, row.key, runtime.functions)
            for element in process.elements if process else ():
                if element.kind == "start_event" and element.event and element.event.name:
                    found.setdefault((element.event.kind, element.event.name.source), []).append((row.key, element.id))
        cached = runtime.event_starts.keep(world_id, (now_newest, found))
    return cached[1].get((kind, name), [])


@dataclass(frozen=True, slots=True)
class Listed:
    """A deployed process version and how many instances of it run for the tenant."""

    uuid: UUID
    key: str
    name: str
    version: int
    deployed_at: datetime
    deployed_by: str
    deployment_uuid: UUID
    undone_at: datetime | None
    running: int


def processes(tx: Connection, tenant_id: int) -> list[Listed]:
    """Return all versions of the processes of the tenant's world, newest version of each first."""
    query = text(
        "select d.uuid, d.key, d.name, d.version, p.deployed_at, p.deployed_by, p.uuid, p.undone_at, (select count(*) from process_instance i join bundle b"
        " on b.id = i.bundle_id where i.tenant_id = :t and i.status = 'running' and b.process_key = d.key and d.id = any (b.definition_ids))"
        " as running from definition d join deployment p on p.world_id = d.world_id and p.id = d.deployment_id"
        " where d.world_id = :w and d.kind = 'bpmn' order by d.name, d.key, d.version desc"
    )
    return [Listed(*row) for row in tx.execute(query, {"t": tenant_id, "w": world_of(tx, tenant_id)})]


def process_names(tx: Connection, tenant_id: int) -> dict[str, str]:
    """Return the name of each process of the tenant's world, as its newest version gives it."""
    query = text(
        "select distinct on (key) key, name from definition where world_id = :w and kind = 'bpmn' order by key, undone, version desc"
    )
    return {row.key: row.name or row.key for row in tx.execute(query, {"w": world_of(tx, tenant_id)})}


@dataclass(frozen=True, slots=True)
class Startable:
    """The newest version of a process that people may start by hand; `starters`: the roles that may."""

    key: str
    name: str
    version: int
    starters: tuple[str, ...]


def startable(tx: Connection, tenant_id: int, *, unnamed: bool = False) -> list[Startable]:
    """Return the processes of the tenant's world whose diagram says who may start them by hand, by name. unnamed: the others, too."""
    query = text(
        "select key, name, version, meta -> 'starters' as starters from (select distinct on (key) key, name, version, meta from definition"
        " where world_id = :w and kind = 'bpmn' and not undone order by key, version desc) newest"
        " where :unnamed or jsonb_array_length(coalesce(meta -> 'starters', '[]')) > 0 order by name, key"
    )
    rows = tx.execute(query, {"w": world_of(tx, tenant_id), "unnamed": unnamed})
    return [Startable(row.key, row.name, row.version, tuple(row.starters or ())) for row in rows]


def content_of(tx: Connection, uuid: UUID, *, tenant_id: int) -> tuple[str, int, str, bytes]:
    """Return (key, version, file, content) of a deployed definition. Raises errors.NotFound."""
    query = text(
        "select d.key, d.version, d.file, r.content from definition d join resource r on r.sha256 = d.sha256 where d.uuid = :u and d.world_id = :w"
    )
    row = tx.execute(query, {"u": uuid, "w": world_of(tx, tenant_id)}).first()
    if row is None:
        raise errors.NotFound("Diese Fassung gibt es nicht.")
    return row.key, row.version, row.file, bytes(row.content)


def content(tx: Connection, kind: str, key: str, version: int | None = None, *, tenant_id: int) -> tuple[str, bytes]:
    """Return (file, content) of a version of a definition, also of one that was taken back, or of the latest. Raises errors.NotFound."""
    query = text(
        "select d.file, r.content from definition d join resource r on r.sha256 = d.sha256 where d.world_id = :w and d.kind = :k"
        " and d.key = :key and (d.version = :v or cast(:v as integer) is null and not d.undone) order by d.version desc limit 1"
    )
    number = version if version is None or 0 < version <= bindings.MAX_VERSION else 0
    row = tx.execute(query, {"w": world_of(tx, tenant_id), "k": kind, "key": key, "v": number}).first()
    if row is None:
        where = "" if version is None else f" in der Fassung {version}"
        raise errors.NotFound(f"{bindings.KINDS[kind]} „{key}“ gibt es{where} nicht. Bitte die Liste der Modelle neu laden.")
    return row.file, bytes(row.content)


def beside(tx: Connection, world_id: int) -> contents.Beside:
    """Return what is deployed in a world, for files to be checked against."""
    versions: dict[str, dict[str, set[str]]] = {}
    for row in tx.execute(text("select kind, key, version, meta from definition where world_id = :w and not undone"), {"w": world_id}):
        bound = versions.setdefault(row.kind, {}).setdefault(row.key, set())
        bound.add(f"version:{row.version}")
        if row.meta.get("version_tag"):
            bound.add(f"versionTag:{row.meta['version_tag']}")
    query = text(
        "select distinct on (d.kind, d.key) d.kind, d.key, d.file, r.content from definition d join resource r on r.sha256 = d.sha256"
        " where d.world_id = :w and d.kind in ('bpmn', 'dmn', 'form') and not d.undone order by d.kind, d.key, d.version desc"
    )
    latest = {(row.kind, row.key): (row.file, bytes(row.content)) for row in tx.execute(query, {"w": world_id})}
    return contents.Beside(versions, latest)
