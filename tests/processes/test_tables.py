"""Decision tables by example: every rule that sets a fee, a deadline, a hold or a way has a case here, computed by hand.

A rule that is missing or says another value must fail an example (or its row must be one that no fee, deadline or way hangs on).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache

import pytest

from api import model_files
from engine import dmn
from engine.dmn.model import Table
from processes import law, mutations

FILES = {name: content for name, content in model_files.own().items() if name.endswith(".dmn")}
DAY = date(2026, 9, 2)
BEFORE = date(2021, 11, 26)
Example = tuple[str, dict[str, object], object]


def money(*rows: tuple[str, dict[str, object], str | None]) -> Iterator[Example]:
    for table, inputs, euros in rows:
        yield table, {"stichtag": DAY, **inputs}, None if euros is None else Decimal(euros)


def mahngebuehr(value: str, land: str = "NW", *, surcharge: bool = True) -> dict[str, object]:
    return {"bundesland": land, "bemessung": Decimal(value), "mit_saeumniszuschlag": surcharge}


FEES = [
    *money(
        # § 9, § 17 VO VwVG NRW: 6,00 bis 50, darüber 1 % des Mehrbetrags, abgerundet; 248,37 -> 248 -> 6 + 1,98 = 7,98 -> 7
        ("mahngebuehr", mahngebuehr("0"), "6.00"),
        ("mahngebuehr", mahngebuehr("50.00"), "6.00"),
        ("mahngebuehr", mahngebuehr("149.99"), "6.00"),
        ("mahngebuehr", mahngebuehr("150.00"), "7.00"),
        ("mahngebuehr", mahngebuehr("248.37"), "7.00"),
        ("mahngebuehr", mahngebuehr("4649.99"), "51.00"),
        ("mahngebuehr", mahngebuehr("4750.00"), "52.00"),
        ("mahngebuehr", mahngebuehr("12480.00"), "52.00"),
        ("mahngebuehr", mahngebuehr("149.99", surcharge=False), "6.00"),
        ("mahngebuehr", mahngebuehr("150.00", surcharge=False), "7.00"),
        ("mahngebuehr", mahngebuehr("12480.00", surcharge=False), "130.00"),
        # KostO SVwVG: 2,80 bis 51, darüber 0,5 %, auf 5 Cent aufgerundet; 412,60: 2,80 + 1,808 = 4,608 -> 4,65
        ("mahngebuehr", mahngebuehr("51.00", "SL"), "2.80"),
        ("mahngebuehr", mahngebuehr("51.01", "SL"), "2.85"),
        ("mahngebuehr", mahngebuehr("412.60", "SL"), "4.65"),
        ("mahngebuehr", mahngebuehr("61.00", "SL"), "2.85"),
        ("mahngebuehr", mahngebuehr("50.00") | {"stichtag": BEFORE}, None),
        ("mahngebuehr", mahngebuehr("50.00", "BY"), None),
        # § 11 VO VwVG NRW: 25,00 bis 50, darüber 1 %; S04: 430 -> 28,80 -> 28; S02: 12.480 -> 149,30 -> 149
        ("pfaendungsgebuehr", {"bundesland": "NW", "summe_hauptforderungen": Decimal("50.00")}, "25.00"),
        ("pfaendungsgebuehr", {"bundesland": "NW", "summe_hauptforderungen": Decimal("150.00")}, "26.00"),
        ("pfaendungsgebuehr", {"bundesland": "NW", "summe_hauptforderungen": Decimal("430.00")}, "28.00"),
        ("pfaendungsgebuehr", {"bundesland": "NW", "summe_hauptforderungen": Decimal("12480.00")}, "149.00"),
        ("pfaendungsgebuehr", {"bundesland": "SL", "summe_hauptforderungen": Decimal("150.00")}, "14.00"),
        ("pfaendungsgebuehr", {"bundesland": "SL", "summe_hauptforderungen": Decimal("150.01")}, "20.00"),
        ("pfaendungsgebuehr", {"bundesland": "SL", "summe_hauptforderungen": Decimal("412.60")}, "23.50"),
        ("pfaendungsgebuehr", {"bundesland": "SL", "summe_hauptforderungen": Decimal("1000.00")}, "28.00"),
        ("pfaendungsgebuehr", {"bundesland": "SL", "summe_hauptforderungen": Decimal("1000.01")}, None),
        # § 21 VO VwVG NRW, einmal je Auftrag
        ("wegegeld", {"bundesland": "NW", "entfernung_km": Decimal(10)}, "2.50"),
        ("wegegeld", {"bundesland": "NW", "entfernung_km": Decimal(18)}, "5.00"),
        ("wegegeld", {"bundesland": "NW", "entfernung_km": Decimal(30)}, "7.50"),
        ("wegegeld", {"bundesland": "NW", "entfernung_km": Decimal("30.1")}, "10.00"),
        ("kleinbetrag", {"mandant": "detmold"}, "10.00"),
        ("karenz_tage", {"mandant": "detmold"}, "14"),
        ("karenz_tage", {"mandant": "oerlinghausen"}, "14"),
        ("frist_ankuendigung", {}, "14"),
    ),
    ("mahngebuehr_modus", {"stichtag": DAY, "bundesland": "NW"}, "je_posten"),
    ("mahngebuehr_modus", {"stichtag": DAY, "bundesland": "SL"}, "je_posten"),
    (
        "fristen_massnahme",
        {"stichtag": DAY},
        {name: Decimal(days) for name, days in (
            ("bearbeitung", 7), ("freigabe", 3), ("abfrage", 14), ("zustellnachweis", 21), ("wiedervorlage", 28), ("auftrag", 28),
            ("barabrechnung", 3),
        )},
    ),
]  # fmt: skip


def mahnsperre(expected: str, **inputs: object) -> Example:
    usual = {"sperrgrund": None, "sperre_bis": None, "mahnung_noetig": True, "anschrift_bekannt": True, "nur_kleiner_rest": False}
    return "mahnsperre", {"stichtag": DAY, **usual, **inputs}, expected


HOLDS = [
    mahnsperre("mahnen"),
    mahnsperre("warten", sperrgrund="Stundung", sperre_bis=DAY),
    mahnsperre("mahnen", sperrgrund="Stundung", sperre_bis=date(2026, 9, 1)),
    mahnsperre("warten", sperrgrund="Klärung"),
    mahnsperre("warten", sperrgrund="Aussichtslos", sperre_bis=date(2026, 9, 1)),
    mahnsperre("ohne_mahnung", mahnung_noetig=False),
    mahnsperre("warten", anschrift_bekannt=False),
    mahnsperre("ohne_mahnung", nur_kleiner_rest=True),
    mahnsperre("warten", sperrgrund="Stundung", mahnung_noetig=False),
    ("ankuendigung_noetig", {"stichtag": DAY, "gruppen": None, "schon_angekuendigt": True}, False),
    ("ankuendigung_noetig", {"stichtag": DAY, "gruppen": None, "schon_angekuendigt": False}, True),
]


def vollstreckbarkeit(grund: str, paragraf: str, **facts: object) -> Example:
    usual = {
        "offener_betrag": Decimal("257.37"), "gesperrt": False, "sperre_grund": None, "bekanntgegeben_am": date(2026, 1, 19),
        "faellig_am": date(2026, 8, 17), "rechtskraft_noetig": False, "rechtskraft_am": None, "wartewoche_bis": date(2026, 8, 24),
        "mahnung_noetig": True, "mahnung_am": date(2026, 9, 2), "mahnfrist_bis": date(2026, 9, 14),
    }  # fmt: skip
    expected = {"vollstreckbar": grund == READY, "grund": grund, "paragraf": paragraf}
    return "vollstreckbarkeit", {"stichtag": date(2026, 9, 29), "forderung": {**usual, **facts}}, expected


READY = "Alle Voraussetzungen liegen vor."
ENFORCEABLE = [
    vollstreckbarkeit(READY, "§ 6 Abs. 1, § 19 VwVG NRW"),
    vollstreckbarkeit(READY, "§ 6 Abs. 1, § 19 VwVG NRW", mahnung_noetig=False, mahnung_am=None, mahnfrist_bis=None),
    vollstreckbarkeit("Die Forderung ist bezahlt.", "§ 257 Abs. 1 Nr. 3 AO, § 6a VwVG NRW", offener_betrag=Decimal(0)),
    vollstreckbarkeit(
        "Die Forderung ist gestundet.", "§ 222 AO, § 257 Abs. 1 Nr. 4 AO, § 6a VwVG NRW", gesperrt=True, sperre_grund="Stundung bewilligt"
    ),
    vollstreckbarkeit("Mit dem Schuldner sind Raten vereinbart.", "§ 5 VwVG NRW, § 802b ZPO", gesperrt=True, sperre_grund="Ratenzahlung"),
    vollstreckbarkeit(
        "Die Vollziehung ist ausgesetzt.", "§ 80 Abs. 4, 5 VwGO, § 257 Abs. 1 Nr. 1 AO, § 6a VwVG NRW",
        gesperrt=True, sperre_grund="Aussetzung der Vollziehung",
    ),
    vollstreckbarkeit(
        "Über das Vermögen des Schuldners ist das Insolvenzverfahren eröffnet.", "§§ 87, 89 InsO, § 251 Abs. 2 AO",
        gesperrt=True, sperre_grund="Insolvenz",
    ),
    vollstreckbarkeit(
        "Der Schuldner ist verstorben; vor Annahme der Erbschaft haftet nur der Nachlass.", "§ 1958 BGB, §§ 778, 779 ZPO, § 265 AO",
        gesperrt=True, sperre_grund="Todesfall",
    ),
    vollstreckbarkeit("Die Verjährung wird geprüft.", "§§ 228 bis 232 AO", gesperrt=True, sperre_grund="Verjährung"),
    vollstreckbarkeit("Der Gläubiger prüft eine Einwendung.", "§ 256 AO, § 7 VwVG NRW", gesperrt=True, sperre_grund="Einwendung"),
    vollstreckbarkeit(
        "Für die Forderung gilt eine Sperre aus einem anderen Grund.", "§ 257 AO, § 6a VwVG NRW", gesperrt=True, sperre_grund="Klärung"
    ),
    vollstreckbarkeit("Der Bescheid ist nicht wirksam bekannt gegeben.", "§ 6 Abs. 1 Nr. 1 VwVG NRW, § 122 AO", bekanntgegeben_am=None),
    vollstreckbarkeit("Die Forderung ist noch nicht fällig.", "§ 6 Abs. 1 Nr. 2 VwVG NRW", faellig_am=date(2026, 9, 29)),
    vollstreckbarkeit(
        "Der Bußgeldbescheid ist noch nicht zwei Wochen rechtskräftig.", "§§ 89, 95 Abs. 1 OWiG",
        rechtskraft_noetig=True, rechtskraft_am=date(2026, 9, 15),
    ),
    vollstreckbarkeit(READY, "§ 6 Abs. 1, § 19 VwVG NRW", rechtskraft_noetig=True, rechtskraft_am=date(2026, 9, 14)),
    vollstreckbarkeit(
        "Die Wartewoche nach Bekanntgabe und Fälligkeit läuft noch.", "§ 6 Abs. 1 Nr. 3 VwVG NRW, § 254 Abs. 1 AO",
        wartewoche_bis=date(2026, 9, 29),
    ),
    vollstreckbarkeit("Der Schuldner ist nicht gemahnt.", "§ 19 VwVG NRW, § 6 Abs. 3 VwVG NRW", mahnung_am=None),
    vollstreckbarkeit("Die Mahnfrist läuft noch.", "§ 19 VwVG NRW", mahnfrist_bis=date(2026, 9, 29)),
]  # fmt: skip


def freigabe(measure: str, kind: str, euros: str, needed: bool, grund: str) -> Example:
    inputs = {"stichtag": DAY, "massnahme": measure, "massnahme_art": kind, "betrag": Decimal(euros)}
    return "freigabe_erforderlich", inputs, {"erforderlich": needed, "grund": grund}


OWN_SIGNATURE = "Konto- und Lohnpfändungen bis 500 € zeichnet die Sachbearbeitung selbst."
LEAD_SIGNS = "Über der Wertgrenze der Sachbearbeitung oder besondere Pfändungsart: Freigabe durch die Leitung."
RELEASES = [
    freigabe("aussendienst", "sachpfaendung", "10.00", True, "Ein Auftrag an den Außendienst wird immer von der Leitung freigegeben."),
    freigabe("pfaendung", "konto", "500.00", False, OWN_SIGNATURE),
    freigabe("pfaendung", "lohn", "499.99", False, OWN_SIGNATURE),
    freigabe("pfaendung", "konto", "500.01", True, LEAD_SIGNS),
    freigabe("pfaendung", "miete", "100.00", True, LEAD_SIGNS),
]


def empfehlung(measure: str, kind: str | None, grund: str, paragraf: str, **facts: object) -> Example:
    usual = {"moegliche_arten": [], "abfragen_beantwortet": Decimal(1), "laufende_pfaendung": False, "aussendienst_fruchtlos": False}
    expected = {"massnahme": measure, "art": kind, "grund": grund, "paragraf": paragraf}
    return "massnahme_empfehlen", {"stichtag": DAY, **usual, **facts}, expected


SEIZE = "§ 40 VwVG NRW, §§ 309, 314 AO"
ADVICE = [
    empfehlung("pfaendung", "konto", "Eine Bankverbindung ist bekannt und noch nicht gepfändet.", SEIZE, moegliche_arten=["lohn", "konto"]),
    empfehlung(
        "pfaendung", "lohn", "Ein Arbeitgeber ist bekannt und noch nicht in Anspruch genommen.", f"{SEIZE}; §§ 850 ff. ZPO",
        moegliche_arten=["miete", "lohn"],
    ),
    empfehlung(
        "pfaendung", "steuererstattung", "Ein Erstattungsanspruch gegen das Finanzamt ist bekannt.", f"{SEIZE}; § 46 AO",
        moegliche_arten=["steuererstattung", "miete"],
    ),
    empfehlung("pfaendung", "miete", "Mieteinnahmen sind bekannt.", SEIZE, moegliche_arten=["versicherung", "miete"]),
    empfehlung("pfaendung", "versicherung", "Eine Versicherung mit Rückkaufswert ist bekannt.", SEIZE, moegliche_arten=["versicherung"]),
    empfehlung("pfaendung", "sonstige", "Ein weiterer Drittschuldner ist bekannt.", SEIZE, moegliche_arten=["sonstige"]),
    empfehlung(
        "erneut", None, "Es ist noch keine Abfrage beantwortet: erst ermitteln, dann entscheiden.", "§ 5 VwVG NRW, § 249 Abs. 2 AO",
        abfragen_beantwortet=Decimal(0),
    ),
    empfehlung(
        "erneut", None, "Eine Pfändung läuft noch. Weitere Drittschuldner ermitteln, nicht den Außendienst beauftragen.", SEIZE,
        laufende_pfaendung=True,
    ),
    empfehlung(
        "abschluss_vorschlagen", None, "Innendienst und Außendienst ohne Erfolg: dem Gläubiger die Niederschlagung vorschlagen.",
        "§ 261 AO, § 27 KomHVO NRW", aussendienst_fruchtlos=True,
    ),
    empfehlung(
        "aussendienst", None, "Der Innendienst ist ausgeschöpft: keine pfändbare Forderung gefunden.", "§ 17 VwVG NRW, §§ 285 ff. AO"
    ),
]  # fmt: skip


def recht(kinds: str, *values: object) -> Iterator[Example]:
    names = ("festsetzung", "vollstreckung", "bekanntgabe", "mahnung", "saeumniszuschlag", "rechtsbehelf", "rang")
    for kind in kinds.split(", "):
        yield "forderungsart_recht", {"stichtag": DAY, "forderungsart": kind}, dict(zip(names, values, strict=True))


LAW = [
    *recht(
        "Grundsteuer A, Grundsteuer B, Grundsteuer C, Gewerbesteuer, Grundbesitzabgaben",
        "AO", "VwVG NRW", "AO", True, True, "Widerspruch", "uebrige",
    ),
    *recht(
        "Hundesteuer, Vergnügungssteuer, Zweitwohnungsteuer, Abwassergebühr, Abfallgebühr, Straßenreinigung, Niederschlagswassergebühr,"
        " Straßenausbaubeitrag",
        "KAG", "VwVG NRW", "AO", True, True, "Widerspruch", "uebrige",
    ),
    *recht("Verwaltungsgebühr", "GebG NRW", "VwVG NRW", "VwVfG", True, True, "Klage", "uebrige"),
    *recht("Kita-Beitrag", "SGB VIII", "VwVG NRW", "VwVfG", True, False, "Klage", "uebrige"),
    *recht("Bußgeld", "OWiG", "VwVG NRW", "VwVfG", False, False, "Einspruch", "geldbusse"),
    *recht("Zwangsgeld", "VwVG NRW", "VwVG NRW", "VwVfG", False, False, "Klage", "zwangsgeld"),
]  # fmt: skip
EXAMPLES: list[Example] = [*FEES, *HOLDS, *ENFORCEABLE, *RELEASES, *ADVICE, *LAW]


def decide(table: str, inputs: Mapping[str, object], content: bytes | None = None) -> object:
    return dmn.evaluate(parsed(table, content or FILES[f"{table}.dmn"]), table, inputs, functions=law.FUNCTIONS).value


@lru_cache(maxsize=8)
def parsed(table: str, content: bytes) -> dmn.Model:
    return dmn.parse(content, f"{table}.dmn", law.FUNCTIONS)


def holds(table: str, inputs: Mapping[str, object], expected: object, content: bytes) -> bool:
    """Return whether the example holds; a value that the column does not allow is refused and does not."""
    try:
        return decide(table, inputs, content) == expected
    except dmn.DecisionError:
        return False


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{table}-{number}" for number, (table, _, _) in enumerate(EXAMPLES)])
def test_a_table_decides_as_its_example_says(example: Example) -> None:
    table, inputs, expected = example

    assert decide(table, inputs) == expected


@pytest.mark.parametrize("file", sorted(FILES))
def test_another_value_or_a_missing_rule_fails_an_example(file: str) -> None:
    table = file.removesuffix(".dmn")
    examples = [(inputs, expected) for name, inputs, expected in EXAMPLES if name == table]
    unnoticed = []

    for mutant in mutations.of_table(FILES[file], file):
        if all(holds(table, inputs, expected, mutant.content) for inputs, expected in examples):
            unnoticed.append(mutant.name)

    assert unnoticed == []


@pytest.mark.parametrize("file", sorted(FILES))
def test_every_rule_names_its_source_its_time_and_who_confirmed_it(file: str) -> None:
    model = dmn.parse(FILES[file], file, law.FUNCTIONS)

    for decision in model.decisions.values():
        table = decision.logic
        assert isinstance(table, Table)
        assert table.annotations == ("Rechtsgrundlage", "gültig von", "gültig bis", "bestätigt von")
        assert [rule.id for rule in table.rules if not all(rule.annotations)] == []
