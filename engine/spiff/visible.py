"""What a wait sees of an instance: its own variables and those of the scopes around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from engine import values
from engine.spiff import state
from engine.spiff.definition import Definition


def variables(
    stored: bytes,
    definition: Definition,
    wait_ids: Iterable[UUID],
    *,
    instance_id: UUID,
    business_key: str,
    given: Mapping[int, bytes],
) -> dict[UUID, tuple[dict[str, object], dict[str, object]]]:
    """Return wait -> (its own variables, all it sees) of a stored state; a wait that is not open is left out.

    given: the children kept apart (engine.spiff.children) that wait.
    """
    instance = state.load(stored, definition, instance_id, business_key, ())
    state.attach(instance, given)
    found: dict[UUID, tuple[dict[str, object], dict[str, object]]] = {}
    tokens = {token.id: token for token in instance.by_number.values()}
    for wait_id in wait_ids:
        token = tokens.get(wait_id)
        if token is None or not token.internal_data.get("w"):
            continue
        chain = instance.chain(token.local or token.scope)
        seen: dict[str, object] = {}
        for scope in reversed(chain):
            seen |= scope.variables
        mine = {token.local, token.scope} if token.role == "instance" else {token.local}
        own = [scope for scope in chain if scope.kind == "local" and scope.id in mine]
        local: dict[str, object] = {}
        for scope in reversed(own):
            local |= scope.variables
        found[wait_id] = (values.unshared(local), values.unshared(seen))
    return found
