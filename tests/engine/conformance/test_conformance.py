"""Each rule of each element: what is waited for after every step, what completed in which order, and the variables at the end."""

from __future__ import annotations

import pytest

from engine import dmn
from engine.spiff import check
from engine.spiff.checks import gathered
from engine.spiff.workflow import BoundDecision
from tests.engine.conformance import containers, events, gateways, loops, tasks
from tests.engine.conformance.refused import REFUSALS, Refusal
from tests.engine.conformance.rules import Rule, play
from tests.engine.spiff import bpmn

RULES: tuple[Rule, ...] = (*gateways.RULES, *tasks.RULES, *containers.RULES, *events.RULES, *loops.RULES)
TARIF = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">
<decision id="tarif" name="Tarif"><decisionTable id="t" hitPolicy="UNIQUE">
<input id="i"><inputExpression id="ie" typeRef="number"><text>betrag</text></inputExpression></input>
<output id="o" name="gebuehr" typeRef="number"/>
<rule id="r1"><inputEntry id="r1i"><text>[0..100[</text></inputEntry><outputEntry id="r1o"><text>5</text></outputEntry></rule>
<rule id="r2"><inputEntry id="r2i"><text>&gt;= 100</text></inputEntry><outputEntry id="r2o"><text>10</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule(rule: Rule) -> None:
    decisions = {"tarif": BoundDecision("1", dmn.parse(TARIF, "tarif.dmn"), "tarif")}

    play(bpmn.case(rule.body, decisions=decisions, **rule.called), rule)


def test_no_two_rules_have_the_same_name() -> None:
    names = [rule.name for rule in RULES]

    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.name)
def test_refusal(refusal: Refusal) -> None:
    found = check.check({"p.bpmn": bpmn.file(bpmn.process(refusal.body))}, gathered.Known(processes=frozenset({"p"})))

    assert any(
        finding.element_id == refusal.at and refusal.says in finding.message and finding.remedy and finding.severity == "error"
        for finding in found
    ), [(finding.element_id, finding.message) for finding in found]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_what_runs_is_not_refused(rule: Rule) -> None:
    processes = {"p": rule.body, **rule.called}
    known = gathered.Known(processes=frozenset(processes), decisions=frozenset({"tarif"}))
    found = check.check({"p.bpmn": bpmn.file(*(bpmn.process(body, key=key) for key, body in processes.items()))}, known)

    assert [(finding.element_id, finding.message) for finding in found if finding.severity == "error"] == []
