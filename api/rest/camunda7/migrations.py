"""Moving instances to another version under /migration: a plan of instructions, its check, and doing it.

Camunda names activities; here a place is named by what is around it, too. What is inside a called process belongs to the caller here and
has no id of Camunda's: it goes on by its name, or is named in full (`aufruf/pruefen`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from flask import Blueprint
from sqlalchemy import Connection

from api import app
from api.rest import faults, lists, variables
from api.rest.camunda7 import present
from api.rest.operations import MAX_LIST, Field, Fields, checked, operation
from engine import clock, errors, migration
from engine.listings import definitions, listing
from engine.listings import instances as listed
from engine.listings.listing import Page
from engine.migration import Place, Plan, Proposal, Verdict

bp = Blueprint("rest_migrations", __name__)

ROLES: tuple[str, ...] = ("designer",)
REASON = "Über die Schnittstelle umgestellt."
MAX_TOGETHER = 1000  # in one transaction
MAX_BATCH = 10_000
MAX_TOLD = 20
BODY = "#multiInstanceBody"
HOLDS_OTHERS = frozenset({"subprocess", "event_subprocess", "parallel_gateway", "inclusive_gateway"})
EVENTS = frozenset({"catch_event", "boundary_event", "start_event"})
GENERATE: Fields = {
    "sourceProcessDefinitionId": Field("text", "die Fassung, in der die Vorgänge laufen", required=True),
    "targetProcessDefinitionId": Field("text", "die Fassung, in der sie weiterlaufen sollen", required=True),
    "updateEventTriggers": Field("flag", "ohne Wirkung: Ereignisse folgen immer der neuen Zeichnung"),
    "variables": Field("object", "nur leer"),
}
PLAN: Fields = {
    "sourceProcessDefinitionId": GENERATE["sourceProcessDefinitionId"],
    "targetProcessDefinitionId": GENERATE["targetProcessDefinitionId"],
    "instructions": Field("list", "[{sourceActivityIds: [Kennung], targetActivityIds: [Kennung], updateEventTrigger}]", required=True),
    "variables": Field("object", "nur leer"),
}
INSTRUCTION: Fields = {
    "sourceActivityIds": Field("texts", "ein Element der alten Fassung", required=True),
    "targetActivityIds": Field("texts", "ein Element der neuen Fassung", required=True),
    "updateEventTrigger": Field("flag", "true, wo ein Ereignis anders gezeichnet ist"),
}
EXECUTION: Fields = {
    "migrationPlan": Field("object", "der Plan", required=True),
    "processInstanceIds": Field("texts", f"diese Vorgänge, höchstens {MAX_LIST}"),
    "processInstanceQuery": Field("object", "und die, die diese Filter finden (wie POST /process-instance)"),
    "reason": Field("text", "warum; steht in der Historie jedes Vorgangs (Camunda kennt diese Angabe nicht)"),
    "skipCustomListeners": Field("flag", "ohne Wirkung"),
    "skipIoMappings": Field("flag", "ohne Wirkung"),
}


@dataclass(slots=True)
class Instruction:
    """One instruction as given, what it names here, and why it cannot be. source, target None: the id names nothing."""

    given: Mapping[str, Any]
    source: str | None = None
    target: str | None = None
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A plan as the engine takes it."""

    process_key: str
    from_version: int
    to_version: int
    drawn: Mapping[str, str | None]
    instructions: Sequence[Instruction]

    @property
    def failing(self) -> list[Instruction]:
        return [one for one in self.instructions if one.failures]


# ---------------------------------------------------------------- planning
@bp.post("/migration/generate")
@operation(
    "Plan vorschlagen: jedes Element geht weiter, wo es in der neuen Fassung gleich heißt", roles=ROLES, body=GENERATE,
    answer="{sourceProcessDefinitionId, targetProcessDefinitionId, instructions}",
)  # fmt: skip
def generate(body: dict[str, Any]) -> object:
    _refuse_variables(body)
    with app.database().begin(app.session().tenant_id) as tx:
        old, new, proposal = _proposal(tx, body)
    pairs = [(proposal.sources[pair.source], pair.target) for pair in proposal.pairs if pair.certain]
    return {
        "sourceProcessDefinitionId": present.process_definition(old)["id"],
        "targetProcessDefinitionId": present.process_definition(new)["id"],
        "instructions": [
            _instruction(place.element_id, proposal.targets[target].element_id, place.kind in EVENTS)
            for place, target in pairs
            if target is not None and not _is_called(place, proposal.sources)
        ],
        "variables": None,
    }


@bp.post("/migration/validate")
@operation(
    "Plan prüfen, ohne Vorgänge anzusehen",
    roles=ROLES,
    body=PLAN,
    answer="{instructionReports: [{instruction, failures}], variableReports}",
)
def validate(body: dict[str, Any]) -> object:
    with app.database().begin(app.session().tenant_id) as tx:
        return _report(_wanted(tx, body).failing)


# ---------------------------------------------------------------- doing
@bp.post("/migration/execute")
@operation(
    f"Vorgänge umstellen: alle, höchstens {MAX_TOGETHER}, oder keinen", roles=ROLES, body=EXECUTION, status=204,
)  # fmt: skip
def execute(body: dict[str, Any]) -> None:
    reason, session = migration.checked_reason(body["reason"] or REASON), app.session()
    with app.database().begin(session.tenant_id) as tx:
        move(tx, body["migrationPlan"], _chosen(tx, body, MAX_TOGETHER), reason)


def move(tx: Connection, plan: Mapping[str, object], chosen: Sequence[int], reason: str) -> None:
    """Move instances as a plan says: all, or by a fault that rolls back, none."""
    session = app.session()
    made, now = _plan(tx, plan), clock.now(tx, session.tenant_id)
    _refuse(migration.migrate(tx, made, chosen, reason=reason, by=session.login, now=now))


@bp.post("/migration/executeAsync")
@operation(
    f"Bis zu {MAX_BATCH} Vorgänge umstellen, in Portionen; zuerst eine Probe an allen. Die Antwort kommt, wenn alle umgestellt sind",
    roles=ROLES, body=EXECUTION, answer="{id, type, totalJobs, jobsCreated, …} eines Stapels, der schon beendet ist",
)  # fmt: skip
def execute_async(body: dict[str, Any]) -> object:
    session, database, reason = app.session(), app.database(), migration.checked_reason(body["reason"] or REASON)
    with database.begin(session.tenant_id) as tx:
        made = _plan(tx, body["migrationPlan"])
        chosen = _chosen(tx, body, MAX_BATCH)
        now = clock.now(tx, session.tenant_id)
    with database.snapshot(session.tenant_id) as tx:
        _refuse(migration.dry_run(tx, made, now=now, only=chosen))
    verdicts = list(migration.migrate_all(lambda: database.begin(session.tenant_id), made, reason=reason, by=session.login, only=chosen))
    late = [verdict for verdict in verdicts if verdict.reasons]
    if late:
        told = f"{len(verdicts) - len(late)} Vorgänge sind umgestellt, {len(late)} haben sich inzwischen verändert und stehen, wo sie standen: "
        raise faults.Fault(409, told + _told(late), type="MigratingProcessInstanceValidationException")
    return {
        "id": uuid5(NAMESPACE_OID, f"{made} {chosen} {now.isoformat()}"), "type": "instance-migration",
        "totalJobs": len(verdicts), "jobsCreated": len(verdicts), "batchJobsPerSeed": 100,
        "invocationsPerBatchJob": 1, "seedJobDefinitionId": None, "monitorJobDefinitionId": None, "batchJobDefinitionId": None,
        "suspended": False, "tenantId": session.tenant_slug, "createUserId": session.login, "startTime": variables.instant(now),
        "executionStartTime": variables.instant(now),
    }  # fmt: skip


@bp.get("/batch")
@operation("Laufende Stapel: keine, denn sie sind beendet, wenn die Antwort kommt", answer="[]")
def batches() -> object:
    return []


@bp.get("/batch/<batch_id>")
@operation("Ein laufender Stapel (gibt es nie)", answer="—")
def batch(batch_id: str) -> object:
    raise errors.NotFound(
        "Stapel laufen hier sofort und sind beendet, wenn die Antwort kommt. Was geschah, steht in der Historie der Vorgänge."
    )


def _plan(tx: Connection, given: Mapping[str, object]) -> Plan:
    wanted = _wanted(tx, checked(given, PLAN))
    if wanted.failing:
        told = "\n".join(f"{_named(one)}: {' '.join(one.failures)}" for one in wanted.failing)
        more = {"validationReport": _report(wanted.failing)}
        raise faults.Fault(
            400, f"Der Plan passt nicht zu den beiden Fassungen.\n{told}", type="MigrationPlanValidationException", more=more
        )
    return migration.plan(
        tx, wanted.process_key, wanted.from_version, wanted.to_version, wanted.drawn, tenant_id=app.session().tenant_id
    )  # fmt: skip


def _chosen(tx: Connection, body: dict[str, Any], most: int) -> list[int]:
    """Return the numbers of the named instances, and of those that a query finds. Raises errors.InvalidInput, errors.NotFound."""
    tenant_id, found = app.session().tenant_id, {}
    named = [lists.path_id("Den Vorgang", one) for one in body["processInstanceIds"] or ()]
    if named:
        found = {row.uuid: row.id for row in listing.rows(tx, listed.HISTORIC, tenant_id, {"process_instance_ids": named})}
        missing = [uuid for uuid in named if uuid not in found]
        if missing:
            raise errors.NotFound(f"Den Vorgang „{missing[0]}“ gibt es nicht.")
    if body["processInstanceQuery"] is not None:
        where, either = lists.query_of(body["processInstanceQuery"], listed.RUNNING)
        first = 0
        while rows := listing.rows(tx, listed.RUNNING, tenant_id, where, Page(first=first), either):
            found |= {row.uuid: row.id for row in rows}
            first += len(rows)
            if len(found) > most:
                break
    if not found:
        raise errors.InvalidInput("Kein Vorgang ist gemeint. Bitte „processInstanceIds“ oder „processInstanceQuery“ angeben.")
    if len(found) > most:
        raise errors.InvalidInput(f"Mehr als {most} Vorgänge auf einmal. Bitte in Teilen, oder mit „vollstreckung migrate-instances“.")
    return sorted(found.values())


def _refuse(verdicts: Iterable[Verdict]) -> None:
    """Raise a fault that names the instances that cannot be moved."""
    refused = [verdict for verdict in verdicts if verdict.reasons]
    if refused:
        reports = [
            {
                "processInstanceId": verdict.uuid, "failures": [reason.message for reason in verdict.reasons],
                "activityInstanceValidationReports": [], "transitionInstanceValidationReports": [],
            }
            for verdict in refused[:MAX_TOLD]
        ]  # fmt: skip
        told = f"{len(refused)} Vorgänge können nicht umgestellt werden; keiner wurde verändert. {_told(refused)}"
        raise faults.Fault(
            400,
            told,
            type="MigratingProcessInstanceValidationException",
            more={"validationReport": reports[0], "validationReports": reports},
        )


def _told(refused: Sequence[Verdict]) -> str:
    shown = [f"{one.business_key or one.uuid}: {' '.join(reason.message for reason in one.reasons)}" for one in refused[:MAX_TOLD]]
    return "\n".join(shown) + ("\n…" if len(refused) > MAX_TOLD else "")


# ---------------------------------------------------------------- instructions
def _wanted(tx: Connection, plan: dict[str, Any]) -> Wanted:
    """Return a plan with what is wrong with each of its instructions."""
    _refuse_variables(plan)
    old, new, proposal = _proposal(tx, plan)
    instructions = [_read(one, proposal) for one in plan["instructions"]]
    usual = {pair.source: pair.target for pair in proposal.pairs if pair.certain}
    drawn: dict[str, str | None] = {}
    named: dict[str, str] = {}
    for one in instructions:
        if one.source is None or one.target is None:
            continue
        if named.setdefault(one.source, one.target) != one.target:
            one.failures.append("Dasselbe Element hat noch eine andere Anweisung.")
        if usual.get(one.source) != one.target:
            drawn[one.source] = one.target
    for name, place in proposal.sources.items():
        if name in usual and name not in named and place.kind not in HOLDS_OTHERS and not _is_called(place, proposal.sources):
            drawn[name] = None  # as in Camunda: where nothing is said, nobody goes on
    wrong = migration.faults(tx, old.key, old.version, new.version, drawn, tenant_id=app.session().tenant_id)
    for one in instructions:
        if one.source in wrong and not one.failures:
            one.failures.append(wrong[one.source])
    return Wanted(old.key, old.version, new.version, drawn, instructions)


def _read(given: object, proposal: Proposal) -> Instruction:
    if not isinstance(given, Mapping):
        raise errors.InvalidInput("„instructions“ ist eine Liste von Objekten {sourceActivityIds, targetActivityIds, updateEventTrigger}.")
    asked = checked(given, INSTRUCTION)
    sources, targets, follows = asked["sourceActivityIds"], asked["targetActivityIds"], bool(asked["updateEventTrigger"])
    found = Instruction({"sourceActivityIds": sources, "targetActivityIds": targets, "updateEventTrigger": follows})
    if len(sources) != 1 or len(targets) != 1:
        found.failures.append("Ein Element geht in genau einem weiter: Erwartet wird je eine Kennung.")
        return found
    found.source, found.target = _place(sources[0], proposal.sources), _place(targets[0], proposal.targets)
    for name, activity_id, version in ((found.source, sources[0], "alten"), (found.target, targets[0], "neuen")):
        if name is None:
            found.failures.append(f"„{activity_id[:80]}“ gibt es in der {version} Fassung nicht, oder dort kann kein Vorgang stehen.")
    if found.source is not None and found.target is not None and not follows:
        old, new = proposal.sources[found.source], proposal.targets[found.target]
        if old.kind in EVENTS and old.event != new.event:
            found.failures.append(
                "Das Ereignis ist anders gezeichnet und folgt der neuen Zeichnung: Bitte „updateEventTrigger“ auf true setzen."
            )
    return found


def _place(activity_id: str, places: Mapping[str, Place]) -> str | None:
    """Return the place that an id of Camunda names, or that is named in full."""
    wanted = activity_id.removesuffix(BODY)
    found = [name for name, place in places.items() if place.element_id == wanted and not _is_called(place, places)]
    return found[0] if found else wanted if wanted in places else None


def _is_called(place: Place, places: Mapping[str, Place]) -> bool:
    """Return whether a place is inside a called process."""
    parts = place.path.split("/") if place.path else []
    around = ["/".join(parts[: number + 1]) for number in range(len(parts))]
    return any(name in places and places[name].kind == "call_activity" for name in around)


def _proposal(tx: Connection, body: Mapping[str, Any]) -> tuple[Any, Any, Proposal]:
    """Return the two versions, and how the steps of one would go on in the other. Raises errors.NotFound, errors.InvalidInput."""
    tenant_id = app.session().tenant_id
    found = []
    for name in ("sourceProcessDefinitionId", "targetProcessDefinitionId"):
        wanted = {"process_definition_id": lists.id_of(name, body[name])}
        rows = listing.rows(tx, definitions.PROCESS_DEFINITIONS, tenant_id, wanted)
        if not rows or present.process_definition(rows[0])["id"] != body[name]:
            raise errors.NotFound(f"Den Prozess „{body[name][:120]}“ gibt es nicht.")
        found.append(rows[0])
    old, new = found
    if old.key != new.key:
        raise errors.InvalidInput(f"Umgestellt wird auf eine Fassung desselben Prozesses; „{old.key}“ und „{new.key}“ sind zwei.")
    return old, new, migration.propose(tx, old.key, old.version, new.version, tenant_id=tenant_id)


def _refuse_variables(given: Mapping[str, Any]) -> None:
    if given["variables"]:
        raise errors.InvalidInput("„variables“ wird beim Umstellen nicht gesetzt. Bitte vorher am Vorgang setzen.")


def _instruction(source: str, target: str, follows: bool) -> dict[str, object]:
    return {"sourceActivityIds": [source], "targetActivityIds": [target], "updateEventTrigger": follows}


def _report(failing: Sequence[Instruction]) -> dict[str, object]:
    return {"instructionReports": [{"instruction": one.given, "failures": one.failures} for one in failing], "variableReports": {}}


def _named(one: Instruction) -> str:
    return f"„{', '.join(one.given['sourceActivityIds'])}“"
