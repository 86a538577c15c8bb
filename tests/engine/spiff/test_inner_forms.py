"""Forms drawn inside a diagram become forms of the deployment, with the same checks as a file of their own."""

from __future__ import annotations

import json

import pytest

import forms
from api import wiring
from engine import contents
from engine.protocol import Finding
from engine.spiff import inner_forms, reader
from tests.engine.spiff import bpmn, zeebe
from tests.engine.spiff.bpmn import chain, node

START, END = node("startEvent", "s"), node("endEvent", "e")
FORM = {
    "type": "default",
    "id": "Form_1",
    "schemaVersion": 19,
    "components": [{"type": "textfield", "id": "F1", "key": "name", "label": "Name"}],
}


def embedded(schema: object, *, key: str = "UserTaskForm_1") -> bytes:
    text = schema if isinstance(schema, str) else json.dumps(schema)
    task = zeebe.user("u", zeebe.tag("formDefinition", formKey=f"camunda-forms:bpmn:{key}"))
    inside = zeebe.tag("userTaskForm", text.replace("&", "&amp;").replace("<", "&lt;"), id="UserTaskForm_1")
    return zeebe.file(zeebe.process(START + task + END + chain("s", "u", "e"), extensions=inside))


def generated(fields: str, tag: str = "userTask") -> bytes:
    drawn = f"<bpmn:extensionElements><camunda:formData>{fields}</camunda:formData></bpmn:extensionElements>"
    if tag == "startEvent":
        return bpmn.file(bpmn.process(node("startEvent", "s", drawn) + END + chain("s", "e")))
    return bpmn.file(bpmn.process(START + node("userTask", "u", drawn) + END + chain("s", "u", "e")))


def faults(content: bytes) -> list[Finding]:
    return [finding for finding in contents.check({"p.bpmn": content}, wiring.READERS, topics={}) if finding.severity == "error"]


def test_an_embedded_form_is_deployed_under_process_and_form_and_the_task_names_it() -> None:
    content = embedded(FORM)
    parsed = reader.Reader(content, "p.bpmn").read()
    found = inner_forms.of_files({"p.bpmn": content})

    assert parsed is not None
    task = next(element for element in parsed.processes[0].elements if element.id == "u")
    assert (task.assignment.form, task.assignment.form_binding) == ("p.UserTaskForm_1", "deployment")
    assert list(found) == ["p.UserTaskForm_1.form"]
    assert forms.read(found["p.UserTaskForm_1.form"].content).id == "p.UserTaskForm_1"
    assert faults(content) == []


@pytest.mark.parametrize(("schema", "said"), [
    ("kein json", "kein gültiges JSON"), ("[]", "kein Camunda Form"), (FORM | {"components": [{"type": "iframe", "id": "F1"}]}, "„iframe“ ist nicht erlaubt"),
    (FORM | {"components": [{"type": "textfield", "id": "F1"}]}, "fehlt der Schlüssel"),
])  # fmt: skip
def test_what_is_wrong_with_an_embedded_form_is_told_at_the_diagram(schema: object, said: str) -> None:
    found = faults(embedded(schema))

    assert any(said in finding.message and finding.file == "p.bpmn" and finding.element_id == "UserTaskForm_1" for finding in found)


def test_a_form_key_without_its_form_is_told_at_the_task() -> None:
    found = faults(embedded(FORM, key="UserTaskForm_2"))

    assert any(finding.element_id == "u" and "UserTaskForm_2" in finding.message for finding in found)


def test_generated_form_fields_become_a_form_with_the_same_limits() -> None:
    content = generated(
        '<camunda:formField id="name" label="Name" type="string" defaultValue="Meier"><camunda:validation><camunda:constraint name="required"/>'
        '<camunda:constraint name="maxlength" config="10"/></camunda:validation></camunda:formField>'
        '<camunda:formField id="betrag" type="long"><camunda:validation><camunda:constraint name="min" config="-5"/></camunda:validation>'
        '</camunda:formField><camunda:formField id="eilig" label="Eilig" type="boolean" defaultValue="true"/>'
        '<camunda:formField id="am" label="Am" type="date"/><camunda:formField id="weg" label="Weg" type="enum" defaultValue="b">'
        '<camunda:value id="a" name="Brief"/><camunda:value id="b"/></camunda:formField>'
        '<camunda:formField id="fest" type="string" defaultValue="${fest}"><camunda:validation><camunda:constraint name="readonly"/>'
        "</camunda:validation></camunda:formField>"
    )
    parsed = reader.Reader(content, "p.bpmn").read()
    form = forms.read(inner_forms.of_files({"p.bpmn": content})["p.u.form"].content)

    assert faults(content) == []
    assert parsed is not None
    assert next(e for e in parsed.processes[0].elements if e.id == "u").assignment.form == form.id == "p.u"
    shown = {component.key: component for component in form.components}
    assert {key: one.type for key, one in shown.items()} == {
        "name": "textfield", "betrag": "number", "eilig": "checkbox", "am": "datetime", "weg": "select", "fest": "textfield",
    }  # fmt: skip
    assert [(option.value, option.label) for option in shown["weg"].options or ()] == [("a", "Brief"), ("b", "b")]
    assert (shown["name"].default, shown["eilig"].default, shown["fest"].default, shown["fest"].readonly.constant) == (
        "Meier",
        True,
        None,
        True,
    )
    given = {"name": "x" * 11, "betrag": -6, "eilig": False, "am": "2026-08-01", "weg": "c"}
    assert set(forms.validate(form, given, {}, now=bpmn.START, context={}).errors) == {"name", "betrag", "weg"}
    right = forms.validate(form, given | {"name": "kurz", "betrag": -5, "weg": "a"}, {"fest": "steht"}, now=bpmn.START, context={})
    assert right.is_valid
    assert right.values["fest"] == "steht"


def test_generated_form_fields_at_the_start_are_the_start_form() -> None:
    parsed = reader.Reader(generated('<camunda:formField id="name" type="string"/>', "startEvent"), "p.bpmn").read()

    assert parsed is not None
    assert parsed.processes[0].start_form == "p.s"


@pytest.mark.parametrize(("fields", "said"), [
    ("", "Formularfelder sind leer"), ('<camunda:formField id="x" type="eigener"/>', "den Typ „eigener“"),
    ('<camunda:formField id="x" type="long" defaultValue="viel"/>', "„viel“ ist keine ganze Zahl"),
    ('<camunda:formField id="x" type="string" defaultValue="${y}"/>', "Vorgabewert, der nicht ausgewertet wird"),
    ('<camunda:formField id="x" type="date" defaultValue="01/08/2026"/>', "Vorgabewert, der nicht ausgewertet wird"),
    ('<camunda:formField id="x" type="long"><camunda:validation><camunda:constraint name="min" config="wenig"/></camunda:validation>'
     "</camunda:formField>", "„min“ ist keine ganze Zahl"),
    ('<camunda:formField id="x" type="string"><camunda:validation><camunda:constraint name="validator" config="org.example.Pruefer"/>'
     "</camunda:validation></camunda:formField>", "die Prüfung „validator“"),
    ('<camunda:formField id="x y" type="string"/>', "„x y“ ist kein erlaubter Schlüssel"),
])  # fmt: skip
def test_form_fields_that_cannot_be_shown_are_refused_by_name(fields: str, said: str) -> None:
    assert any(said in finding.message and finding.element_id == "u" for finding in faults(generated(fields)))


@pytest.mark.parametrize(("attributes", "said"), [
    ({"camunda_formKey": "embedded:deployment:forms/x.html"}, "Das eingebettete HTML-Formular „embedded:deployment:forms/x.html“"),
    ({"camunda_formKey": "https://example.org/x"}, "Der Formularschlüssel „https://example.org/x“"),
    ({"camunda_formKey": "camunda-forms:deployment:a.form", "camunda_formRef": "a"}, "mehrfach angegeben"),
    ({"camunda_formRef": "a", "camunda_formRefBinding": "neueste"}, "Bindung „neueste“"),
    ({"camunda_formRef": "a", "camunda_formRefBinding": "version", "camunda_formRefVersion": "x"}, "Fassung „x“"),
])  # fmt: skip
def test_foreign_forms_are_refused_by_name(attributes: dict[str, str], said: str) -> None:
    content = bpmn.file(bpmn.process(START + node("userTask", "u", **attributes) + END + chain("s", "u", "e")))

    assert any(said in finding.message and finding.element_id == "u" for finding in faults(content))
