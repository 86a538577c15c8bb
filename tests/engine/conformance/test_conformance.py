"""Each rule of each element: what is waited for after every step, what completed in which order, and the variables at the end."""

from __future__ import annotations

import pytest

from tests.engine.conformance import gateways
from tests.engine.conformance.rules import Rule, play
from tests.engine.spiff import bpmn

RULES: tuple[Rule, ...] = (*gateways.RULES,)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule(rule: Rule) -> None:
    play(bpmn.case(rule.body, **rule.called), rule)
