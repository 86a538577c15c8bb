"""Replay: fold the recorded stimuli again, at their recorded times and with the recorded versions, and compare every event.

A migrated instance is folded with its first bundle up to the migration, and with the next one from there on. The id of a wait is a number
that the engine counted, and a later engine may count otherwise: a wait is the same where it opened as the same event, whatever it is called.

Reads history only, by one statement and so of one moment; topics, forms and letters are never asked again. The answer is "identical" or the first difference.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine import bundles, db, decisions, errors, history, payloads, values
from engine.protocol import Step, Stimulus
from engine.spiff import children, migration
from engine.spiff import definition as spiff_definition
from engine.spiff import step as spiff
from engine.spiff.definition import Definition
from engine.spiff.workflow import BoundDecision


@dataclass(frozen=True, slots=True)
class Difference:
    """The first command whose replay is not what was recorded. `message` is German and names the event."""

    seq: int
    event_number: int | None
    element_id: str
    recorded: str
    replayed: str
    message: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """renumbered: how many waits have another id than was recorded, and are the same in everything else."""

    instance_id: int
    process_key: str
    business_key: str
    commands: int
    difference: Difference | None
    renumbered: int = 0

    @property
    def identical(self) -> bool:
        return self.difference is None


def replay(tx: Connection, tenant_id: int, instance_id: int, *, against: Mapping[str, bytes] | None = None) -> Replayed:
    """Return whether the instance replays identically; `against`: diagrams to fold with instead of the pinned ones."""
    query = text("select uuid, bundle_id, process_key, business_key from process_instance where tenant_id = :t and id = :i")
    row = tx.execute(query, {"t": tenant_id, "i": instance_id}).first()
    if row is None:
        raise errors.NotFound("Den Vorgang gibt es nicht.")
    commands, breach = history.verified(tx, tenant_id, instance_id)
    difference: Difference | None = None
    waits = _Waits()
    if breach is not None:
        difference = Difference(breach.seq, None, "", "", "", f"Die Hashkette hält nicht: {breach.message}")
    else:
        difference = _fold(tx, _Pinned(tx, row.bundle_id, against), row.uuid, row.business_key, commands, waits)
    renumbered = sum(recorded != replayed for recorded, replayed in waits.replayed.items())
    return Replayed(instance_id, row.process_key, row.business_key, len(commands), difference, renumbered)


@dataclass(frozen=True, slots=True)
class _Pinned:
    """The definitions an instance ran with; `bundle_id` is the one it has now. against: diagrams to take in their place."""

    tx: Connection
    bundle_id: int
    against: Mapping[str, bytes] | None

    def definition(self, bundle_id: int) -> Definition:
        if self.against is None:
            return bundles.definition(self.tx, bundle_id)
        root, pinned = bundles.processes(self.tx, bundle_id)
        return spiff_definition.of_processes(root, pinned | spiff_definition.processes_of(self.against, db.runtime(self.tx).functions))


@dataclass(slots=True)
class _Waits:
    """Recorded id of a wait -> the id it has in this replay. Each stands for exactly one of the other side."""

    replayed: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def pair(self, recorded: str, replayed: str) -> None:
        """Note that both opened as the same event, unless one of them is another's already."""
        if recorded not in self.replayed and replayed not in self.taken:
            self.replayed[recorded] = replayed
            self.taken.add(replayed)

    def answered(self, stimulus: Stimulus) -> Stimulus:
        """Return the stimulus naming its wait as this replay does."""
        if stimulus.wait_id is None:
            return stimulus
        return replace(stimulus, wait_id=UUID(self.replayed.get(str(stimulus.wait_id), str(stimulus.wait_id))))

    def here(self, detail: Mapping[str, Any]) -> dict[str, Any]:
        """Return a recorded detail naming its wait as this replay does."""
        return {**detail, "wait": self.replayed.get(detail["wait"], detail["wait"])} if "wait" in detail else dict(detail)


def _fold(
    tx: Connection, pinned: _Pinned, uuid: UUID, business_key: str, commands: list[history.Command], waits: _Waits
) -> Difference | None:
    functions = db.runtime(tx).functions
    stimuli = [payloads.stimulus_of(command.content["stimulus"]) for command in commands]
    migrations = [stimulus.migration for stimulus in stimuli if stimulus.migration is not None]
    last = migrations[-1].to_bundle if migrations else pinned.bundle_id
    if last != pinned.bundle_id:
        message = "Der Vorgang zeigt auf eine andere Fassung als die, in die er nach seiner Historie zuletzt umgestellt wurde."
        return Difference(len(commands), None, "", str(last), str(pinned.bundle_id), message)
    definition = pinned.definition(migrations[0].from_bundle if migrations else pinned.bundle_id)
    state: bytes | spiff.Live | None = None
    stored, kept = b"", children.Kept()
    for command, recorded in zip(commands, stimuli, strict=True):
        content, stimulus = command.content, waits.answered(recorded)
        target = definition if stimulus.migration is None else pinned.definition(stimulus.migration.to_bundle)
        fixed = {
            "instance_id": uuid,
            "business_key": business_key,
            "decisions": _decisions(tx, content["decisions"]),
            "functions": functions,
        }
        compute = functools.partial(_step, definition, target, stimulus, content["at"], fixed)
        try:
            made, live = children.with_what_it_needs(compute, state, stored, kept.of(stimulus), lambda: kept.states)
            definition = target
        except (errors.Rejected, errors.Incident) as fault:
            message = f"Schritt {command.seq + 1} ({command.kind}) lässt sich nicht nachrechnen: {fault}"
            return Difference(command.seq, None, getattr(fault, "element_id", ""), "", str(fault), message)
        different = _compare(command, content, made, waits)
        if different is not None:
            return different
        kept.take(made)
        state, stored = live if live is not None else made.state, made.state
    return None


def _step(
    source: Definition,
    target: Definition,
    stimulus: Stimulus,
    at: datetime,
    fixed: Mapping[str, Any],
    before: bytes | spiff.Live | None,
    given: Mapping[int, bytes],
) -> tuple[Step, spiff.Live | None]:
    if stimulus.migration is not None and before is not None:
        return migration.migrate(source, target, before, stimulus, at, given=given, **fixed)
    return spiff.step(source, before, stimulus, at, given=given, **fixed)


def _decisions(tx: Connection, versions: Mapping[str, str]) -> dict[str, BoundDecision]:
    """Return the decisions in the versions that the command recorded."""
    found: dict[str, BoundDecision] = {}
    for key, version in versions.items():
        row = tx.execute(text("select id from definition where uuid = :u"), {"u": UUID(version)}).first()
        if row is None:
            raise errors.NotFound(f"Die Fassung {version} der Entscheidung „{key}“ gibt es nicht mehr.")
        found[key] = decisions.version(tx, row.id, version, key, db.runtime(tx).functions)
    return found


def _compare(command: history.Command, content: Mapping[str, Any], made: Step, waits: _Waits) -> Difference | None:
    for (kind, _, _, detail), event in zip(content["events"], made.events, strict=False):
        if kind == event.kind == "wait_opened":
            waits.pair(detail["wait"], str(event.detail["wait"]))
    recorded = [values.to_json([kind, element, scope, waits.here(detail)]) for kind, element, scope, detail in content["events"]]
    replayed = [values.to_json([event.kind, event.element_id, event.scope, dict(event.detail)]) for event in made.events]
    for number, (one, other) in enumerate(zip(recorded, replayed, strict=False)):
        if one != other:
            kind, element = content["events"][number][:2]
            message = (
                f"Schritt {command.seq + 1}, Ereignis {number + 1} ({kind} an „{element}“): aufgezeichnet {one}, nachgerechnet {other}."
            )
            return Difference(command.seq, number, element, one, other, message)
    if len(recorded) != len(replayed):
        number = min(len(recorded), len(replayed))
        one = recorded[number] if number < len(recorded) else "nichts"
        other = replayed[number] if number < len(replayed) else "nichts"
        source = content["events"][number] if number < len(recorded) else values.from_json(replayed[number])
        message = f"Schritt {command.seq + 1}, Ereignis {number + 1}: aufgezeichnet {one}, nachgerechnet {other}."
        return Difference(command.seq, number, str(source[1]), one, other, message)
    return None
