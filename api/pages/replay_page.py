"""Replay of one instance: the diagram with a slider, every event in a table with who, when and which rule, and the verdict."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from api import app, diagram_rows, drawn_files, law_values
from engine import bundles, documents, files, history, instances, replay, values
from processes import law

bp = Blueprint("replay_page", __name__)

Rows = Mapping[law_values.Evaluated, law_values.Row]

WORDS = {
    "started": "Vorgang begonnen", "user_task_completed": "Aufgabe erledigt", "job_completed": "Auftrag erledigt",
    "timer_due": "Frist abgelaufen", "message_received": "Nachricht eingegangen", "signal_received": "Signal eingegangen",
    "bpmn_error": "Fehler gemeldet", "cancelled": "Abgebrochen", "variables_set": "Angaben geändert", "migrated": "In eine andere Fassung umgestellt",
}  # fmt: skip
MARKS = {
    "element_activated": "jetzt",
    "element_migrated": "jetzt",
    "element_completed": "erledigt",
    "element_cancelled": "abgebrochen",
    "flow_taken": "erledigt",
}


@bp.get("/wiedergabe/<uuid:instance_uuid>")
def show(instance_uuid: UUID) -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        instance = instances.get(tx, session.tenant_id, instance_uuid)
        commands = history.read(tx, session.tenant_id, instance.id)
        rows = law_values.of_commands(tx, session.tenant_id, commands)
        verdict = replay.replay(tx, session.tenant_id, instance.id)
        kept = _bundles(commands, instance.bundle_id)
        told = [files.named(tx, session.tenant_id, command.content) for command in commands]
        definitions = [bundles.definition(tx, one) for one in kept]
        diagrams = [_diagram(bundles.files(tx, one, "bpmn"), instance.process_key) for one in kept]
    definition = definitions[-1]
    labels = {node.element.id: node.element.label or node.element.id for one in definitions for node in one.nodes()}
    steps = [_step(command, content, labels, rows) for command, content in zip(commands, told, strict=True)]
    of_step = list(itertools.accumulate(int(command.kind == "migrated") for command in commands))
    slider = [{"text": step["titel"], "marken": list(step["marken"]), "diagramm": of} for step, of in zip(steps, of_step, strict=True)]
    return render_template(
        "wiedergabe.html",
        vorgang=instance,
        schritte=steps,
        regler=slider,
        urteil=verdict,
        xml=diagrams[-1],
        diagramme=diagrams,
        namen=labels,
        zeilen=diagram_rows.of(definition.process),
    )


def _bundles(commands: list[history.Command], now: int) -> list[int]:
    """Return the bundles the instance ran with, one after the other; `now` is its present one."""
    moves = [command.content["stimulus"]["migration"] for command in commands if command.kind == "migrated"]
    return [moves[0]["from"], *(move["to"] for move in moves)] if moves else [now]


def _diagram(files: Mapping[str, bytes], process_key: str) -> str:
    return drawn_files.text_of(files.get(f"{process_key}.bpmn") or next(iter(files.values())))


def _step(command: history.Command, content: Mapping[str, Any], labels: dict[str, str], rows: Rows) -> dict[str, Any]:
    marks: list[tuple[str, str]] = []
    facts: list[str] = []
    for kind, element, scope, detail in content["events"]:
        if kind in MARKS and element:
            marks.append((element, MARKS[kind]))
        told = _told(kind, element, detail, labels, rows)
        if told:
            facts.append((f"{scope}: " if scope else "") + told)
    answered = next((labels.get(e, e) for k, e, _, _ in content["events"] if k == "wait_closed"), "")
    title = WORDS.get(command.kind, command.kind) + (f": {answered}" if answered else "")
    return {"nummer": command.seq + 1, "titel": title, "wer": command.actor, "wann": command.effective_at, "fakten": facts, "marken": marks}


def _told(kind: str, element: str, detail: dict[str, Any], labels: dict[str, str], rows: Rows) -> str:
    """Return one event as a German sentence, or nothing where the table would only repeat itself."""
    name = labels.get(element, element)
    if kind == "decision_evaluated":
        rules = ", ".join(_rule(rows, (str(detail["version"]), detail["decision"], rule)) for rule in detail["rules"]) or "keine Regel"
        return f"Tabelle „{detail['decision']}“ an „{name}“: {rules} → {_text(detail['outputs'])}"
    if kind == "condition_evaluated":
        return f"Bedingung „{detail['expression']}“ ist {'wahr' if detail['result'] else 'falsch'}"
    if kind == "function_called":
        source = law.SOURCES.get(detail["name"], "")
        return f"{detail['name']}({', '.join(_text(a) for a in detail['arguments'])}) = {_text(detail['result'])}" + (
            f" [{source}]" if source else ""
        )
    if kind == "variables_changed":
        return "; ".join(f"{variable} = {_text(value)}" for variable, value in detail.items())
    if kind == "variables_removed":
        return "; ".join(f"{variable} entfällt" for variable in detail["names"])
    if kind == "element_completed":
        return f"„{name}“ durchlaufen"
    if kind == "element_cancelled":
        return f"„{name}“ abgebrochen"
    if kind == "wait_opened" and detail.get("due_at"):
        return f"„{name}“ wartet bis {app.moment_text(detail['due_at'])}"
    if kind == "element_migrated":
        return f"„{labels.get(detail['source'].rpartition('/')[2], detail['source'])}“ geht weiter als „{name}“"
    if kind == "wait_changed":
        return f"„{name}“ sagt etwas anderes" + (f" und wartet bis {app.moment_text(detail['due_at'])}" if detail.get("due_at") else "")
    if kind == "message_thrown":
        return f"Nachricht „{detail['name']}“ gesendet"
    if kind == "warning":
        return f"Hinweis: {detail['message']}"
    return ""


def _rule(rows: Rows, evaluated: law_values.Evaluated) -> str:
    row = rows.get(evaluated)
    if row is None:
        return evaluated[-1]
    return f"{row.rule} ({row.source}{'' if row.is_confirmed else '; unbestätigt'})"


def _text(value: object) -> str:
    plain = values.jsonable(value)
    if isinstance(plain, dict) and len(plain) == 1:
        ((mark, raw),) = plain.items()
        if mark.startswith("@"):
            return str(raw)
    if isinstance(value, dict) and documents.id_of(value) is not None:
        return f"Datei „{documents.name_of(value)}“"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_text(item) for item in value) + "]"
    return {None: "leer", True: "ja", False: "nein"}.get(value, str(value)) if value is None or isinstance(value, bool) else str(value)
