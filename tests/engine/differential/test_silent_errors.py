"""The silent errors of stock SpiffWorkflow 3.2.0: each shown in stock first, then the same diagram in ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition

from engine.spiff import definition
from tests.engine.conformance.notation import END, START, catch, end, multi, started_by, sub
from tests.engine.differential.stock import Driver
from tests.engine.spiff import bpmn
from tests.engine.spiff.bpmn import boundary, chain, event_subprocess, flow, io, message, node, script, timer, user

LOOP = (
    START + node("exclusiveGateway", "mm") + script("x", "n", "n + 1") + user("u") + node("exclusiveGateway", "g", default="g_e") + END
    + chain("s", "mm", "x", "u", "g") + flow("g", "mm", "n < 400") + flow("g", "e")
)  # fmt: skip
JOIN = (
    START + node("exclusiveGateway", "mm") + node("parallelGateway", "f") + user("a") + user("b") + node("parallelGateway", "j")
    + node("exclusiveGateway", "g", default="g_mm") + END + chain("s", "mm", "f", "a", "j", "g") + chain("f", "b", "j") + flow("g", "mm")
    + flow("g", "e", "v > 5")
)  # fmt: skip
ESP = START + user("u") + END + chain("s", "u", "e") + event_subprocess(
    "esp", started_by("es", message()) + user("eu") + end("ee") + chain("es", "eu", "ee")
)  # fmt: skip
TWO_TIMERS = (
    START + node("eventBasedGateway", "g") + catch("lang", timer("timeDuration", "P9D")) + catch("kurz", timer("timeDuration", "P1D")) + user("l")
    + user("k") + END + flow("s", "g") + chain("g", "lang", "l", "e") + chain("g", "kurz", "k", "e")
)  # fmt: skip
BESIDE = (
    START
    + user("u")
    + boundary("b", "u", message(), interrupting=False)
    + user("n")
    + END
    + end("e2")
    + chain("s", "u", "e")
    + chain("b", "n", "e2")
)


def content(body: str) -> bytes:
    return bpmn.file(bpmn.process(body))


def ours(body: str, **given: object) -> bpmn.Case:
    return bpmn.Case(definition.build("p", {"p.bpmn": content(body)})).start(**given)


def test_a_loop_goes_on_beyond_a_thousand_elements() -> None:
    stock, run = Driver(content(LOOP), n=0), ours(LOOP, n=0)
    rounds = 0
    while stock.waiting:
        stock.act("u")
        rounds += 1
    assert stock.completed
    assert rounds < 300  # stock says it is completed long before round 400

    for _ in range(399):
        run.do("u")
        assert run.waiting == ["u"]
    run.do("u")
    assert run.outcome == "completed"


def test_a_join_in_a_loop_waits_for_both_ways_whatever_the_order() -> None:
    stock, run = Driver(content(JOIN), v=0), ours(JOIN, v=0)
    for element in ("a", "b", "b"):
        stock.act(element)
        run.do(element)

    assert stock.waiting == ["a", "a", "b"]  # stock went on with one of two
    assert run.waiting == ["a"]


def test_an_event_subprocess_leaves_the_next_instance_alone() -> None:
    built = definition.build("p", {"p.bpmn": content(ESP)})
    first = bpmn.Case(built).start()
    before = {name: [target for _, target in built.node(name).out] for name in built.spec.task_specs if name not in ("Start", "End", "Root")
              and hasattr(built.spec.task_specs[name], "out")}  # fmt: skip
    first.do("es")

    assert bpmn.Case(built).start().waiting == ["es", "u"]
    assert before == {name: [target for _, target in built.node(name).out] for name in before}


def test_an_interrupting_event_subprocess_interrupts_and_keeps_its_data() -> None:
    run = ours(ESP)
    run.do("es", betrag=7)

    assert run.waiting == ["eu"]
    run.do("eu", danach=8)
    assert run.outcome == "completed"
    assert {name: int(str(value)) for name, value in run.variables.items()} == {"betrag": 7, "danach": 8}


def test_each_of_two_timers_behind_a_gateway_has_its_own_time() -> None:
    run = ours(TWO_TIMERS)

    assert run.wait("kurz").due_at == bpmn.START + timedelta(days=1)
    assert run.wait("lang").due_at == bpmn.START + timedelta(days=9)
    run.do("kurz")
    assert run.waiting == ["k"]


def test_a_boundary_event_beside_catches_again_and_again() -> None:
    stock, run = Driver(content(BESIDE)), ours(BESIDE)
    stock.act("b")
    assert "b" not in stock.waiting  # stock catches once

    for times in (1, 2, 3):
        run.do("b")
        assert run.waiting == ["b", *["n"] * times, "u"]


@pytest.mark.parametrize(
    ("duration", "start", "due"),
    [
        ("P1M", datetime(2026, 1, 31, 11, tzinfo=UTC), datetime(2026, 2, 28, 11, tzinfo=UTC)),
        ("P1M", datetime(2026, 8, 31, 10, tzinfo=UTC), datetime(2026, 9, 30, 10, tzinfo=UTC)),
        ("P1Y", datetime(2024, 2, 29, 11, tzinfo=UTC), datetime(2025, 2, 28, 11, tzinfo=UTC)),
    ],
)
def test_months_and_years_end_on_the_last_day_where_there_is_no_such_day(duration: str, start: datetime, due: datetime) -> None:
    stock = start + TimerEventDefinition.get_timedelta_from_start(TimerEventDefinition.parse_iso_duration(duration), start)
    assert stock != due

    run = bpmn.case(START, catch("t", timer("timeDuration", duration)), END, chain("s", "t", "e"))
    run.now = start
    assert run.start().wait("t").due_at == due


def test_the_time_zone_of_a_date_is_that_of_the_date_not_that_of_today() -> None:
    body = (START, catch("t", timer("timeDate", "2026-12-01T00:00:00")), END, chain("s", "t", "e"))

    for today in (datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 7, 5, tzinfo=UTC)):
        run = bpmn.case(*body)
        run.now = today
        assert run.start().wait("t").due_at == datetime(2026, 11, 30, 23, tzinfo=UTC)


def test_variables_named_like_functions_of_the_language_keep_their_meaning() -> None:
    names = ("sum", "count", "len", "print", "date", "item", "timedelta", "typename", "data_objects")
    body = "".join(script(f"x{number}", f"ergebnis{number}", f"{name} + 1") for number, name in enumerate(names))
    run = ours(
        START + body + user("u") + END + chain("s", *(f"x{number}" for number in range(len(names))), "u", "e"), **dict.fromkeys(names, 4)
    )

    assert [int(str(run.variables[f"ergebnis{number}"])) for number in range(len(names))] == [5] * len(names)
    run.do("u")
    assert run.outcome == "completed"


def test_a_second_instance_of_a_multi_instance_activity_runs_like_the_first() -> None:
    body = START + sub("t", node("startEvent", "is") + user("iu", io({"wer": "=eintrag"})) + end("ie") + chain("is", "iu", "ie"),
                       multi(collection="=[1, 2]")) + END + chain("s", "t", "e")  # fmt: skip
    built = definition.build("p", {"p.bpmn": content(body)})

    for _ in range(2):
        run = bpmn.Case(built).start()
        assert sorted(int(str(wait.variables["wer"])) for wait in run.waits.values()) == [1, 2]
        run.do("iu")
        run.do("iu")
        assert run.outcome == "completed"


def test_a_change_inside_a_list_in_one_way_is_seen_the_same_in_memory_and_reloaded() -> None:
    body = (
        START + node("parallelGateway", "f") + script("a", "liste", 'append(liste, {"wert": 1})') + user("b") + node("parallelGateway", "j") + user("z") + END
        + chain("s", "f", "a", "j", "z", "e") + chain("f", "b", "j")
    )  # fmt: skip
    run = ours(body, liste=[{"wert": 0}])

    run.do("b")  # the driver compares both states
    assert [int(str(entry["wert"])) for entry in run.variables["liste"]] == [0, 1]  # type: ignore[attr-defined]
