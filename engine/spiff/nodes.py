"""The behaviour of each BPMN element as SpiffWorkflow task specs: activities, gateways, and what they share.

SpiffWorkflow calls `_update_hook` when a token arrives, `_run_hook` when it is its turn (True: done, None: it stays
started and waits for a stimulus) and `_on_complete_hook` when it is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.util.task import TaskState

from engine import dmn, errors, feel, values
from engine.protocol import Event, Wait
from engine.spiff import children, model, parts, schedule
from engine.spiff.expressions import Expression
from engine.spiff.workflow import CURRENT_USER, Change, Instance, Scope, Token

DEFAULT_PRIORITY = 50
MAX_PRIORITY = 32_000  # the column is a smallint

if TYPE_CHECKING:
    from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec


class Node(BpmnTaskSpec):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """An element of a diagram. `out` are its outgoing flows with the target's spec name."""

    is_conditional = False
    is_inclusive_join = False
    waits_for_all = False
    scope_kind = "subprocess"

    def __init__(self, spec: BpmnProcessSpec, name: str, element: model.Element, path: str) -> None:
        super().__init__(spec, name)
        self.element = element
        self.path = path
        self.bpmn_id = element.id
        self.bpmn_name = element.label
        self.out: list[tuple[model.Flow, str]] = []
        self.incoming: list[str] = []
        self.boundaries: list[str] = []
        self.inner_start: str | None = None
        self.watchers: list[str] = []
        self.link_target: str | None = None

    # -- SpiffWorkflow's hooks
    def test(self) -> None:
        """Checked when the file was read."""

    def _predict_hook(self, my_task: Token) -> None:
        """No prediction: children are made when their flow is taken."""

    def _update_hook(self, my_task: Token) -> bool:
        my_task.workflow.journal_element("element_activated", my_task)
        return True

    def _on_ready(self, my_task: Token) -> None:
        """Nothing to assign."""

    def _run_hook(self, my_task: Token) -> bool | None:
        return True

    def _on_complete_hook(self, my_task: Token) -> None:
        self.before_leaving(my_task)
        my_task.workflow.journal_element("element_completed", my_task)
        self.leave(my_task)

    def _on_cancel(self, my_task: Token) -> None:
        """A token was cancelled from outside."""

    # -- ours
    def before_leaving(self, token: Token) -> None:
        """What happens between the work and the outgoing flows."""

    def leave(self, token: Token) -> None:
        """Send a token over each outgoing flow whose condition holds."""
        self.take(token, self.flows_to_take(token))

    def take(self, token: Token, flows: list[tuple[model.Flow, str]]) -> None:
        workflow = token.workflow
        for flow, target in flows:
            workflow.journal.append(Event("flow_taken", flow.id, workflow.path_of(token)))
            spec = workflow.definition.node(target)
            workflow.new_token(spec, token.scope, parent=token, via=flow.id)

    def flows_to_take(self, token: Token) -> list[tuple[model.Flow, str]]:
        """All flows without a condition and those whose condition holds; the default flow where no condition held."""
        if not any(flow.condition for flow, _ in self.out):
            return self.out
        chosen = [(f, t) for f, t in self.out if f.id != self.element.default_flow and (f.condition is None or self.holds(token, f))]
        if not chosen:
            chosen = [(flow, target) for flow, target in self.out if flow.id == self.element.default_flow]
        if not chosen:
            raise errors.Incident(f"An „{self.shown}“ trifft keine Bedingung zu, und es gibt keinen Standardfluss.", self.element.id)
        return chosen

    def holds(self, token: Token, flow: model.Flow) -> bool:
        """Return whether a flow's condition is true; null is false and told in history."""
        condition = flow.condition
        if condition is None:
            return True
        workflow = token.workflow
        value = workflow.evaluate(condition, token, f"Bedingung „{condition.source}“")
        detail = {"expression": condition.source, "result": value if isinstance(value, bool) else None}
        workflow.journal.append(Event("condition_evaluated", flow.id, workflow.path_of(token), detail))
        if not isinstance(value, bool):
            text = f"Die Bedingung „{condition.source}“ ergibt weder wahr noch falsch und gilt als nicht erfüllt."
            workflow.warn(flow.id, workflow.path_of(token), text)
        return value is True

    def inner_ended(self, token: Token, scope: Scope) -> None:
        """The last token inside has ended."""
        raise RuntimeError(f"{self.name} has no inside")

    @property
    def is_standard_loop(self) -> bool:
        return self.element.loop is not None and self.element.loop.standard

    @property
    def shown(self) -> str:
        return self.element.label or self.element.id

    def set_local(self, token: Token, given: Mapping[str, object]) -> None:
        """Set variables of this element alone; only an activity has a place for them, at an event nobody could read them."""

    def started(self, token: Token, given: Mapping[str, object]) -> None:
        """A wait of this token was answered."""
        raise errors.InvalidState(f"„{self.shown}“ wartet auf nichts.")

    def describe(self, token: Token) -> Wait:
        """Return what a token here waits for, as it is drawn."""
        raise RuntimeError(f"{self.name} waits for nothing")


# ---------------------------------------------------------------- activities
class Activity(Node):
    """Input and output parameters, boundary events, loops; subclasses say what the work is."""

    def _run_hook(self, my_task: Token) -> bool | None:
        workflow = my_task.workflow
        if my_task.role != "instance":
            if self.element.loop is None:
                self.open_locals(my_task)
            self.open_boundaries(my_task)
            workflow.check_conditions()
            if not my_task.is_live:
                return None  # a boundary event whose condition held already has cancelled it
            if self.element.loop is not None:
                return self.start_loop(my_task)
        else:
            self.open_locals(my_task)
        done = self.work(my_task)
        return True if done and my_task._state == TaskState.READY else None  # its own event may have cancelled it

    def work(self, token: Token) -> bool:
        """Do the work; True when it is done, False when the token waits."""
        return True

    def open_locals(self, token: Token) -> None:
        """Open the scope of the inputs."""
        if not self.element.inputs and not self.element.results_local:
            return
        workflow = token.workflow
        outer = token.local or token.scope
        local = workflow.new_scope(outer, "local", token.number, workflow.path_of(token))
        token.internal_data["outer"] = outer
        self._set_inputs(token, local)

    def _set_inputs(self, token: Token, local: Scope) -> None:
        """Evaluate the inputs as seen from outside, or each with those before it, and make them the token's own."""
        if not self.element.inputs_chained:
            token.local = token.internal_data["outer"]
            local.variables |= parameters(token, self.element.inputs, into={})
        token.local = local.id
        if self.element.inputs_chained:
            for drawn in self.element.inputs:
                local.variables |= parameters(token, (drawn,), into=local.variables)

    def set_local(self, token: Token, given: Mapping[str, object]) -> None:
        """Set variables that end with the activity: its output parameters see them, and whoever asks while it waits."""
        if not given:
            return
        workflow = token.workflow
        workflow.refuse_reserved(given)
        if token.local is None:
            token.internal_data["outer"] = token.scope
            token.local = workflow.new_scope(token.scope, "local", token.number, workflow.path_of(token)).id
        held = workflow.scopes[token.local].variables
        workflow.changes += [Change(token.local, name, "update" if name in held else "create") for name in given]
        held.update(given)
        workflow.journal.append(Event("variables_changed", self.element.id, workflow.path_of(token), values.unshared(dict(given))))

    def redo_locals(self, token: Token, before: tuple[model.Parameter, ...]) -> None:
        """Evaluate the input parameters anew: they are drawn otherwise than `before`, when the token came here."""
        if token.local is None or "outer" not in token.internal_data:
            self.open_locals(token)
        else:
            local = token.workflow.scopes[token.local]
            for gone in before:
                local.variables.pop(gone.target, None)
            self._set_inputs(token, local)
        for other in token.workflow.live_tokens():
            if other.role == "boundary" and other.host == token.number:
                other.local = token.local

    def locals_of(self, token: Token) -> dict[str, object]:
        """Return the mapped inputs of the activity."""
        if not self.element.inputs or token.local is None:
            return {}
        mapped: dict[str, object] = values.unshared(token.workflow.scopes[token.local].variables)
        return mapped

    def open_boundaries(self, token: Token) -> None:
        for name in self.boundaries:
            open_boundary(token, name)

    def close_boundaries(self, token: Token) -> None:
        if not self.boundaries or token.role == "instance":  # those of a loop watch the whole of it
            return
        for other in token.workflow.live_tokens():
            if other.role == "boundary" and other.host == token.number:
                other.cancel()

    def before_leaving(self, token: Token) -> None:
        workflow = token.workflow
        self.close_boundaries(token)
        if token.role == "instance" or self.element.loop is None:
            outer = token.internal_data.get("outer", token.local or token.scope)
            for drawn in self.element.outputs:  # one after the other: the next sees what the one before has set
                workflow.assign(outer, parameters(token, (drawn,), into=workflow.view(outer)), self.element.id)
        if token.role == "instance":
            return  # its scope is dropped when the loop has looked at it
        if token.local is not None:
            workflow.drop_scope(token.local)
            token.local = None
        if self.element.loop is not None:
            for scope in [s for s in workflow.scopes.values() if s.owner == token.number]:
                workflow.drop_scope(scope.id)

    def leave(self, token: Token) -> None:
        if token.role == "instance":
            self.instance_ended(token)
        else:
            super().leave(token)

    def _on_cancel(self, my_task: Token) -> None:
        workflow = my_task.workflow
        children.require(workflow, my_task.number)
        self.close_boundaries(my_task)
        for scope in [s for s in workflow.scopes.values() if s.owner == my_task.number]:
            workflow.cancel_scope(scope.id)
            workflow.drop_scope(scope.id)
        if self.element.loop is None or my_task.role == "instance":
            return
        for other in workflow.live_tokens():
            if other.role == "instance" and other.host == my_task.number:
                other.cancel()

    def answer(self, token: Token, given: Mapping[str, object]) -> None:
        """A stimulus brought the result: set the variables and go on."""
        workflow = token.workflow
        workflow.close_wait(token)
        self.take_results(token, given)
        token.complete()

    started = answer

    def take_results(self, token: Token, given: Mapping[str, object]) -> None:
        """Set what the work gave, for everyone or for the output parameters only."""
        workflow, element = token.workflow, self.element
        if element.results_local and token.local is not None:
            self.set_local(token, given)
        else:
            workflow.assign(token.local or token.scope, given, element.id)

    # -- loops
    def start_loop(self, token: Token) -> bool | None:
        """Start the instances of a multi-instance activity or the first round of a loop; True when there is nothing to do."""
        workflow, loop = token.workflow, self.element.loop
        if loop is None:
            return True
        if loop.standard:
            token.internal_data["n"] = 0
            if loop.test_before and not self._loop_goes_on(token, loop):
                return True
            self._start_instance(token, 0, {})
            return None
        items: list[object] | None = None
        if loop.collection is not None:
            found = workflow.evaluate(loop.collection, token, "Liste der Mehrfachausführung")
            if not isinstance(found, list):
                raise errors.Incident(
                    f"„{self.shown}“ soll über eine Liste laufen, gefunden wurde {feel.text_of(feel.enter(found))}.", self.element.id
                )
            if len(found) > parts.MAX_INSTANCES:
                text = f"„{self.shown}“ soll über {len(found)} Einträge laufen; erlaubt sind höchstens {parts.MAX_INSTANCES}."
                raise errors.Incident(text, self.element.id)
            items = list(workflow.computed({str(number): item for number, item in enumerate(found, start=1)}, token).values())
            count = len(found)
        else:
            count = self._cardinality(token, loop)
        token.internal_data |= {"n": count, "done": 0, "next": 0, "items": items}
        if loop.output_collection:
            token.internal_data["made"] = [None] * count
        if count == 0:
            self._set_collected(token, loop)
            return True
        body = workflow.new_scope(token.scope, "local", token.number, workflow.path_of(token))
        token.internal_data["body"] = body.id
        if not loop.sequential and children.keeps_apart(token, count):
            workflow.bodies[body.id] = token.number
        self._tell_counts(token, 1 if loop.sequential else count)
        for index in range(1 if loop.sequential else count):
            self._start_indexed(token, index)
        if not loop.sequential:
            token.internal_data["items"] = None  # each instance has its own
        return None

    def _cardinality(self, token: Token, loop: model.Loop) -> int:
        if loop.cardinality is None:
            return 0
        value = token.workflow.evaluate(loop.cardinality, token, "Anzahl der Mehrfachausführung")
        count = values.whole(value)
        if count is None or count > parts.MAX_INSTANCES:
            found = feel.text_of(feel.enter(value))
            raise errors.Incident(
                f"„{self.shown}“: Die Anzahl muss eine ganze Zahl zwischen 0 und {parts.MAX_INSTANCES} sein, gefunden wurde {found}.",
                self.element.id,
            )
        return count

    def _start_indexed(self, token: Token, index: int) -> None:
        loop, items = self.element.loop, token.internal_data["items"]
        variables: dict[str, object] = {}
        if loop is not None and loop.output_element is not None:
            # Camunda 8: a variable that the output element names belongs to the instance, or parallel ones would share it.
            variables |= dict.fromkeys(loop.output_element.names & {loop.output_element.source.partition(".")[0].strip()})
        if loop is not None and loop.element_variable and items is not None:
            variables[loop.element_variable] = items[index]
        token.internal_data["next"] = index + 1
        self._start_instance(token, index, variables)

    def _start_instance(self, token: Token, index: int, variables: Mapping[str, object]) -> None:
        workflow = token.workflow
        first = self.element.loop.counters.first if self.element.loop else 0
        path = f"{workflow.path_of(token)}/{self.element.id}#{index + 1}".lstrip("/")
        outer = token.internal_data.get("body", token.scope)
        local = workflow.new_scope(outer, "local", token.number, path, {"loopCounter": feel.enter(index + first), **variables})
        instance = workflow.new_token(self, local.id, parent=token, role="instance", host=token.number)
        instance.local = local.id
        instance.internal_data["i"] = index
        self._update(instance)

    def _tell_counts(self, token: Token, active: int) -> None:
        """Set the counters of a multi-instance activity in the scope that all its instances share."""
        data, named = token.internal_data, self.element.loop.counters if self.element.loop else model.CAMUNDA_COUNTERS
        counts = {named.all: data["n"], named.completed: data["done"], named.active: active}
        if named.terminated:
            counts[named.terminated] = 0  # asked only while none of them was
        token.workflow.scopes[data["body"]].variables |= {name: feel.enter(count) for name, count in counts.items()}

    def instance_ended(self, instance: Token) -> None:
        """One instance has ended: start the next, or end the loop."""
        workflow, loop = instance.workflow, self.element.loop
        token = workflow.by_number[instance.host or 0]
        data = token.internal_data
        if loop is None:
            return
        if loop.standard:
            data["n"] += 1
            goes_on = self._loop_goes_on(token, loop)
            workflow.drop_scope(instance.scope)
            if goes_on:
                self._start_instance(token, data["n"], {})
            else:
                token.complete()
            return
        data["done"] += 1
        self._tell_counts(token, 1 if loop.sequential and data["done"] < data["n"] else data["n"] - data["done"])
        if loop.output_collection and loop.output_element is not None:
            found = workflow.computed({"wert": workflow.evaluate(loop.output_element, instance, "Ergebnis der Mehrfachausführung")}, token)
            data["made"][instance.internal_data["i"]] = found["wert"]
            workflow.scopes[instance.scope].variables[loop.output_collection] = data["made"]  # for the condition below
        complete = loop.completion is not None and workflow.evaluate(loop.completion, instance, "Abschlussbedingung") is True
        workflow.drop_scope(instance.scope)
        if complete or data["done"] >= data["n"]:
            children.require(workflow, token.number)
            for other in workflow.live_tokens():
                if other.role == "instance" and other.host == token.number:
                    other.cancel()
            self._set_collected(token, loop)
            token.complete()
        elif loop.sequential:
            self._start_indexed(token, data["next"])

    def _set_collected(self, token: Token, loop: model.Loop) -> None:
        """Set the list of what the instances made; null where one did not end."""
        if loop.output_collection:
            token.workflow.assign(token.scope, {loop.output_collection: token.internal_data["made"]}, self.element.id)

    def _loop_goes_on(self, token: Token, loop: model.Loop) -> bool:
        if loop.maximum is not None and token.internal_data["n"] >= loop.maximum:
            return False
        if loop.condition is None:
            return True
        return token.workflow.evaluate(loop.condition, token, "Schleifenbedingung") is True


def open_boundary(token: Token, name: str) -> None:
    """Wait for a boundary event of the token's activity; errors and escalations are looked up when thrown."""
    workflow = token.workflow
    spec = workflow.definition.node(name)
    if spec.element.event is not None and spec.element.event.kind in ("error", "escalation"):
        return
    boundary = workflow.new_token(spec, token.scope, parent=token, role="boundary", host=token.number)
    boundary.local = token.local  # it sees the input parameters of its activity
    spec._update(boundary)


class UserTask(Activity):
    """Waits for a person."""

    def work(self, token: Token) -> bool:
        token.workflow.open_wait(token, self.describe(token))
        return False

    def describe(self, token: Token) -> Wait:
        """Return the wait as it is drawn, with what its expressions say now."""
        workflow, drawn = token.workflow, self.element.assignment

        def names(expression: Expression | None, what: str) -> tuple[str, ...]:
            value = workflow.evaluate(expression, token, what) if expression else None
            if value is None:
                return ()
            items = value if isinstance(value, list) else str(value).split(",")
            return tuple(text for item in items if (text := str(item).strip()))

        assignee = workflow.evaluate(drawn.assignee, token, "Bearbeiter") if drawn.assignee else None
        return Wait(
            id=token.id, kind="user_task", element_id=self.element.id, name=self.shown, label=self.shown, scope=workflow.path_of(token),
            form=drawn.form, form_binding=drawn.form_binding, assignee=None if assignee is None else str(assignee),
            candidate_groups=names(drawn.candidate_groups, "Gruppen"), candidate_users=names(drawn.candidate_users, "Benutzer"),
            due_at=instant(self, token, drawn.due, "Fälligkeit"), follow_up_at=instant(self, token, drawn.follow_up, "Wiedervorlage"),
            priority=priority_of(self, token, drawn.priority), variables=self.locals_of(token),
            properties=self.element.properties,
        )  # fmt: skip


def parameters(token: Token, drawn: tuple[model.Parameter, ...], *, into: Mapping[str, object]) -> dict[str, object]:
    """Return input or output parameters, seen from the token; `into` holds what a place inside a variable is added to.

    Raises errors.Incident for what cannot be stored.
    """
    workflow = token.workflow
    made: dict[str, object] = {}
    for parameter in drawn:
        name = parameter.target
        value = workflow.evaluate(parameter.value, token, f"Parameter „{'.'.join((name, *parameter.inside))}“")
        made[name] = placed(made.get(name, into.get(name)), parameter.inside, value)
    return workflow.computed(made, token)


def placed(around: object, inside: tuple[str, ...], value: object) -> object:
    """Return the value, or a copy of the context around it with the value at its place."""
    if not inside:
        return value
    kept = around if isinstance(around, Mapping) else {}
    return {**kept, inside[0]: placed(kept.get(inside[0]), inside[1:], value)}


def carried(token: Token, mappings: tuple[model.CallMapping, ...]) -> dict[str, object]:
    """Return what `in` mappings take along into a called process or a signal, seen from the token."""
    workflow = token.workflow
    given: dict[str, object] = {}
    for mapping in mappings:
        if mapping.everything:
            own = workflow.scopes[token.local].variables if token.local is not None else {}
            visible = own if mapping.local else workflow.view(token.local or token.scope)
            given |= {name: visible[name] for name in visible if name != CURRENT_USER}
        elif mapping.target and mapping.value:
            given[mapping.target] = workflow.evaluate(mapping.value, token, f"Zuordnung „{mapping.target}“")
    return workflow.computed(given, token)


def instant(node: Node, token: Token, expression: Expression | None, what: str) -> Any:
    """Return the instant of a due or follow-up date, or None where nothing is drawn or the value is null."""
    value = token.workflow.evaluate(expression, token, what) if expression else None
    if value is None:
        return None
    try:
        return schedule.instant_of(value)
    except schedule.BadSchedule as fault:
        raise errors.Incident(f"{what} von „{node.shown}“: {fault}", node.element.id) from fault


def priority_of(node: Node, token: Token, expression: Expression | None) -> int:
    """Return a drawn priority, or 50 where none is drawn; what is no priority is told in history."""
    if expression is None:
        return DEFAULT_PRIORITY
    value = token.workflow.evaluate(expression, token, "Priorität")
    priority = values.whole(value)
    if priority is None or priority > MAX_PRIORITY:
        text = f"Die Priorität von „{node.shown}“ ist keine ganze Zahl bis {MAX_PRIORITY}; es gilt {DEFAULT_PRIORITY}."
        token.workflow.warn(node.element.id, token.workflow.path_of(token), text)
        return DEFAULT_PRIORITY
    return priority


class ServiceTask(Activity):
    """Touches the world: parks and opens a job (Camunda's external task)."""

    def work(self, token: Token) -> bool:
        open_job(self, token, self.locals_of(token))
        return False

    def describe(self, token: Token) -> Wait:
        """Return the job as it is drawn, with what its expressions say now."""
        return job_of(self, token, self.locals_of(token))


def open_job(node: Node, token: Token, variables: dict[str, object]) -> None:
    """Open the job of a service task or of an external message event."""
    token.workflow.open_wait(token, job_of(node, token, variables))


def job_of(node: Node, token: Token, variables: dict[str, object]) -> Wait:
    """Return the job as it is drawn, with what its expressions say now."""
    workflow, element = token.workflow, node.element
    topic = workflow.evaluate(element.topic, token, "Topic") if element.topic else None
    if not isinstance(topic, str) or not topic:
        raise errors.Incident(f"„{node.shown}“ nennt kein Topic.", element.id)
    return Wait(
        id=token.id, kind="job", element_id=element.id, name=topic, label=node.shown, scope=workflow.path_of(token),
        retries=retries_of(node, token), priority=priority_of(node, token, element.priority),
        variables=variables, properties=element.properties,
    )  # fmt: skip


def retries_of(node: Node, token: Token) -> int:
    """Return how often the job is tried. Raises errors.Incident where the drawn expression is no whole number from 1."""
    drawn = node.element.retries_drawn
    if drawn is None:
        return node.element.retries
    value = token.workflow.evaluate(drawn, token, "Zahl der Versuche")
    retries = values.whole(value)
    if not retries or retries > parts.MAX_RETRIES:
        found = feel.text_of(feel.enter(value))
        text = f"Die Zahl der Versuche von „{node.shown}“ muss zwischen 1 und {parts.MAX_RETRIES} liegen, gefunden wurde {found}."
        raise errors.Incident(text, node.element.id)
    return retries


class ScriptTask(Activity):
    """Computes one FEEL expression into its result variable."""

    def work(self, token: Token) -> bool:
        script, result = self.element.script, self.element.result_variable
        if script is not None:
            value = token.workflow.evaluate(script, token, "Skript")
            if result:
                self.take_results(token, token.workflow.computed({result: value}, token))
        return True


class BusinessRuleTask(Activity):
    """Asks a decision table and writes what it says into the result variable."""

    def work(self, token: Token) -> bool:
        workflow, element = token.workflow, self.element
        bound = workflow.decisions.get(element.decision or "")
        if bound is None:
            raise errors.Incident(f"Die Entscheidung „{element.decision}“ ist nicht bereitgestellt.", element.id)
        try:
            outcome = dmn.evaluate(
                bound.model, bound.decision_id, workflow.view(token.local or token.scope), now=workflow.moment, functions=workflow.functions
            )
            value = dmn.map_result(outcome, element.decision_mapping)
        except feel.FeelError as fault:
            raise errors.Incident(f"„{self.shown}“: {fault}", element.id) from fault
        workflow.decisions_used[element.decision or ""] = bound.version_id
        for made in outcome.evaluations:
            detail = {
                "decision": made.decision_id, "version": bound.version_id, "rules": list(made.rule_ids),
                "inputs": values.unshared(dict(made.inputs)), "outputs": [values.unshared(dict(output)) for output in made.outputs],
            }  # fmt: skip
            workflow.journal.append(Event("decision_evaluated", element.id, workflow.path_of(token), detail))
        if not outcome.results:
            workflow.warn(element.id, workflow.path_of(token), f"In der Entscheidung „{element.decision}“ trifft keine Regel zu.")
        if element.result_variable:
            self.take_results(token, workflow.computed({element.result_variable: value}, token))
        return True


class Container(Activity):
    """An embedded subprocess: a scope of its own inside the process."""

    def work(self, token: Token) -> bool:
        workflow = token.workflow
        path = f"{workflow.path_of(token)}/{self.element.id}".lstrip("/")
        scope = workflow.new_scope(token.local or token.scope, self.scope_kind, token.number, path, self.entering(token))
        scope.key = self.key_inside(token)
        enter_scope(workflow, self, scope, token)
        return False

    def entering(self, token: Token) -> dict[str, object]:
        """Return the variables the scope starts with."""
        return {}

    def key_inside(self, token: Token) -> str | None:
        """Return the business key of what runs inside; None: that of around."""
        return None

    def inner_ended(self, token: Token, scope: Scope) -> None:
        given = self.leaving(token, scope)
        token.workflow.drop_scope(scope.id)
        self.take_results(token, given)
        token.complete()

    def leaving(self, token: Token, scope: Scope) -> dict[str, object]:
        """Return what goes back to the outer scope; what is meant for the activity alone is set there."""
        return {}


class CallActivity(Container):
    """Another process, run inside this instance, that sees only what `in` gives and gives back only what `out` names."""

    scope_kind = "call"

    def entering(self, token: Token) -> dict[str, object]:
        return carried(token, self.element.call_in)

    def key_inside(self, token: Token) -> str | None:
        drawn = next((mapping.value for mapping in self.element.call_in if mapping.business_key and mapping.value), None)
        if drawn is None:
            return None
        key = token.workflow.evaluate(drawn, token, "Geschäftsschlüssel")
        if key is None or key == "":
            raise errors.Incident(f"Der Geschäftsschlüssel für „{self.shown}“ ist leer.", self.element.id)
        return str(key)

    def leaving(self, token: Token, scope: Scope) -> dict[str, object]:
        workflow = token.workflow
        given: dict[str, object] = {}
        local: dict[str, object] = {}
        for mapping in self.element.call_out:
            into = local if mapping.local else given
            if mapping.everything:
                into |= scope.variables
            elif mapping.target and mapping.value:
                into[mapping.target] = workflow.evaluate(mapping.value, token, f"Zuordnung „{mapping.target}“", scope=scope.id)
        self.set_local(token, workflow.computed(local, token))
        return workflow.computed(given, token)


class EventSubprocess(Container):
    """Started by its start event while the scope around it lives; see engine.spiff.events."""

    scope_kind = "event_subprocess"

    def leave(self, token: Token) -> None:
        """Its end is its end: no outgoing flows."""


def enter_scope(workflow: Instance, node: Node | None, scope: Scope, parent: Token | None, start: str | None = None) -> Token | None:
    """Put a token on the start event of a scope and arm the event subprocesses in it; return the token, None where it does not come to it."""
    definition = workflow.definition
    watchers = node.watchers if node is not None else definition.watchers
    armed = [arm_watcher(workflow, definition.node(name), scope.id) for name in watchers]
    workflow.check_conditions()
    if any(token is not None and not token.is_live and token.task_spec.element.interrupting for token in armed):
        return None  # a condition that held already has started an event subprocess instead
    if parent is not None and not parent.is_live:
        return None
    first = start or (node.inner_start if node is not None else None)
    if first is None:
        raise errors.Incident(f"„{node.shown if node else definition.process.id}“ hat kein Startereignis.", node.element.id if node else "")
    token = workflow.new_token(definition.node(first), scope.id, parent=parent)
    token.task_spec._update(token)
    return token


def arm_watcher(workflow: Instance, spec: Node, scope_id: int) -> Token | None:
    """Wait for the start event of an event subprocess; errors and escalations are looked up when thrown."""
    if spec.element.event is not None and spec.element.event.kind in ("error", "escalation"):
        return None
    token = workflow.new_token(spec, scope_id, role="watcher")
    spec._update(token)
    return token
