"""What follows from a task, told from our own diagrams."""

from __future__ import annotations

from api import model_files, outlook
from engine.spiff import definition


def _told(process: str, element: str) -> outlook.Outlook:
    files = {name: content for name, content in model_files.own().items() if name.endswith(".bpmn")}
    return outlook.of(definition.build(process, files), element)


def test_each_choice_of_a_task_names_where_it_leads() -> None:
    told = _told("mahnung", "kleinbetrag_pruefen")

    assert told.question == "Entscheidung?"
    assert {branch.choice: branch.steps[0] for branch in told.branches} == {
        "ausbuchen": "Ausbuchung vorgeschlagen", "vollstrecken": "Gesperrt? (nein, ja)",
    }  # fmt: skip


def test_a_task_without_a_choice_names_the_next_steps() -> None:
    told = _told("innendienst", "ermittlung_planen")

    assert told.branches == ()
    assert told.steps[0] == "Abfragen festhalten"


def test_what_happens_to_a_task_left_lying_is_told() -> None:
    told = _told("pfaendung", "drittschuldnererklaerung_erfassen")

    assert [(branch.choice, branch.steps[0]) for branch in told.meanwhile] == [("Frist vorbei", "Bündel prüfen")]


def test_an_element_that_is_not_drawn_has_no_outlook() -> None:
    assert _told("mahnung", "gibt_es_nicht") == outlook.Outlook()
