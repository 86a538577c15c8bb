"""How the codes that forms and diagrams write are spelled for people: `pfaendung` is a Pfändung."""

from __future__ import annotations

SPELLED = {
    # measures and their state
    "pfaendung": "Pfändung", "aussendienst": "Außendienst", "entwurf": "in Vorbereitung", "eingefroren": "zur Freigabe",
    "erklaert": "Erklärung liegt vor", "lohn": "Arbeitseinkommen", "konto": "Konto", "miete": "Miete oder Pacht",
    "steuererstattung": "Steuererstattung", "versicherung": "Versicherung", "sonstige": "sonstige",
    # what ended a measure or a case
    "zurueckgegeben": "an den Gläubiger zurückgegeben", "zurueckgerufen": "zurückgerufen", "ergaenzen": "ergänzende Maßnahme",
    "innendienst_fehlt": "ohne Ergebnis des Innendienstes", "erfuellt": "erfüllt", "unpfaendbar": "unpfändbar",
    "gepfaendet": "gepfändet",
    # what the desk decided and learned
    "erneut": "erneut ermitteln", "rueckgabe": "Rückgabe an den Gläubiger", "abschluss_vorschlagen": "Niederschlagung vorschlagen",
    "meldebehoerde": "Meldebehörde", "gewerberegister": "Gewerberegister", "handelsregister": "Handelsregister", "grundbuch": "Grundbuch",
    "kfz_register": "Fahrzeugregister", "vollstreckungsportal": "Vollstreckungsportal", "kontenabruf": "Kontenabruf",
    "rentenversicherung": "Rentenversicherung", "arbeitgeber": "Arbeitgeber",
    # what a debtor answered
    "zahlt_bis": "zahlt bis zu einem Tag", "raten": "bittet um Raten", "einwendung": "erhebt Einwendungen",
    "kann_nicht_zahlen": "kann nicht zahlen", "unbekannt": "unbekannt",
    # who was there
    "schuldner": "Schuldner", "angehoerige": "Angehörige", "mitbewohner": "Mitbewohner", "vertreter": "Vertretung", "zeuge": "Zeuge",
    "polizei": "Polizei",
    # how money came, and claims files
    "ueberweisung": "Überweisung", "bar": "bar", "drittschuldner": "Drittschuldner", "lastschrift": "Lastschrift",
    "forderungen": "Forderungen", "gesamtschuldner": "Gesamtschuldner",
}  # fmt: skip


def spelled(code: str) -> str:
    """Return the German spelling of a code; one without an entry only loses its underscores."""
    return SPELLED.get(code) or code.replace("_", " ")
