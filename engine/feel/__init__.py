"""FEEL, the expression language of DMN and BPMN: compile once, evaluate often, exactly and within bounds.

`evaluate` and `unary_test` are the short way; `compile` and `compile_unary` give reusable expressions.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from engine.feel import builtins, compiler, cursor, parser, syntax
from engine.feel.budget import Budget
from engine.feel.errors import FeelError, FeelLimitError, FeelSyntaxError
from engine.feel.scope import HostVariables, Scope
from engine.feel.temporal import Date, DateTime, DaysTime, Time, YearsMonths
from engine.feel.values import Closure, Function, Range, enter, host_closure, leave, number_text, text_of

__all__ = [
    "Closure",
    "Date",
    "DateTime",
    "DaysTime",
    "Expression",
    "FeelError",
    "FeelLimitError",
    "FeelSyntaxError",
    "Function",
    "Range",
    "Time",
    "UnaryTests",
    "YearsMonths",
    "compile",
    "compile_unary",
    "enter",
    "evaluate",
    "evaluate_with_warnings",
    "number_text",
    "text_of",
    "unary_test",
]  # fmt: skip

_LIBRARY = builtins.library()
BUILTINS: Mapping[str, Closure] = _LIBRARY.closures()
ARITIES: Mapping[str, tuple[int, int | None]] = _LIBRARY.arities()  # function -> least and most arguments (None: any number)
_SPACED_PROPERTIES = ("start included", "end included", "time offset")
_BASE_NAMES = cursor.KnownNames([*BUILTINS, *_SPACED_PROPERTIES])

Variables = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression. `names`: free variables; `calls`: functions it calls by name.

    given: (function, how many arguments) of its calls with arguments in order; compared: (variable, text) that it tests for being equal.
    """

    text: str
    names: frozenset[str]
    calls: frozenset[str]
    _run: compiler.Compiled
    given: frozenset[tuple[str, int]] = frozenset()
    compared: frozenset[tuple[str, str]] = frozenset()

    def evaluate(self, variables: Variables, *, now: datetime | None = None, functions: Iterable[Function] = ()) -> object:
        """Return the value. Raises FeelError for what no value can express; see `evaluate_with_warnings`."""
        return leave(self.run(variables, Budget(now), functions))

    def evaluate_with_warnings(
        self, variables: Variables, *, now: datetime | None = None, functions: Iterable[Function] = ()
    ) -> tuple[object, tuple[str, ...]]:
        """Return the value and why parts of it became null."""
        budget = Budget(now)
        return leave(self.run(variables, budget, functions)), tuple(budget.warnings)

    def run(self, variables: Variables, budget: Budget, functions: Iterable[Function] = ()) -> object:
        """Return the inner FEEL value, for callers inside the engine that go on computing with it."""
        return _guarded(lambda: self._run(_scope(variables, budget, functions)))

    def misfits(self, functions: Iterable[Function] = ()) -> list[str]:
        """Return in German which calls give more or fewer arguments than the function takes, so that they can never work."""
        offered = {function.name: (len(function.parameters),) * 2 for function in functions}
        return _misfits(self.given, self.calls, offered)


@dataclass(frozen=True, slots=True)
class UnaryTests:
    """A compiled input cell of a decision table."""

    text: str
    names: frozenset[str]
    calls: frozenset[str]
    _run: compiler.CompiledTest
    given: frozenset[tuple[str, int]] = frozenset()

    def misfits(self, functions: Iterable[Function] = ()) -> list[str]:
        """As those of an expression."""
        return _misfits(self.given, self.calls, {function.name: (len(function.parameters),) * 2 for function in functions})

    def test(self, value: object, variables: Variables, *, now: datetime | None = None, functions: Iterable[Function] = ()) -> bool | None:
        """Return whether `value` meets the tests; None where FEEL says null."""
        return self.run(enter(value), variables, Budget(now), functions)

    def run(self, value: object, variables: Variables, budget: Budget, functions: Iterable[Function] = ()) -> bool | None:
        """As `test`, with an inner FEEL value and a budget to share."""
        outer = _scope(variables, budget, functions)
        answer = _guarded(lambda: self._run(value, Scope({"?": value}, outer, budget)))
        return answer if isinstance(answer, bool) else None


def compile(text: str, *, names: Iterable[str] = (), functions: Iterable[Function] = ()) -> Expression:
    """Return the compiled expression (cached). `names`: variables whose names hold spaces or operators. Raises FeelSyntaxError."""
    return _compile(text, _spaced(names, functions))


def compile_unary(text: str, *, names: Iterable[str] = (), functions: Iterable[Function] = ()) -> UnaryTests:
    """Return compiled unary tests (cached). Raises FeelSyntaxError."""
    return _compile_unary(text, _spaced(names, functions))


def evaluate(expression: str, variables: Variables, *, now: datetime | None = None, functions: Iterable[Function] = ()) -> object:
    """Return the value of an expression over Python values (numbers as Decimal or int; floats are refused).

    `now`: aware datetime for now() and today(). Raises FeelSyntaxError, FeelLimitError, FeelError.
    """
    offered = tuple(functions)
    return compile(expression, names=variables, functions=offered).evaluate(variables, now=now, functions=offered)


def evaluate_with_warnings(
    expression: str, variables: Variables, *, now: datetime | None = None, functions: Iterable[Function] = ()
) -> tuple[object, tuple[str, ...]]:
    """Return the value of an expression and why parts of it became null."""
    offered = tuple(functions)
    return compile(expression, names=variables, functions=offered).evaluate_with_warnings(variables, now=now, functions=offered)


def unary_test(
    expression: str, value: object, variables: Variables, *, now: datetime | None = None, functions: Iterable[Function] = ()
) -> bool | None:
    """Return whether `value` meets the unary tests of a decision table's cell; None where FEEL says null."""
    offered = tuple(functions)
    return compile_unary(expression, names=variables, functions=offered).test(value, variables, now=now, functions=offered)


# ---------------------------------------------------------------- inside
def _spaced(names: Iterable[str], functions: Iterable[Function]) -> frozenset[str]:
    return frozenset(name for name in (*names, *(function.name for function in functions)) if not name.isidentifier())


@lru_cache(maxsize=8192)
def _compile(text: str, spaced: frozenset[str]) -> Expression:
    tree = parser.parse_expression(text, _BASE_NAMES.with_names(spaced))
    names, calls = free_names(tree)
    given: set[tuple[str, int]] = set()
    compared: set[tuple[str, str]] = set()
    _gather(tree, given, compared)
    return Expression(text, names, calls, compiler.compile_node(tree, BUILTINS), frozenset(given), frozenset(compared))


@lru_cache(maxsize=8192)
def _compile_unary(text: str, spaced: frozenset[str]) -> UnaryTests:
    tree = parser.parse_unary_tests(text, _BASE_NAMES.with_names(spaced))
    names, calls = free_names(tree)
    given: set[tuple[str, int]] = set()
    _gather(tree, given, set())
    return UnaryTests(text, names - {"?"}, calls, compiler.compile_unary_tests(tree, BUILTINS), frozenset(given))


def _scope(variables: Variables, budget: Budget, functions: Iterable[Function]) -> Scope:
    # Functions lie outside the variables, and `check` forbids a variable to bear the name of one.
    offered = {function.name: host_closure(function) for function in functions}
    outer = Scope(offered, None, budget) if offered else None
    return Scope(HostVariables(variables), outer, budget)


def _guarded(run: Callable[[], object]) -> object:
    try:
        return run()
    except RecursionError as fault:
        raise FeelLimitError("Der Ausdruck ist zu tief verschachtelt.") from fault


def free_names(tree: object, bound: frozenset[str] = frozenset()) -> tuple[frozenset[str], frozenset[str]]:
    """Return (variables that the tree reads, functions that it calls by name); built-ins count as called, not as variables."""
    names: set[str] = set()
    calls: set[str] = set()
    _collect(tree, bound, names, calls)
    return frozenset(names), frozenset(calls)


def _collect(node: object, bound: frozenset[str], names: set[str], calls: set[str]) -> None:
    if isinstance(node, syntax.Name):
        if node.name not in bound and node.name not in BUILTINS:
            names.add(node.name)
    elif isinstance(node, syntax.Call):
        if isinstance(node.function, syntax.Name) and node.function.name not in bound:
            calls.add(node.function.name)
        else:
            _collect(node.function, bound, names, calls)
        for argument in node.arguments:
            _collect(argument, bound, names, calls)
    elif isinstance(node, syntax.For | syntax.Quantified):
        inner = bound | {"partial"} if isinstance(node, syntax.For) else bound
        for iterator in node.iterators:
            _collect(iterator.domain, inner, names, calls)
            _collect(iterator.end, inner, names, calls)
            inner = inner | {iterator.name}
        _collect(node.body, inner, names, calls)
    elif isinstance(node, syntax.FunctionOf):
        _collect(node.body, bound | set(node.parameters), names, calls)
    elif isinstance(node, syntax.ContextOf):
        inner = bound
        for key, value in node.entries:
            _collect(value, inner, names, calls)
            inner = inner | {key}
    elif isinstance(node, syntax.Filter):
        # Inside a filter a bare name may be a field of the item; it cannot be told apart without types.
        _collect(node.value, bound, names, calls)
        inside: set[str] = set()
        _collect(node.condition, bound | {"item"}, inside, calls)
    elif isinstance(node, tuple):
        for item in node:
            _collect(item, bound, names, calls)
    elif is_dataclass(node) and not isinstance(node, syntax.Type | syntax.Literal):
        for field in fields(node):
            _collect(getattr(node, field.name), bound, names, calls)


def _gather(node: object, given: set[tuple[str, int]], compared: set[tuple[str, str]]) -> None:
    """Collect calls with the number of their arguments, and texts that a variable is compared with."""
    if isinstance(node, syntax.Call) and isinstance(node.function, syntax.Name) and node.names is None:
        given.add((node.function.name, len(node.arguments)))
    elif isinstance(node, syntax.Binary) and node.operator == "=":
        for name, value in ((node.left, node.right), (node.right, node.left)):
            if isinstance(name, syntax.Name) and isinstance(value, syntax.Literal) and isinstance(value.value, str):
                compared.add((name.name, value.value))
    elif isinstance(node, syntax.Filter):  # a bare name in the condition may be a field of the item
        _gather(node.value, given, compared)
        _gather(node.condition, given, set())
        return
    if isinstance(node, tuple):
        for item in node:
            _gather(item, given, compared)
    elif is_dataclass(node) and not isinstance(node, syntax.Type | syntax.Literal):
        for part in fields(node):
            _gather(getattr(node, part.name), given, compared)


def _misfits(given: Iterable[tuple[str, int]], calls: frozenset[str], offered: Mapping[str, tuple[int, int | None]]) -> list[str]:
    told = []
    for name, count in sorted(given):
        if name not in calls:  # a function of the expression's own
            continue
        least, most = offered.get(name) or ARITIES.get(name, (0, None))
        if count < least or (most is not None and count > most):
            span = f"{least}" if least == most else f"{least} bis {most}" if most is not None else f"mindestens {least}"
            told.append(f"„{name}“ braucht {span} Angaben, hier {'steht' if count == 1 else 'stehen'} {count}.")
    return told


def literals(text: str) -> tuple[object, ...]:
    """Return the constants that unary tests name (numbers, texts, dates written as `@"..."` or `date("...")`)."""
    try:
        tree: object = parser.parse_unary_tests(text, _BASE_NAMES)
    except FeelSyntaxError:
        return ()
    found: list[object] = []
    _literals(tree, found)
    return tuple(found)


def _literals(node: object, found: list[object]) -> None:
    if isinstance(node, syntax.Literal):
        found.append(leave(node.value))
    elif isinstance(node, syntax.Call) and isinstance(node.function, syntax.Name) and node.function.name == "date":
        found += [evaluate("date(x)", {"x": leave(a.value)}) for a in node.arguments if isinstance(a, syntax.Literal)]
    elif isinstance(node, tuple):
        for item in node:
            _literals(item, found)
    elif is_dataclass(node) and not isinstance(node, syntax.Type):
        for part in fields(node):
            _literals(getattr(node, part.name), found)


def has_empty_range(text: str) -> bool:
    """Return whether unary tests name a range of two constants whose first is the greater one: nothing lies in it."""
    try:
        tree: object = parser.parse_unary_tests(text, _BASE_NAMES)
    except FeelSyntaxError:
        return False
    return _has_empty_range(tree)


def _has_empty_range(node: object) -> bool:
    if isinstance(node, syntax.RangeOf) and isinstance(node.low, syntax.Literal) and isinstance(node.high, syntax.Literal):
        low, high = node.low.value, node.high.value
        return type(low) is type(high) and isinstance(low, Decimal | str | Date) and low > high  # type: ignore[operator]  # of one type
    if isinstance(node, tuple):
        return any(_has_empty_range(item) for item in node)
    return (
        is_dataclass(node)
        and not isinstance(node, syntax.Type | syntax.Literal)
        and any(_has_empty_range(getattr(node, part.name)) for part in fields(node))
    )


def meant(name: str, known: Iterable[str]) -> str:
    """Return a German sentence that names the known name most like this one, or nothing."""
    alike = difflib.get_close_matches(name, sorted(known), 1, 0.75)
    return f" Gemeint ist vielleicht „{alike[0]}“." if alike else ""
