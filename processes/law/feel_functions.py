"""The law functions as expressions call them: German names, euros as Decimal, dates, lists of contexts.

Every function takes exactly the parameters listed, by position. `kalender` is a holiday calendar (deadlines.py), in the plain
case the variable `bundesland`. Wrong kinds of values raise ValueError, which the expression language reports with the name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from engine import feel
from processes.law import allocation, deadlines, fees, rounding, surcharges

CENTS = Decimal(100)
VOLUNTARY, FORCED = "freiwillig", "beigetrieben"


def naechster_werktag(tag: object, kalender: object) -> date:
    return deadlines.next_working_day(_day(tag, "tag"), _text(kalender, "kalender"))


def faelligkeit_am(tag: object, kalender: object) -> date:
    return deadlines.due_on(_day(tag, "tag"), _text(kalender, "kalender"))


def bekanntgabe_am(aufgabe_am: object, recht: object, kalender: object) -> date:
    return deadlines.notified_on(_day(aufgabe_am, "aufgabe_am"), _text(recht, "recht"), _text(kalender, "kalender"))


def frist_ende(ab: object, dauer: object, kalender: object) -> date:
    start, calendar = _day(ab, "ab"), _text(kalender, "kalender")
    if isinstance(dauer, feel.YearsMonths):
        return deadlines.months_end(start, dauer.months, calendar)
    if isinstance(dauer, timedelta) and dauer % timedelta(days=1) == timedelta(0):
        return deadlines.days_end(start, dauer.days, calendar)
    raise ValueError('dauer: Erwartet wird eine Dauer in ganzen Tagen oder Monaten, z. B. duration("P14D") oder duration("P1M").')


def wochenfrist(ab: object, wochen: object, kalender: object) -> date:
    return deadlines.weeks_end(_day(ab, "ab"), _count(wochen, "wochen"), _text(kalender, "kalender"))


def monatsfrist(ab: object, monate: object, kalender: object) -> date:
    return deadlines.months_end(_day(ab, "ab"), _count(monate, "monate"), _text(kalender, "kalender"))


def schonfrist_ende(faellig_am: object, kalender: object) -> date:
    return deadlines.grace_end(_day(faellig_am, "faellig_am"), _text(kalender, "kalender"))


def wartewoche_ende(bekanntgegeben_am: object, faellig_am: object, kalender: object) -> date:
    notified, due = _day(bekanntgegeben_am, "bekanntgegeben_am"), _day(faellig_am, "faellig_am")
    return deadlines.waiting_week_end(notified, due, _text(kalender, "kalender"))


def mahnfrist_ende(aufgabe_am: object, recht: object, kalender: object) -> date:
    return deadlines.dunning_deadline(_day(aufgabe_am, "aufgabe_am"), _text(recht, "recht"), _text(kalender, "kalender"))


def leistung_ab(zugestellt_am: object) -> date:
    return deadlines.third_party_may_pay_from(_day(zugestellt_am, "zugestellt_am"))


def saeumnismonate(faellig_am: object, stichtag: object) -> int:
    due_on, as_of = _day(faellig_am, "faellig_am"), _day(stichtag, "stichtag")
    return surcharges.months_begun(due_on, as_of) if as_of > due_on else 0


def saeumniszuschlag(verlauf: object, stichtag: object) -> Decimal:
    course = [
        surcharges.OpenPrincipal(_day(entry.get("am"), "verlauf.am"), _cent(entry.get("offen"), "verlauf.offen"))
        for entry in _contexts(verlauf, "verlauf")
    ]
    return _euro(surcharges.saeumniszuschlag_verlauf_cent(course, _day(stichtag, "stichtag")))


def verrechnung(betrag: object, schulden: object, art: object) -> dict[str, object]:
    debts = [_debt(entry) for entry in _contexts(schulden, "schulden")]
    kind = _text(art, "art")
    if kind not in (VOLUNTARY, FORCED):
        raise ValueError(f"art: Erwartet wird „{VOLUNTARY}“ oder „{FORCED}“, gefunden „{kind}“.")
    amount_cent = _cent(betrag, "betrag")
    settled = allocation.voluntary(amount_cent, debts) if kind == VOLUNTARY else allocation.forced(amount_cent, debts)
    shares = [{"konto": share.key, "bestandteil": share.component, "betrag": _euro(share.cent)} for share in settled.shares]
    return {"anteile": shares, "rest": _euro(settled.rest_cent)}


def aufteilung(betrag: object, gewichte: object) -> list[Decimal]:
    if not isinstance(gewichte, Sequence) or isinstance(gewichte, str):
        raise ValueError("gewichte: Erwartet wird eine Liste von Zahlen.")
    weights = [_cent(weight, "gewichte") for weight in gewichte]
    return [_euro(cent) for cent in allocation.pro_rata(_cent(betrag, "betrag"), weights)]


def betrag_abrunden(betrag: object, schritt: object) -> Decimal:
    return _euro(rounding.down(_cent(betrag, "betrag"), _cent(schritt, "schritt")))


def betrag_aufrunden(betrag: object, schritt: object) -> Decimal:
    return _euro(rounding.up(_cent(betrag, "betrag"), _cent(schritt, "schritt")))


def wertgebuehr(wert: object, bis: object, grundgebuehr: object, prozent: object, hoechstens: object) -> Decimal:
    fee_cent = fees.wertgebuehr_cent(
        _cent(wert, "wert"),
        base_up_to_cent=_cent(bis, "bis"),
        base_fee_cent=_cent(grundgebuehr, "grundgebuehr"),
        percent=_number(prozent, "prozent"),
        at_most_cent=None if hoechstens is None else _cent(hoechstens, "hoechstens"),
    )
    return _euro(fee_cent)


def wertgebuehr_aufgerundet(wert: object, bis: object, grundgebuehr: object, prozent: object, schritt: object) -> Decimal:
    fee_cent = fees.wertgebuehr_aufgerundet_cent(
        _cent(wert, "wert"),
        base_up_to_cent=_cent(bis, "bis"),
        base_fee_cent=_cent(grundgebuehr, "grundgebuehr"),
        percent=_number(prozent, "prozent"),
        step_cent=_cent(schritt, "schritt"),
    )
    return _euro(fee_cent)


FUNCTIONS: tuple[feel.Function, ...] = (
    feel.Function(
        "naechster_werktag", ("tag", "kalender"), naechster_werktag, "§ 193 BGB, § 108 Abs. 3 AO, § 31 Abs. 3 VwVfG",
        label="Nächster Werktag", result="werktag",
        purpose="Der Tag selbst, wenn er ein Werktag ist, sonst der nächste.",
    ),
    feel.Function(
        "faelligkeit_am", ("tag", "kalender"), faelligkeit_am, "§ 108 Abs. 3 AO, § 193 BGB",
        label="Fälligkeit", result="faellig_am",
        purpose="Tag der Fälligkeit; fällt er auf Samstag, Sonntag oder Feiertag, der nächste Werktag.",
    ),
    feel.Function(
        "bekanntgabe_am", ("aufgabe_am", "recht", "kalender"), bekanntgabe_am, "§ 122 Abs. 2 AO, § 41 Abs. 2 VwVfG",
        label="Bekanntgabe", result="bekanntgegeben_am",
        purpose="Tag, an dem ein zur Post gegebenes Schreiben als bekannt gegeben gilt.",
    ),
    feel.Function(
        "frist_ende", ("ab", "dauer", "kalender"), frist_ende, "§§ 187, 188, 193 BGB",
        label="Ende einer Frist", result="frist_bis",
        purpose="Letzter Tag einer Frist in ganzen Tagen oder Monaten.",
    ),
    feel.Function(
        "wochenfrist", ("ab", "wochen", "kalender"), wochenfrist, "§§ 187 Abs. 1, 188 Abs. 2, 193 BGB",
        label="Frist in Wochen", result="frist_bis",
        purpose="Letzter Tag einer Frist in Wochen.",
    ),
    feel.Function(
        "monatsfrist", ("ab", "monate", "kalender"), monatsfrist, "§§ 187 Abs. 1, 188 Abs. 2, 3, 193 BGB",
        label="Frist in Monaten", result="frist_bis",
        purpose="Letzter Tag einer Frist in Monaten.",
    ),
    feel.Function(
        "schonfrist_ende", ("faellig_am", "kalender"), schonfrist_ende, "§ 240 Abs. 3 AO",
        label="Ende der Schonfrist", result="schonfrist_bis",
        purpose="Letzter Tag, an dem eine Überweisung noch keinen Säumniszuschlag kostet.",
    ),
    feel.Function(
        "wartewoche_ende", ("bekanntgegeben_am", "faellig_am", "kalender"), wartewoche_ende, "§ 6 Abs. 1 Nr. 3 VwVG NRW, § 254 Abs. 1 AO",
        label="Ende der Wartewoche", result="wartewoche_bis",
        purpose="Letzter Tag der Woche, die nach Bekanntgabe und Fälligkeit vergehen muss, bevor vollstreckt wird.",
    ),
    feel.Function(
        "mahnfrist_ende", ("aufgabe_am", "recht", "kalender"), mahnfrist_ende, "§ 19 VwVG NRW, § 122 Abs. 2 AO, § 41 Abs. 2 VwVfG",
        label="Ende der Mahnfrist", result="mahnfrist_bis",
        purpose="Letzter Tag der Mahnfrist: eine Woche nach der Bekanntgabe der Mahnung.",
    ),
    feel.Function(
        "leistung_ab", ("zugestellt_am",), leistung_ab, "§ 835 Abs. 3 Satz 2 ZPO",
        label="Leistung des Kreditinstituts ab", result="zahlung_ab",
        purpose="Erster Tag, an dem das Kreditinstitut vom Konto einer natürlichen Person zahlen darf: nach Ablauf des Monats.",
    ),
    feel.Function(
        "saeumnismonate", ("faellig_am", "stichtag"), saeumnismonate, "§ 240 Abs. 1 Satz 1 AO",
        label="Angefangene Monate der Säumnis", result="monate",
        purpose="Zahl der angefangenen Monate nach der Fälligkeit.",
    ),
    feel.Function(
        "saeumniszuschlag", ("verlauf", "stichtag"), saeumniszuschlag, "§ 240 Abs. 1 AO",
        label="Säumniszuschlag", result="saeumniszuschlag_betrag",
        purpose="Säumniszuschlag in Euro aus dem Verlauf der offenen Hauptforderung; die Schonfrist entscheidet, wer ruft.",
    ),
    feel.Function(
        "verrechnung", ("betrag", "schulden", "art"), verrechnung, "§ 225 AO, § 23 Abs. 2 VO VwVG NRW, § 94 OWiG",
        label="Verrechnung einer Zahlung", result="verrechnet",
        purpose="Verteilt eine Zahlung auf Schulden: Kontext mit anteile (konto, bestandteil, betrag) und rest.",
    ),
    feel.Function(
        "aufteilung", ("betrag", "gewichte"), aufteilung, "§ 225 Abs. 3 AO",
        label="Aufteilung nach Gewichten", result="anteile",
        purpose="Teilt einen Betrag im Verhältnis der Gewichte, auf den Cent genau; Liste in der Reihenfolge der Gewichte.",
    ),
    feel.Function(
        "betrag_abrunden", ("betrag", "schritt"), betrag_abrunden, "§ 17 VO VwVG NRW, § 240 Abs. 1 Satz 1 AO",
        label="Betrag abrunden", result="betrag_gerundet",
        purpose="Rundet einen Betrag auf volle Schritte ab.",
    ),
    feel.Function(
        "betrag_aufrunden", ("betrag", "schritt"), betrag_aufrunden, "KostO SVwVG",
        label="Betrag aufrunden", result="betrag_gerundet",
        purpose="Rundet einen Betrag auf volle Schritte auf.",
    ),
    feel.Function(
        "wertgebuehr", ("wert", "bis", "grundgebuehr", "prozent", "hoechstens"), wertgebuehr, "§§ 9, 11, 17 VO VwVG NRW",
        label="Wertgebühr", result="gebuehr",
        purpose="Gebühr nach dem Wert: Grundgebühr und Hundertstel des Mehrwerts, auf volle Euro abgerundet, höchstens der Höchstbetrag.",
    ),
    feel.Function(
        "wertgebuehr_aufgerundet", ("wert", "bis", "grundgebuehr", "prozent", "schritt"), wertgebuehr_aufgerundet, "KostO SVwVG",
        label="Wertgebühr, aufgerundet", result="gebuehr",
        purpose="Gebühr nach dem Wert: Grundgebühr und Hundertstel des Mehrwerts, auf volle Schritte aufgerundet.",
    ),
)  # fmt: skip
# What the parameters mean to designers: label, sentence, and what is usually given where it is not the variable of that name.
PARAMETERS: Mapping[str, tuple[str, str, str]] = {
    "tag": ("Tag", "Das Datum, von dem ausgegangen wird.", ""),
    "kalender": ("Feiertagskalender", "Kürzel des Landes, dessen Feiertage gelten, z. B. NW.", "=bundesland"),
    "aufgabe_am": ("Aufgabe zur Post", "Tag, an dem das Schreiben zur Post gegeben wurde.", "=versandt_am"),
    "recht": (
        "Recht der Bekanntgabe",
        "Nach welchem Gesetz bekannt gegeben wird: AO, KAG, VwVfG, GebG, OWiG oder BGB.",
        "=bekanntgaberecht",
    ),
    "ab": ("Beginn", "Tag des Ereignisses; er selbst zählt nicht mit.", ""),
    "dauer": ("Dauer", 'Dauer in ganzen Tagen oder Monaten, z. B. =duration("P14D").', ""),
    "wochen": ("Wochen", "Anzahl der Wochen.", ""),
    "monate": ("Monate", "Anzahl der Monate.", ""),
    "faellig_am": ("Fällig am", "Tag der Fälligkeit.", ""),
    "bekanntgegeben_am": ("Bekanntgegeben am", "Tag der Bekanntgabe des Bescheids.", ""),
    "zugestellt_am": ("Zugestellt am", "Tag der Zustellung an den Drittschuldner.", ""),
    "stichtag": ("Stichtag", "Tag, für den gerechnet wird.", "=today()"),
    "verlauf": ("Verlauf", "Liste von Kontexten mit am (Datum) und offen (Euro): wie sich die offene Hauptforderung änderte.", ""),
    "betrag": ("Betrag", "Betrag in Euro.", ""),
    "schulden": ("Schulden", "Liste von Kontexten mit konto, bestandteil, offen und faellig_am; auf Wunsch rang und gewicht.", ""),
    "art": ("Art der Zahlung", "freiwillig oder beigetrieben.", ""),
    "gewichte": ("Gewichte", "Liste von Zahlen.", ""),
    "schritt": ("Schritt", "Worauf gerundet wird, in Euro, z. B. 50 oder 0.05.", ""),
    "wert": ("Wert", "Wert, nach dem die Gebühr bemessen wird, in Euro.", ""),
    "bis": ("Grundgebühr bis", "Wert, bis zu dem nur die Grundgebühr entsteht, in Euro.", ""),
    "grundgebuehr": ("Grundgebühr", "Grundgebühr in Euro.", ""),
    "prozent": ("Prozent vom Mehrwert", "Hundertstel dessen, was über diesem Wert liegt.", ""),
    "hoechstens": ("Höchstens", "Höchste Gebühr in Euro; null: keine.", ""),
}
SOURCES: dict[str, str] = {function.name: function.source for function in FUNCTIONS}


def _debt(entry: dict[str, object]) -> allocation.Debt:
    weight = entry.get("gewicht")
    rank = _text(entry.get("rang", "uebrige"), "schulden.rang")
    if rank not in allocation.PRINCIPAL_RANKS:
        raise ValueError(f"schulden.rang: Erwartet wird einer von {', '.join(allocation.PRINCIPAL_RANKS)}, gefunden „{rank}“.")
    return allocation.Debt(
        key=_text(entry.get("konto"), "schulden.konto"),
        component=_text(entry.get("bestandteil"), "schulden.bestandteil"),
        open_cent=_cent(entry.get("offen"), "schulden.offen"),
        due_on=_day(entry.get("faellig_am"), "schulden.faellig_am"),
        rank=allocation.PRINCIPAL_RANKS[rank],
        weight_cent=None if weight is None else _cent(weight, "schulden.gewicht"),
    )


def _day(value: object, name: str) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError(f'{name}: Erwartet wird ein Datum, z. B. date("2026-08-17"), gefunden {_found(value)}.')


def _text(value: object, name: str) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"{name}: Erwartet wird ein Text, gefunden {_found(value)}.")


def _number(value: object, name: str) -> Decimal:
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return Decimal(value)
    raise ValueError(f"{name}: Erwartet wird eine Zahl, gefunden {_found(value)}.")


def _cent(value: object, name: str) -> int:
    cents = _number(value, name) * CENTS
    if cents != cents.to_integral_value():
        raise ValueError(f"{name}: Erwartet wird ein Betrag in Euro mit höchstens zwei Nachkommastellen, gefunden {value}.")
    return int(cents)


def _count(value: object, name: str) -> int:
    number = _number(value, name)
    if number != number.to_integral_value():
        raise ValueError(f"{name}: Erwartet wird eine ganze Zahl, gefunden {value}.")
    return int(number)


def _contexts(value: object, name: str) -> list[dict[str, object]]:
    if isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(entry, dict) for entry in value):
        return list(value)
    raise ValueError(f"{name}: Erwartet wird eine Liste von Kontexten, gefunden {_found(value)}.")


def _euro(cent: int) -> Decimal:
    return Decimal(cent).scaleb(-2)


def _found(value: object) -> str:
    return "nichts" if value is None else f"„{value}“"
