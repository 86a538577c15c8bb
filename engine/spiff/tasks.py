"""The tasks: a person, a job, a script, a decision."""

from __future__ import annotations

from engine import dmn, errors, feel, values
from engine.protocol import Event, Wait
from engine.spiff import nodes
from engine.spiff.activities import Activity
from engine.spiff.expressions import Expression
from engine.spiff.nodes import Node
from engine.spiff.tokens import Token

MAX_TITLE = 300


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
        title = workflow.evaluate(drawn.title, token, "Name") if drawn.title else None
        label = self.shown if title is None else feel.text_of(feel.enter(title)).strip()[:MAX_TITLE] or self.shown
        return Wait(
            id=token.id, kind="user_task", element_id=self.element.id, name=label, label=label, scope=workflow.path_of(token),
            form=drawn.form, form_binding=drawn.form_binding, assignee=None if assignee is None else str(assignee),
            candidate_groups=names(drawn.candidate_groups, "Gruppen"), candidate_users=names(drawn.candidate_users, "Benutzer"),
            due_at=nodes.instant(self, token, drawn.due, "Fälligkeit"), follow_up_at=nodes.instant(self, token, drawn.follow_up, "Wiedervorlage"),
            priority=nodes.priority_of(self, token, drawn.priority), variables=self.locals_of(token),
            properties=self.element.properties,
        )  # fmt: skip


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
        retries=nodes.retries_of(node, token), priority=nodes.priority_of(node, token, element.priority),
        variables=variables, properties=element.properties,
    )  # fmt: skip


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
