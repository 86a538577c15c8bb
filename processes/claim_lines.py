"""The columns of a claims file: what each may hold, and what a line means as a claim with its debtor."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from processes import claim_files, money
from processes.casefile import claim_kinds

NATURAL_FORMS = frozenset({"nat", "ek"})
LEGAL_FORMS = NATURAL_FORMS | {"gmbh", "ug", "gmbh_co_kg"}
ROLES = frozenset({"gesamtschuldner", "erbe"})
EARLIEST, EARLIEST_BIRTH = date(1990, 1, 1), date(1900, 1, 1)
LATEST_NOTICE, LATEST_DATE = timedelta(days=366), timedelta(days=3660)
MAX_CENT = 99_999_999_999
MAX_TEXT = 120

_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_REFERENCE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._\- ]{0,33}[A-Za-z0-9])?", re.ASCII)
_NUMBER = re.compile(r"[A-Za-z0-9._\-]{1,20}", re.ASCII)
_POSTCODE_DE = re.compile(r"\d{5}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_EMAIL = re.compile(r"[^@\s;,<>]{1,64}@[^@\s;,<>]{1,60}\.[^@\s;,<>]{2,24}")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line: the column (empty: the whole line), the value found, the reason in German."""

    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """One open item as the file says it: amounts in cents, dates, texts; empty cells are None."""

    kassenzeichen: str
    op_nr: str
    forderungsart: str
    zeitraum_von: date | None
    zeitraum_bis: date | None
    bescheid_vom: date
    bekanntgabe_am: date | None
    faellig_am: date
    betrag_cent: int
    kosten_cent: int
    rechtskraft_am: date | None
    mahnung_am: date | None
    mahnfrist_bis: date | None
    mahngebuehr_cent: int | None
    mahnsperre_grund: str | None
    mahnsperre_bis: date | None
    schuldner_nr: str
    rechtsform: str
    nachname: str | None
    vorname: str | None
    firma: str | None
    geburtsdatum: date | None
    vertreter: str | None
    strasse: str
    hausnummer: str | None
    plz: str
    ort: str
    land: str
    email: str | None

    @property
    def key(self) -> str:
        return f"{self.kassenzeichen}/{self.op_nr}"


@dataclass(frozen=True, slots=True)
class JointLine:
    """One further debtor of an open item."""

    kassenzeichen: str
    op_nr: str
    schuldner_nr: str
    rolle: str

    @property
    def key(self) -> str:
        return f"{self.kassenzeichen}/{self.op_nr}"


def as_stored(line: ClaimLine | JointLine) -> dict[str, str | int | None]:
    """Return the line as JSON: dates as ISO text, amounts as whole cents."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(line).items()}


def from_stored(stored: Mapping[str, str | int | None]) -> ClaimLine:
    """Return the line that `as_stored` made."""
    dates = {name for name, kind in ClaimLine.__annotations__.items() if str(kind).startswith("date")}
    values = {name: date.fromisoformat(str(value)) if name in dates and value else value for name, value in stored.items()}
    return ClaimLine(**values)  # type: ignore[arg-type]  # the dictionary was written by as_stored


def read_claim(line: claim_files.TextLine, *, tenant: str, today: date) -> ClaimLine | tuple[Fault, ...]:
    """Return the open item of a line, or all its faults. `today`: the tenant's day, only for dates far in the future."""
    if line.fault:
        return (Fault("", line.raw[:MAX_TEXT], line.fault),)
    cells = _Cells(line.cells, today)
    cells.tenant(tenant)
    claim = ClaimLine(
        kassenzeichen=cells.matching("kassenzeichen", _REFERENCE, "bis zu 35 Buchstaben und Ziffern ohne Schrägstrich"),
        op_nr=cells.matching("op_nr", _NUMBER, "bis zu 20 Buchstaben und Ziffern"),
        forderungsart=cells.kind(),
        zeitraum_von=cells.day("zeitraum_von"),
        zeitraum_bis=cells.day("zeitraum_bis"),
        bescheid_vom=cells.required_day("bescheid_vom"),
        bekanntgabe_am=cells.day("bekanntgabe_am"),
        faellig_am=cells.required_day("faellig_am"),
        betrag_cent=cells.required_amount("betrag"),
        kosten_cent=cells.amount("kosten") or 0,
        rechtskraft_am=cells.day("rechtskraft_am"),
        mahnung_am=cells.day("mahnung_am"),
        mahnfrist_bis=cells.day("mahnfrist_bis"),
        mahngebuehr_cent=cells.amount("mahngebuehr"),
        mahnsperre_grund=cells.text("mahnsperre_grund"),
        mahnsperre_bis=cells.day("mahnsperre_bis"),
        schuldner_nr=cells.matching("schuldner_nr", _NUMBER, "bis zu 20 Buchstaben und Ziffern"),
        rechtsform=cells.legal_form(),
        nachname=cells.text("nachname"),
        vorname=cells.text("vorname"),
        firma=cells.text("firma"),
        geburtsdatum=cells.day("geburtsdatum", EARLIEST_BIRTH),
        vertreter=cells.text("vertreter"),
        strasse=cells.required_text("strasse"),
        hausnummer=cells.text("hausnummer"),
        plz=cells.postcode(),
        ort=cells.required_text("ort"),
        land=cells.country(),
        email=cells.email(),
    )
    if not cells.faults:
        cells.faults += [fault for fault in _contradictions(claim, line.cells, today) if fault]
    return tuple(cells.faults) or claim


def read_joint_debtor(line: claim_files.TextLine, *, tenant: str, today: date) -> JointLine | tuple[Fault, ...]:
    """Return the further debtor of a line, or all its faults."""
    if line.fault:
        return (Fault("", line.raw[:MAX_TEXT], line.fault),)
    cells = _Cells(line.cells, today)
    cells.tenant(tenant)
    joint = JointLine(
        kassenzeichen=cells.matching("kassenzeichen", _REFERENCE, "bis zu 35 Buchstaben und Ziffern ohne Schrägstrich"),
        op_nr=cells.matching("op_nr", _NUMBER, "bis zu 20 Buchstaben und Ziffern"),
        schuldner_nr=cells.matching("schuldner_nr", _NUMBER, "bis zu 20 Buchstaben und Ziffern"),
        rolle=cells.role(),
    )
    return tuple(cells.faults) or joint


def differences(first: Mapping[str, str | int | None], second: Mapping[str, str | int | None]) -> list[tuple[str, str, str]]:
    """Return (column, first value, second value) of each difference between two stored lines, as people write the values."""
    found = []
    for name in first.keys() | second.keys():
        one, other = first.get(name), second.get(name)
        if one != other:
            found.append((name.removesuffix("_cent"), _shown(name, one), _shown(name, other)))
    columns = (*claim_files.CLAIM_COLUMNS, *claim_files.JOINT_COLUMNS)
    return sorted(found, key=lambda difference: columns.index(difference[0]))


def _shown(name: str, value: str | int | None) -> str:
    if value is None:
        return "(leer)"
    if isinstance(value, int):
        return money.german(value).removesuffix(" €")
    parts = value.split("-")
    is_date = name.endswith(("_am", "_vom", "_bis", "_von")) or name == "geburtsdatum"
    return ".".join(reversed(parts)) if is_date and len(parts) == 3 else value


class _Cells:
    """Reads cells one by one and collects every fault; a faulty cell reads as something harmless."""

    def __init__(self, cells: Mapping[str, str], today: date) -> None:
        self.cells = cells
        self.today = today
        self.faults: list[Fault] = []

    def fail(self, column: str, reason: str) -> None:
        self.faults.append(Fault(column, self.cells.get(column, "")[:MAX_TEXT], reason))

    def text(self, column: str) -> str | None:
        value = self.cells.get(column, "")
        if len(value) > MAX_TEXT:
            self.fail(column, f"länger als {MAX_TEXT} Zeichen.")
        return value or None

    def required_text(self, column: str) -> str:
        value = self.text(column)
        if value is None:
            self.fail(column, "Pflichtangabe fehlt.")
        return value or ""

    def matching(self, column: str, pattern: re.Pattern[str], expected: str) -> str:
        value = self.required_text(column)
        if value and not pattern.fullmatch(value):
            self.fail(column, f"erwartet werden {expected}.")
        return value

    def tenant(self, expected: str) -> None:
        value = self.required_text("mandant")
        if value and value != expected:
            self.fail("mandant", f"gehört nicht zum Mandanten „{expected}“.")

    def kind(self) -> str:
        value = self.required_text("forderungsart")
        if value and value not in claim_kinds.all_kinds():
            self.fail("forderungsart", f"unbekannte Forderungsart. Bekannt sind: {', '.join(claim_kinds.all_kinds())}.")
        return value

    def legal_form(self) -> str:
        value = self.required_text("rechtsform")
        if value and value not in LEGAL_FORMS:
            self.fail("rechtsform", f"unbekannte Rechtsform. Bekannt sind: {', '.join(sorted(LEGAL_FORMS))}.")
        return value

    def role(self) -> str:
        value = self.text("rolle") or "gesamtschuldner"
        if value not in ROLES:
            self.fail("rolle", f"unbekannte Rolle. Bekannt sind: {', '.join(sorted(ROLES))}.")
        return value

    def day(self, column: str, earliest: date = EARLIEST) -> date | None:
        value = self.text(column)
        if value is None:
            return None
        parts = _DATE.fullmatch(value)
        if not parts:
            self.fail(column, "kein Datum. Erwartet wird TT.MM.JJJJ.")
            return None
        try:
            day = date(int(parts[3]), int(parts[2]), int(parts[1]))
        except ValueError:
            self.fail(column, "diesen Tag gibt es nicht.")
            return None
        if not earliest <= day <= self.today + LATEST_DATE:
            self.fail(column, f"liegt vor dem {earliest:%d.%m.%Y} oder mehr als zehn Jahre in der Zukunft.")
        return day

    def required_day(self, column: str) -> date:
        found = self.day(column)
        if found is None and not self.cells.get(column):
            self.fail(column, "Pflichtangabe fehlt.")
        return found or self.today

    def amount(self, column: str) -> int | None:
        value = self.text(column)
        if value is None:
            return None
        cents = money.parse_german(value)
        if cents is None:
            self.fail(column, "kein Betrag. Erwartet wird z. B. 1.234,56 oder 1234,56.")
        elif cents < 0:
            self.fail(column, "der Betrag darf nicht negativ sein.")
        elif cents > MAX_CENT:
            self.fail(column, f"der Betrag ist größer als {money.german(MAX_CENT)}.")
        return cents

    def required_amount(self, column: str) -> int:
        cents = self.amount(column)
        if cents is None and not self.cells.get(column):
            self.fail(column, "Pflichtangabe fehlt.")
        if cents == 0:
            self.fail(column, "der Betrag muss größer als 0 sein.")
        return cents or 0

    def country(self) -> str:
        value = self.text("land") or "DE"
        if not _COUNTRY.fullmatch(value):
            self.fail("land", "erwartet wird ein Länderkürzel mit zwei Großbuchstaben, z. B. DE.")
        return value

    def postcode(self) -> str:
        value = self.required_text("plz")
        if value and (self.cells.get("land") or "DE") == "DE" and not _POSTCODE_DE.fullmatch(value):
            self.fail("plz", "eine deutsche Postleitzahl hat fünf Ziffern.")
        elif len(value) > 12:
            self.fail("plz", "länger als 12 Zeichen.")
        return value

    def email(self) -> str | None:
        value = self.text("email")
        if value is not None and not _EMAIL.fullmatch(value):
            self.fail("email", "keine E-Mail-Adresse.")
        return value


Rule = Callable[[ClaimLine], bool]
_ORDER_RULES: tuple[tuple[str, str, Rule], ...] = (
    ("bekanntgabe_am", "liegt vor dem Bescheid.", lambda c: c.bekanntgabe_am is not None and c.bekanntgabe_am < c.bescheid_vom),
    ("faellig_am", "liegt vor dem Bescheid.", lambda c: c.faellig_am < c.bescheid_vom),
    ("rechtskraft_am", "liegt vor dem Bescheid.", lambda c: c.rechtskraft_am is not None and c.rechtskraft_am < c.bescheid_vom),
    ("mahnung_am", "liegt vor der Fälligkeit.", lambda c: c.mahnung_am is not None and c.mahnung_am < c.faellig_am),
    ("mahnfrist_bis", "liegt vor der Mahnung.", lambda c: None not in (c.mahnfrist_bis, c.mahnung_am) and c.mahnfrist_bis < c.mahnung_am),  # type: ignore[operator]
    ("zeitraum_bis", "liegt vor zeitraum_von.", lambda c: None not in (c.zeitraum_von, c.zeitraum_bis) and c.zeitraum_bis < c.zeitraum_von),  # type: ignore[operator]
    ("mahnsperre_bis", "ohne mahnsperre_grund.", lambda c: c.mahnsperre_bis is not None and c.mahnsperre_grund is None),
    ("geburtsdatum", "liegt nicht vor dem Bescheid.", lambda c: c.geburtsdatum is not None and c.geburtsdatum >= c.bescheid_vom),
    ("nachname", "eine natürliche Person braucht einen Namen.", lambda c: c.rechtsform in NATURAL_FORMS and c.nachname is None),
    ("firma", "diese Rechtsform braucht eine Firma.", lambda c: c.rechtsform not in NATURAL_FORMS and c.firma is None),
    ("geburtsdatum", "nur natürliche Personen haben eines.", lambda c: c.rechtsform not in NATURAL_FORMS and c.geburtsdatum is not None),
)  # fmt: skip


def _contradictions(claim: ClaimLine, cells: Mapping[str, str], today: date) -> list[Fault]:
    found = [Fault(column, cells.get(column, ""), reason) for column, reason, is_broken in _ORDER_RULES if is_broken(claim)]
    if claim.bescheid_vom > today + LATEST_NOTICE:
        found.append(Fault("bescheid_vom", cells.get("bescheid_vom", ""), "liegt mehr als ein Jahr in der Zukunft."))
    return found
