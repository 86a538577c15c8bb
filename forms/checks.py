"""Findings about a .form file, for deployment: everything that would not work in the browser or on the server."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence

from engine import media_types
from engine.protocol import Finding, Severity
from forms import attachments, claims, expression_checks, property_checks, reader, rule_checks
from forms.expression_checks import Placed, Tell
from forms.model import Component, Form


def check(content: bytes, filename: str, reserved: Collection[str] = ()) -> tuple[Finding, ...]:
    """Return all findings of a form file. reserved: names that no variable may bear."""
    findings: list[Finding] = []
    text = content.decode("utf-8", "replace")

    def fault(component_id: str, label: str, message: str, remedy: str) -> None:
        findings.append(Finding(filename, _line(text, component_id), component_id, label, message, remedy))

    def tell(component: Component, message: str, remedy: str, *, warning: bool = False) -> None:
        severity: Severity = "warning" if warning else "error"
        findings.append(Finding(filename, _line(text, component.id), component.id, component.label, message, remedy, severity))

    form = reader.parse(content, fault)
    if form is not None:
        drawn = form.schema.get("components")
        every = list(expression_checks.placed(form.components, drawn if isinstance(drawn, list) else []))
        _form(form, every, filename, text, findings)
        for one in every:
            rule_checks.check(one, tell)
            property_checks.check(one, tell)
            _accept(one, tell)
            if not one.lists and one.component.path and one.component.path[0] in reserved:  # rows of a list set no variable of their own
                taken = one.component.path[0]
                message = f"„{taken}“ ist der Name einer Rechtsfunktion oder der handelnden Person; niemand könnte die Aufgabe abschließen."
                tell(one.component, message, "Bitte den Schlüssel anders nennen.")
        claims.check(every, tell)
        expression_checks.check(every, tell)
    return tuple(findings)


def _form(form: Form, every: Sequence[Placed], filename: str, text: str, findings: list[Finding]) -> None:
    stem = filename.rpartition("/")[2].removesuffix(".form")
    if form.id and form.id != stem:
        told = f"Die ID „{form.id}“ ist nicht der Dateiname „{stem}“."
        findings.append(Finding(filename, 1, "", "", told, "Bitte beide gleich nennen.", "warning"))
    if form.id and any(one.component.id == form.id for one in every):
        told = f"Eine Komponente hat die ID des Formulars („{form.id}“); der Browser zeigt es dann nicht."
        findings.append(Finding(filename, _line(text, form.id), form.id, "", told, "Bitte die Komponente anders nennen."))


def _accept(one: Placed, tell: Tell) -> None:
    """Tell of kinds that a file picker asks for and that are not kept: people would choose a file and be refused."""
    component, accept = one.component, one.component.accept.constant
    if not isinstance(accept, str):
        return
    if "{{" in accept:
        tell(
            component,
            "„accept“ enthält einen Platzhalter.",
            'Bitte als FEEL-Ausdruck schreiben, z. B. =".pdf," + weitere.',
        )
        return
    strange = [token for token in attachments.tokens(accept) if not attachments.kinds(token)]
    if strange and len(strange) == len(attachments.tokens(accept)):
        told = f"Von „{accept}“ wird nichts angenommen; niemand könnte eine Datei wählen."
        tell(component, told, f"Möglich sind {media_types.KINDS}.")
    elif strange:
        tell(
            component, f"Dateien der Art {', '.join(strange)} werden nicht angenommen.", f"Möglich sind {media_types.KINDS}.", warning=True
        )


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
