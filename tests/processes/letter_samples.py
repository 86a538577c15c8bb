"""Given: the inputs of each letter, as its contents are gathered; and reading a PDF back."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pypdf
import pypdfium2
import zxingcpp

from processes import letters

ROOT = Path(__file__).parents[2]
TEMPLATES: Mapping[str, Path] = {path.stem: path for path in sorted((ROOT / "processes").glob("*/letters/*.typ"))}
DAY = date(2026, 9, 2)
HEAD: Mapping[str, object] = {
    "name": "Stadt Detmold", "stelle": "Stadtkasse – Vollstreckung", "strasse": "Marktplatz 5", "plz": "32756", "ort": "Detmold",
    "telefon": "05231 977-0", "email": "vollstreckung@detmold.example", "web": "www.detmold.example", "kontoinhaber": "Stadt Detmold",
    "iban": "DE89370400440532013000", "bic": "COBADEFFXXX", "bank": "Beispielbank Köln", "land": "NW",
}  # fmt: skip
DEBTOR = {"name": "Mara Muster", "zeilen": ["Mara Muster", "Lange Straße 1", "32756 Detmold"], "anrede": "Guten Tag Mara Muster,"}
BANK = {"name": "Beispielbank", "zeilen": ["Beispielbank", "Bankplatz 1", "32756 Detmold"], "anrede": "Sehr geehrte Damen und Herren,"}
PERSON = {"name": "Mara Muster", "anschrift": "Lange Straße 1, 32756 Detmold", "geboren_am": "1980-02-01"}
ITEM = {
    "glaeubiger": "Stadt Detmold", "kassenzeichen": "DE260900001", "op_nr": "1", "forderungsart": "Grundsteuer B", "zeitraum": None,
    "bescheid_vom": "2026-01-15", "faellig_am": "2026-08-17", "hauptforderung": "248.37", "saeumniszuschlag": "2.00",
    "mahngebuehr": "7.00", "kosten": "0.00", "gesamt": "257.37",
}  # fmt: skip
SUMS = {"hauptforderung": "248.37", "saeumniszuschlag": "2.00", "mahngebuehr": "7.00", "kosten": "0.00"}
COSTS = [{"name": "Pfändungsgebühr", "betrag": "26.00"}, {"name": "Auslagen", "betrag": "4.10"}]
GIRO = letters.girocode(holder="Stadt Detmold", iban="DE89 3704 0044 0532 0130 00", amount_cent=25737, reference="DE260900001")
_ALL = {"absender": HEAD, "datum": DAY.isoformat()}
_THIRD = {
    **_ALL, "empfaenger": BANK, "zeichen": "DT-2026-000001/M1", "schuldner": PERSON, "merkmal": "DE02120300000000202051",
    "gegenstand": "Konten und Guthaben", "pfaendungsart": "konto", "natuerlich": True, "zugestellt_am": "2026-08-06",
}  # fmt: skip
_MEASURE = {**_ALL, "empfaenger": DEBTOR, "zeichen": "DT-2026-000001/M1", "schuldner": PERSON, "posten": [ITEM], "kosten_zeilen": COSTS}
INPUTS: Mapping[str, Mapping[str, object]] = {
    "mahnung": {
        **_ALL, "empfaenger": DEBTOR, "zeichen": "DE260900001", "posten": [ITEM], "gesamtschuldner": False, "wiederholung": False,
        "werte": {"gesamtbetrag": "257.37", "mahnfrist_bis": "2026-09-14", **SUMS}, "girocode": GIRO,
    },
    "vollstreckungsankuendigung": {
        **_ALL, "empfaenger": DEBTOR, "zeichen": "DT-2026-000001", "posten": [ITEM], "kosten_massnahmen": "0.00",
        "werte": {"gesamtbetrag": "257.37", "ankuendigung_frist_bis": "2026-10-01", "gebuehr": "0.00", **SUMS}, "girocode": GIRO,
    },
    "rueckgabe_glaeubiger": {
        **_ALL, "empfaenger": BANK, "zeichen": "DT-2026-000001", "schuldner": {"name": "Mara Muster", "nummer": "S1"}, "posten": [ITEM],
        "grund": "Die Vollstreckung blieb fruchtlos.", "werte": {"gesamtbetrag": "257.37", "anzahl": 1, **SUMS},
    },
    "pfaendung_drittschuldner": {**_THIRD, "werte": {"gesamtbetrag": "12934.10"}},
    "drittschuldner_erinnerung": {**_THIRD, "werte": {"gesamtbetrag": "12934.10", "erklaerung_bis": "2026-08-20"}},
    "pfaendung_aenderung": {**_THIRD, "werte": {"hoechstbetrag": "500.00", "bisher": "12934.10"}},
    "pfaendung_aufhebung": {**_THIRD, "werte": {"gesamtbetrag": "0.00"}},
    "pfaendung_schuldner": {
        **_MEASURE, "drittschuldner": {"name": "Beispielbank", "anschrift": "Bankplatz 1, 32756 Detmold"}, "gegenstand": "Konten und Guthaben",
        "konto": True, "natuerlich": True, "zugestellt_am": "2026-08-06", "gericht": {"name": "Verwaltungsgericht Minden", "anschrift": "Minden"},
        "werte": {"gesamtbetrag": "287.47"},
    },
    "aussendienst_auftrag": {**_MEASURE, "entfernung_km": 18, "sicherheit": None, "werte": {"gesamtbetrag": "287.47"}},
    "niederschrift": {
        **_MEASURE, "sachen": [{"bezeichnung": "Fernsehgerät", "siegel_nr": "S-12", "verbleib": "mitgenommen", "schaetzwert": "250.00"}],
        "besuch": {
            "nummer": 1, "zeit": "2026-10-20T10:15:00+02:00", "ort": "Lange Straße 1, Detmold", "anwesende": "Schuldner: Mara Muster",
            "ergebnis": "Es wurde ein Teil bar bezahlt.", "unterschrieben": False, "unterschrift_fehlt": "Die Unterschrift wurde verweigert.",
            "vermerk": None, "beamter": "o.beispiel",
        },
        "werte": {"gefordert": "490.00", "bar": "250.00", "quittung_nr": "Q2026-000001"},
    },
    "quittung": {**_MEASURE, "beamter": "o.beispiel", "werte": {"quittung_nr": "Q2026-000001", "bar": "250.00", "erhalten_am": "2026-10-20"}},
}  # fmt: skip


def sheet(name: str, *, sandbox: bool = True, **changed: object) -> letters.Sheet:
    """Return a letter ready to print, with some inputs changed."""
    return letters.Sheet(TEMPLATES[name].read_bytes(), letters.own_shared(), {**INPUTS[name], **changed}, DAY, sandbox)


def words(pdf: bytes) -> str:
    """Return the text of all pages in one line, hyphenation undone."""
    pages = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    return " ".join(pages.replace("-\n", "").replace("\xa0", " ").split())


def font_names(pdf: bytes) -> set[str]:
    """Return the names of the fonts that the file carries."""
    found = set()
    for page in pypdf.PdfReader(io.BytesIO(pdf)).pages:
        fonts = page["/Resources"].get_object().get("/Font", {}).get_object()
        found |= {str(font.get_object()["/BaseFont"]).partition("+")[2] for font in fonts.values()}
    return found


def qr_payloads(pdf: bytes) -> list[str]:
    """Return what a scanner reads from the printed pages."""
    document = pypdfium2.PdfDocument(pdf)
    return [code.text for page in document for code in zxingcpp.read_barcodes(page.render(scale=300 / 72).to_pil())]
