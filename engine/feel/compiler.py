"""From syntax tree to Python closures. Nothing is ever handed to eval; no attribute of a host object is ever read.

A compiled node is a function of a `Scope`. Closures are immutable and shared between threads; what changes during an
evaluation (budget, variables) lives in the scope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal

from engine.feel import operators, syntax
from engine.feel.budget import Budget
from engine.feel.domains import counted, values_of
from engine.feel.errors import FeelLimitError, FeelSyntaxError
from engine.feel.scope import Scope
from engine.feel.values import MAX_LIST, Closure, Range

Compiled = Callable[[Scope], object]
CompiledTest = Callable[[object, Scope], bool | None]
Builtins = Mapping[str, Closure]


def compile_node(node: syntax.Node, builtins: Builtins) -> Compiled:
    """Return the closure of an expression."""
    return _COMPILERS[type(node)](node, builtins)


def compile_unary_tests(tests: syntax.UnaryTests, builtins: Builtins) -> CompiledTest:
    """Return the closure of a decision table's input cell: (input value, scope) -> True, False or None."""
    if not tests.tests:
        return lambda value, scope: True
    compiled = [_compile_test(test, builtins) for test in tests.tests]
    negated = tests.negated

    def run(value: object, scope: Scope) -> bool | None:
        answer: bool | None = False
        for test in compiled:
            result = test(value, scope)
            if result is True:
                answer = True
                break
            if result is None:
                answer = None
        return (None if answer is None else not answer) if negated else answer

    return run


def _compile_test(test: syntax.Test, builtins: Builtins) -> CompiledTest:
    if isinstance(test, syntax.Comparison):
        compare, operand = operators.COMPARISONS[test.operator], compile_node(test.operand, builtins)
        return lambda value, scope: compare(value, operand(scope))  # type: ignore[return-value]  # comparisons give bool or None
    expression = compile_node(test.expression, builtins)
    if test.uses_value:

        def with_value(value: object, scope: Scope) -> bool | None:
            result = expression(scope)
            return result if isinstance(result, bool) else operators.matches_test(value, result, scope.budget)

        return with_value

    def without_value(value: object, scope: Scope) -> bool | None:
        """A condition on other variables holds by itself, as in Camunda; only an input that is true or false is compared with it."""
        result = expression(scope)
        if isinstance(result, bool) and not isinstance(value, bool):
            return result
        return operators.matches_test(value, result, scope.budget)

    return without_value


# ---------------------------------------------------------------- simple nodes
def _literal(node: syntax.Literal, builtins: Builtins) -> Compiled:
    value = node.value
    return lambda scope: value


def _group(node: syntax.Group, builtins: Builtins) -> Compiled:
    return compile_node(node.inner, builtins)


def _name(node: syntax.Name, builtins: Builtins) -> Compiled:
    name, builtin = node.name, builtins.get(node.name)

    def lookup(scope: Scope | None) -> object:
        while scope is not None:
            variables = scope.variables
            if name in variables:
                return variables[name]
            scope = scope.outer
        return builtin

    return lookup


def _binary(node: syntax.Binary, builtins: Builtins) -> Compiled:
    left, right = compile_node(node.left, builtins), compile_node(node.right, builtins)
    if node.operator == "and":
        return _conjunction(left, right)
    if node.operator == "or":
        return _disjunction(left, right)
    if node.operator == "=":
        return lambda scope: operators.equal(left(scope), right(scope), scope.budget)
    if node.operator == "!=":
        return lambda scope: operators.unequal(left(scope), right(scope), scope.budget)
    operation = operators.COMPARISONS.get(node.operator)
    if operation is not None:
        compare = operation
        return lambda scope: compare(left(scope), right(scope))
    compute, sign = operators.ARITHMETIC[node.operator], node.operator

    def arithmetic(scope: Scope) -> object:
        one, other = left(scope), right(scope)
        result = compute(one, other)
        if isinstance(result, str):
            scope.budget.charge_text(len(result))
        elif result is None:
            scope.budget.warn(f"„{sign}“ ist für {_kind(one)} und {_kind(other)} nicht erklärt: null")
        return result

    return arithmetic


def _kind(value: object) -> str:
    return "null" if value is None else type(value).__name__


def _conjunction(left: Compiled, right: Compiled) -> Compiled:
    def conjunction(scope: Scope) -> bool | None:
        one = left(scope)
        if one is False:
            return False
        other = right(scope)
        if other is False:
            return False
        return True if one is True and other is True else None

    return conjunction


def _disjunction(left: Compiled, right: Compiled) -> Compiled:
    def disjunction(scope: Scope) -> bool | None:
        one = left(scope)
        if one is True:
            return True
        other = right(scope)
        if other is True:
            return True
        return False if one is False and other is False else None

    return disjunction


def _negate(node: syntax.Negate, builtins: Builtins) -> Compiled:
    operand = compile_node(node.operand, builtins)
    return lambda scope: operators.negate(operand(scope))


def _between(node: syntax.Between, builtins: Builtins) -> Compiled:
    value, low, high = (compile_node(part, builtins) for part in (node.value, node.low, node.high))

    def between(scope: Scope) -> bool | None:
        tested = value(scope)
        above, below = operators.less_or_equal(low(scope), tested), operators.less_or_equal(tested, high(scope))
        return None if above is None or below is None else above and below

    return between


def _in(node: syntax.In, builtins: Builtins) -> Compiled:
    value = compile_node(node.value, builtins)
    test = compile_unary_tests(syntax.UnaryTests(node.tests, negated=False), builtins)
    return lambda scope: test(value(scope), scope)


def _instance_of(node: syntax.InstanceOf, builtins: Builtins) -> Compiled:
    value, kind = compile_node(node.value, builtins), node.type
    return lambda scope: operators.instance_of(value(scope), kind, scope.budget)


def _if(node: syntax.If, builtins: Builtins) -> Compiled:
    condition, then, otherwise = (compile_node(part, builtins) for part in (node.condition, node.then, node.otherwise))
    return lambda scope: then(scope) if condition(scope) is True else otherwise(scope)


def _list_of(node: syntax.ListOf, builtins: Builtins) -> Compiled:
    items = [compile_node(item, builtins) for item in node.items]
    return lambda scope: [item(scope) for item in items]


def _context_of(node: syntax.ContextOf, builtins: Builtins) -> Compiled:
    entries = [(key, compile_node(value, builtins)) for key, value in node.entries]
    repeated = len({key for key, _ in entries}) != len(entries)

    def context(scope: Scope) -> object:
        if repeated:
            return None
        built: dict[str, object] = {}
        inner = Scope(built, scope, scope.budget)
        for key, value in entries:
            built[key] = value(inner)
        return built

    return context


def _range_of(node: syntax.RangeOf, builtins: Builtins) -> Compiled:
    low, high = compile_node(node.low, builtins), compile_node(node.high, builtins)
    low_closed, high_closed = node.low_closed, node.high_closed

    def bounds(scope: Scope) -> object:
        start, end = low(scope), high(scope)
        if start is None and end is None:
            return None
        if start is not None and end is not None and operators.less_or_equal(start, end) is not True:
            return None
        return Range(start, end, low_closed, high_closed)

    return bounds


def _open_range(node: syntax.OpenRange, builtins: Builtins) -> Compiled:
    end, operator = compile_node(node.end, builtins), node.operator
    shapes: dict[str, Callable[[object], object]] = {
        "<": lambda value: Range(None, value, None, high_closed=False),
        "<=": lambda value: Range(None, value, None, high_closed=True),
        ">": lambda value: Range(value, None, low_closed=False, high_closed=None),
        ">=": lambda value: Range(value, None, low_closed=True, high_closed=None),
        "=": lambda value: Range(value, value, low_closed=True, high_closed=True),
        "!=": lambda value: None,
    }
    shape = shapes[operator]

    def bounds(scope: Scope) -> object:
        value = end(scope)
        return None if value is None else shape(value)

    return bounds


def _path(node: syntax.Path, builtins: Builtins) -> Compiled:
    value, name = compile_node(node.value, builtins), node.name

    def path(scope: Scope) -> object:
        found = value(scope)
        if isinstance(found, list):
            scope.budget.charge(len(found))
            return [operators.property_of(item, name) for item in found]
        return operators.property_of(found, name)

    return path


def _unary_tests(node: syntax.UnaryTests, builtins: Builtins) -> Compiled:
    raise FeelSyntaxError("Unäre Tests stehen nur in Eingabezellen", 0, "")


# ---------------------------------------------------------------- filters
def _filter(node: syntax.Filter, builtins: Builtins) -> Compiled:
    value, condition = compile_node(node.value, builtins), compile_node(node.condition, builtins)

    def filtered(scope: Scope) -> object:
        found = value(scope)
        if found is None:
            return []
        items = found if isinstance(found, list) else [found]
        kept: list[object] = []
        for position, item in enumerate(items):
            scope.budget.charge(1)
            verdict = condition(Scope(_item_variables(item), scope, scope.budget))
            if isinstance(verdict, Decimal):
                # A number is the same for every item: it is an index, decided at the first one.
                if position == 0:
                    return _indexed(items, verdict)
            elif verdict is True:
                kept.append(item)
            elif verdict is not False and verdict is not None:
                return None if position == 0 else kept
        if not items and isinstance(condition(scope), Decimal):
            return None
        return kept

    return filtered


def _item_variables(item: object) -> dict[str, object]:
    return {"item": item, **item} if isinstance(item, dict) else {"item": item}


def _indexed(items: list[object], index: Decimal) -> object:
    if index != index.to_integral_value() or abs(index) > len(items) or index == 0:
        return None
    return items[int(index) - 1 if index > 0 else int(index)]


# ---------------------------------------------------------------- iteration
Walk = Callable[[Scope], Iterator[object] | Sequence[object] | None]
Domain = tuple[str, Walk]


def _domains(iterators: Sequence[syntax.Iterator], builtins: Builtins) -> list[Domain]:
    return [(iterator.name, _domain(iterator, builtins)) for iterator in iterators]


def _domain(iterator: syntax.Iterator, builtins: Builtins) -> Walk:
    start = compile_node(iterator.domain, builtins)
    if iterator.end is None:
        return lambda scope: values_of(start(scope))
    end = compile_node(iterator.end, builtins)
    return lambda scope: counted(start(scope), end(scope))


def _scopes(domains: Sequence[Domain], scope: Scope, level: int = 0) -> Iterator[Scope | None]:
    """Yield one scope per combination; None where a domain is no list."""
    name, walked = domains[level]
    values = walked(scope)
    if values is None:
        yield None
        return
    for value in values:
        scope.budget.charge(1)
        inner = Scope({name: value}, scope, scope.budget)
        if level + 1 == len(domains):
            yield inner
        else:
            yield from _scopes(domains, inner, level + 1)


def _for(node: syntax.For, builtins: Builtins) -> Compiled:
    domains, body = _domains(node.iterators, builtins), compile_node(node.body, builtins)

    def collect(scope: Scope) -> object:
        results: list[object] = []
        for inner in _scopes(domains, Scope({"partial": results}, scope, scope.budget)):
            if inner is None:
                return None
            results.append(body(inner))
            if len(results) > MAX_LIST:
                raise FeelLimitError(f"Die Liste wird länger als {MAX_LIST} Einträge.")
        return results

    return collect


def _quantified(node: syntax.Quantified, builtins: Builtins) -> Compiled:
    domains, body, some = _domains(node.iterators, builtins), compile_node(node.body, builtins), node.some

    def quantified(scope: Scope) -> bool | None:
        answer: bool | None = not some
        for inner in _scopes(domains, scope):
            if inner is None:
                return None
            verdict = body(inner)
            if verdict is some:
                return some
            if not isinstance(verdict, bool):
                answer = None
        return answer

    return quantified


# ---------------------------------------------------------------- functions
def _function_of(node: syntax.FunctionOf, builtins: Builtins) -> Compiled:
    parameters, types = node.parameters, node.types
    if node.body is None:
        return lambda scope: None
    body = compile_node(node.body, builtins)

    def closure(scope: Scope) -> Closure:
        def call(arguments: list[object], budget: Budget) -> object:
            if len(arguments) != len(parameters):
                return None
            bound = {}
            for name, kind, argument in zip(parameters, types, arguments, strict=True):
                fits, bound[name] = operators.coerce(argument, kind, budget)
                if not fits:
                    return None
            budget.charge(5)
            budget.enter_call()
            try:
                return body(Scope(bound, scope, budget))
            finally:
                budget.leave_call()

        return Closure("function", parameters, call)

    return closure


def _call(node: syntax.Call, builtins: Builtins) -> Compiled:
    function = compile_node(node.function, builtins)
    arguments, names = [compile_node(argument, builtins) for argument in node.arguments], node.names
    shown = node.function.name if isinstance(node.function, syntax.Name) else "…"

    def call(scope: Scope) -> object:
        target = function(scope)
        if not isinstance(target, Closure):
            scope.budget.warn(f"„{shown}“ ist keine Funktion: null")
            return None
        result = invoke(target, [argument(scope) for argument in arguments], names, scope.budget)
        if result is None:
            scope.budget.warn(f"„{shown}(…)“ ergibt null")
        return result

    return call


def invoke(target: Closure, arguments: list[object], names: Sequence[str] | None, budget: Budget) -> object:
    """Call a function value; named arguments are put in the order of its parameters."""
    budget.charge(2)
    if names is None:
        return target.call(arguments, budget)
    if target.call_named is not None:
        return target.call_named(names, arguments, budget)
    if target.parameters is None or sorted(names) != sorted(target.parameters):
        return None
    given = dict(zip(names, arguments, strict=True))
    return target.call([given[name] for name in target.parameters], budget)


_COMPILERS: dict[type, Callable[..., Compiled]] = {
    syntax.Literal: _literal, syntax.Name: _name, syntax.Group: _group, syntax.Binary: _binary, syntax.Negate: _negate,
    syntax.Between: _between, syntax.In: _in, syntax.InstanceOf: _instance_of, syntax.If: _if, syntax.For: _for,
    syntax.Quantified: _quantified, syntax.ListOf: _list_of, syntax.ContextOf: _context_of, syntax.RangeOf: _range_of,
    syntax.OpenRange: _open_range, syntax.Path: _path, syntax.Filter: _filter, syntax.Call: _call,
    syntax.FunctionOf: _function_of, syntax.UnaryTests: _unary_tests,
}  # fmt: skip
