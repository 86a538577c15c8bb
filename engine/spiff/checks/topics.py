"""Findings about jobs: a topic that nobody serves, inputs that it needs or does not know, a letter that does not exist."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from engine import feel
from engine.protocol import TopicOffer
from engine.spiff import model
from engine.spiff.checks.gathered import Gathered
from engine.spiff.expressions import Expression

TEXT = re.compile(r'"([^"\\]*)"')
ALIKE = 0.75  # an input is compared with the few that its topic has


def check(check_: Gathered, element: model.Element) -> None:
    """Add what is to be said of the element's topic, where it names one."""
    topics = check_.known.topics
    topic = _constant(element.topic) or ""
    if topic.startswith("io.camunda") and topic not in (topics or ()):
        remedy = "Bitte die Vorlage entfernen und den Typ eines Topics oder eines eigenen Workers eintragen."
        check_.add(element, f"Der Connector „{topic}“ wird nicht ausgeführt.", remedy)
    elif topic and topics is not None and topic not in topics:
        remedy = "Ein eigener Worker kann es bedienen; die Topics der Plattform stehen in docs/design.md."
        check_.add(element, f"Das Topic „{topic}“ bedient niemand.{feel.meant(topic, topics)}", remedy, warning=True)
    elif topic and topics is not None:
        offer, given = topics[topic], {parameter.target for parameter in element.inputs}
        for needed in offer.inputs:
            if needed not in given:
                check_.add(element, f"Das Topic „{topic}“ braucht den Eingabeparameter „{needed}“.", "Bitte unter „Inputs“ ergänzen.")
        _variant(check_, element, topic, offer, given)
        _choices(check_, element, topic, offer)
        _unknown(check_, element, topic, offer, given)
        letter = _given(element, "vorlage")
        if letter in offer.variants and letter not in check_.known.letters:
            remedy = "Bitte die Vorlage mit bereitstellen oder den Namen berichtigen."
            check_.add(element, f"Die Briefvorlage „{letter}“ gibt es nicht.", remedy)


def _variant(check_: Gathered, element: model.Element, topic: str, offer: TopicOffer, given: set[str]) -> None:
    """Tell what the fixed value of the choosing input calls for and the task does not give."""
    chosen = _given(element, offer.chosen_by)
    for needed in offer.variants.get(chosen or "", ()):
        if needed not in given:
            text = f"Das Topic „{topic}“ braucht für „{chosen}“ den Eingabeparameter „{needed}“."
            check_.add(element, text, "Bitte unter „Inputs“ ergänzen.")


def _choices(check_: Gathered, element: model.Element, topic: str, offer: TopicOffer) -> None:
    """Tell a fixed value that is none of those that the topic knows for the input."""
    choices = {**offer.choices, **({offer.chosen_by: tuple(offer.variants)} if offer.chosen_by else {})}
    for name, allowed in choices.items():
        value = _given(element, name)
        if value is not None and value not in allowed:
            text = f"Das Topic „{topic}“ kennt für „{name}“ den Wert „{value}“ nicht.{feel.meant(value, allowed)}"
            check_.add(element, text, f"Erlaubt sind: {', '.join(sorted(allowed))}.")


def _unknown(check_: Gathered, element: model.Element, topic: str, offer: TopicOffer, given: set[str]) -> None:
    """Tell of inputs that neither the topic reads nor another mapping of the task."""
    readable = {*offer.inputs, *offer.optional, *(name for names in offer.variants.values() for name in names)}
    for name in sorted(given - readable - set(_read_by_mappings(element))):
        alike = difflib.get_close_matches(name, sorted(readable - given), 1, ALIKE)
        meant = f"; gemeint ist vielleicht „{alike[0]}“" if alike else ""
        remedy = "Bitte den Namen berichtigen." if alike else "Niemand liest sie; bitte entfernen oder den Namen prüfen."
        check_.add(element, f"Die Eingabe „{name}“ kennt das Topic „{topic}“ nicht{meant}.", remedy, warning=True)


def _read_by_mappings(element: model.Element) -> Iterator[str]:
    """Yield the names that the outputs read, and in Camunda 8 the inputs after them."""
    for parameter in (*element.outputs, *(element.inputs if element.inputs_chained else ())):
        yield from parameter.value.names


def _given(element: model.Element, name: str | None) -> str | None:
    """Return the fixed text that an input is given, None where it is computed or not given."""
    return next((_constant(parameter.value) for parameter in element.inputs if parameter.target == name), None)


def _constant(value: Expression | None) -> str | None:
    """Return the text that an expression always is: typed as such, or as `="text"`."""
    if value is None or value.kind == "literal":
        return None if value is None else value.source
    found = TEXT.fullmatch(value.source.strip())
    return found[1] if found else None
