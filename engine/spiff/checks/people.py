"""Findings about tasks for people: who gets them, who may begin a process, who may not do both of two tasks, and their forms."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from engine import feel
from engine.spiff import model
from engine.spiff.checks.gathered import Gathered

ROLES = "Die Rollen stehen in docs/design.md."


def check(drawn: Sequence[tuple[Gathered, model.Process]]) -> None:
    """Add the findings of all processes at hand to theirs."""
    user_tasks = {element.id for _, process in drawn for element in model.walk(process.elements) if element.kind == "user_task"}
    for check_, process in drawn:
        if check_.known.roles is not None:
            _unknown_roles(check_, process, process.candidate_starters)
        for element in model.walk(process.elements):
            if element.kind == "user_task":
                _user_task(check_, element)
            _four_eyes(check_, element, user_tasks)


def _user_task(check_: Gathered, element: model.Element) -> None:
    people = element.assignment
    groups = people.candidate_groups
    if check_.known.topics is not None and people.assignee is None and groups is None and people.candidate_users is None:
        text = "Die Aufgabe sieht nur die Leitung: Weder Bearbeiter noch Gruppe sind genannt."
        check_.add(element, text, f"Bitte eine Gruppe angeben. {ROLES}", warning=True)
    if check_.known.roles is not None and groups is not None and groups.kind == "literal":
        _unknown_roles(check_, element, (group.strip() for group in groups.source.split(",") if group.strip()))


def _unknown_roles(check_: Gathered, place: model.Element | model.Process, named: Iterable[str]) -> None:
    roles = check_.known.roles or frozenset()
    for role in named:
        if role not in roles:
            text = f"Die Rolle „{role}“ gibt es nicht; niemand hat sie.{feel.meant(role, roles)}"
            check_.add(place, text, f"Erlaubt sind {', '.join(sorted(roles))}. {ROLES}", warning=True)


def _four_eyes(check_: Gathered, element: model.Element, user_tasks: Collection[str]) -> None:
    other = element.properties.get("four_eyes_of")
    if other is None:
        return
    if element.kind != "user_task":
        check_.add(element, "Die Eigenschaft „four_eyes_of“ wirkt nur an einer Benutzeraufgabe.", "Bitte dort eintragen.")
    elif other not in user_tasks or other == element.id:
        text = f"Die Benutzeraufgabe „{other}“, die eine zweite Person prüfen soll (four_eyes_of), gibt es nicht: Das Vier-Augen-Prinzip gälte nicht."
        check_.add(element, text, "Bitte die Kennung der vorbereitenden Aufgabe eintragen.")
