"""What the engine costs above the database: medians of one interleaved run on a PostgreSQL of its own.

`run()` returns ratios: 1.0 means as fast as the floor, 0.5 half as fast. The floor writes the same rows through the same SQL
function after the same read, from one client on one connection, without any process engine.
"""

from __future__ import annotations

import gc
import hashlib
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid5

import psycopg
from sqlalchemy import create_engine, text

from api import migrations
from engine import clock, db, deployments, instances, user_tasks
from engine.runtime import Runtime
from tests.engine.spiff import zeebe
from tests.engine.spiff.bpmn import boundary, chain, file, flow, node, process, timer, user

PASSWORD = "only-for-the-bench"
SPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
NOW = datetime(2026, 8, 17, 6, 0, tzinfo=UTC)
KEY = "runde"
PAIRS = 200
WARM = 20
# One round: complete the task; its timer goes, the gateway sends the token round, the next task and the next timer come.
BODY = (
    node("startEvent", "start") + node("exclusiveGateway", "anfang") + user("pruefen") + boundary("frist", "pruefen", timer("timeDuration", "P14D"))
    + node("exclusiveGateway", "fertig", default="weiter") + node("endEvent", "ende") + node("endEvent", "abgelaufen")
    + chain("start", "anfang", "pruefen", "fertig") + flow("fertig", "anfang", key="weiter") + flow("fertig", "ende", "betrag = 0")
    + chain("frist", "abgelaufen")
)  # fmt: skip
MANY_KEY = "viele"
MANY = (
    node("startEvent", "s") + user("je_eintrag", '<bpmn:multiInstanceLoopCharacteristics isSequential="false" camunda:collection="liste" '
    'camunda:elementVariable="eintrag"/>') + node("endEvent", "e") + chain("s", "je_eintrag", "e")
)  # fmt: skip
COLLECTED_KEY = "gesammelt"  # Camunda 8: each child adds to the list of results
COLLECTED = (
    zeebe.START
    + zeebe.user("je_eintrag", inner=zeebe.loop("liste", "eintrag", made="ergebnisse", each="ergebnis"))
    + zeebe.END
    + chain("s", "je_eintrag", "e")
)
INNER_KEY = "teilprozesse"
INNER = (
    node("startEvent", "s") + node("subProcess", "je_eintrag", '<bpmn:multiInstanceLoopCharacteristics camunda:collection="liste"/>'
    + node("startEvent", "is") + user("innen") + boundary("frist", "innen", timer("timeDuration", "P14D")) + node("endEvent", "ie")
    + chain("is", "innen", "ie") + flow("frist", "ie")) + node("endEvent", "e") + chain("s", "je_eintrag", "e")
)  # fmt: skip
READ, STORE, INSERT = user_tasks.LOCK, instances.STORE, instances.INSERT  # the engine's own, so that the floor does the same
BARE = "insert into resource (sha256, content) values (%s, %s)"
TENANT = "select set_config('app.tenant', %s, true)"


@dataclass
class Bench:
    """The database of a run with a tenant, a deployed process and the floor's own connection."""

    database: db.Database
    cached: db.Database
    plain: psycopg.Connection[tuple[object, ...]]
    tenant_id: int
    samples: dict[str, list[float]] = field(default_factory=dict)

    def measure(self, name: str, action: Callable[[], None]) -> float:
        """Run the action once and keep how long it took, in seconds."""
        begin = time.perf_counter()
        action()
        taken = time.perf_counter() - begin
        self.samples.setdefault(name, []).append(taken)
        return taken

    def median(self, name: str) -> float:
        return statistics.median(self.samples[name])


@contextmanager
def _open() -> Iterator[Bench]:
    folder = Path(tempfile.mkdtemp(prefix="vollstreckung-bench-"))
    folder.chmod(0o755)
    server, owner = db.embedded(folder)
    try:
        db.make_app_role(owner, PASSWORD)
        migrations.migrate(owner)
        url = owner.set(username=db.APP_ROLE, password=PASSWORD)
        database = db.Database(create_engine(url, pool_size=1), Runtime(keep_live=False))
        cached = db.Database(create_engine(url, pool_size=1), Runtime(keep_live=True))
        with database.look() as tx:
            world_id = tx.execute(text("insert into world (name, kind) values ('Messung', 'production') returning id")).scalar_one()
            insert = text("insert into tenant (world_id, slug, name) values (:w, 'messung', 'Messung') returning id")
            tenant_id = tx.execute(insert, {"w": world_id}).scalar_one()
        with database.begin(tenant_id) as tx:
            drawn = {KEY: BODY, MANY_KEY: MANY, INNER_KEY: INNER}
            files = {f"{key}.bpmn": file(process(body, key=key)) for key, body in drawn.items()}
            files[f"{COLLECTED_KEY}.bpmn"] = zeebe.file(zeebe.process(COLLECTED, key=COLLECTED_KEY))
            deployments.deploy(tx, files, world_id=world_id, name="Messung", by="messung", now=NOW, readers={})
        with psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False)) as plain:
            yield Bench(database, cached, plain, tenant_id)
        database.close()
        cached.close()
    finally:
        server.cleanup()  # type: ignore[attr-defined]  # the package is untyped
        shutil.rmtree(folder, ignore_errors=True)


# ---------------------------------------------------------------- with the engine
@dataclass
class Engine:
    """A running instance that is completed again and again."""

    bench: Bench
    database: db.Database
    task_id: UUID | None = None
    instance_id: int = 0

    def start(self) -> None:
        with self.database.begin(self.bench.tenant_id) as tx:
            now = clock.now(tx, self.bench.tenant_id)
            made = instances.start(tx, KEY, "F1", {"betrag": Decimal("84.50")}, tenant_id=self.bench.tenant_id, now=now, by="anna")
        self.instance_id = made.id

    def open(self) -> None:
        with self.database.begin(self.bench.tenant_id) as tx:
            (task,) = user_tasks.of_instance(tx, self.bench.tenant_id, self.instance_id)
        self.task_id = task.id

    def complete(self) -> None:
        if self.task_id is None:
            self.open()
        with self.database.begin(self.bench.tenant_id) as tx:
            now = clock.now(tx, self.bench.tenant_id)
            done = user_tasks.complete(tx, self.bench.tenant_id, self.task_id, {"betrag": Decimal("84.50")}, by="anna", now=now)  # type: ignore[arg-type]  # opened above
        self.task_id = done.next_tasks[0].id


# ---------------------------------------------------------------- without
@dataclass
class Floor:
    """The rows of the same rounds, written without an engine: taken from what the engine itself stored in its rounds."""

    bench: Bench
    bundle_id: int
    round: dict[str, object]
    first: dict[str, object]
    instance_id: int = 0
    rev: int = 0
    head: bytes = b"\x00" * 32

    def start(self) -> None:
        plain, tenant_id = self.bench.plain, self.bench.tenant_id
        with plain.transaction():
            plain.execute(TENANT, (str(tenant_id),))
            uuid = uuid5(SPACE, f"start/{self.instance_id}/{time.perf_counter_ns()}")
            row = plain.execute(INSERT, (tenant_id, uuid, self.bundle_id, KEY, "F1", b"\x00" * 32, "anna", NOW)).fetchone()
            assert row is not None
            self.instance_id, self.rev, self.head = int(str(row[0])), 0, b"\x00" * 32
            self._store(plain, self.first)
        self.rev += 1

    def complete(self) -> None:
        plain = self.bench.plain
        with plain.transaction():
            plain.execute(TENANT, (str(self.bench.tenant_id),))
            row = plain.execute(READ, (self.bench.tenant_id, self._id("task", self.rev))).fetchone()
            assert row is not None
            locked = instances.locked_row(self.bench.tenant_id, row[user_tasks.WIDTH :])
            self.rev, self.head = locked.instance.rev, locked.head
            self._store(plain, self.round)
        self.rev += 1

    def _id(self, kind: str, rev: int) -> str:
        return str(uuid5(SPACE, f"{self.instance_id}/{kind}/{rev}"))

    def _store(self, plain: psycopg.Connection[tuple[object, ...]], drawn: dict[str, object]) -> None:
        payload = str(drawn["payload"])
        head = hashlib.sha256(self.head + payload.encode()).digest()
        step = {
            "tenant": self.bench.tenant_id, "instance": self.instance_id, "rev": self.rev, "state": drawn["state"], "status": "running",
            "variables": drawn["variables"], "head": head.hex(), "ended_by": "anna",
            "history": {"seq": self.rev, "kind": drawn["kind"], "actor": "anna", "effective_at": NOW.isoformat(),
                        "recorded_at": NOW.isoformat(), "payload": payload},
            "tasks": [{**drawn["task"], "id": self._id("task", self.rev + 1)}],  # type: ignore[dict-item]
            "timers": [{**drawn["timer"], "id": self._id("timer", self.rev + 1)}],  # type: ignore[dict-item]
        }  # fmt: skip
        if self.rev:
            step |= {"answered": self._id("task", self.rev), "closed": [self._id("task", self.rev), self._id("timer", self.rev)]}
        stored = plain.execute(STORE, (json.dumps(step),)).fetchone()
        assert stored == (True,)


def _floor(bench: Bench, engine: Engine) -> Floor:
    """Return the floor with the rows that the engine stored for a start and for a round."""
    rows = {}
    query = text("select seq, kind, payload from history where tenant_id = :t and instance_id = :i order by seq limit 2")
    with bench.database.begin(bench.tenant_id) as tx:
        bundle_id = tx.execute(text("select bundle_id from process_instance where id = :i"), {"i": engine.instance_id}).scalar_one()
        state = tx.execute(
            text("select encode(state, 'base64') as state, variables from process_instance where tenant_id = :t and id = :i"),
            {"t": bench.tenant_id, "i": engine.instance_id},
        ).one()
        (task,) = user_tasks.of_instance(tx, bench.tenant_id, engine.instance_id)
        for row in tx.execute(query, {"t": bench.tenant_id, "i": engine.instance_id}):
            rows[row.seq] = {
                "kind": row.kind, "payload": row.payload, "state": state.state.replace("\n", ""), "variables": state.variables,
                "task": {
                    "element_id": task.element_id, "label": task.label, "scope": task.scope, "form": None, "assignee": None,
                    "candidate_groups": [], "candidate_users": [], "due_at": None, "follow_up_at": None, "priority": task.priority,
                    "variables": {}, "properties": {},
                },
                "timer": {"element_id": "frist", "label": "frist", "scope": "", "due_at": (NOW + timedelta(days=14)).isoformat()},
            }  # fmt: skip
    return Floor(bench, bundle_id, rows[1], rows[0])


def _bare(bench: Bench, number: int) -> Callable[[], None]:
    content = f"{number}/{time.perf_counter_ns()}".encode() + b"x" * 300

    def insert() -> None:
        with bench.plain.transaction():
            bench.plain.execute(BARE, (hashlib.sha256(content).digest(), content))

    return insert


# ---------------------------------------------------------------- the run
def run(rounds: int = 600, loop_rounds: int = 3000) -> dict[str, float]:
    """Measure, and return ratios (floor's median time / engine's median time) and the medians themselves in milliseconds."""
    with _open() as bench:
        reloading, cached = Engine(bench, bench.database), Engine(bench, bench.cached)
        for engine in (reloading, cached):
            engine.start()
            engine.complete()
        floor = _floor(bench, reloading)
        floor.start()
        for _ in range(50):  # warm: prepared statements, parsed definitions
            reloading.complete()
            cached.complete()
            floor.complete()
        gc.collect()
        gc.freeze()
        for number in range(rounds):
            bench.measure("floor", floor.complete)
            bench.measure("reloading", reloading.complete)
            bench.measure("cached", cached.complete)
            bench.measure("insert", _bare(bench, number))
        starter, starting = Engine(bench, bench.database), _floor(bench, reloading)
        for _ in range(rounds // 2):
            bench.measure("start", starter.start)
            bench.measure("floor_start", starting.start)
        flat = _flatness(bench, loop_rounds)
        _children(bench, rounds)
        _cancelled(bench, max(3, rounds // 100))
        gc.unfreeze()
        ms = {f"{name}_ms": round(bench.median(name) * 1000, 4) for name in bench.samples}
        return {
            "completion_vs_floor": bench.median("floor") / bench.median("reloading"),
            "completion_cached_vs_floor": bench.median("floor") / bench.median("cached"),
            "completion_vs_insert": bench.median("insert") / bench.median("reloading"),
            "start_vs_floor": bench.median("floor_start") / bench.median("start"),
            "loop_flatness": flat,
            "children_1000_vs_100": bench.median("child_of_1000") / bench.median("child_of_100"),
            "children_1000_vs_10": bench.median("child_of_1000") / bench.median("child_of_10"),
            "collected_1000_vs_100": bench.median("collected_of_1000") / bench.median("collected_of_100"),
            "cancelled_1000_vs_100": bench.median("cancel_1000") / bench.median("cancel_100") / 10,
            **ms,
        }


def _flatness(bench: Bench, rounds: int) -> float:
    """Return how much slower the last rounds of a long loop are than those around the tenth: the old one and young ones in turn."""
    old = Engine(bench, bench.database)
    old.start()
    for _ in range(rounds - PAIRS):
        old.complete()
    for number in range(PAIRS):
        if number % 10 == 0:
            young = Engine(bench, bench.database)
            young.start()
            for _ in range(5):
                young.complete()
        bench.measure("round_10", young.complete)
        bench.measure("round_3000", old.complete)
    return bench.median("round_3000") / bench.median("round_10")


@dataclass
class Children:
    """An activity with so many parallel user tasks, completed one after the other, and begun anew when none is left."""

    bench: Bench
    count: int
    key: str = MANY_KEY
    tasks: list[UUID] = field(default_factory=list)

    def refill(self) -> None:
        tenant_id = self.bench.tenant_id
        with self.bench.database.begin(tenant_id) as tx:
            entries = {"liste": [Decimal(number) for number in range(self.count)]}
            made = instances.start(tx, self.key, f"M{self.count}", entries, tenant_id=tenant_id, now=clock.now(tx, tenant_id), by="anna")
        with self.bench.database.begin(tenant_id) as tx:
            self.tasks = [task.id for task in user_tasks.of_instance(tx, tenant_id, made.id)]

    def complete(self) -> None:
        tenant_id = self.bench.tenant_id
        with self.bench.database.begin(tenant_id) as tx:
            user_tasks.complete(tx, tenant_id, self.tasks.pop(), {"ergebnis": Decimal(1)}, by="anna", now=clock.now(tx, tenant_id))


def _children(bench: Bench, rounds: int) -> None:
    """Complete one of 10, of 100 and of 1,000 children in turn, and of those whose results are gathered."""
    activities = {f"child_of_{count}": Children(bench, count) for count in (10, 100, 1000)}
    activities |= {f"collected_of_{count}": Children(bench, count, COLLECTED_KEY) for count in (100, 1000)}
    for number in range(rounds + WARM):
        for name, one in activities.items():
            if not one.tasks:
                one.refill()
            if number < WARM:
                one.complete()
            else:
                bench.measure(name, one.complete)


def _cancelled(bench: Bench, rounds: int) -> None:
    """Cancel an instance with 100 and one with 1,000 subprocesses, each with a task and its timer, in turn."""
    tenant_id = bench.tenant_id
    for _ in range(rounds):
        for count in (100, 1000):
            with bench.database.begin(tenant_id) as tx:
                now, entries = clock.now(tx, tenant_id), {"liste": list(range(count))}
                made = instances.start(tx, INNER_KEY, f"A{count}", entries, tenant_id=tenant_id, now=now, by="anna")

            def cancel(instance_id: int = made.id) -> None:
                with bench.database.begin(tenant_id) as tx:
                    instances.cancel(tx, tenant_id, instance_id, reason="Messung", by="anna", now=clock.now(tx, tenant_id))

            bench.measure(f"cancel_{count}", cancel)


def sql() -> str:
    """Return what the floor does, for the printed report."""
    return "\n".join((TENANT, READ, STORE, "rows per round: update process_instance, insert history, update user_task, delete timer, "
                      "insert user_task, insert timer; start also: " + INSERT, "bare insert: " + BARE))  # fmt: skip
