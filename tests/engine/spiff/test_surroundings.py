"""A running step moves into a subprocess, out of one, or into another: what begins, what ends, what it sees, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import errors
from engine.spiff import definition, mapping
from tests.engine.conformance.notation import condition, multi
from tests.engine.spiff.bpmn import START, Case, boundary, case, chain, event_subprocess, flow, io, message, node, timer, user
from tests.engine.spiff.test_migration import FORK, JOINED, line, move, reasons, version

LINE = line("a", "b")


def inside(key: str, *names: str, drawn: str = "", inner: str = "", more: str = "") -> str:
    """Return a subprocess of user tasks (or of what is drawn) one after the other; inner: its parameters or loop."""
    start, end = f"{key}_start", f"{key}_ende"
    body = node("startEvent", start) + (drawn or "".join(user(name) for name in names)) + node("endEvent", end)
    return node("subProcess", key, inner + body + chain(start, *names, end) + more)


def around(subprocess: str, *keys: str, more: str = "") -> str:
    """Return a line in which the subprocess stands among other steps."""
    return node("startEvent", "s") + subprocess + node("endEvent", "e") + chain("s", *keys, "e") + more


WRAPPED = around(inside("teil", "a") + user("b"), "teil", "b")


def test_a_task_goes_on_inside_a_subprocess_that_begins_around_it() -> None:
    running = case(LINE).start()
    before = running.wait("a").id

    made = move(running, version(WRAPPED), {"a": "teil/a"})

    assert (made.opened, made.closed) == ((), ())
    assert [(change.id, change.fields) for change in made.changed] == [(before, {"scope": "teil"})]
    assert [(event.kind, event.element_id) for event in made.events][:2] == [("instance_migrated", ""), ("element_activated", "teil")]
    running.do("a")
    assert running.completed()[-3:] == ["a", "teil_ende", "teil"]
    running.do("b")
    assert running.outcome == "completed"


def test_a_task_goes_on_outside_a_subprocess_that_it_leaves() -> None:
    running = case(WRAPPED).start()

    made = move(running, version(LINE), {"teil/a": "a"})

    assert [change.fields for change in made.changed] == [{"scope": ""}]
    assert [event.element_id for event in made.events if event.kind == "element_cancelled"] == ["teil"]
    running.do("a")
    assert running.waiting == ["b"]


def test_the_boundary_events_of_a_task_go_with_it_and_its_timer_keeps_its_date() -> None:
    deadline = boundary("f", "a", timer("timeDuration", "P9D"), interrupting=False) + node("endEvent", "fe") + flow("f", "fe")
    running = case(LINE + deadline).start()
    running.now = START + timedelta(days=2)

    made = move(running, version(around(inside("teil", "a", more=deadline) + user("b"), "teil", "b")), {"a": "teil/a"})

    assert (made.opened, made.closed) == ((), ())
    assert running.wait("f").due_at == START + timedelta(days=9)
    running.do("f")
    running.do("a")
    assert running.completed()[-4:] == ["fe", "a", "teil_ende", "teil"]


def test_what_is_drawn_at_and_in_a_subprocess_that_begins_is_armed_and_what_ends_with_one_is_closed() -> None:
    watching = event_subprocess(
        "ep", node("startEvent", "ep_s", message("m_a"), isInterrupting="false") + node("endEvent", "ep_e") + chain("ep_s", "ep_e")
    )
    deadline = boundary("f", "teil", timer("timeDuration", "P3D")) + flow("f", "e")
    drawn = version(around(inside("teil", "a", more=watching) + user("b"), "teil", "b", more=deadline))
    running = case(LINE).start()
    running.now = START + timedelta(days=1)

    move(running, drawn, {"a": "teil/a"})

    assert running.waiting == ["a", "ep_s", "f"]
    assert running.wait("f").due_at == START + timedelta(days=4)
    running.do("ep_s")
    assert running.waiting == ["a", "ep_s", "f"]
    move(running, version(LINE), {"teil/a": "a"})
    assert running.waiting == ["a"]
    move(running, drawn, {"a": "teil/a"})
    running.do("f")
    assert running.outcome == "completed"


def test_inputs_are_evaluated_when_a_subprocess_begins_and_outputs_when_one_ends() -> None:
    mapped = io({"doppelt": "=betrag * 2"}, {"ergebnis": "=doppelt + 1"})
    drawn = version(around(inside("teil", "a", inner=mapped) + user("b"), "teil", "b"))
    shows = io({"sieht": "=doppelt"})
    seeing = version(around(inside("teil", "a", inner=mapped).replace('name="a">', f'name="a">{shows}') + user("b"), "teil", "b"))

    running = case(LINE).start(betrag=5)
    (change,) = move(running, seeing, {"a": "teil/a"}).changed
    assert change.fields["variables"] == {"sieht": 10}
    running.do("a")
    assert running.variables == {"betrag": 5, "ergebnis": 11}

    running = case(LINE).start(betrag=5)
    move(running, drawn, {"a": "teil/a"})
    assert running.variables == {"betrag": 5}
    move(running, version(LINE), {"teil/a": "a"})
    assert running.variables == {"betrag": 5, "ergebnis": 11}


def test_the_inputs_of_a_task_stay_with_it() -> None:
    def drawn(task: str) -> str:
        return task.replace('name="a">', f'name="a">{io({"eigen": "=betrag"}, {"heraus": "=eigen"})}')

    running = case(drawn(LINE)).start(betrag=5)
    running.now = START + timedelta(days=1)

    made = move(running, version(drawn(WRAPPED)), {"a": "teil/a"})

    assert [change.fields for change in made.changed] == [{"scope": "teil"}]
    running.do("a")
    assert running.variables == {"betrag": 5, "heraus": 5}


def test_a_condition_that_holds_already_ends_the_subprocess_that_begins() -> None:
    watch = boundary("w", "teil", condition("betrag > 3")) + flow("w", "e")
    running = case(LINE).start(betrag=5)

    made = move(running, version(around(inside("teil", "a") + user("b"), "teil", "b", more=watch)), {"a": "teil/a"})

    assert made.outcome == "completed"
    assert running.count("a", "element_cancelled") == 1


def test_each_step_goes_where_it_belongs_when_the_border_between_two_subprocesses_moves() -> None:
    old = around(inside("eins", "a", "b") + inside("zwei", "c"), "eins", "zwei")
    new = version(around(inside("eins", "a") + inside("zwei", "b", "c"), "eins", "zwei"))

    for before, expected in (("a", ["a", "eins_ende", "eins"]), ("b", ["b"])):
        running = case(old).start()
        if before == "b":
            running.do("a")
        done = len(running.completed())
        move(running, new, {"eins/b": "zwei/b"})
        running.do(before)

        assert running.completed()[done:][: len(expected)] == expected
        while running.waiting:
            running.do(running.waiting[0])
        assert running.outcome == "completed"
        assert [name for name in running.completed() if name in "abc"] == ["a", "b", "c"]


def fork_inside(key: str) -> str:
    fork = node("parallelGateway", "t") + user("a") + user("b") + node("parallelGateway", "z")
    return inside(key, "t", "a", "z", drawn=fork, more=flow("t", "b") + flow("b", "z"))


def test_parallel_branches_go_into_one_subprocess_together_with_who_waits_at_their_join() -> None:
    drawn = version(around(fork_inside("teil"), "teil"))
    where = {"a": "teil/a", "b": "teil/b", "z": "teil/z"}

    for first in ("", "a"):
        running = case(JOINED).start()
        if first:
            running.do(first)
        made = move(running, drawn, where)
        assert [event.element_id for event in made.events if event.kind == "element_activated"] == ["teil"]
        for name in running.waiting:
            running.do(name)
        assert (running.outcome, running.count("teil")) == ("completed", 1)


def test_parallel_branches_leave_a_subprocess_together() -> None:
    running = case(around(fork_inside("teil"), "teil")).start()
    running.do("a")

    move(running, version(JOINED), {"teil/b": "b", "teil/z": "z"})

    running.do("b")
    assert (running.outcome, running.count("z")) == ("completed", 1)


def test_two_arrivals_at_one_task_go_into_two_subprocesses() -> None:
    merged = FORK.replace("userTask", "task") + chain("s", "t") + flow("t", "a") + flow("t", "b") + node("exclusiveGateway", "m")
    merged += flow("a", "m") + flow("b", "m")
    running = case(merged + user("x") + chain("m", "x", "e")).start()
    assert running.waiting == ["x", "x"]

    move(running, version(merged + inside("teil", "x") + chain("m", "teil", "e")), {"x": "teil/x"})

    running.do("x")
    assert (running.waiting, running.count("teil")) == (["x"], 1)
    running.do("x")
    assert (running.outcome, running.count("teil")) == ("completed", 2)


def test_a_step_beside_a_running_subprocess_enters_just_that_one() -> None:
    old = (
        FORK.replace(user("b"), inside("teil", "b"))
        + chain("s", "t")
        + flow("t", "a")
        + flow("t", "teil")
        + chain("a", "e")
        + flow("teil", "e")
    )
    body = node("startEvent", "is") + node("parallelGateway", "it") + user("a") + user("b") + node("endEvent", "ie")
    body += chain("is", "it") + flow("it", "a") + flow("it", "b") + flow("a", "ie") + flow("b", "ie")
    running = case(old).start()

    made = move(running, version(around(node("subProcess", "teil", body), "teil")), {"a": "teil/a"})

    assert "element_activated" not in [event.kind for event in made.events]
    running.do("b")
    assert running.outcome is None
    running.do("a")
    assert (running.outcome, running.count("teil")) == ("completed", 1)


@pytest.mark.parametrize("sequential", [False, True])
def test_a_loop_goes_into_a_subprocess_with_all_its_rounds(sequential: bool) -> None:
    loop = multi(sequential=sequential, collection="=liste").replace('"eintrag"', '"x"')
    each = node("userTask", "a", loop)
    running = case(node("startEvent", "s") + each + node("endEvent", "e") + chain("s", "a", "e")).start(liste=[1, 2, 3])
    running.do("a")

    move(running, version(around(inside("teil", "a").replace(user("a"), each), "teil")), {"a": "teil/a"})

    running.do("a")
    assert all(wait.scope.startswith("teil/a#") for wait in running.waits.values())
    running.do("a")
    assert running.outcome == "completed"


def refused(source: str, target: definition.Definition, drawn: dict[str, str | None]) -> str:
    with pytest.raises(errors.InvalidInput) as fault:
        mapping.resolve(case(source).definition, target, drawn)
    return " ".join(fault.value.fields.values())


def test_a_loop_a_call_and_an_event_subprocess_are_neither_entered_nor_left_and_named() -> None:
    loop = multi(sequential=False, collection="=liste")
    looping = around(inside("teil", "a", inner=loop) + user("b"), "teil", "b")
    called = node("startEvent", "qs") + user("a") + node("endEvent", "qe") + chain("qs", "a", "qe")
    calling = around(node("callActivity", "ruf", calledElement="q") + user("b"), "ruf", "b")
    handler = event_subprocess("ep", node("startEvent", "hs", message("m_a")) + user("a") + node("endEvent", "he") + chain("hs", "a", "he"))

    for target, place, told in (
        (
            version(looping),
            "teil/a",
            "„teil“ ist Teilprozess mit Mehrfachausführung nebeneinander, dort kommt kein laufender Schritt hinein.",
        ),
        (version(calling, q=called), "ruf/a", "„ruf“ ist Aufrufaktivität ohne Wiederholung, dort kommt kein laufender Schritt hinein."),
        (
            version(line("b") + handler),
            "ep/a",
            "„ep“ ist Ereignis-Teilprozess ohne Wiederholung, dort kommt kein laufender Schritt hinein.",
        ),
    ):
        assert told in refused(LINE, target, {"a": place})
    assert "dort kommt kein laufender Schritt hinaus" in refused(looping, version(LINE), {"teil/a": "a"})


def test_a_subprocess_that_keeps_a_step_is_not_left_by_another() -> None:
    running = case(around(fork_inside("teil"), "teil")).start()
    body = node("startEvent", "is") + user("b") + node("endEvent", "ie") + chain("is", "b", "ie")
    split = FORK.replace(user("b"), node("subProcess", "teil", body)) + chain("s", "t") + flow("t", "a") + flow("t", "teil")

    assert reasons(running, version(split + flow("a", "e") + flow("teil", "e")), {"teil/a": "a"}) == [
        "„a“ läge nicht mehr in „teil“, wo aber „b“ bleibt. Entweder gehen alle offenen Schritte hinaus oder keiner."
    ]


def side_branch(around_it: bool) -> str:
    """Return a task with a non-interrupting message and a task behind it, alone or with a subprocess drawn around all three."""
    body = (
        user("a")
        + boundary("n", "a", message("m_a"), interrupting=False)
        + user("neben")
        + node("endEvent", "ne")
        + chain("n", "neben", "ne")
    )
    if not around_it:
        return node("startEvent", "s") + body + user("b") + node("endEvent", "e") + chain("s", "a", "b", "e")
    inner = node("startEvent", "is") + body + node("endEvent", "ie") + chain("is", "a", "ie")
    return around(node("subProcess", "teil", inner) + user("b"), "teil", "b")


def test_a_side_branch_that_is_left_alone_does_not_begin_a_subprocess_that_would_go_on_a_second_time() -> None:
    running = case(side_branch(False)).start()
    running.do("n")
    running.do("a")
    assert running.waiting == ["b", "neben"]

    assert reasons(running, version(side_branch(True)), {"a": "teil/a", "neben": "teil/neben"})[0] == (
        "Nach „teil“ ginge es weiter, wohin „neben“ bisher nicht führt; der Weg liefe zweimal."
    )


def test_a_side_branch_that_is_left_alone_does_not_leave_a_subprocess_whose_way_on_would_be_lost() -> None:
    running = case(side_branch(True)).start()
    running.do("n")
    running.do("a")
    assert running.waiting == ["neben"]

    assert reasons(running, version(side_branch(False)), {"teil/a": "a", "teil/neben": "neben"}) == [
        "Was nach „teil“ kommt, erreicht in der neuen Fassung kein offener Schritt daraus mehr."
    ]


def test_branches_that_become_a_sequence_inside_a_subprocess_are_refused() -> None:
    running = case(JOINED).start()

    told = reasons(running, version(around(inside("teil", "a", "b"), "teil")), {"a": "teil/a", "b": "teil/b"})

    assert "Von „a“ führt der Weg in der neuen Fassung zu „b“, wo der Vorgang auch schon steht; der Schritt liefe zweimal." in told


def test_the_proposal_guesses_that_a_step_went_into_a_subprocess_by_its_id() -> None:
    source, target = version(LINE), version(around(inside("teil", "a") + inside("rest", "b"), "teil", "rest"))

    pairs = {pair.source: (pair.target, pair.certain) for pair in mapping.propose(source, target)}

    assert pairs == {"a": ("teil/a", False), "b": ("rest/b", False)}


def test_a_moved_step_can_move_on_and_back_again() -> None:
    running: Case = case(LINE).start()
    deep = version(around(inside("aussen", "teil", drawn=inside("teil", "a")) + user("b"), "aussen", "b"))

    move(running, deep, {"a": "aussen/teil/a"})
    assert running.wait("a").scope == "aussen/teil"
    move(running, version(WRAPPED), {"aussen/teil": "teil"})
    assert running.wait("a").scope == "teil"
    move(running, version(LINE), {"teil/a": "a"})

    running.do("a")
    running.do("b")
    assert running.outcome == "completed"
