"""The instance as bytes and back: live tokens and scopes only, MessagePack, zstd above 4 KB."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import zstandard

from engine import errors, feel, values
from engine.spiff import children, sealed
from engine.spiff.definition import Definition
from engine.spiff.tokens import Scope, Token
from engine.spiff.workflow import Instance

COMPRESS_ABOVE = 4096
PLAIN, COMPRESSED = b"\x01", b"\x02"
PLAIN_APART, COMPRESSED_APART = b"\x03", b"\x04"  # with children kept apart
MAX_STATE = 64 * 1024 * 1024


def dump(instance: Instance) -> tuple[bytes, dict[int, bytes]]:
    """Return the state of a pruned instance, and that of each loaded child that is kept apart."""
    instance.prune()
    scopes, tokens, apart = children.separate(instance)
    for scope in scopes:
        if instance.bodies:
            scope.variables = sealed.seal(scope.variables)
        elif isinstance(scope.variables, sealed.Variables):
            scope.variables = sealed.unseal(scope.variables)
    own = values.pack([instance.counter, *_fields(scopes, tokens)])
    marks = (PLAIN_APART, COMPRESSED_APART) if instance.bodies else (PLAIN, COMPRESSED)
    return _marked(own, *marks), {child: _marked(values.pack(_fields(*inside)), PLAIN, COMPRESSED) for child, inside in apart.items()}


def has_children_apart(state: bytes) -> bool:
    """Return whether a stored state has children that are kept apart."""
    return state[:1] in (PLAIN_APART, COMPRESSED_APART)


def _fields(scopes: Iterable[Scope], tokens: Iterable[Token]) -> list[object]:
    return [
        [[s.id, s.parent, s.kind, s.owner, s.path, _kept(s.variables), *((s.key,) if s.key is not None else ())] for s in scopes],
        [[t.number, t.task_spec.name, t._state, t.scope, t.via, t.local, t.host, t.role, t.internal_data or None] for t in tokens],
    ]


def _kept(variables: dict[str, object]) -> dict[str, object]:
    return dict(variables.kept()) if isinstance(variables, sealed.Variables) else variables


def _marked(packed: bytes, plain: bytes, compressed: bytes) -> bytes:
    if len(packed) <= COMPRESS_ABOVE:
        return plain + packed
    return compressed + zstandard.ZstdCompressor(level=1).compress(packed)


def _opened(state: bytes) -> bytes:
    if state[:1] in (COMPRESSED, COMPRESSED_APART):
        return zstandard.ZstdDecompressor().decompress(state[1:], max_output_size=MAX_STATE)
    if state[:1] in (PLAIN, PLAIN_APART):
        return state[1:]
    raise ValueError("not a state of this version")


def load(state: bytes, definition: Definition, instance_id: UUID, business_key: str, functions: Iterable[feel.Function]) -> Instance:
    """Return the instance of a state that `dump` made. Raises errors.Incident for a damaged state or one of another diagram."""
    instance = Instance(definition, instance_id, business_key, functions)
    with _telling_damage(definition):
        restore(instance, *unpack(state))
        children.remember(instance)
    return instance


def unpack(state: bytes) -> tuple[int, list[list[Any]], list[list[Any]]]:
    """Return (counter, scopes, tokens) as `dump` packed them. Raises ValueError and the like for a damaged state."""
    counter, scopes, tokens = values.unpack(_opened(state))
    return counter, scopes, tokens


def restore(instance: Instance, counter: int, scopes: Iterable[Sequence[Any]], tokens: Iterable[Sequence[Any]]) -> Instance:
    """Fill an empty instance. Raises LookupError for a token at a place that its diagram has not."""
    instance.counter = counter
    root(instance)
    _add(instance, scopes, tokens)
    return instance


def attach(instance: Instance, given: Mapping[int, bytes]) -> None:
    """Load children that were kept apart into the instance. Raises errors.Incident like `load`."""
    instance.given = dict(given)
    if not given:
        return
    with _telling_damage(instance.definition):
        for child, state in given.items():
            children.loaded(instance, child, _add(instance, *values.unpack(_opened(state))))
    # As if they had never been apart: everything in the order in which it was made.
    instance.scopes = dict(sorted(instance.scopes.items()))
    instance.by_number = dict(sorted(instance.by_number.items()))


def _add(instance: Instance, scopes: Iterable[Sequence[Any]], tokens: Iterable[Sequence[Any]]) -> list[Token]:
    restored = []
    for fields in scopes:
        scope = instance.scopes[fields[0]] = Scope(*fields)
        scope.variables = sealed.loaded(scope.variables)
        instance.near.add_scope(scope)
    for number, name, task_state, scope_id, via, local, host, role, internal in tokens:
        token = Token(instance, instance.definition.node(name), instance.task_tree, number, scope_id)
        token._state, token.via, token.local, token.host, token.role = task_state, via, local, host, role
        token.internal_data = internal or {}
        instance.by_number[number] = token
        instance.near.add(token)
        if role not in ("boundary", "watcher"):
            instance.scopes[scope_id].live += 1
        restored.append(token)
    return restored


@contextmanager
def _telling_damage(definition: Definition) -> Iterator[None]:
    try:
        yield
    except (ValueError, LookupError, TypeError, zstandard.ZstdError) as fault:
        text = f"Der gespeicherte Stand passt nicht zu dem Diagramm „{definition.process.id}“, oder er ist beschädigt ({fault})."
        raise errors.Incident(text) from fault


def root(instance: Instance) -> Token:
    """Give the instance its root task, which SpiffWorkflow's tree hangs on."""
    instance.task_tree = None
    tree = Token(instance, instance.definition.spec.start, None, 0, 0)
    tree._state = 64  # TaskState.COMPLETED: the root never runs
    instance.task_tree = tree
    return tree
