"""Make a decision: required decisions first, then its logic, with the hit policies of DMN 1.5 chapter 8.2.10."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation

from engine import feel
from engine.dmn import model, moments

MAX_DEPTH = 40
MAX_ITEMS = 10_000
NUMBER_TYPES = frozenset({"number", "integer", "long", "double"})


@dataclass
class _Run:
    """One evaluation: the caller's variables, what was decided on the way, and the tables that matched."""

    decisions: model.Model
    variables: Mapping[str, object]
    now: datetime | None
    functions: tuple[feel.Function, ...]
    decided: dict[str, model.Outcome] = field(default_factory=dict)
    evaluations: list[model.Evaluation] = field(default_factory=list)
    depth: int = 0


def evaluate(
    decisions: model.Model,
    decision_id: str,
    variables: Mapping[str, object],
    *,
    now: datetime | None = None,
    functions: Iterable[feel.Function] = (),
) -> model.Outcome:
    """Return the outcome of a decision over Python values.

    Raises model.DecisionError for an unknown decision, a violated hit policy or a value outside the allowed ones, and
    feel.FeelError for what FEEL cannot express.
    """
    return _decide(_Run(decisions, variables, now, (*functions, *decisions.functions)), decision_id)


def map_result(outcome: model.Outcome, mapping: str) -> object:
    """Return the outcome as Camunda's mapDecisionResult hands it to a process.

    singleEntry: one value; singleResult: one dict; collectEntries: list of values; resultList: list of dicts (default);
    value: as the decision says it (Camunda 8): a value or, of several outputs, a dict; a list of them where several rules may hit.
    Raises model.DecisionError where the result has more than the mapping allows.
    """
    results = outcome.results
    if mapping == "value":
        return outcome.value
    if mapping == "singleEntry":
        if len(results) > 1 or any(len(result) > 1 for result in results):
            raise model.DecisionError(f"Erwartet wird ein einziger Wert, die Entscheidung ergab {len(results)} Treffer.")
        return next(iter(results[0].values()), None) if results else None
    if mapping == "singleResult":
        if len(results) > 1:
            raise model.DecisionError(f"Erwartet wird ein einziger Treffer, die Entscheidung ergab {len(results)}.")
        return dict(results[0]) if results else None
    if mapping == "collectEntries":
        if any(len(result) > 1 for result in results):
            raise model.DecisionError("collectEntries braucht eine Tabelle mit einer einzigen Ausgabe.")
        return [next(iter(result.values()), None) for result in results]
    return [dict(result) for result in results]


def _decide(run: _Run, decision_id: str) -> model.Outcome:
    done = run.decided.get(decision_id)
    if done is not None:
        return done
    decision = run.decisions.decisions.get(decision_id)
    if decision is None or decision.logic is None:
        raise model.DecisionError(f"Die Entscheidung „{decision_id}“ gibt es in „{run.decisions.file}“ nicht.")
    run.depth += 1
    if run.depth > MAX_DEPTH:
        raise model.DecisionError(f"Die Entscheidung „{decision.name}“ hängt von sich selbst ab.")
    scope = dict(run.variables)
    required = [(run.decisions.decisions[key], _decide(run, key)) for key in decision.requires]
    for one, made in required:
        scope |= {name: value for name, value in _by_output(one, made).items() if name not in decision.reads}
    for one, made in required:
        scope |= {one.id: made.value, one.variable: made.value}
    functions = run.functions + _knowledge(run, decision.knowledge)
    if isinstance(decision.logic, model.Table):
        outcome = _table(run, decision, decision.logic, scope, functions)
    else:
        value = _typed(_logic(run, decision.logic, scope, functions), decision.type, decision.name)
        outcome = model.Outcome(value, (), ({decision.variable: value},), single_hit=True)
    run.depth -= 1
    outcome = model.Outcome(outcome.value, tuple(run.evaluations), outcome.results, outcome.single_hit)
    run.decided[decision_id] = outcome
    return outcome


def _by_output(decision: model.Decision, made: model.Outcome) -> dict[str, object]:
    """Return the result of a required table by the names of its outputs, as Camunda 7 hands it on; lists where several rules may hit."""
    if not isinstance(decision.logic, model.Table) or not made.results:
        return {}
    if made.single_hit:
        return dict(made.results[0])
    return {name: [result[name] for result in made.results] for name in made.results[0]}


def _knowledge(run: _Run, names: tuple[str, ...], depth: int = 0) -> tuple[feel.Function, ...]:
    if depth > MAX_DEPTH:
        raise model.DecisionError("Die Wissensmodelle hängen voneinander im Kreis ab.")
    functions: list[feel.Function] = []
    for name in names:
        knowledge = run.decisions.knowledge[name]
        inner = _knowledge(run, knowledge.knowledge, depth + 1)
        functions += inner
        functions.append(feel.Function(knowledge.name, knowledge.function.parameters, _function(run, knowledge.function, {}, inner)))
    return tuple(functions)


def _function(
    run: _Run, function: model.FunctionDefinition, scope: Mapping[str, object], functions: tuple[feel.Function, ...]
) -> Callable[..., object]:
    def call(*arguments: object) -> object:
        bound = {**scope, **dict(zip(function.parameters, arguments, strict=True))}
        return _logic(run, function.body, bound, functions + run.functions)

    return call


def _logic(run: _Run, logic: model.Logic, scope: Mapping[str, object], functions: tuple[feel.Function, ...]) -> object:
    if isinstance(logic, model.LiteralExpression):
        return logic.expression.evaluate(scope, now=run.now, functions=functions)
    if isinstance(logic, model.Table):
        return _match(run, "", logic, scope, functions).value
    if isinstance(logic, model.ListExpression):
        return [_logic(run, item, scope, functions) for item in logic.items]
    if isinstance(logic, model.Relation):
        return [dict(zip(logic.columns, (_logic(run, cell, scope, functions) for cell in row), strict=False)) for row in logic.rows]
    if isinstance(logic, model.Invocation):
        arguments = {name: _logic(run, value, scope, functions) for name, value in logic.bindings}
        called = logic.function.text.strip()
        target = next((function for function in functions if function.name == called), None)
        if target is None:
            raise model.DecisionError(f"Das aufgerufene Wissensmodell „{called}“ gibt es nicht.")
        return target.call(*(arguments.get(parameter) for parameter in target.parameters))
    if isinstance(logic, model.Conditional):
        holds = _logic(run, logic.condition, scope, functions) is True
        return _logic(run, logic.then if holds else logic.otherwise, scope, functions)
    if isinstance(logic, model.Filter | model.Iteration):
        return _over_list(run, logic, scope, functions)
    if isinstance(logic, model.FunctionDefinition):
        return feel.Function("function", logic.parameters, _function(run, logic, scope, functions))
    return _context(run, logic, scope, functions)


def _over_list(
    run: _Run, logic: model.Filter | model.Iteration, scope: Mapping[str, object], functions: tuple[feel.Function, ...]
) -> object:
    """Return what a boxed filter, for, every or some makes of a list; null is no list, one value is a list of one."""
    source = _logic(run, logic.source, scope, functions)
    if source is None:
        return None
    items = source if isinstance(source, list) else [source]
    if len(items) > MAX_ITEMS:
        raise model.DecisionError(f"Die Liste hat {len(items)} Einträge; erlaubt sind höchstens {MAX_ITEMS}.")
    if isinstance(logic, model.Filter):
        kept = []
        for item in items:
            fields = item if isinstance(item, Mapping) else {}
            if _logic(run, logic.match, {**scope, **fields, "item": item}, functions) is True:
                kept.append(item)
        return kept
    values: list[object] = []
    for item in items:
        partial = {"partial": list(values)} if logic.kind == "for" else {}
        values.append(_logic(run, logic.body, {**scope, **partial, logic.variable: item}, functions))
    if logic.kind == "for":
        return values
    decisive = logic.kind == "some"
    if any(value is decisive for value in values):
        return decisive
    return None if any(not isinstance(value, bool) for value in values) else not decisive


def _context(run: _Run, logic: model.ContextExpression, scope: Mapping[str, object], functions: tuple[feel.Function, ...]) -> object:
    inner = dict(scope)
    built: dict[str, object] = {}
    offered = functions
    for name, entry in logic.entries:
        value = _logic(run, entry, inner, offered)
        if name is None:
            return value
        if isinstance(value, feel.Function):
            offered = (*offered, feel.Function(name, value.parameters, value.call))
        built[name] = inner[name] = value
    return built


# ---------------------------------------------------------------- decision tables
def _table(
    run: _Run, decision: model.Decision, table: model.Table, scope: Mapping[str, object], functions: tuple[feel.Function, ...]
) -> model.Outcome:
    try:
        return _match(run, decision.id, table, scope, functions)
    except model.DecisionError as fault:
        raise model.DecisionError(f"Tabelle „{decision.name}“: {fault}") from fault


def _match(
    run: _Run, decision_id: str, table: model.Table, scope: Mapping[str, object], functions: tuple[feel.Function, ...]
) -> model.Outcome:
    values: list[object] = []
    bound = dict(scope)
    for column in table.inputs:
        value = _typed(column.expression.evaluate(scope, now=run.now, functions=functions), column.type, column.label)
        if (
            column.allowed is not None
            and value is not None
            and column.allowed.test(value, scope, now=run.now, functions=functions) is not True
        ):
            raise model.DecisionError(f"Der Wert {feel.text_of(_shown(value))} ist in der Spalte „{column.label}“ nicht erlaubt.")
        if column.variable:
            bound[column.variable] = value
        values.append(value)
    first_only = table.hit_policy == "FIRST"
    matched: list[tuple[model.Rule, dict[str, object]]] = []
    for rule in table.rules:
        if all(_holds(run, test, value, bound, functions) for test, value in zip(rule.tests, values, strict=True)):
            matched.append((rule, _outputs(run, table, rule, bound, functions)))
            if first_only:
                break
    chosen = _chosen(table, matched)
    run.evaluations.append(
        model.Evaluation(
            decision_id,
            tuple(rule.id for rule, _ in chosen),
            {column.label: value for column, value in zip(table.inputs, values, strict=True)},
            tuple(outputs for _, outputs in chosen),
            tuple(dict(zip((*table.annotations, "Beschreibung"), rule.annotations, strict=False)) for rule, _ in chosen),
        )
    )
    return _outcome(run, table, [outputs for _, outputs in chosen], bound, functions)


def _holds(
    run: _Run, test: feel.UnaryTests, value: object, scope: Mapping[str, object], functions: tuple[feel.Function, ...]
) -> bool:  # fmt: skip
    seen = scope if model.CELL_INPUT not in test.names else {model.CELL_INPUT: value, **scope}
    return test.test(value, seen, now=run.now, functions=functions) is True


def _outputs(
    run: _Run, table: model.Table, rule: model.Rule, scope: Mapping[str, object], functions: tuple[feel.Function, ...]
) -> dict[str, object]:
    outputs: dict[str, object] = {}
    for column, expression in zip(table.outputs, rule.outputs, strict=True):
        value = expression.evaluate(scope, now=run.now, functions=functions) if expression else None
        outputs[column.name] = typed(value, column, rule.id, scope, run.now)
    return outputs


def typed(
    value: object, column: model.Output, rule_id: str, scope: Mapping[str, object] | None = None, now: datetime | None = None
) -> object:
    """Return a result in the type of its column. Raises DecisionError for what it cannot be or what is not allowed there."""
    found = _typed(value, column.type, column.label)
    if column.allowed is not None and found is not None and column.allowed.test(found, scope or {}, now=now) is not True:
        raise model.DecisionError(f"Regel {rule_id}: {feel.text_of(_shown(found))} ist kein erlaubter Wert von „{column.label}“.")
    return found


def _chosen(table: model.Table, matched: list[tuple[model.Rule, dict[str, object]]]) -> list[tuple[model.Rule, dict[str, object]]]:
    policy = table.hit_policy
    rules = ", ".join(rule.id for rule, _ in matched)
    if policy == "UNIQUE" and len(matched) > 1:
        raise model.DecisionError(f"Es darf nur eine Regel zutreffen, es sind mehrere: {rules}.")
    if policy == "ANY" and matched:
        if any(outputs != matched[0][1] for _, outputs in matched):
            raise model.DecisionError(f"Alle zutreffenden Regeln müssen dasselbe ergeben, diese tun es nicht: {rules}.")
        return matched[:1]
    if policy in ("PRIORITY", "OUTPUT ORDER"):
        ordered = sorted(matched, key=lambda hit: _rank(table, hit[1]))
        return ordered[:1] if policy == "PRIORITY" else ordered
    return matched


def _rank(table: model.Table, outputs: Mapping[str, object]) -> tuple[int, ...]:
    ranks = []
    for column in table.outputs:
        if column.ranking:
            value = outputs[column.name]
            ranks.append(column.ranking.index(value) if value in column.ranking else len(column.ranking))
    return tuple(ranks)


def _outcome(
    run: _Run, table: model.Table, results: list[dict[str, object]], scope: Mapping[str, object], functions: tuple[feel.Function, ...]
) -> model.Outcome:
    single = table.hit_policy in ("UNIQUE", "FIRST", "PRIORITY", "ANY")
    if not results and any(column.default for column in table.outputs):
        results = [{c.name: c.default.evaluate(scope, now=run.now, functions=functions) if c.default else None for c in table.outputs}]
    flat = len(table.outputs) == 1
    name = table.outputs[0].name if table.outputs else ""
    if table.aggregation and table.hit_policy == "COLLECT":
        value = _aggregate(table.aggregation, [result[name] for result in results])
        return model.Outcome(value, (), ({name: value},) if results or table.aggregation == "COUNT" else (), single_hit=True)
    values: list[object] = [result[name] for result in results] if flat else list(results)
    value = (values[0] if values else None) if single else values
    return model.Outcome(value, (), tuple(results), single_hit=single)


def _aggregate(aggregation: str, values: list[object]) -> object:
    if aggregation == "COUNT":
        return Decimal(len(values))
    function = {"SUM": "sum", "MIN": "min", "MAX": "max"}.get(aggregation)
    if function is None:
        raise model.DecisionError(f"Die Zusammenfassung „{aggregation}“ ist unbekannt.")
    return feel.evaluate(f"{function}(werte)", {"werte": values})


def _typed(value: object, kind: model.Type, place: str) -> object:
    """Return the value in its type where it can be read as such (Camunda's typed columns). Raises DecisionError where it cannot."""
    if value is None:
        return None
    if kind.is_list:
        typed: object = [_coerce(item, kind) for item in value] if isinstance(value, list) else [_coerce(value, kind)]
    else:
        typed = _coerce(value, kind)
    if kind.allowed is not None:
        for item in typed if isinstance(typed, list) and kind.is_list else [typed]:
            if kind.allowed.test(item, {}) is not True:
                raise model.DecisionError(f"Der Wert {feel.text_of(_shown(item))} ist für „{place}“ nicht erlaubt.")
    return typed


def _coerce(value: object, kind: model.Type) -> object:
    type_name = kind.name
    if value is None or not type_name:
        return value
    if type_name in NUMBER_TYPES and isinstance(value, str):
        try:
            number = Decimal(value.strip())
        except InvalidOperation as fault:
            raise model.DecisionError(f"„{value}“ ist keine Zahl.") from fault
        if not number.is_finite():
            raise model.DecisionError(f"„{value}“ ist keine Zahl.")
        return number
    if type_name in ("integer", "long") and isinstance(value, Decimal):
        return value.to_integral_value(rounding="ROUND_DOWN")
    if type_name == "string" and isinstance(value, Decimal | bool | int | date | time):
        return feel.text_of(_shown(value))
    if type_name in moments.KINDS:
        return moments.fitted(value, kind)
    if type_name == "time" and isinstance(value, str):
        moment = feel.evaluate("time(x)", {"x": value})
        if moment is None:
            raise model.DecisionError(f"„{value}“ ist kein Wert der Art „{type_name}“.")
        return moment
    return value


def _shown(value: object) -> object:
    return feel.evaluate("x", {"x": value}) if not isinstance(value, int) or isinstance(value, bool) else Decimal(value)
