"""Children kept apart: a parallel multi-instance activity with many instances keeps each of them in a state of its own.

The instance's own state then holds the activity's token with its counters only, and a step loads no more than the child it is
about: its cost does not grow with the number of children. What concerns all of them (the activity is cancelled, its condition
of completion holds, the instance ends) raises `Needed`; the caller gives all of them and the same step is computed again.
A child is named by the number of its scope. Only the outermost of nested activities keeps its children apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

if TYPE_CHECKING:
    from engine.protocol import Step, Stimulus
    from engine.spiff.tokens import Scope, Token
    from engine.spiff.workflow import Instance

Result = TypeVar("Result")

SPLIT_ABOVE = 30  # measured: from about here on a row of its own costs less than carrying the others along
APART = "apart"  # in the activity's token: [how many children it has, how many of them wait for something]


class Needed(Exception):
    """The step is about children that were not given. Nothing has happened; call it again with all of them."""


@dataclass(slots=True)
class Family:
    """The children of one activity that are not loaded: how many, and how many of them wait for something."""

    missing: int
    waiting: int


def keeps_apart(host: Token, count: int) -> bool:
    """Return whether an activity shall keep so many children apart.

    Not where something inside waits for a condition: each change of a variable would ask all of them.
    """
    workflow = host.workflow
    if count <= workflow.split_above or of_scope(workflow, host.scope) is not None:
        return False
    return not workflow.definition.has_condition_inside(host.task_spec.name)


def of_scope(instance: Instance, scope_id: int | None) -> int | None:
    """Return the child that a scope belongs to, or None where it belongs to the instance's own state."""
    if not instance.bodies:
        return None
    while scope_id is not None:
        scope = instance.scopes[scope_id]
        if scope.parent in instance.bodies:
            return scope.id
        scope_id = scope.parent
    return None


def require(instance: Instance, host: int | None = None) -> None:
    """Raise Needed when children of an activity (None: of any) are not loaded."""
    if any(family.missing for number, family in instance.families.items() if host is None or number == host):
        raise Needed


def require_inside(instance: Instance, scope_id: int) -> None:
    """Raise Needed when an activity inside a scope has children that are not loaded."""
    for number, family in instance.families.items():
        if family.missing and instance.is_inside(instance.by_number[number].scope, scope_id):
            raise Needed


def something_waits(instance: Instance) -> bool:
    """Return whether a child that is not loaded waits for something."""
    return any(family.waiting for family in instance.families.values())


# ---------------------------------------------------------------- apart and together again
def separate(instance: Instance) -> tuple[list[Scope], list[Token], dict[int, tuple[list[Scope], list[Token]]]]:
    """Return the instance's own scopes and tokens, and those of each loaded child; count the children in their activities."""
    instance.bodies = {body: host for body, host in instance.bodies.items() if host in instance.by_number and body in instance.scopes}
    if not instance.bodies:
        return list(instance.scopes.values()), list(instance.by_number.values()), {}
    scopes: list[Scope] = []
    tokens: list[Token] = []
    apart: dict[int, tuple[list[Scope], list[Token]]] = {}
    for scope in instance.scopes.values():
        child = of_scope(instance, scope.id)
        (scopes if child is None else apart.setdefault(child, ([], []))[0]).append(scope)
    for token in instance.by_number.values():
        child = of_scope(instance, token.scope)
        (tokens if child is None else apart[child][1]).append(token)
    _count(instance, apart)
    return scopes, tokens, apart


def _count(instance: Instance, apart: Mapping[int, tuple[list[Scope], list[Token]]]) -> None:
    counts = {host: [family.missing, family.waiting] for host, family in instance.families.items()}
    for child, (_, tokens) in apart.items():
        host = counts.setdefault(_host_of(instance, child), [0, 0])
        host[0] += 1
        host[1] += any(token.internal_data.get("w") for token in tokens)
    for number in instance.bodies.values():
        instance.by_number[number].internal_data[APART] = counts.get(number, [0, 0])


def remember(instance: Instance) -> None:
    """Note which activities keep children apart; none of them is loaded yet."""
    for token in instance.by_number.values():
        counts = token.internal_data.get(APART)
        if counts is not None:
            instance.bodies[token.internal_data["body"]] = token.number
            instance.families[token.number] = Family(*counts)


def take_over(instance: Instance, given: Mapping[int, bytes]) -> None:
    """Note the children of an instance that was put together whole from another; they stay apart where its diagram allows it."""
    instance.given = dict(given)
    for token in instance.by_number.values():
        if APART not in token.internal_data:
            continue
        if instance.definition.has_condition_inside(token.task_spec.name):
            del token.internal_data[APART]
            continue
        instance.bodies[token.internal_data["body"]] = token.number
        instance.families[token.number] = Family(0, 0)


def loaded(instance: Instance, child: int, tokens: Iterable[Token]) -> None:
    """Account for a child that is loaded now."""
    family = instance.families[_host_of(instance, child)]
    family.missing -= 1
    family.waiting -= any(token.internal_data.get("w") for token in tokens)


def forget(instance: Instance, apart: Iterable[int]) -> None:
    """Take the children out of memory again, so that the next step costs no more than this one."""
    gone = set(apart)
    instance.given = {}
    if gone:
        instance.by_number = {n: t for n, t in instance.by_number.items() if of_scope(instance, t.scope) not in gone}
        instance.scopes = {n: s for n, s in instance.scopes.items() if of_scope(instance, n) not in gone}
        instance.near.only(instance.by_number.values())
        instance.near.only_scopes(instance.scopes.values())
    instance.bodies, instance.families = {}, {}
    remember(instance)


def _host_of(instance: Instance, child: int) -> int:
    return instance.bodies[instance.scopes[child].parent or 0]


def with_what_it_needs(
    compute: Callable[[Instance | bytes | None, Mapping[int, bytes]], Result],
    before: Instance | bytes | None,
    stored: bytes,
    some: Mapping[int, bytes],
    everything: Callable[[], Mapping[int, bytes]],
) -> Result:
    """Return the step computed with some children, or from the stored state with all of them where it needs them."""
    try:
        return compute(before, some)
    except Needed:
        return compute(stored, everything())


@dataclass(slots=True)
class Kept:
    """The children of one instance in memory, for who folds its steps without a database."""

    states: dict[int, bytes] = field(default_factory=dict)
    of_wait: dict[UUID, int] = field(default_factory=dict)

    def of(self, stimulus: Stimulus) -> dict[int, bytes]:
        """Return the child that a stimulus is about, or nothing."""
        child = None if stimulus.wait_id is None else self.of_wait.get(stimulus.wait_id)
        return {child: self.states[child]} if child is not None and child in self.states else {}

    def take(self, step: Step) -> None:
        """Keep what a step made of the children."""
        self.states |= step.children
        for child in step.children_ended:
            self.states.pop(child, None)
        self.of_wait |= {wait.id: wait.child for wait in step.opened if wait.child is not None}
        if step.outcome is not None:
            self.states.clear()
