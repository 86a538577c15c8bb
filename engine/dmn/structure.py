"""What the structure of a DMN file has wrong: parts that would be ignored, names for two things, requirements that lead nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lxml import etree

from engine import xml
from engine.dmn import model

if TYPE_CHECKING:
    from engine.dmn.reader import Reader

DRAWN = frozenset({"definitions", "textAnnotation", "association", "elementCollection"})


def unsupported(reader: Reader, root: etree._Element) -> None:
    """Tell what would be ignored, and ids that two elements bear."""
    seen: dict[str, int] = {}
    for element in root.iter("*"):
        kind, identity = xml.local(element), element.get("id") if xml.namespace(element) == xml.namespace(root) else None
        if kind == "import":
            reader.fault(element, "Ein Import aus einer anderen Datei wird nicht gelesen.", "Bitte die Entscheidungen in eine Datei legen.")
        elif kind == "decisionService":
            remedy = "Prozesse rufen die Entscheidungen darin unmittelbar auf; der Dienst kann entfallen."
            reader.fault(element, "Ein Entscheidungsdienst wird nicht ausgeführt.", remedy, warning=True)
        if identity and kind not in DRAWN:
            if identity in seen:
                text = f"Die Kennung „{identity}“ kommt zweimal vor (auch in Zeile {seen[identity]})."
                reader.fault(element, text, "Bitte jede Kennung nur einmal verwenden.")
            seen.setdefault(identity, xml.line(element))


def references(reader: Reader, decisions: Mapping[str, model.Decision], knowledge: Mapping[str, model.KnowledgeModel]) -> None:
    """Tell requirements that lead nowhere, and those that lead in a circle."""
    needs = {d.id: d.requires + d.knowledge for d in decisions.values()} | {k.id: k.knowledge for k in knowledge.values()}
    for decision in decisions.values():
        for needed in decision.requires:
            if needed not in decisions:
                text = f"Die benötigte Entscheidung „{needed}“ gibt es in dieser Datei nicht."
                reader.add(decision.place, text, "Bitte die Verbindung prüfen.")
    owners: list[model.Decision | model.KnowledgeModel] = [*decisions.values(), *knowledge.values()]
    for owner in owners:
        for needed in owner.knowledge:
            if needed not in knowledge:
                reader.add(owner.place, f"Das benötigte Wissensmodell „{needed}“ gibt es nicht.", "Bitte die Verbindung prüfen.")
        if _reaches(needs, owner.id):
            text = f"„{owner.place.label}“ hängt über seine Verbindungen von sich selbst ab."
            reader.add(owner.place, text, "Bitte den Kreis auflösen.")


def _reaches(needs: Mapping[str, tuple[str, ...]], start: str) -> bool:
    """Return whether following the requirements from `start` leads back to it."""
    todo, seen = list(needs.get(start, ())), set()
    while todo:
        current = todo.pop()
        if current == start:
            return True
        if current not in seen:
            seen.add(current)
            todo += needs.get(current, ())
    return False
