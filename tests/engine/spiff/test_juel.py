"""JUEL as real Camunda 7 models write it: the same value as there, or refused by name with what to use instead.

Where JUEL and FEEL differ, JUEL's meaning holds. Two differences to Camunda are meant and stand at the end.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import feel
from engine.spiff import expressions, juel

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 28, 11, 0, tzinfo=UTC)  # 12:00 in Berlin; the clocks go forward in the night
VARIABLES: dict[str, object] = {
    "betrag": Decimal("84.50"), "status": "offen", "freigegeben": True, "gesperrt": False, "name": "Müller", "leer": "", "nichts": None,
    "liste": [Decimal(10), Decimal(20)], "keine": [], "kunde": {"name": "Meier", "ort": {"plz": "32756"}, "for": 1}, "zahl": "150",
    "wort": "ja", "wahr": "true", "anzahl": Decimal(3), "tag": date(2026, 8, 1), "morgen": date(2026, 8, 2), "plz": "03044",
    "currentUser": "anna", "in": Decimal(7), "Straße": "Weg", "app_message_name": "zahlung",
}  # fmt: skip


def value(text: str) -> object:
    return expressions.read(text).value(VARIABLES, now=NOW, functions=())[0]


@pytest.mark.parametrize(("text", "result"), [
    # a variable, alone: 272 of 471 expressions in the models
    ("${betrag}", Decimal("84.50")), ("#{betrag}", Decimal("84.50")), ("${ status }", "offen"), ("${nichts}", None), ("${fehlt}", None),
    ("${freigegeben}", True), ("${Straße}", "Weg"), ("${in}", Decimal(7)), ("${liste}", [Decimal(10), Decimal(20)]),
    ("${app_message_name}", "zahlung"), ("${currentUser()}", "anna"),
    ("${execution.getVariable('betrag')}", Decimal("84.50")), ('${execution.getVariable("fehlt") == null}', True),
    # not
    ("${!freigegeben}", False), ("${not freigegeben}", False), ("${!gesperrt}", True), ("${not gesperrt}", True), ("${!nichts}", True),
    ("${!wahr}", False), ("${!!freigegeben}", True),
    # comparisons
    ("${betrag > 50}", True), ("${betrag >= 84.5}", True), ("${betrag < 50}", False), ("${betrag <= 84.50}", True),
    ("${betrag == 84.5}", True), ("${betrag != 84.5}", False), ("${status == 'offen'}", True), ('${status == "offen"}', True),
    ("${status != 'offen'}", False), ("${'offen' eq status}", True), ("${betrag gt 50}", True), ("${betrag lt 50}", False),
    ("${betrag ge 84.5}", True), ("${betrag le 10}", False), ("${status ne 'zu'}", True), ("${freigegeben == true}", True),
    ("${freigegeben == 'true'}", True), ("${gesperrt != true}", True), ("${betrag == null}", False), ("${nichts == null}", True),
    ("${nichts != null}", False), ("${fehlt == null}", True), ("${null == nichts}", True), ("${tag < morgen}", True),
    ("${tag >= morgen}", False), ("${'a' < 'b'}", True), ("${1 < 2 == true}", True), ("${-5 < betrag}", True),
    # texts that are numbers, and numbers that are texts
    ("${zahl > 100}", True), ("${zahl == 150}", True), ("${betrag > '50'}", True), ("${'5' == 5.0}", True), ("${plz == '03044'}", True),
    ("${plz == 3044}", True), ("${wort == 5}", False), ("${anzahl == '3'}", True),
    # nothing is before or after null
    ("${nichts > 5}", False), ("${nichts < 5}", False), ("${nichts <= 5}", False), ("${nichts <= null}", True), ("${!(nichts > 5)}", True),
    ("${(nichts > 5) == false}", True),
    # and, or
    ("${betrag > 50 && status == 'offen'}", True), ("${betrag > 100 || status == 'offen'}", True),
    ("${betrag > 100 and status == 'offen'}", False), ("${gesperrt or freigegeben}", True), ("${!gesperrt && freigegeben}", True),
    ("${gesperrt || gesperrt && freigegeben}", False), ("${nichts && freigegeben}", False), ("${nichts != null && nichts > 5}", False),
    ("${freigegeben == true && !gesperrt || false}", True), ("${wahr and freigegeben}", True),
    # empty
    ("${empty leer}", True), ("${empty nichts}", True), ("${empty fehlt}", True), ("${empty keine}", True), ("${empty liste}", False),
    ("${empty status}", False), ("${not empty liste}", True), ("${!empty kunde.name}", True), ("${empty betrag}", False),
    # ? :
    ("${betrag > 50 ? 'gross' : 'klein'}", "gross"), ("${gesperrt ? 1 : freigegeben ? 2 : 3}", Decimal(2)), ("${nichts ? 'x' : 'y'}", "y"),
    ("${empty leer ? status : leer}", "offen"),
    # inside of values
    ("${kunde.name}", "Meier"), ("${kunde.ort.plz}", "32756"), ("${kunde['name']}", "Meier"), ("${kunde.for}", 1), ("${nichts.name}", None),
    ("${kunde.fehlt}", None), ("${liste[0]}", Decimal(10)), ("${liste[1]}", Decimal(20)), ("${liste[anzahl - 2]}", Decimal(20)),
    ("${liste[7]}", None), ("${kunde.name == 'Meier'}", True), ("${liste.size()}", Decimal(2)), ("${liste.size() > 1}", True),
    ("${keine.size() == 0}", True),
    # methods that change nothing
    ("${status.equals('offen')}", True), ("${!status.equals('zu')}", True), ("${nichts.equals('x')}", False), ("${betrag.equals('84.5')}", False),
    ("${name.equalsIgnoreCase('mÜLLER')}", True), ("${status.contains('ff')}", True), ("${liste.contains(20)}", True), ("${liste.contains(5)}", False),
    ("${liste.isEmpty()}", False), ("${keine.isEmpty() && leer.isEmpty()}", True), ("${kunde.containsKey('name')}", True), ("${liste.get(1)}", Decimal(20)),
    ("${kunde.get('name')}", "Meier"), ("${status.length() + 1}", Decimal(6)), ("${name.toLowerCase()}", "müller"), ("${name.toUpperCase()}", "MÜLLER"),
    ("${status.startsWith('of') and status.endsWith('n')}", True), ("${betrag.toString()}", "84.5"),
    ("${execution.getVariable('status').equals('offen')}", True),
    ("${execution.hasVariable('status')}", True), ("${execution.hasVariable('fehlt')}", False),
    # numbers
    ("${betrag + 10}", Decimal("94.50")), ("${betrag * 2 - 9}", Decimal(160)), ("${(anzahl + 1) / 8}", Decimal("0.5")),
    ("${7 div 2}", Decimal("3.5")), ("${7 mod 2}", Decimal(1)), ("${-7 % 3}", Decimal(-1)), ("${nichts + 5}", Decimal(5)),
    ("${zahl + 1}", Decimal(151)), ("${1 + 2 * 3}", Decimal(7)), ("${1.5e2}", Decimal(150)), ("${-anzahl}", Decimal(-3)),
    ("${.5 + 0}", Decimal("0.5")),
    # in texts
    ("Fall ${name}", "Fall Müller"), ("${name} schuldet ${betrag} Euro", "Müller schuldet 84.5 Euro"), ("${name}${status}", "Mülleroffen"),
    ("A-${anzahl}", "A-3"), ("<${nichts}>", "<>"), ("Kosten: \\${5}", "Kosten: ${5}"), ("seit ${tag}", "seit 2026-08-01"),
    ('sagt "${status}"', 'sagt "offen"'),
    # braces, quotes and signs inside texts
    ("${'}'}", "}"), ("${'{' == '}'}", False), ("${status == '${offen}'}", False), ('${"a\\"b"}', 'a"b'), ("${'it\\'s'}", "it's"),
    ("${'a && b'}", "a && b"), ("x${'}'}y${\"{\"}z", "x}y{z"), ("${'C:\\\\Ordner'}", "C:\\Ordner"),
])  # fmt: skip
def test_an_expression_has_the_value_that_camunda_gives_it(text: str, result: object) -> None:
    assert value(text) == result
    assert isinstance(value(text), bool) == isinstance(result, bool)


@pytest.mark.parametrize(("text", "result"), [
    ("${now()}", "2026-03-28T12:00:00"), ("${dateTime()}", "2026-03-28T12:00:00"),
    ("${dateTime().plusWeeks(1).toDate()}", "2026-04-04T12:00:00"), ("${dateTime().plusDays(1).toDate()}", "2026-03-29T12:00:00"),
    ("${dateTime().plusHours(24)}", "2026-03-29T13:00:00"),  # the night has 23 hours
    ("${dateTime().plusMonths(1).minusDays(3).toDate()}", "2026-04-25T12:00:00"),
    ("${dateTime().minusMonths(1).toDate()}", "2026-02-28T12:00:00"), ("${dateTime().plusDays(3).plusMonths(11)}", "2027-02-28T12:00:00"),
    ("${dateTime().plusYears(2)}", "2028-03-28T12:00:00"), ("${dateTime().plusMinutes(90)}", "2026-03-28T13:30:00"),
    ("${dateTime().minusSeconds(30)}", "2026-03-28T11:59:30"), ("${dateTime().plusDays(anzahl)}", "2026-03-31T12:00:00"),
    ("${dateTime().plusDays(anzahl * 2 + 1).toDate()}", "2026-04-04T12:00:00"), ("${now().plusWeeks(-1)}", "2026-03-21T12:00:00"),
])  # fmt: skip
def test_dates_are_counted_on_the_clock_of_berlin(text: str, result: str) -> None:
    assert value(text) == datetime.fromisoformat(result).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(("text", "named", "instead"), [
    ("${mailService.send(betrag)}", "send()", "externe Aufgabe"), ("${myBean.check()}", "check()", "externe Aufgabe"),
    ("${rechne(betrag)}", "rechne()", "externe Aufgabe"), ("${execution.activityInstanceId}", "execution", "Variable selbst"),
    ("${execution.getVariable(name)}", "execution", "Variable selbst"), ("${execution.id}", "execution", "Variable selbst"),
    ("#{execution.setVariable('x', 1)}", "execution", "Variable selbst"),
    ("${task.assignee}", "task", "FEEL"), ("${name.substring(1)}", "substring()", "=substring"), ("${liste.add(5)}", "add()", "FEEL"),
    ("${execution.getProcessBusinessKey}", "execution", "processBusinessKey"), ("${execution.processBusinessKey()}", "execution", "Variable selbst"),
    ("${S(antwort).prop('x').value()}", "S()", "gewöhnliche Variable"), ("${antwort.prop('x').value()}", "prop()", "gewöhnliche Variable"),
    ("${dateTime().withHourOfDay(8).toDate()}", "withHourOfDay()", "FEEL"),
    ("${currentUserGroups()}", "currentUserGroups()", "FEEL"), ("${x instanceof String}", "instanceof", "FEEL"),
    ("${dateTime('2026-01-01')}", "dateTime()", "FEEL"), ("${java.lang.System.exit(1)}", "exit()", "FEEL"),
    ("${''.getClass().forName('java.lang.Runtime')}", "getClass()", "FEEL"), ("${__import__('os').getpid()}", "__import__()", "FEEL"),
])  # fmt: skip
def test_beans_and_methods_are_refused_by_name_with_what_to_use_instead(text: str, named: str, instead: str) -> None:
    with pytest.raises(expressions.NotSupported) as refused:
        expressions.read(text)

    assert f"„{named}“" in str(refused.value)
    assert instead in str(refused.value)


@pytest.mark.parametrize("text", [
    "${", "${}", "${betrag", "${betrag >}", "${(betrag}", "${betrag ? 1}", "${betrag ? 1 : }", "${liste[0}", "${betrag &}", "${a b}", "${a..b}",
    "${currentUser(}", "${'offen}", "${5 5}", "${[1,2]}", "${a = 5}", "${a; b}", "${kunde.}", "${!}", "x ${betrag} y ${", "${a -> b}",
    "${" + "(" * 3000 + "1" + ")" * 3000 + "}", "${" + "!" * 3000 + "a}", "${" + "a" * 5000 + "}", "${" + "-" * 3000 + "1}",
    "${" + "a?" * 1500 + "1}",
])  # fmt: skip
def test_what_cannot_be_read_is_refused_and_never_crashes(text: str) -> None:
    with pytest.raises(expressions.NotSupported):
        expressions.read(text)


@pytest.mark.parametrize(("text", "said"), [
    ("${wort > 5}", "„ja“ ist keine Zahl"), ("${wort + 1}", "„ja“ ist keine Zahl"), ("${freigegeben > 1}", "„true“ ist keine Zahl"),
    ("${tag > 'heute'}", "lassen sich nicht der Größe nach vergleichen"), ("${betrag ? 1 : 2}", "weder wahr noch falsch"),
    ("${status.name}", "„offen“ hat kein „name“"), ("${nichts.size()}", "Nichts (null) ist keine Liste"), ("${5 % 0}", "nicht teilen"),
    ("${tag.plusDays(1)}", "ist kein Zeitpunkt"), ("${now().plusDays(1.5)}", "ganze Zahl"), ("${now().plusDays(99999999)}", "ganze Zahl"),
    ("${betrag.startsWith('8')}", "startsWith() geht bei „84.5“ nicht"), ("${liste.toLowerCase()}", "toLowerCase() geht bei"),
    ("${now().plusYears(9000)}", "außerhalb des Kalenders"),
])  # fmt: skip
def test_what_has_no_value_is_told_in_german_without_our_names(text: str, said: str) -> None:
    with pytest.raises(feel.FeelError) as told:
        value(text)

    assert said in str(told.value)
    assert "juel" not in str(told.value)


def test_the_variables_that_are_read_are_known_and_our_functions_are_not_called_unknown() -> None:
    read = expressions.read("${betrag > grenze && kunde.name == 'x' ? empty a : b[0]}")

    assert read.names == {"betrag", "grenze", "kunde", "a", "b"}
    assert read.calls == set()


def test_our_functions_cannot_be_called_from_a_diagram() -> None:
    written = expressions.read("=juel_equal(1, 1)")

    assert written.calls == {"juel_equal"}  # which the check calls unknown
    assert written.value({}, now=NOW, functions=())[0] is None


@pytest.mark.parametrize(("language", "text"), [("javascript", "x > 1"), ("groovy", "x > 1"), ("python", "x > 1"), ("freemarker", "${x}")])
def test_other_languages_are_refused_by_name(language: str, text: str) -> None:
    with pytest.raises(expressions.NotSupported, match=f"„{language}“"):
        expressions.read(text, language=language)


def test_what_camunda_stops_at_goes_on_here_as_null() -> None:
    """An unknown variable is null, not an error; a text that is no number equals no number; a date in a text is ISO."""
    assert value("${unbekannt == null}") is True
    assert value("${wort == 5}") is False
    assert value("${tag}") == date(2026, 8, 1)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("${}'\"\\ab.()[]!<>=&|?:+-*/%,0123 \n"), max_size=40))
def test_any_text_is_a_literal_an_expression_or_refused(text: str) -> None:
    try:
        read = expressions.read(text)
    except (expressions.NotSupported, feel.FeelSyntaxError):
        return
    try:
        read.value({"a": Decimal(1), "b": None}, now=NOW, functions=())
    except feel.FeelError:
        return


def test_a_text_becomes_a_feel_text_whatever_is_in_it() -> None:
    for text in ['a"b', "a\\b", "a\nb", "\t", "ü", "\\u0041", "'", "{{}}"]:
        assert feel.evaluate(juel.feel_text(text), {}) == text
