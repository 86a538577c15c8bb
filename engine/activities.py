"""Activities: the elements an instance went through, read from the events in its history."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import Connection

from engine import bundles, history, instances

ENDS = {"element_completed": False, "element_cancelled": True}


@dataclass(frozen=True, slots=True)
class Activity:
    """One passage through an element; ended_at None: the instance stands there. `kind` as drawn, `scope` as in the journal."""

    id: UUID
    element_id: str
    kind: str
    label: str
    scope: str
    started_at: datetime
    ended_at: datetime | None = None
    is_cancelled: bool = False


def of_instance(tx: Connection, instance: instances.Instance) -> list[Activity]:
    """Return the instance's activities in the order they began.

    An element that is passed twice at once in one scope (two tokens) ends in the order it was entered.
    """
    drawn = {node.element.id: node.element for node in bundles.definition(tx, instance.bundle_id).nodes()}
    found: list[Activity] = []
    open_ones: dict[tuple[str, str], list[int]] = {}
    for command in history.read(tx, instance.tenant_id, instance.id):
        for kind, element_id, scope, _ in command.content["events"]:
            if kind == "element_activated":
                open_ones.setdefault((element_id, scope), []).append(len(found))
                element = drawn.get(element_id)
                kind_drawn, label = (element.kind, element.label) if element else ("", "")
                identity = uuid5(instance.uuid, f"activity {len(found)}")
                found.append(Activity(identity, element_id, kind_drawn, label, scope, command.effective_at))
            elif kind in ENDS and open_ones.get((element_id, scope)):
                place = open_ones[element_id, scope].pop(0)
                found[place] = replace(found[place], ended_at=command.effective_at, is_cancelled=ENDS[kind])
    return found
