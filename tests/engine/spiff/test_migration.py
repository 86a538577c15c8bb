"""A running instance moves to another version of its diagram: what goes on, what is armed, closed, changed, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine import errors
from engine.protocol import Migration, Step, Stimulus
from engine.spiff import definition, mapping, migration
from tests.engine.spiff.bpmn import (
    INSTANCE,
    START,
    Case,
    boundary,
    case,
    chain,
    event_subprocess,
    file,
    flow,
    io,
    job,
    message,
    node,
    process,
    script,
    timer,
    user,
)  # fmt: skip


def line(*keys: str) -> str:
    """Return user tasks one after the other between start and end."""
    return node("startEvent", "s") + "".join(user(key) for key in keys) + node("endEvent", "e") + chain("s", *keys, "e")


LINE = line("a", "b")


def version(*bodies: str, **called: str) -> definition.Definition:
    return definition.build("p", {"p.bpmn": file(process("".join(bodies)), *(process(body, key=key) for key, body in called.items()))})


def move(running: Case, target: definition.Definition, drawn: dict[str, str | None] | None = None) -> Step:
    """Move the case; computed twice, from memory and from the stored state, and both must agree."""
    assert running.last is not None
    stimulus = Stimulus("migrated", name="Test", by="dora", migration=Migration(1, 2, drawn or {}))
    given = {"instance_id": INSTANCE, "business_key": "K1"}
    stored, _ = migration.migrate(running.definition, target, running.last.state, stimulus, running.now, **given)
    kept, live = migration.migrate(running.definition, target, running.live or running.last.state, stimulus, running.now, **given)
    assert stored == kept
    for gone in kept.closed:
        del running.waits[gone]
    running.waits |= {wait.id: wait for wait in kept.opened}
    for change in kept.changed:
        fields = {{"topic": "name", "key": "correlation"}.get(name, name): value for name, value in change.fields.items()}
        running.waits[change.id] = replace(running.waits[change.id], **fields)
    assert set(running.waits) == set(kept.open) or kept.outcome is not None
    running.definition, running.live, running.last = target, live, kept
    running.events += kept.events
    running.stimuli.append((stimulus, running.now))
    return kept


def reasons(running: Case, target: definition.Definition, drawn: dict[str, str | None] | None = None) -> list[str]:
    with pytest.raises(migration.Refused) as refused:
        move(running, target, drawn)
    return [reason.message for reason in refused.value.reasons]


def test_a_task_goes_on_under_its_id_and_the_inserted_one_follows() -> None:
    running = case(LINE).start()
    before = running.wait("a").id

    made = move(running, version(line("a", "neu", "b")))

    assert made.opened == made.closed == made.changed == ()
    assert running.wait("a").id == before
    running.do("a")
    assert running.waiting == ["neu"]
    running.do("neu")
    running.do("b")
    assert running.outcome == "completed"


def test_a_renamed_task_keeps_its_row_and_says_what_it_is_called_now() -> None:
    running = case(LINE).start()
    target = version(line("a_neu", "b"))

    made = move(running, target, {"a": "a_neu"})

    assert [(change.kind, change.fields) for change in made.changed] == [("user_task", {"element_id": "a_neu", "label": "a_neu"})]
    told = [event for event in made.events if event.kind == "element_migrated"]
    assert [(event.element_id, event.detail) for event in told] == [("a_neu", {"source": "a"})]


def test_a_name_that_is_an_expression_is_said_anew_only_where_it_is_drawn_otherwise() -> None:
    def drawn(name: str, *, group: str = "a") -> str:
        task = node("userTask", "a", camunda_candidateGroups=group).replace('name="a"', f'name="{name}"')
        return node("startEvent", "s") + task + node("endEvent", "e") + chain("s", "a", "e")

    def running() -> Case:
        return case(drawn("Fall ${nr}")).start(nr="F-1")

    assert [change.fields for change in move(running(), version(drawn("Akte ${nr}"))).changed] == [{"label": "Akte F-1"}]
    assert [change.fields for change in move(running(), version(drawn("Fall ${nr}", group="b"))).changed] == [{"candidate_groups": ("b",)}]
    assert [change.fields for change in move(running(), version(drawn("Fall"))).changed] == [{"label": "Fall"}]


def test_a_removed_task_is_refused_by_name_and_nothing_is_guessed() -> None:
    running = case(LINE).start()
    target = version(line("b"))

    assert reasons(running, target) == ["„a“ (Benutzeraufgabe) hat in der neuen Fassung keine Entsprechung."]
    assert running.waiting == ["a"]


def test_a_place_that_is_mapped_to_nowhere_is_refused_though_its_name_exists() -> None:
    running = case(LINE).start()

    assert reasons(running, version(LINE), {"a": None}) == ["„a“ (Benutzeraufgabe) hat in der neuen Fassung keine Entsprechung."]


def test_a_new_boundary_event_is_armed_a_vanished_one_closed_and_one_that_has_fired_stays_fired() -> None:
    def drawn(*boundaries: str) -> str:
        return node("startEvent", "s") + user("a") + node("endEvent", "e") + "".join(boundaries) + chain("s", "a", "e")

    once = boundary("alt", "a", timer("timeDuration", "P1D"), interrupting=False) + node("endEvent", "alt_e") + flow("alt", "alt_e")
    other = boundary("weg", "a", message("m_a")) + node("endEvent", "weg_e") + flow("weg", "weg_e")
    fresh = boundary("neu", "a", timer("timeDuration", "P7D")) + node("endEvent", "neu_e") + flow("neu", "neu_e")
    running = case(drawn(once, other)).start()
    running.do("alt")
    assert running.waiting == ["a", "weg"]

    move(running, version(drawn(once, fresh)))

    assert running.waiting == ["a", "neu"]
    assert running.wait("neu").due_at == START + timedelta(days=1 + 7)
    running.do("neu")
    assert running.outcome == "completed"


def test_a_timer_keeps_its_date_unless_it_is_drawn_otherwise() -> None:
    def drawn(duration: str, label: str) -> str:
        deadline = boundary("f", "a", timer("timeDuration", duration)).replace('name="f"', f'name="{label}"')
        return line("a") + deadline + flow("f", "e")

    running = case(drawn("P14D", "Frist")).start()
    running.now = START + timedelta(days=3)

    relabelled = move(running, version(drawn("P14D", "Neue Frist")))
    assert [change.fields for change in relabelled.changed] == [{"label": "Neue Frist"}]
    redrawn = move(running, version(drawn("P20D", "Neue Frist")))
    assert [change.fields for change in redrawn.changed] == [{"due_at": START + timedelta(days=23)}]


def test_a_form_groups_and_inputs_come_from_the_new_diagram_and_the_assignee_stays() -> None:
    def drawn(form: str, group: str, inputs: str) -> str:
        task = node("userTask", "a", inputs, camunda_formRef=form, camunda_candidateGroups=group, camunda_assignee='${"anna"}')
        return node("startEvent", "s") + task + node("endEvent", "e") + chain("s", "a", "e")

    running = case(drawn("alt", "eins", "")).start(betrag=5)

    made = move(running, version(drawn("neu", "zwei", io({"doppelt": "=betrag * 2"}))))

    (change,) = made.changed
    assert change.fields == {"form": "neu", "candidate_groups": ("zwei",), "variables": {"doppelt": 10}}
    running.do("a")
    assert running.variables == {"betrag": 5}


def test_a_job_takes_its_new_topic_and_keeps_its_id() -> None:
    def drawn(topic: str) -> str:
        return node("startEvent", "s") + job("j", topic) + node("endEvent", "e") + chain("s", "j", "e")

    running = case(drawn("alt")).start()

    made = move(running, version(drawn("neu")))

    assert [(change.id, change.kind, change.fields) for change in made.changed] == [(running.wait("j").id, "job", {"topic": "neu"})]


def test_tasks_inside_a_renamed_subprocess_and_a_call_move_with_it() -> None:
    inner = node("startEvent", "is") + user("x") + node("endEvent", "ie") + chain("is", "x", "ie")

    def drawn(key: str, around: str = "") -> str:
        return (
            node("startEvent", "s") + node("subProcess", key, inner + around) + node("callActivity", "ruf", calledElement="q")
            + node("endEvent", "e") + chain("s", key, "ruf", "e")
        )  # fmt: skip

    called = node("startEvent", "qs") + user("y") + node("endEvent", "qe") + chain("qs", "y", "qe")
    running = case(drawn("teil"), q=called).start()

    made = move(running, version(drawn("teil_neu"), q=called), {"teil": "teil_neu"})

    assert [change.fields for change in made.changed] == [{"scope": "teil_neu"}]
    running.do("x")
    move(running, version(drawn("teil_neu"), q=called.replace('name="y"', 'name="Y"')))
    running.do("y")
    assert running.outcome == "completed"


def test_a_task_goes_into_a_subprocess_only_where_somebody_says_so() -> None:
    inner = node("startEvent", "is") + user("a") + node("endEvent", "ie") + chain("is", "a", "ie")
    target = version(node("startEvent", "s") + node("subProcess", "teil", inner) + node("endEvent", "e") + chain("s", "teil", "e"))
    running = case(LINE).start()

    assert reasons(running, target) == ["„a“ (Benutzeraufgabe) hat in der neuen Fassung keine Entsprechung."]
    assert running.waiting == ["a"]
    assert move(running, target, {"a": "teil/a"}).changed[0].fields == {"scope": "teil"}


def test_a_new_event_subprocess_is_armed_and_a_vanished_one_closed() -> None:
    def drawn(key: str, reference: str) -> str:
        start = node("startEvent", f"{key}_s", message(reference), isInterrupting="false")
        return LINE + event_subprocess(key, start + node("endEvent", f"{key}_e") + chain(f"{key}_s", f"{key}_e"))

    running = case(drawn("alt", "m_a")).start()
    assert running.waiting == ["a", "alt_s"]

    move(running, version(drawn("neu", "m_b")))

    assert running.waiting == ["a", "neu_s"]
    running.do("neu_s")
    assert running.waiting == ["a", "neu_s"]


def test_nothing_new_is_armed_where_an_interrupting_event_subprocess_has_taken_over() -> None:
    def drawn(more: str = "") -> str:
        inner = node("startEvent", "x_s", message("m_a")) + user("x") + node("endEvent", "x_e") + chain("x_s", "x", "x_e")
        return LINE + event_subprocess("ep", inner) + more

    running = case(drawn()).start()
    running.do("x_s")
    assert running.waiting == ["x"]
    more = event_subprocess("neu", node("startEvent", "n_s", message("m_b")) + node("endEvent", "n_e") + chain("n_s", "n_e"))

    move(running, version(drawn(more)))

    assert running.waiting == ["x"]


FORK = node("startEvent", "s") + node("parallelGateway", "t") + user("a") + user("b") + node("endEvent", "e")
JOINED = (
    FORK + node("parallelGateway", "z") + chain("s", "t") + flow("t", "a") + flow("t", "b") + flow("a", "z") + flow("b", "z") + flow("z", "e")
)  # fmt: skip


def test_a_join_that_loses_the_way_it_waited_for_goes_on() -> None:
    running = case(JOINED).start()
    running.do("a")
    alone = (
        node("startEvent", "s") + node("parallelGateway", "t") + user("a") + user("b") + node("endEvent", "e") + node("endEvent", "e2")
        + node("parallelGateway", "z") + chain("s", "t") + flow("t", "a") + flow("t", "b") + flow("a", "z") + flow("b", "e2") + flow("z", "e")
    )  # fmt: skip

    move(running, version(alone))

    assert running.waiting == ["b"]
    assert running.count("z") == 1
    running.do("b")
    assert running.outcome == "completed"


def test_a_join_with_a_new_way_that_never_began_is_refused() -> None:
    running = case(JOINED).start()
    three = JOINED + user("c") + flow("t", "c") + flow("c", "z")

    assert reasons(running, version(three)) == ["An „z“ würde der Vorgang auf einen Zweig warten, der für ihn nie begonnen wurde."]


def test_two_branches_drawn_one_after_the_other_are_refused() -> None:
    running = case(JOINED).start()

    assert [text for text in reasons(running, version(LINE)) if "zweimal" in text]


def test_two_branches_cannot_become_one_step() -> None:
    running = case(JOINED).start()

    assert reasons(running, version(JOINED + user("c") + flow("t", "c") + flow("c", "z")), {"a": "c", "b": "c"})[0] == (
        "„b“ und „a“ würden zu demselben Schritt."
    )


def test_an_event_gateway_gains_and_loses_events() -> None:
    def drawn(*keys: str) -> str:
        events = {"m": message("m_a"), "f": timer("timeDuration", "P3D"), "n": message("m_b")}
        return (
            node("startEvent", "s") + node("eventBasedGateway", "g") + node("endEvent", "e")
            + "".join(node("intermediateCatchEvent", key, events[key]) + flow("g", key) + flow(key, "e") for key in keys) + flow("s", "g")
        )  # fmt: skip

    running = case(drawn("m", "f")).start()

    move(running, version(drawn("f", "n")))

    assert running.waiting == ["f", "n"]
    running.do("n")
    assert running.outcome == "completed"


def test_rounds_of_a_multi_instance_go_on_and_another_kind_of_loop_is_refused() -> None:
    def drawn(key: str, sequential: str) -> str:
        loop = (
            f'<bpmn:multiInstanceLoopCharacteristics isSequential="{sequential}" camunda:collection="=liste" camunda:elementVariable="x"/>'
        )
        return node("startEvent", "s") + node("userTask", key, loop) + node("endEvent", "e") + chain("s", key, "e")

    running = case(drawn("a", "false")).start(liste=[1, 2, 3])
    running.do("a")

    made = move(running, version(drawn("neu", "false")), {"a": "neu"})
    assert {change.fields["scope"] for change in made.changed} == {"neu#2", "neu#3"}
    with pytest.raises(errors.InvalidInput) as refused:
        mapping.resolve(running.definition, version(drawn("neu", "true")), {"neu": "neu"})
    assert "mit Mehrfachausführung nacheinander" in refused.value.fields["neu"]
    running.do("neu")
    running.do("neu")
    assert running.outcome == "completed"


def test_the_proposal_is_certain_by_name_and_a_marked_guess_by_likeness() -> None:
    source = version(line("anschrift_klaeren", "rest", "fort"))
    target = version(line("anschrift_pruefen_und_klaeren", "rest", "xxxxx"))

    found = {pair.source: (pair.target, pair.certain) for pair in mapping.propose(source, target)}

    assert found == {
        "anschrift_klaeren": ("anschrift_pruefen_und_klaeren", False),
        "rest": ("rest", True),
        "fort": (None, False),
    }


def test_what_is_inside_a_guessed_subprocess_follows_it() -> None:
    inner = node("startEvent", "is") + user("x") + node("endEvent", "ie") + chain("is", "x", "ie")

    def drawn(key: str) -> definition.Definition:
        return version(node("startEvent", "s") + node("subProcess", key, inner) + node("endEvent", "e") + chain("s", key, "e"))

    found = {pair.source: (pair.target, pair.certain) for pair in mapping.propose(drawn("teilprozess"), drawn("teilprozess_2"))}

    assert found == {"teilprozess": ("teilprozess_2", False), "teilprozess/x": ("teilprozess_2/x", False)}


@pytest.mark.parametrize(
    ("drawn", "told"),
    [
        ({"gibt_es_nicht": "a"}, "alten Fassung nicht"),
        ({"a": "gibt_es_nicht"}, "neuen Fassung nicht"),
        ({"a": "e"}, "ist Benutzeraufgabe"),
        ({"": ""}, "alten Fassung nicht"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused_entry_by_entry(drawn: dict[str, str | None], told: str) -> None:
    with pytest.raises(errors.InvalidInput) as refused:
        mapping.resolve(version(LINE), version(LINE), drawn)

    assert told in next(iter(refused.value.fields.values()))


def test_a_condition_and_a_script_behind_the_move_run_in_the_new_version() -> None:
    running = case(LINE).start(betrag=3)
    target = version(
        node("startEvent", "s") + user("a") + script("r", "doppelt", "betrag * 2") + node("endEvent", "e") + chain("s", "a", "r", "e")
    )

    move(running, target)
    running.do("a")

    assert running.outcome == "completed"
    assert running.variables["doppelt"] == 6


def test_who_waits_at_an_inclusive_join_goes_on_when_the_other_way_no_longer_leads_there() -> None:
    def drawn(behind_a: str) -> str:
        elements = (
            node("startEvent", "s") + node("parallelGateway", "f") + user("a") + user("b") + node("inclusiveGateway", "j") + user("z")
        )
        return elements + node("endEvent", "e") + chain("s", "f", "a", behind_a) + chain("f", "b", "j", "z", "e")

    running = case(drawn("j")).start()
    running.do("b")
    assert running.waiting == ["a"]

    move(running, version(drawn("e")))

    assert running.waiting == ["a", "z"]


def test_a_cycle_that_is_drawn_otherwise_begins_anew_now() -> None:
    def drawn(cycle: str) -> str:
        reminder = boundary("b", "a", timer("timeCycle", cycle), interrupting=False) + node("endEvent", "b_e") + flow("b", "b_e")
        return node("startEvent", "s") + user("a") + node("endEvent", "e") + reminder + chain("s", "a", "e")

    running = case(drawn("R3/P1D")).start()
    running.now += timedelta(hours=5)

    made = move(running, version(drawn("R5/P7D")))

    assert [change.fields for change in made.changed] == [{"due_at": running.now + timedelta(days=7)}]


def test_a_boundary_condition_sees_the_input_that_is_newly_drawn_at_its_activity() -> None:
    def drawn(expected: int, extensions: str = "") -> str:
        holds = '<bpmn:conditionalEventDefinition><bpmn:condition xsi:type="bpmn:tFormalExpression" language="feel">'
        watch = boundary("b", "a", f"{holds}x = {expected}</bpmn:condition></bpmn:conditionalEventDefinition>") + chain("b", "z")
        return (
            node("startEvent", "s")
            + user("a", extensions)
            + watch
            + user("z")
            + node("endEvent", "e")
            + chain("s", "a", "e")
            + chain("z", "e")
        )

    running = case(drawn(6)).start()

    move(running, version(drawn(7, io({"x": "=7"}))))

    assert running.waiting == ["z"]
