"""Move running instances to another version of their process: propose where each step goes on, try it on the real ones, do it.

Trying computes every instance in a read-only snapshot and stores nothing. Doing is one step per instance, recorded with its reason in the
instance's own chain, 100 instances per transaction; one that cannot follow stays where it is and is told with all reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine import bulk, bundles, clock, db, decisions, errors, instances, loop_children, values
from engine.protocol import Migration, Step, Stimulus
from engine.spiff import mapping, words
from engine.spiff import migration as spiff
from engine.spiff import state as spiff_state
from engine.spiff.definition import Definition

MAX_REASON = 500
WAITS = {
    "user_task": "Aufgabe", "job": "Auftrag", "timer": "Frist", "message": "Warten auf Nachricht", "signal": "Warten auf Signal",
    "condition": "Warten auf Bedingung",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A step where an instance can stand, as the table of the mapping shows it. path: what is around it; event: what it waits for."""

    name: str
    element_id: str
    label: str
    what: str
    kind: str
    path: str
    event: object


@dataclass(frozen=True, slots=True)
class Proposal:
    """pairs: where each place of the old version goes on; sources and targets: all places of the two versions by name."""

    pairs: tuple[mapping.Pair, ...]
    sources: Mapping[str, Place]
    targets: Mapping[str, Place]

    @property
    def guesses(self) -> dict[str, str | None]:
        """The mapping that a person confirms by leaving the guesses as they are."""
        return {pair.source: pair.target for pair in self.pairs if pair.target is not None and not pair.certain}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be moved: all running instances of the bundles `sources` to the bundle `target`, going on as the mapping says."""

    tenant_id: int
    process_key: str
    sources: tuple[int, ...]
    target: int
    mapping: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One instance: why it cannot be moved (empty: it can), and what would change for it. German."""

    instance_id: int
    uuid: UUID
    business_key: str
    reasons: tuple[spiff.Reason, ...]
    changes: tuple[str, ...] = ()


# ---------------------------------------------------------------- planning
def propose(tx: Connection, process_key: str, from_version: int, to_version: int, *, tenant_id: int) -> Proposal:
    """Return where the steps of one version would go on in another. Raises errors.NotFound."""
    source = _source(tx, process_key, from_version, tenant_id=tenant_id)
    target = bundles.preview(tx, process_key, to_version, tenant_id=tenant_id)
    return Proposal(mapping.propose(source, target), _places(source), _places(target))


def plan(tx: Connection, process_key: str, from_version: int, to_version: int, drawn: Mapping[str, str | None], *, tenant_id: int) -> Plan:
    """Return a checked plan; a bundle for the new version is made where none is there yet.

    Raises errors.NotFound, and errors.InvalidInput with a message per entry of the mapping that cannot be.
    """
    source = _source(tx, process_key, from_version, tenant_id=tenant_id)
    target, built = bundles.for_start(tx, process_key, tenant_id=tenant_id, version=to_version)
    mapping.resolve(source, built, drawn)
    sources = tuple(one for one in _bundles(tx, process_key, from_version, tenant_id=tenant_id) if one != target)
    return Plan(tenant_id, process_key, sources, target, dict(drawn))


def faults(
    tx: Connection, process_key: str, from_version: int, to_version: int, drawn: Mapping[str, str | None], *, tenant_id: int
) -> dict[str, str]:
    """Return per entry of a mapping why it cannot be; nothing is stored. Raises errors.NotFound."""
    source = _source(tx, process_key, from_version, tenant_id=tenant_id)
    try:
        mapping.resolve(source, bundles.preview(tx, process_key, to_version, tenant_id=tenant_id), drawn)
    except errors.InvalidInput as wrong:
        return dict(wrong.fields)
    return {}


def _source(tx: Connection, process_key: str, version: int, *, tenant_id: int) -> Definition:
    """Return the version as its running instances keep it, most of them where there are several bundles."""
    kept = _bundles(tx, process_key, version, tenant_id=tenant_id)
    if kept:
        return bundles.definition(tx, kept[0])
    return bundles.preview(tx, process_key, version, tenant_id=tenant_id)


def _bundles(tx: Connection, process_key: str, version: int, *, tenant_id: int) -> list[int]:
    """Return the bundles with that version that running instances keep, the most used first."""
    query = text(
        "select p.bundle_id from process_instance p join bundle b on b.id = p.bundle_id where p.tenant_id = :t and p.process_key = :k"
        " and p.status = 'running' and (select d.id from definition d where d.world_id = b.world_id and d.kind = 'bpmn' and d.key = :k"
        " and d.version = :v) = any (b.definition_ids) group by p.bundle_id order by count(*) desc, p.bundle_id"
    )
    return list(tx.execute(query, {"t": tenant_id, "k": process_key, "v": version}).scalars())


def _places(definition: Definition) -> dict[str, Place]:
    return {
        name: Place(name, node.element.id, node.element.label, words.of(node.element), node.element.kind, node.path, node.element.event)
        for name, node in mapping.places(definition).items()
    }


# ---------------------------------------------------------------- trying
def dry_run(tx: Connection, made: Plan, *, now: datetime, only: Sequence[int] | None = None) -> Iterator[Verdict]:
    """Yield what would become of each running instance of the plan, or of those in `only`. Writes nothing: to be called in a snapshot."""
    for batch in _batches(tx, made, only):
        told = _open_waits(tx, made.tenant_id, batch)
        for locked in instances.look_all(tx, made.tenant_id, batch):
            yield _try(tx, made, locked, told, now) if _is_meant(made, locked) else _not_meant(locked)


def _batches(tx: Connection, made: Plan, only: Sequence[int] | None) -> Iterator[Sequence[int]]:
    if only is not None:
        yield from (only[start : start + bulk.CHUNK] for start in range(0, len(only), bulk.CHUNK))
        return
    last = 0
    while batch := _candidates(tx, made, last):
        yield batch
        last = batch[-1]


def _is_meant(made: Plan, locked: instances.Locked) -> bool:
    return locked.instance.status == "running" and locked.instance.bundle_id in made.sources


def _not_meant(locked: instances.Locked) -> Verdict:
    instance, told = locked.instance, "Der Vorgang ist beendet oder läuft nicht in der alten Fassung."
    return Verdict(instance.id, instance.uuid, instance.business_key, (spiff.Reason("", told),))


def _candidates(tx: Connection, made: Plan, after: int) -> list[int]:
    query = text(
        "select id from process_instance where tenant_id = :t and process_key = :k and status = 'running' and bundle_id = any (:b)"
        " and id > :after order by id limit :n"
    )
    parameters = {"t": made.tenant_id, "k": made.process_key, "b": list(made.sources), "after": after, "n": bulk.CHUNK}
    return list(tx.execute(query, parameters).scalars())


def _try(tx: Connection, made: Plan, locked: instances.Locked, told: Mapping[UUID, Any], now: datetime) -> Verdict:
    instance = locked.instance
    source, target = bundles.definition(tx, instance.bundle_id), bundles.definition(tx, made.target)
    bound = decisions.bound(tx, target, made.target, tenant_id=made.tenant_id) if target.decisions else {}
    given = loop_children.all_of(tx, made.tenant_id, instance.id) if spiff_state.has_children_apart(locked.state) else {}
    try:
        step, _ = spiff.migrate(
            source, target, locked.state, _stimulus(made, instance, "", ""),
            now, instance_id=instance.uuid, business_key=instance.business_key, decisions=bound, functions=db.runtime(tx).functions,
            given=given,
        )  # fmt: skip
    except (errors.Rejected, errors.Incident) as fault:
        return _refused(locked, fault)
    changes = tuple(_changes(step, source, target, told))
    leased = _leased_now(step, told)
    return Verdict(instance.id, instance.uuid, instance.business_key, leased, () if leased else changes)


def _refused(locked: instances.Locked, fault: errors.Rejected | errors.Incident) -> Verdict:
    instance = locked.instance
    if isinstance(fault, spiff.Refused):
        reasons = fault.reasons
    elif isinstance(fault, errors.InvalidInput) and fault.fields:
        reasons = tuple(spiff.Reason(name.rpartition("/")[2], f"„{name}“: {message}") for name, message in fault.fields.items())
    else:
        reasons = (spiff.Reason(getattr(fault, "element_id", ""), str(fault)),)
    return Verdict(instance.id, instance.uuid, instance.business_key, reasons)


def _open_waits(tx: Connection, tenant_id: int, instance_ids: Sequence[int]) -> dict[UUID, Any]:
    """Return wait -> (kind, element_id, label, due_at, leased) of instances."""
    query = text(
        "select 'user_task' as kind, id, element_id, label, due_at, false as leased from user_task where tenant_id = :t and instance_id = any (:i)"
        " and outcome is null union all"
        " select 'timer', id, element_id, label, due_at, false from timer where tenant_id = :t and instance_id = any (:i) union all"
        " select 'job', id, element_id, label, null, coalesce(locked_until > clock_timestamp(), false) from job where tenant_id = :t"
        " and instance_id = any (:i) union all"
        " select kind, id, element_id, label, null, false from subscription where tenant_id = :t and instance_id = any (:i)"
    )
    return {row.id: row for row in tx.execute(query, {"t": tenant_id, "i": list(instance_ids)})}


def _changes(step: Step, source: Definition, target: Definition, told: Mapping[UUID, Any]) -> Iterator[str]:
    """Yield what changes for the instance, in words."""
    shown = {node.element.id: node.shown for node in (*source.nodes(), *target.nodes())}
    for change in step.changed:
        before, label = told.get(change.id), f"„{shown.get(change.element_id, change.element_id)}“"
        due = change.fields.get("due_at")
        if isinstance(due, datetime):
            was = before.due_at if before is not None else None
            yield f"{WAITS[change.kind]} {label}: fällig am {clock.shown(due)}{f' statt am {clock.shown(was)}' if was else ''}"
        if "topic" in change.fields:
            yield f"{WAITS[change.kind]} {label}: neues Topic {change.fields['topic']}"
        if "form" in change.fields:
            yield f"{WAITS[change.kind]} {label}: neues Formular {change.fields['form'] or '–'}"
        if before is not None and before.element_id != change.element_id:
            yield f"{WAITS[change.kind]} „{before.label}“ geht weiter als {label}"
    for event in step.events:
        if event.detail.get("migrated"):
            what = "beginnt um die offenen Schritte" if event.kind == "element_activated" else "wird verlassen"
            yield f"Teilprozess „{shown.get(event.element_id, event.element_id)}“ {what}"
    for wait_id in step.closed:
        gone = told.get(wait_id)
        if gone is not None:
            yield f"{WAITS[gone.kind]} „{gone.label}“ entfällt"
    for wait in step.opened:
        yield f"{WAITS[wait.kind]} „{wait.label}“ kommt hinzu" + (f", fällig am {clock.shown(wait.due_at)}" if wait.due_at else "")
    if any(event.kind == "flow_taken" for event in step.events):
        yield "geht mit der Umstellung sofort weiter"


def _leased_now(step: Step, told: Mapping[UUID, Any]) -> tuple[spiff.Reason, ...]:
    """Return for each changed job that somebody works on just now why it has to wait: the work would be done for another drawing."""
    busy = [told[change.id] for change in step.changed if change.kind == "job" and change.id in told and told[change.id].leased]
    text_ = "Der Auftrag „{}“ wird gerade bearbeitet. Bitte später noch einmal umstellen."
    return tuple(spiff.Reason(job.element_id, text_.format(job.label)) for job in busy)


# ---------------------------------------------------------------- doing
def migrate(tx: Connection, made: Plan, instance_ids: Sequence[int], *, reason: str, by: str, now: datetime) -> list[Verdict]:
    """Move instances, and return a verdict for each; those with reasons stand where they stood.

    Raises errors.InvalidInput without a reason.
    """
    reason = checked_reason(reason)
    taken: list[instances.Taken] = []
    verdicts: list[Verdict] = []
    found = instances.lock_all(tx, made.tenant_id, instance_ids)
    cursor = db.cursor(tx)  # nobody may take a job between the look at it and its change
    cursor.execute("select 1 from job where tenant_id = %s and instance_id = any(%s) order by id for update", (made.tenant_id, list(found)))
    cursor.fetchall()
    told = _open_waits(tx, made.tenant_id, list(found))
    for locked in found.values():
        instance = locked.instance
        if not _is_meant(made, locked):
            verdicts.append(_not_meant(locked))
            continue
        try:
            one = instances.take(tx, locked, _stimulus(made, instance, reason, by), now)
        except (errors.Rejected, errors.Incident) as fault:
            verdicts.append(_refused(locked, fault))
            continue
        leased, source = _leased_now(one.step, told), bundles.definition(tx, instance.bundle_id)
        changes = () if leased else tuple(_changes(one.step, source, bundles.definition(tx, made.target), told))
        verdicts.append(Verdict(instance.id, instance.uuid, instance.business_key, leased, changes))
        if not leased:
            taken.append(one)
    instances.store_all(tx, taken)
    return verdicts


def migrate_all(
    begin: Callable[[], AbstractContextManager[Connection]], made: Plan, *, reason: str, by: str, only: Sequence[int] | None = None
) -> Iterator[Verdict]:
    """Move all instances of the plan, or those in `only`, a chunk per transaction; yield a verdict for each. May be stopped and called again."""
    reason = checked_reason(reason)
    if only is not None:
        for start in range(0, len(only), bulk.CHUNK):
            with begin() as tx:
                now = clock.now(tx, made.tenant_id)
                verdicts = migrate(tx, made, only[start : start + bulk.CHUNK], reason=reason, by=by, now=now)
            yield from verdicts
        return
    last = 0
    while True:
        with begin() as tx:
            batch = _candidates(tx, made, last)
            verdicts = migrate(tx, made, batch, reason=reason, by=by, now=clock.now(tx, made.tenant_id)) if batch else []
        yield from verdicts
        if not batch:
            return
        last = batch[-1]


def checked_reason(reason: str) -> str:
    """Return the reason as it is stored. Raises errors.InvalidInput for none, and for what cannot be stored."""
    given = reason.strip()
    if not given or len(given) > MAX_REASON:
        text_ = f"Bitte angeben, warum (höchstens {MAX_REASON} Zeichen)."
        raise errors.InvalidInput(text_, {"reason": "Bitte ausfüllen." if not given else "Bitte kürzen."})
    values.check({"reason": given})
    return given


def _stimulus(made: Plan, instance: instances.Instance, reason: str, by: str) -> Stimulus:
    return Stimulus("migrated", name=reason, by=by, migration=Migration(instance.bundle_id, made.target, made.mapping))
