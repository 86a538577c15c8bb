"""Replay: fold the recorded stimuli again, at their recorded times and with the recorded versions, and compare every event.

Reads history only, by one statement and so of one moment; topics, forms and letters are never asked again. The answer is "identical" or the first difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine import bundles, db, decisions, errors, history, values
from engine.protocol import Step, Stimulus
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
    instance_id: int
    process_key: str
    business_key: str
    commands: int
    difference: Difference | None

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
    if breach is not None:
        difference = Difference(breach.seq, None, "", "", "", f"Die Hashkette hält nicht: {breach.message}")
    else:
        definition = _definition(tx, row, tenant_id, against)
        difference = _fold(tx, definition, row.uuid, row.business_key, commands)
    return Replayed(instance_id, row.process_key, row.business_key, len(commands), difference)


def _definition(tx: Connection, row: Any, tenant_id: int, against: Mapping[str, bytes] | None) -> Definition:
    if against is None:
        return bundles.definition(tx, row.bundle_id, tenant_id=tenant_id)
    root, pinned = bundles.processes(tx, row.bundle_id)
    return spiff_definition.of_processes(root, pinned | spiff_definition.processes_of(against, db.runtime(tx).functions))


def _fold(tx: Connection, definition: Definition, uuid: UUID, business_key: str, commands: list[history.Command]) -> Difference | None:
    functions = db.runtime(tx).functions
    state: bytes | spiff.Live | None = None
    for command in commands:
        content = command.content
        drawn = content["stimulus"]
        wait_id = UUID(drawn["wait"]) if drawn["wait"] else None
        stimulus = Stimulus(drawn["kind"], wait_id, drawn["name"], drawn["variables"], drawn["by"], drawn.get("local", {}))
        used = _decisions(tx, content["decisions"])
        try:
            made, live = spiff.step(
                definition,
                state,
                stimulus,
                content["at"],
                instance_id=uuid,
                business_key=business_key,
                decisions=used,
                functions=functions,
            )
        except (errors.Rejected, errors.Incident) as fault:
            message = f"Schritt {command.seq + 1} ({command.kind}) lässt sich nicht nachrechnen: {fault}"
            return Difference(command.seq, None, getattr(fault, "element_id", ""), "", str(fault), message)
        different = _compare(command, content, made)
        if different is not None:
            return different
        state = live if live is not None else made.state
    return None


def _decisions(tx: Connection, versions: Mapping[str, str]) -> dict[str, BoundDecision]:
    """Return the decisions in the versions that the command recorded."""
    found: dict[str, BoundDecision] = {}
    for key, version in versions.items():
        row = tx.execute(text("select id from definition where uuid = :u"), {"u": UUID(version)}).first()
        if row is None:
            raise errors.NotFound(f"Die Fassung {version} der Entscheidung „{key}“ gibt es nicht mehr.")
        found[key] = decisions.version(tx, row.id, version, key, db.runtime(tx).functions)
    return found


def _compare(command: history.Command, content: Mapping[str, Any], made: Step) -> Difference | None:
    recorded = [values.to_json(event) for event in content["events"]]
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
