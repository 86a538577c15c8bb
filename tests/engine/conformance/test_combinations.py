"""Elements together, in one state and with every loop's instances kept apart."""

from __future__ import annotations

import pytest

from engine.spiff import check, children
from engine.spiff.checks import gathered
from tests.engine.conformance.combinations import RULES
from tests.engine.conformance.rules import Rule, play
from tests.engine.spiff import bpmn


@pytest.mark.parametrize("split_above", [children.SPLIT_ABOVE, 0])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule(rule: Rule, split_above: int) -> None:
    run = bpmn.case(rule.body, **rule.called)
    run.split_above = split_above

    play(run, rule)


def test_no_two_rules_have_the_same_name() -> None:
    names = [rule.name for rule in RULES]

    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_what_runs_is_not_refused(rule: Rule) -> None:
    processes = {"p": rule.body, **rule.called}
    known = gathered.Known(processes=frozenset(processes))
    found = check.check({"p.bpmn": bpmn.file(*(bpmn.process(body, key=key) for key, body in processes.items()))}, known)

    assert [(finding.element_id, finding.message) for finding in found if finding.severity == "error"] == []
