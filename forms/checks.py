"""Findings about a .form file, for deployment: everything that would not work in the browser or on the server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection

from engine import media_types
from engine.protocol import Finding
from forms import attachments, model, patterns, reader


def check(content: bytes, filename: str, reserved: Collection[str] = ()) -> tuple[Finding, ...]:
    """Return all findings of a form file. reserved: names that no variable may bear."""
    findings: list[Finding] = []
    text = content.decode("utf-8", "replace")

    def fault(component_id: str, label: str, message: str, remedy: str) -> None:
        findings.append(Finding(filename, _line(text, component_id), component_id, label, message, remedy))

    def warn(component: model.Component, message: str, remedy: str) -> None:
        findings.append(Finding(filename, _line(text, component.id), component.id, component.label, message, remedy, "warning"))

    form = reader.parse(content, fault)
    if form is not None:
        stem = filename.rpartition("/")[2].removesuffix(".form")
        if form.id and form.id != stem:
            findings.append(
                Finding(
                    filename, 1, "", "", f"Die ID „{form.id}“ ist nicht der Dateiname „{stem}“.", "Bitte beide gleich nennen.", "warning"
                )
            )
        top = model.walk(form.components)  # what is in the rows of a list sets no variable of its own
        for component in _everything(form.components):
            _component(component, fault)
            if component.path and component.path[0] in reserved and component in top:
                message = f"„{component.path[0]}“ ist der Name einer Rechtsfunktion oder der handelnden Person; niemand könnte die Aufgabe abschließen."
                fault(component.id, component.label, message, "Bitte den Schlüssel anders nennen.")
            _accept(component, fault, warn)
    return tuple(findings)


def _component(component: model.Component, fault: reader.Fault) -> None:
    pattern = component.validate.get("pattern")
    if pattern is not None and isinstance(pattern.constant, str):
        problem = patterns.problem(pattern.constant)
        if problem:
            fault(
                component.id,
                component.label,
                f"Das Muster „{pattern.constant}“ ist nicht verwendbar: {problem}.",
                "Bitte das Muster vereinfachen.",
            )
    choice = component.type in ("checklist", "radio", "select", "taglist")
    if choice and component.options is None and component.options_key is None and component.options_expression is None:
        fault(component.id, component.label, "Die Auswahl hat keine Werte.", "Bitte Werte, „valuesKey“ oder „valuesExpression“ angeben.")
    for low, high in (("min", "max"), ("minLength", "maxLength")):
        one, other = component.validate.get(low), component.validate.get(high)
        if one and other and isinstance(one.constant, int) and isinstance(other.constant, int) and one.constant > other.constant:
            fault(component.id, component.label, f"„{low}“ ist größer als „{high}“.", "Bitte die Grenzen berichtigen.")


def _accept(component: model.Component, fault: reader.Fault, warn: Callable[[model.Component, str, str], None]) -> None:
    """Tell of kinds that a file picker asks for and that are not kept: people would choose a file and be refused."""
    accept = component.accept.constant
    if not isinstance(accept, str):
        return
    if "{{" in accept:
        fault(
            component.id,
            component.label,
            "„accept“ enthält einen Platzhalter.",
            'Bitte als FEEL-Ausdruck schreiben, z. B. =".pdf," + weitere.',
        )
        return
    strange = [token for token in attachments.tokens(accept) if not attachments.kinds(token)]
    if strange and len(strange) == len(attachments.tokens(accept)):
        told = f"Von „{accept}“ wird nichts angenommen; niemand könnte eine Datei wählen."
        fault(component.id, component.label, told, f"Möglich sind {media_types.KINDS}.")
    elif strange:
        warn(component, f"Dateien der Art {', '.join(strange)} werden nicht angenommen.", f"Möglich sind {media_types.KINDS}.")


def _everything(components: tuple[model.Component, ...]) -> list[model.Component]:
    found: list[model.Component] = []
    for component in components:
        found.append(component)
        found += _everything(component.children)
    return found


def _line(text: str, component_id: str) -> int:
    """Return the line of a component; of the whole form the first, or the one where its JSON ends to be readable."""
    if not component_id:
        try:
            json.loads(text)
        except json.JSONDecodeError as broken:
            return broken.lineno
        except (ValueError, RecursionError):
            pass
        return 1
    found = re.search(rf'"id"\s*:\s*{re.escape(json.dumps(component_id, ensure_ascii=False))}', text)
    return text.count("\n", 0, found.start()) + 1 if found else 1
