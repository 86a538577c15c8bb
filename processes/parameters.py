"""What topics are given and give back again and again: each name with the words that designers read."""

from __future__ import annotations

from engine.jobs import Parameter

# ---------------------------------------------------------------- inputs
MASSNAHME = Parameter("massnahme_kennung", "Maßnahme", "Kennung der Maßnahme, die „Maßnahme entwerfen“ zurückgegeben hat.")
FORDERUNG = Parameter("forderung_id", "Forderung", "Kennung der Forderung.")
SCHULDNER = Parameter("schuldner_id", "Schuldner", "Kennung des Schuldners.")
FALLNUMMER = Parameter("fallnummer", "Fallnummer", "Nummer des Falls, den „In den Fall aufnehmen“ gefunden oder eröffnet hat.")
BUNDESLAND = Parameter("bundesland", "Bundesland", "Kürzel des Landes, dessen Feiertage gelten, z. B. NW.")
QUITTUNG = Parameter("quittung_nr", "Quittung", "Nummer der Quittung, die „Quittung ausstellen“ zurückgegeben hat.")
BEARBEITER = Parameter(
    "bearbeiter",
    "Bearbeitet von",
    "Anmeldename der Person, die entschieden hat; nach einer Aufgabe „=currentUser“.",
    proposed="=currentUser",
)
GEBUEHR_ART = Parameter(
    "art", "Art der Gebühr", "Was gebucht wird.", choices={"mahngebuehr": "Mahngebühr", "kosten": "Kosten"}, proposed="mahngebuehr"
)
HOECHSTBETRAG = Parameter("hoechstbetrag", "Höchstbetrag", "Was auf die Pfändung höchstens noch einzuziehen ist, in Euro.")

# ---------------------------------------------------------------- results
OFFENER_BETRAG = Parameter("offener_betrag", "Offener Betrag", "Was von der Forderung mit allen Nebenforderungen offen ist, in Euro.")
OFFENE_HAUPTFORDERUNG = Parameter("offene_hauptforderung", "Offene Hauptforderung", "Was von der Hauptforderung offen ist, in Euro.")
SAEUMNISZUSCHLAG = Parameter("saeumniszuschlag_betrag", "Säumniszuschlag", "Offener Säumniszuschlag bis zu diesem Tag, in Euro.")
OPEN_SUMS = (SAEUMNISZUSCHLAG, OFFENE_HAUPTFORDERUNG, OFFENER_BETRAG)
STAND_AM = Parameter("massnahme_stand_am", "Stand der Beträge", "Tag, von dem die Beträge der Maßnahme sind.")
SCHULDNER_IDS = Parameter("schuldner_ids", "Schuldner", "Liste der Kennungen aller, gegen die die Forderung vollstreckt werden kann.")
BEHOERDE = Parameter("vollstreckungsbehoerde", "Vollstreckungsbehörde", "Kürzel der Stadt, die vollstreckt.")
MANDANT = Parameter("mandant", "Mandant", "Kürzel der Stadt.")
LAND = Parameter("bundesland", "Bundesland", "Kürzel des Landes der Stadt, z. B. NW.")
