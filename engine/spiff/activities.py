"""Activities: input and output parameters, boundary events, multi-instance and standard loops; tasks say what the work is."""

from __future__ import annotations

from collections.abc import Mapping

from SpiffWorkflow.util.task import TaskState

from engine import errors, feel, values
from engine.protocol import Event
from engine.spiff import children, model, nodes, parts, results
from engine.spiff.nodes import Node
from engine.spiff.tokens import Change, Scope, Token


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
            local.variables |= nodes.parameters(token, self.element.inputs, into={})
        token.local = local.id
        if self.element.inputs_chained:
            for drawn in self.element.inputs:
                local.variables |= nodes.parameters(token, (drawn,), into=local.variables)

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
        for other in token.workflow.near.at(token.number, "boundary"):
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
        for other in token.workflow.near.at(token.number, "boundary"):
            other.cancel()

    def before_leaving(self, token: Token) -> None:
        workflow = token.workflow
        self.close_boundaries(token)
        if token.role == "instance" or self.element.loop is None:
            self.give_out(token)
        if token.role == "instance":
            return  # its scope is dropped when the loop has looked at it
        if token.local is not None:
            workflow.drop_scope(token.local)
            token.local = None
        if self.element.loop is not None:
            for scope in workflow.near.owned_by(token.number):
                workflow.drop_scope(scope.id)

    def give_out(self, token: Token) -> None:
        """Set the output parameters, one after the other: the next sees what the one before has set."""
        workflow = token.workflow
        outer = token.internal_data.get("outer", token.local or token.scope)
        for drawn in self.element.outputs:
            workflow.assign(outer, nodes.parameters(token, (drawn,), into=workflow.view(outer)), self.element.id)

    def leave(self, token: Token) -> None:
        if token.role == "instance":
            self.instance_ended(token)
        else:
            super().leave(token)

    def _on_cancel(self, my_task: Token) -> None:
        workflow = my_task.workflow
        children.require(workflow, my_task.number)
        self.close_boundaries(my_task)
        for scope in workflow.near.owned_by(my_task.number):
            workflow.cancel_scope(scope.id)
            workflow.drop_scope(scope.id)
        if self.element.loop is None or my_task.role == "instance":
            return
        for other in workflow.near.at(my_task.number, "instance"):
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
            token.internal_data["made"] = results.NOTHING
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
            data["made"] = results.add(data["made"], instance.internal_data["i"], found["wert"])
            if loop.completion is not None and loop.output_collection in loop.completion.names:
                workflow.scopes[instance.scope].variables[loop.output_collection] = results.all_of(data["made"], data["n"])
        complete = loop.completion is not None and workflow.evaluate(loop.completion, instance, "Abschlussbedingung") is True
        workflow.drop_scope(instance.scope)
        if complete or data["done"] >= data["n"]:
            children.require(workflow, token.number)
            for other in workflow.near.at(token.number, "instance"):
                other.cancel()
            self._set_collected(token, loop)
            token.complete()
        elif loop.sequential:
            self._start_indexed(token, data["next"])

    def _set_collected(self, token: Token, loop: model.Loop) -> None:
        """Set the list of what the instances made; null where one did not end."""
        if loop.output_collection:
            made = results.all_of(token.internal_data["made"], token.internal_data["n"])
            token.workflow.assign(token.scope, {loop.output_collection: made}, self.element.id)

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
