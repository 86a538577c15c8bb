"""The syntax tree of FEEL. Each node is a frozen value; the parser makes them, the compiler turns them into closures."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    value: object


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Group:
    """`(inner)`: kept, because `(f)(x)` is a call but `1 (x)` is not."""

    inner: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """operator: + - * / ** = != < <= > >= and or"""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Negate:
    operand: Node


@dataclass(frozen=True, slots=True)
class Between:
    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class In:
    value: Node
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class InstanceOf:
    value: Node
    type: Type


@dataclass(frozen=True, slots=True)
class If:
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Iterator:
    """`name in domain`, or `name in domain..end` when `end` is given."""

    name: str
    domain: Node
    end: Node | None


@dataclass(frozen=True, slots=True)
class For:
    iterators: tuple[Iterator, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified:
    some: bool
    iterators: tuple[Iterator, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class ListOf:
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextOf:
    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class RangeOf:
    low: Node
    high: Node
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class OpenRange:
    """`(< 5)` as a value."""

    operator: str
    end: Node


@dataclass(frozen=True, slots=True)
class Path:
    value: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter:
    value: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call:
    """names: None for positional arguments."""

    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class FunctionOf:
    """body None: an external function, which never runs here."""

    parameters: tuple[str, ...]
    types: tuple[Type | None, ...]
    body: Node | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A unary test such as `< 5`."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unary test that is an expression; `uses_value`: it names `?`."""

    expression: Node
    uses_value: bool


@dataclass(frozen=True, slots=True)
class UnaryTests:
    """tests empty: `-`, which is always true."""

    tests: tuple[Test, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Type:
    """name: `number`, `list`, `context`, `function`, `range`, ...; arguments and fields for the structured ones."""

    name: str
    arguments: tuple[Type, ...] = ()
    fields: tuple[tuple[str, Type], ...] | None = None
    result: Type | None = None


Test = Comparison | Candidate
Node = (
    Literal | Name | Group | Binary | Negate | Between | In | InstanceOf | If | For | Quantified | ListOf | ContextOf | RangeOf
    | OpenRange | Path | Filter | Call | FunctionOf | UnaryTests
)  # fmt: skip


def height(tree: object) -> int:
    """Return how many nodes lie below one another, counted without recursion."""
    level, nodes = 0, [tree]
    while nodes:
        below: list[object] = []
        for node in nodes:
            if isinstance(node, tuple):
                below += node
            elif is_dataclass(node):
                below += [getattr(node, field.name) for field in fields(node)]
        nodes = [node for node in below if isinstance(node, tuple) or is_dataclass(node)]
        level += 1
    return level
