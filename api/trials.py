"""Trials: uploaded models run in a sandbox world of their own, with two cities, sample claims and a clock that goes when told to.

All pages work inside a trial as they do elsewhere: the person's session moves into its world and back. What was done is kept in
the words of scenario files. An ended trial stays as it is: its history is append-only like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select, text, update

from api import seeding
from api.auth import sessions, tables, users
from engine import clock, errors, worker
from engine.db import Database
from engine.spiff import reader
from processes import claim_files, imports, walks

BERLIN = ZoneInfo("Europe/Berlin")
SAMPLES = Path(__file__).parents[1] / "processes" / "sample_data"
SAMPLE_LINES = {"detmold": 12, "oerlinghausen": 6}
ROLES = ("claims_clerk", "team_lead", "authority_head", "field_officer", "treasury", "creditor_clerk", "auditor", "designer")
KEPT_DAYS = 7
SECOND = " (zweite Person)"


@dataclass(frozen=True, slots=True)
class Trial:
    """A running trial: its world, its cities by slug, and the processes that were brought along."""

    world_id: int
    title: str
    home_tenant_id: int
    tenants: Mapping[str, int]
    processes: Sequence[str]
    starts_at: datetime
    claims: Sequence[Mapping[str, str]]


# ---------------------------------------------------------------- beginning and ending
def begin(
    database: Database,
    session: sessions.Session,
    files: Mapping[str, bytes],
    *,
    title: str,
    starts_at: datetime,
    claims: Mapping[str, bytes] | None = None,
) -> Trial:
    """Create the world of a trial with the person's models and the files over them, bring in claims, and move the session there.

    Trials that nobody ended in KEPT_DAYS end now. claims: claims file by slug; None: some lines of the samples.
    Raises deployments.Refused with all findings of the models; nothing is created then.
    """
    merged = {**_models(database, session), **files}
    processes = sorted(key for file, content in files.items() for key in _processes(file, content))
    name = f"Probelauf {session.login} {clock.new_uuid()}"
    seeded = seeding.sandbox(database, name, clock=starts_at, files=merged)
    with database.look() as tx:
        _end_old(tx)
        for tenant_id in seeded.tenants.values():
            users.grant(tx, session.user_id, tenant_id, ROLES)
        row = {
            "world_id": seeded.world_id, "user_id": session.user_id, "home_tenant_id": _home(tx, session), "title": title,
            "processes": processes, "began": {"starts_at": starts_at.isoformat(), "claims": []},
        }  # fmt: skip
        tx.execute(insert(tables.trial).values(row))
    rows = [row for slug, tenant_id in seeded.tenants.items() for row in _bring_in(database, slug, tenant_id, claims)]
    worker.settle(database, seeded.world_id)
    with database.look() as tx:
        began = {"starts_at": starts_at.isoformat(), "claims": rows}
        tx.execute(update(tables.trial).where(tables.trial.c.world_id == seeded.world_id).values(began=began))
        sessions.change_tenant(tx, session, seeded.tenants["detmold"])
        return _find(tx, seeded.world_id)


def end(database: Database, session: sessions.Session) -> None:
    """End the trial of the session: the person's roles in it go, the session returns to where it came from."""
    with database.look() as tx:
        trial = find(tx, session)
        close(tx, trial.world_id)
        sessions.change_tenant(tx, session, trial.home_tenant_id)


def _end_old(tx: Connection) -> None:
    """End trials that began more than KEPT_DAYS ago by the database's clock."""
    c = tables.trial.c
    old = select(c.world_id).where(c.ended_at.is_(None), c.started_at < text(f"clock_timestamp() - interval '{KEPT_DAYS} days'"))
    for world_id in tx.execute(old).scalars().all():
        close(tx, world_id)


def close(tx: Connection, world_id: int) -> None:
    """End a trial for good: nobody has a role in its world any more."""
    tx.execute(update(tables.trial).where(tables.trial.c.world_id == world_id).values(ended_at=text("clock_timestamp()")))
    inside = text("delete from user_role r using tenant t where t.id = r.tenant_id and t.world_id = :w")
    tx.execute(inside, {"w": world_id})


def _home(tx: Connection, session: sessions.Session) -> int:
    """Return the tenant to come back to; from a trial that is the one before it, and that trial ends."""
    row = tx.execute(select(tables.trial.c.home_tenant_id).where(tables.trial.c.world_id == session.world_id)).first()
    if row is None:
        return session.tenant_id
    close(tx, session.world_id)
    return int(row.home_tenant_id)


def _models(database: Database, session: sessions.Session) -> dict[str, bytes]:
    """Return the newest version of each model of the person's world, by file; of two versions in one file the newer one."""
    query = text(
        "select distinct on (d.file) d.file, r.content from definition d join resource r on r.sha256 = d.sha256"
        " where d.world_id = :w and not d.undone order by d.file, d.id desc"
    )
    with database.look() as tx:
        return {row.file: bytes(row.content) for row in tx.execute(query, {"w": session.world_id})}


def _processes(file: str, content: bytes) -> list[str]:
    parsed = reader.Reader(content, file).read() if file.endswith(".bpmn") else None
    return [process.id for process in parsed.processes if process.executable] if parsed else []


def _bring_in(database: Database, slug: str, tenant_id: int, claims: Mapping[str, bytes] | None) -> list[dict[str, str]]:
    """Import a city's claims; return the lines that were accepted, as a scenario names them."""
    content = _sample(slug) if claims is None else claims.get(slug)
    if content is None:
        return []
    with database.begin(tenant_id) as tx:
        received = imports.receive(
            tx, tenant_id=tenant_id, name=f"{slug}.csv", content=content, by="probelauf", now=clock.now(tx, tenant_id)
        )
    imports.process(lambda: database.begin(tenant_id), received, clock=lambda tx: clock.now(tx, tenant_id), by="probelauf")
    with database.begin(tenant_id) as tx:
        refused = {line.number for line in imports.report(tx, received).rejected_lines}
    return walks.rows_of(content, without=refused)


def _sample(slug: str) -> bytes:
    content = (SAMPLES / f"forderungen_{slug}.csv").read_bytes()
    parsed = claim_files.read(content, columns=claim_files.CLAIM_COLUMNS, mandatory=claim_files.CLAIM_MANDATORY)
    lines = parsed.lines[: SAMPLE_LINES[slug]]
    return claim_files.write(parsed.columns, [[line.cells.get(column, "") for column in parsed.columns] for line in lines])


# ---------------------------------------------------------------- reading and noting
def find(tx: Connection, session: sessions.Session) -> Trial:
    """Return the running trial that the session is in. Raises errors.NotFound."""
    return _find(tx, session.world_id)


def _find(tx: Connection, world_id: int) -> Trial:
    c = tables.trial.c
    row = tx.execute(select(tables.trial).where(c.world_id == world_id, c.ended_at.is_(None))).first()
    if row is None:
        raise errors.NotFound("Es läuft kein Probelauf. Bitte unter „Prozesse“ einen beginnen.")
    slugs = {r.slug: r.id for r in tx.execute(text("select slug, id from tenant where world_id = :w order by id"), {"w": world_id})}
    starts_at = datetime.fromisoformat(row.began["starts_at"]).astimezone(UTC)
    return Trial(world_id, row.title, row.home_tenant_id, slugs, tuple(row.processes), starts_at, tuple(row.began["claims"]))


def note(tx: Connection, world_id: int, act: walks.Act, now: datetime) -> None:
    """Keep an act of the walk, in the words of scenario files."""
    tx.execute(insert(tables.trial_act).values(world_id=world_id, done_at=now, act=walks.text_of(act)))


def walk_of(tx: Connection, trial: Trial) -> walks.Walk:
    """Return the walk so far."""
    walk = walks.Walk(trial.title, trial.starts_at, claims=trial.claims)
    c = tables.trial_act.c
    for row in tx.execute(select(c.done_at, c.act).where(c.world_id == trial.world_id).order_by(c.id)):
        walk.done.append(walks.Done(row.done_at, walks.act_of(row.act)))
    return walk


def wear(tx: Connection, session: sessions.Session, *, second: bool) -> None:
    """Let the person act as a second one from now on, or as itself again."""
    trial = find(tx, session)
    tx.execute(update(tables.trial).where(tables.trial.c.world_id == trial.world_id).values(hat=SECOND if second else ""))


def scenario(database: Database, session: sessions.Session) -> str:
    """Return the walk so far as a scenario file, with what holds now at its end."""
    with database.look() as tx:
        trial = find(tx, session)
        walk = walk_of(tx, trial)
    with database.begin(session.tenant_id) as tx:
        now = clock.now(tx, session.tenant_id)
    then = walks.holding(database.begin, trial.tenants, since=trial.starts_at, on=now.astimezone(BERLIN).date())
    return walks.document(walk, then, ended_at=now)
