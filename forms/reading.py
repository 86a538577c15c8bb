"""What an expression of a form looks at: names with their paths, the functions it calls, and what it compares or computes with what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache

from engine import feel
from engine.feel import cursor, parser, syntax

NAMES = cursor.KnownNames([*feel.BUILTINS])


@dataclass(frozen=True, slots=True)
class Read:
    """A value that is looked at. path: its name and the names after the points. picked: a filter stands between them.

    alone: nothing is taken out of it, as in `i = 1` beside `i[1]`.
    """

    path: tuple[str, ...]
    picked: bool = False
    alone: bool = True


@dataclass(frozen=True, slots=True)
class Joined:
    """Two values between which an operator stands; None for what is no plain value. with_null: one of them is the word null."""

    operator: str
    left: Read | None
    right: Read | None
    with_null: bool


@lru_cache(maxsize=4096)
def tree(text: str) -> syntax.Node:
    """Return the tree of an expression without its =. Raises feel.FeelSyntaxError."""
    return parser.parse_expression(text, NAMES)


def reads(node: object, bound: frozenset[str] = frozenset()) -> Iterator[Read]:
    """Yield what is looked at; names that the expression itself binds are left out, and what a filter says of its items."""
    whole = value_of(node)
    if whole is not None and whole.path[0] not in bound and whole.path[0] not in feel.BUILTINS:
        yield whole
    if whole is not None:
        yield from _in_filters(node, bound)
        return
    yield from _inside(node, bound)


def _in_filters(node: object, bound: frozenset[str]) -> Iterator[Read]:
    if isinstance(node, syntax.Path):
        yield from _in_filters(node.value, bound)
    elif isinstance(node, syntax.Filter):
        yield from _in_filters(node.value, bound)
        yield from (read for read in reads(node.condition, bound | {"item"}) if len(read.path) > 1 or read.path[0] == "i")


def _inside(node: object, bound: frozenset[str]) -> Iterator[Read]:
    if isinstance(node, syntax.For | syntax.Quantified):
        for iterator in node.iterators:
            yield from reads(iterator.domain, bound)
            yield from reads(iterator.end, bound)
            bound |= {iterator.name, "partial"}
        yield from reads(node.body, bound)
    elif isinstance(node, syntax.FunctionOf):
        yield from reads(node.body, bound | set(node.parameters))
    elif isinstance(node, syntax.ContextOf):
        for key, value in node.entries:
            yield from reads(value, bound)
            bound |= {key}
    elif isinstance(node, syntax.Call):
        for argument in node.arguments:
            yield from reads(argument, bound)
    elif isinstance(node, tuple):
        for item in node:
            yield from reads(item, bound)
    elif is_dataclass(node) and not isinstance(node, syntax.Literal | syntax.Type | type):
        for part in fields(node):
            yield from reads(getattr(node, part.name), bound)


def value_of(node: object) -> Read | None:
    """Return what a name, or a path from a name, looks at; None for anything else."""
    if isinstance(node, syntax.Name):
        return Read((node.name,))
    if isinstance(node, syntax.Group):
        return value_of(node.inner)
    if isinstance(node, syntax.Path):
        below = value_of(node.value)
        return Read((*below.path, node.name), below.picked, alone=False) if below is not None else None
    if isinstance(node, syntax.Filter):
        below = value_of(node.value)
        return Read(below.path, picked=True, alone=False) if below is not None else None
    return None


@lru_cache(maxsize=4096)
def taken_from(text: str, name: str) -> frozenset[tuple[str, ...]]:
    """Return the paths by which an expression looks into the value of that name; the empty one where it looks at all of it."""
    return frozenset(read.path[1:] for read in reads(tree(text)) if read.path[0] == name)


def joins(node: object) -> Iterator[Joined]:
    """Yield every pair of values that an operator compares or computes with."""
    if isinstance(node, syntax.Binary) and node.operator not in ("and", "or"):
        null = any(isinstance(side, syntax.Literal) and side.value is None for side in (node.left, node.right))
        yield Joined(node.operator, value_of(node.left), value_of(node.right), null)
    if isinstance(node, tuple):
        for item in node:
            yield from joins(item)
    elif is_dataclass(node) and not isinstance(node, type):
        for part in fields(node):
            yield from joins(getattr(node, part.name))
