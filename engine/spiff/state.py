"""The instance as bytes and back: live tokens and scopes only, MessagePack, zstd above 4 KB."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import zstandard

from engine import errors, feel, values
from engine.spiff.definition import Definition
from engine.spiff.workflow import Instance, Scope, Token

COMPRESS_ABOVE = 4096
PLAIN, COMPRESSED = b"\x01", b"\x02"
MAX_STATE = 64 * 1024 * 1024


def dump(instance: Instance) -> bytes:
    """Return the state of a pruned instance."""
    instance.prune()
    scopes = [
        [s.id, s.parent, s.kind, s.owner, s.path, s.variables, *((s.key,) if s.key is not None else ())] for s in instance.scopes.values()
    ]
    tokens = [
        [t.number, t.task_spec.name, t._state, t.scope, t.via, t.local, t.host, t.role, t.internal_data or None]
        for t in instance.by_number.values()
    ]
    packed = values.pack([instance.counter, scopes, tokens])
    if len(packed) <= COMPRESS_ABOVE:
        return PLAIN + packed
    return COMPRESSED + zstandard.ZstdCompressor(level=1).compress(packed)


def load(state: bytes, definition: Definition, instance_id: UUID, business_key: str, functions: Iterable[feel.Function]) -> Instance:
    """Return the instance of a state that `dump` made. Raises errors.Incident for a damaged state or one of another diagram."""
    try:
        return restore(Instance(definition, instance_id, business_key, functions), *unpack(state))
    except (ValueError, LookupError, TypeError, zstandard.ZstdError) as fault:
        text = f"Der gespeicherte Stand passt nicht zu dem Diagramm „{definition.process.id}“, oder er ist beschädigt ({fault})."
        raise errors.Incident(text) from fault


def unpack(state: bytes) -> tuple[int, list[list[Any]], list[list[Any]]]:
    """Return (counter, scopes, tokens) as `dump` packed them. Raises ValueError and the like for a damaged state."""
    if state[:1] == COMPRESSED:
        packed = zstandard.ZstdDecompressor().decompress(state[1:], max_output_size=MAX_STATE)
    elif state[:1] == PLAIN:
        packed = state[1:]
    else:
        raise ValueError("not a state of this version")
    counter, scopes, tokens = values.unpack(packed)
    return counter, scopes, tokens


def restore(instance: Instance, counter: int, scopes: Iterable[Sequence[Any]], tokens: Iterable[Sequence[Any]]) -> Instance:
    """Fill an empty instance. Raises LookupError for a token at a place that its diagram has not."""
    definition = instance.definition
    root(instance)
    for fields in scopes:
        instance.scopes[fields[0]] = Scope(*fields)
    for number, name, task_state, scope, via, local, host, role, internal in tokens:
        token = Token(instance, definition.node(name), instance.task_tree, number, scope)
        token._state, token.via, token.local, token.host, token.role = task_state, via, local, host, role
        token.internal_data = internal or {}
        instance.by_number[number] = token
        if role not in ("boundary", "watcher"):
            instance.scopes[scope].live += 1
    instance.counter = counter
    return instance


def root(instance: Instance) -> Token:
    """Give the instance its root task, which SpiffWorkflow's tree hangs on."""
    instance.task_tree = None
    tree = Token(instance, instance.definition.spec.start, None, 0, 0)
    tree._state = 64  # TaskState.COMPLETED: the root never runs
    instance.task_tree = tree
    return tree
