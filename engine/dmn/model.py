"""What a DMN file says, as frozen values; every FEEL text is compiled once, when the file is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine import feel

IterationKind = Literal["for", "every", "some"]
CELL_INPUT = "cellInput"
HitPolicy = Literal["UNIQUE", "FIRST", "PRIORITY", "ANY", "COLLECT", "RULE ORDER", "OUTPUT ORDER"]


class DecisionError(feel.FeelError):
    """A decision cannot be made: hit policy violated, value outside the allowed ones, unknown decision. German message."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a thing stands in its file."""

    file: str
    line: int
    element_id: str
    label: str


@dataclass(frozen=True, slots=True)
class Type:
    """What a typeRef stands for: the basic type, whether it is a list of it, and the values an item definition allows.

    zoned: of a moment, whether it is compared with a zone, without one, or as it comes (None); see `moments`.
    """

    name: str
    is_list: bool = False
    allowed: feel.UnaryTests | None = None
    zoned: bool | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """A column of conditions; `variable` is the name under which Camunda lets cells see the value besides `?` and CELL_INPUT."""

    id: str
    label: str
    expression: feel.Expression
    type: Type
    allowed: feel.UnaryTests | None
    variable: str | None


@dataclass(frozen=True, slots=True)
class Output:
    id: str
    name: str
    label: str
    type: Type
    allowed: feel.UnaryTests | None
    ranking: tuple[object, ...]
    default: feel.Expression | None


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    line: int
    tests: tuple[feel.UnaryTests, ...]
    outputs: tuple[feel.Expression | None, ...]
    annotations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    hit_policy: HitPolicy
    aggregation: str | None
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    annotations: tuple[str, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class LiteralExpression:
    expression: feel.Expression


@dataclass(frozen=True, slots=True)
class ContextExpression:
    """entries: (name or None for the result, expression)."""

    entries: tuple[tuple[str | None, Logic], ...]


@dataclass(frozen=True, slots=True)
class ListExpression:
    items: tuple[Logic, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    columns: tuple[str, ...]
    rows: tuple[tuple[Logic, ...], ...]


@dataclass(frozen=True, slots=True)
class Invocation:
    function: feel.Expression
    bindings: tuple[tuple[str, Logic], ...]


@dataclass(frozen=True, slots=True)
class FunctionDefinition:
    parameters: tuple[str, ...]
    body: Logic


@dataclass(frozen=True, slots=True)
class Conditional:
    """A boxed if (DMN 1.4)."""

    condition: Logic
    then: Logic
    otherwise: Logic


@dataclass(frozen=True, slots=True)
class Filter:
    """A boxed filter (DMN 1.4): `match` sees each entry as `item`, and the fields of an entry that is a context."""

    source: Logic
    match: Logic


@dataclass(frozen=True, slots=True)
class Iteration:
    """A boxed for, every or some (DMN 1.4) over the variable; `body` is its return or satisfies."""

    kind: IterationKind
    variable: str
    source: Logic
    body: Logic


Logic = (
    Table | LiteralExpression | ContextExpression | ListExpression | Relation | Invocation | FunctionDefinition | Conditional | Filter
    | Iteration
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """`requires` are ids of decisions, `knowledge` of business knowledge models, `reads` names of the input data it is connected with.

    variable: what other decisions call its result, besides its id and, of a table, the names of its outputs (see `offered`).
    version_tag: what a diagram may bind this version by.
    """

    id: str
    name: str
    variable: str
    type: Type
    place: Place
    logic: Logic | None
    requires: tuple[str, ...]
    knowledge: tuple[str, ...]
    reads: tuple[str, ...] = ()
    version_tag: str = ""


@dataclass(frozen=True, slots=True)
class KnowledgeModel:
    id: str
    name: str
    place: Place
    function: FunctionDefinition
    knowledge: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """One file: its decisions and knowledge models by id, the names of its input data, and functions that its JUEL calls."""

    file: str
    id: str
    name: str
    decisions: Mapping[str, Decision]
    knowledge: Mapping[str, KnowledgeModel]
    input_data: Mapping[str, str]
    functions: tuple[feel.Function, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One table that was evaluated on the way, for history: which rules matched on which inputs, and what they gave."""

    decision_id: str
    rule_ids: tuple[str, ...]
    inputs: Mapping[str, object]
    outputs: tuple[Mapping[str, object], ...]
    annotations: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The value of a decision (a table of one output: the value; of several: a dict by output name) and how it came about."""

    value: object
    evaluations: tuple[Evaluation, ...]
    results: tuple[Mapping[str, object], ...]
    single_hit: bool


def offered(decisions: Model, decision: Decision) -> frozenset[str]:
    """Return the names under which a decision sees the results of those it requires."""
    required = [decisions.decisions[key] for key in decision.requires if key in decisions.decisions]
    outputs = {column.name for one in required if isinstance(one.logic, Table) for column in one.logic.outputs}
    return frozenset({name for one in required for name in (one.variable, one.id)} | outputs - set(decision.reads))


def names_of(decisions: Model) -> dict[str, frozenset[str]]:
    """Return decision id -> variables that its input columns read, with those of the decisions it requires."""

    def of(identity: str, seen: frozenset[str]) -> frozenset[str]:
        decision = decisions.decisions.get(identity)
        if decision is None or identity in seen:
            return frozenset()
        columns = decision.logic.inputs if isinstance(decision.logic, Table) else ()
        own = frozenset(name for column in columns for name in column.expression.names) - offered(decisions, decision)
        return own.union(*(of(required, seen | {identity}) for required in decision.requires))

    return {identity: of(identity, frozenset()) for identity in decisions.decisions}


def shapes_of(decisions: Model) -> dict[str, tuple[int, bool]]:
    """Return decision id -> (how many outputs its table has, whether several rules may hit), of decisions that are tables."""
    shapes: dict[str, tuple[int, bool]] = {}
    for decision in decisions.decisions.values():
        table = decision.logic
        if isinstance(table, Table):
            several = table.hit_policy in ("RULE ORDER", "OUTPUT ORDER") or (table.hit_policy == "COLLECT" and not table.aggregation)
            shapes[decision.id] = (len(table.outputs), several)
    return shapes
