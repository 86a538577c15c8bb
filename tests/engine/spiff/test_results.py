"""The results of a loop's instances, kept packed until the loop ends."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from engine import values
from engine.spiff import results, state
from tests.engine.spiff import zeebe
from tests.engine.spiff.bpmn import chain


def test_results_come_back_in_the_order_of_their_instances_with_null_for_who_did_not_end() -> None:
    made = results.NOTHING

    for index, value in ((3, {"a": [1, None]}), (0, "x" * 300), (2, Decimal("1.50"))):
        made = results.add(made, index, value)

    assert results.all_of(made, 5) == ["x" * 300, None, Decimal("1.50"), {"a": [1, None]}, None]


def test_a_list_that_an_earlier_version_stored_goes_on() -> None:
    assert results.all_of([1, None], 2) == [1, None]
    assert results.all_of(results.add([None, "zwei", None], 0, "eins"), 3) == ["eins", "zwei", None]


def test_a_loop_that_an_earlier_version_began_ends_with_all_its_results() -> None:
    body = zeebe.START + zeebe.user("t", inner=zeebe.loop("liste", "x", made="ergebnisse", each="x * 2")) + zeebe.END + chain("s", "t", "e")
    running = zeebe.case(body).start(liste=[1, 2, 3])
    running.do("t")
    assert running.last is not None
    counter, scopes, tokens = state.unpack(running.last.state)
    for token in tokens:
        if token[8] and "made" in token[8]:
            token[8]["made"] = results.all_of(token[8]["made"], 3)
    running.last, running.live = replace(running.last, state=state.PLAIN + values.pack([counter, scopes, tokens])), None

    running.do("t")
    running.do("t")

    assert running.variables["ergebnisse"] == [2, 4, 6]
