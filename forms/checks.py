"""Findings about a .form file, for deployment: everything that would not work in the browser or on the server."""

from __future__ import annotations

from engine.protocol import Finding
from forms import model, patterns, reader


def check(content: bytes, filename: str) -> tuple[Finding, ...]:
    """Return all findings of a form file."""
    findings: list[Finding] = []
    text = content.decode("utf-8", "replace")

    def fault(component_id: str, label: str, message: str, remedy: str) -> None:
        findings.append(Finding(filename, _line(text, component_id), component_id, label, message, remedy))

    form = reader.parse(content, fault)
    if form is not None:
        stem = filename.rpartition("/")[2].removesuffix(".form")
        if form.id and form.id != stem:
            findings.append(
                Finding(
                    filename, 1, "", "", f"Die ID „{form.id}“ ist nicht der Dateiname „{stem}“.", "Bitte beide gleich nennen.", "warning"
                )
            )
        for component in _everything(form.components):
            _component(component, fault)
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


def _everything(components: tuple[model.Component, ...]) -> list[model.Component]:
    found: list[model.Component] = []
    for component in components:
        found.append(component)
        found += _everything(component.children)
    return found


def _line(text: str, component_id: str) -> int:
    position = text.find(f'"{component_id}"') if component_id else -1
    return text.count("\n", 0, position) + 1 if position >= 0 else 1
