"""The payload of a command: the canonical JSON that the chain hashes, history keeps and replay reads again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from engine import values
from engine.protocol import Migration, Step, Stimulus


def of(seq: int, stimulus: Stimulus, made: Step, now: datetime, recorded_at: datetime) -> str:
    """Return the canonical JSON of a command: what the chain hashes and replay folds again."""
    drawn: dict[str, object] = {
        "by": stimulus.by or "",
        "kind": stimulus.kind,
        "name": stimulus.name,
        "variables": values.check(stimulus.variables),
        "wait": None if stimulus.wait_id is None else str(stimulus.wait_id),
    }
    if stimulus.local:
        drawn["local"] = values.check(stimulus.local)
    if stimulus.removed:
        drawn["removed"] = list(stimulus.removed)
    if stimulus.removed_local:
        drawn["removed_local"] = list(stimulus.removed_local)
    if stimulus.migration is not None:
        told = stimulus.migration
        drawn["migration"] = {"from": told.from_bundle, "mapping": sorted(map(list, told.mapping.items())), "to": told.to_bundle}
    return values.to_json({
        "at": now,
        "decisions": dict(made.decisions_used),
        "events": [[event.kind, event.element_id, event.scope, event.detail] for event in made.events],
        "recorded_at": recorded_at.astimezone(UTC).isoformat(),
        "seq": seq,
        "stimulus": drawn,
    })  # fmt: skip


def stimulus_of(drawn: Mapping[str, Any]) -> Stimulus:
    """Return the stimulus that `of` wrote down."""
    told = drawn.get("migration")
    migration = Migration(told["from"], told["to"], dict(told["mapping"])) if told else None
    wait_id = UUID(drawn["wait"]) if drawn["wait"] else None
    return Stimulus(
        drawn["kind"], wait_id, drawn["name"], drawn["variables"], drawn["by"], drawn.get("local", {}), migration,
        tuple(drawn.get("removed", ())), tuple(drawn.get("removed_local", ())),
    )  # fmt: skip
