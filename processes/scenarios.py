"""Scenario files: given / when / then of a process in German YAML, readable by a caseworker.

A scenario starts from a claims file and acts only through claims files, runs, forms, messages, payments and the clock.
`read` turns a file into a `Scenario` or says every fault in it; `processes.scenario_runner` plays it in virtual time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from engine import errors

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE_OPENS = time(8, 0)

ACTS = frozenset({
    "mahnlauf", "zahlung", "storno", "aufgabe", "nachricht", "sperre", "sperre_aufheben", "zustellung", "einwendung",
    "post_zurueck", "forderung_aendern", "einspielen", "starten", "auftrag", "signal",
})  # fmt: skip
EXPECTATIONS = frozenset({"schreiben", "konto", "aufgaben", "prozesse", "elemente", "nicht_elemente", "variablen", "stoerungen", "bericht"})
# What an act cannot do without; an act that is not here and not plain says all by what it may leave out.
NEEDED = {
    "zahlung": ("betrag",), "nachricht": ("name",), "starten": ("prozess",), "auftrag": ("topic",), "signal": ("name",),
    "sperre": ("kassenzeichen", "grund"), "sperre_aufheben": ("kassenzeichen",), "zustellung": ("massnahme", "am"),
    "einwendung": ("kassenzeichen",), "forderung_aendern": ("kassenzeichen",), "storno": (), "post_zurueck": (),
}  # fmt: skip
LISTED = frozenset({"schreiben", "aufgaben", "elemente", "nicht_elemente", "stoerungen"})
REPORTED = {"zeilen": "lines", "angenommen": "accepted", "abgewiesen": "rejected", "doppelt": "duplicate"}
STEP_KEYS = ACTS | {"am", "dann", "formular", "fehler", "fuer", "als", "abgelehnt"}
FILE_KEYS = frozenset({"szenario", "rechtsgrundlage", "uhr", "forderungen", "gesamtschuldner", "ablauf", "dann", "bemerkung"})
MAX_BYTES = 256 * 1024

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Act:
    """One line of `ablauf`: move the clock (`at`, aware, or None), do one thing (`kind`, `what`), expect (`then`).

    `form` holds the submitted form values of an `aufgabe`; `form_errors` the expected refusal per field; `refused` a part
    of the expected message when the whole act is to be refused.
    """

    number: int
    at: datetime | None
    kind: str | None
    what: object
    form: Mapping[str, object]
    form_errors: Mapping[str, str]
    refused: str | None
    target: str | None
    role: str | None
    then: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A parsed file; `starts_at` is the world's clock at the beginning, `claims` and `joint_debtors` are rows of claims files."""

    path: Path
    process: str
    title: str
    law: str
    starts_at: datetime
    claims: tuple[Row, ...]
    joint_debtors: tuple[Row, ...]
    acts: tuple[Act, ...]
    then: Mapping[str, object] = field(default_factory=dict)


class _Loader(yaml.SafeLoader):
    """Safe loader that keeps decimals exact and refuses a key written twice."""


def _decimal(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(str(loader.construct_scalar(node)))


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[object, object]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise errors.InvalidInput(
                f"Zeile {node.start_mark.line + 1}: Der Schlüssel „{key}“ steht zweimal da. Bitte nur einmal angeben."
            )
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:float", _decimal)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def read(path: Path) -> Scenario:
    """Return the scenario in `path`. Raises errors.InvalidInput naming the file and every fault."""
    content = path.read_bytes()
    if len(content) > MAX_BYTES:
        raise errors.InvalidInput(f"{path.name}: größer als {MAX_BYTES // 1024} KB. Bitte in mehrere Szenarien teilen.")
    try:
        document = load(content)
    except yaml.YAMLError as fault:
        raise errors.InvalidInput(f"{path.name}: kein gültiges YAML. {fault}") from fault
    if not isinstance(document, dict):
        raise errors.InvalidInput(f"{path.name}: erwartet wird eine Zuordnung mit szenario, uhr, forderungen und ablauf.")
    faults = _faults(document)
    if faults:
        raise errors.InvalidInput("\n".join(f"{path.name}: {fault}" for fault in faults))
    return Scenario(
        path=path,
        process=path.parent.parent.name,
        title=str(document["szenario"]),
        law=str(document.get("rechtsgrundlage", "")),
        starts_at=instant(document["uhr"]),
        claims=tuple(_row(row) for row in document.get("forderungen") or ()),
        joint_debtors=tuple(_row(row) for row in document.get("gesamtschuldner") or ()),
        acts=tuple(_act(number, item) for number, item in enumerate(document.get("ablauf") or (), start=1)),
        then=document.get("dann") or {},
    )


def load(content: str | bytes) -> object:
    """Return the value of YAML text with decimals exact. Raises yaml.YAMLError, errors.InvalidInput for a key written twice."""
    return yaml.load(content, Loader=_Loader)


def find(paths: Sequence[Path]) -> list[Path]:
    """Return the scenario files at and below `paths`, sorted by name."""
    found: set[Path] = set()
    for path in paths:
        found.update([path] if path.is_file() else path.glob("**/scenarios/*.yaml"))
    return sorted(found)


def instant(value: object) -> datetime:
    """Return the aware instant for `2026-08-17` (08:00 in Berlin), `2026-08-17 14:30` or a YAML date or timestamp."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=BERLIN) if value.tzinfo is None else value
    if isinstance(value, date):
        return datetime.combine(value, OFFICE_OPENS, BERLIN)
    parsed = datetime.fromisoformat(str(value).strip())
    has_time = len(str(value).strip()) > len("2026-08-17")
    return parsed.replace(tzinfo=BERLIN) if has_time else datetime.combine(parsed.date(), OFFICE_OPENS, BERLIN)


def _row(row: Mapping[object, object]) -> Row:
    return {str(column): cell(value) for column, value in row.items()}


def cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    if isinstance(value, Decimal):
        return str(value).replace(".", ",")
    return str(value)


def _act(number: int, item: Mapping[str, object]) -> Act:
    kind = next((key for key in item if key in ACTS), None)
    form, form_errors, then = item.get("formular"), item.get("fehler"), item.get("dann")
    return Act(
        number=number,
        at=instant(item["am"]) if "am" in item else None,
        kind=kind,
        what=item[kind] if kind else None,
        form=dict(form) if isinstance(form, Mapping) else {},
        form_errors={str(k): str(v) for k, v in form_errors.items()} if isinstance(form_errors, Mapping) else {},
        refused=str(item["abgelehnt"]) if "abgelehnt" in item else None,
        target=str(item["fuer"]) if "fuer" in item else None,
        role=str(item["als"]) if "als" in item else None,
        then=dict(then) if isinstance(then, Mapping) else {},
    )


def _faults(document: Mapping[object, object]) -> list[str]:
    faults = [f"unbekannter Schlüssel „{key}“; erlaubt sind {', '.join(sorted(FILE_KEYS))}." for key in document if key not in FILE_KEYS]
    faults += [f"„{key}“ fehlt." for key in ("szenario", "uhr", "ablauf") if key not in document]
    if "uhr" in document and not _is_instant(document["uhr"]):
        faults.append(f"„uhr“ ist kein Datum: {document['uhr']!r}. Erwartet wird z. B. 2026-08-17.")
    for key in ("forderungen", "gesamtschuldner"):
        rows = document.get(key) or []
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            faults.append(f"„{key}“ muss eine Liste von Zeilen sein.")
        else:
            faults += _row_faults(key, rows)
    acts = document.get("ablauf") or []
    if not isinstance(acts, list):
        return [*faults, "„ablauf“ muss eine Liste sein."]
    for number, item in enumerate(acts, start=1):
        faults += [f"Schritt {number}: {fault}" for fault in _act_faults(item)]
    return faults + _expectation_faults(document.get("dann"), "dann am Ende")


def _act_faults(item: object) -> list[str]:
    if not isinstance(item, dict):
        return ["muss eine Zuordnung sein, z. B. „- mahnlauf: detmold“."]
    faults = [f"unbekannter Schlüssel „{key}“; erlaubt sind {', '.join(sorted(STEP_KEYS))}." for key in item if key not in STEP_KEYS]
    acts = [key for key in item if key in ACTS]
    if len(acts) > 1:
        faults.append(f"zwei Handlungen in einem Schritt ({', '.join(acts)}). Bitte in zwei Schritte teilen.")
    if not acts and "am" not in item and "dann" not in item:
        faults.append("weder Zeit („am“) noch Handlung noch Erwartung („dann“).")
    if "am" in item and not _is_instant(item["am"]):
        faults.append(f"„am“ ist kein Zeitpunkt: {item['am']!r}.")
    if ("formular" in item or "fehler" in item) and "aufgabe" not in item:
        faults.append("„formular“ und „fehler“ gehören zu einer „aufgabe“.")
    for act in acts:
        faults += _shape_faults(act, item[act])
    return faults + _expectation_faults(item.get("dann"), "dann")


def _row_faults(key: str, rows: Sequence[Mapping[object, object]]) -> list[str]:
    return [f"„{key}“, Zeile {number}: „kassenzeichen“ fehlt." for number, row in enumerate(rows, start=1) if not row.get("kassenzeichen")]


def _shape_faults(act: str, what: object) -> list[str]:
    """Return what keeps an act from being done: not the shape it has, or a missing part."""
    if act == "einspielen":
        if not isinstance(what, list) or not all(isinstance(row, dict) for row in what):
            return ["„einspielen“ muss eine Liste von Zeilen sein."]
        return _row_faults(act, what)
    if act not in NEEDED:
        return [] if isinstance(what, str) else [f"„{act}“ muss ein Name sein, z. B. „{act}: detmold“."]
    if not isinstance(what, dict):
        return [f"„{act}“ muss eine Zuordnung sein, z. B. „{act}: {{{', '.join(f'{name}: …' for name in NEEDED[act])}}}“."]
    missing = [name for name in NEEDED[act] if what.get(name) is None]
    if act == "post_zurueck" and "vorlage" not in what and not what.get("kassenzeichen"):
        missing.append("kassenzeichen")
    return [f"„{act}“: „{name}“ fehlt." for name in missing]


def _expectation_faults(expected: object, where: str) -> list[str]:
    if expected is None:
        return []
    if not isinstance(expected, dict):
        return [f"„{where}“ muss eine Zuordnung sein."]
    faults = [
        f"„{where}“: unbekannte Erwartung „{key}“; erlaubt sind {', '.join(sorted(EXPECTATIONS))}."
        for key in expected
        if key not in EXPECTATIONS
    ]
    for key, value in expected.items():
        if key in LISTED and not isinstance(value, list):
            faults.append(f"„{where}“: „{key}“ muss eine Liste sein; ist nichts zu erwarten: „{key}: []“.")
        elif key in EXPECTATIONS - LISTED and not isinstance(value, dict):
            faults.append(f"„{where}“: „{key}“ muss eine Zuordnung sein.")
        elif key in ("konto", "variablen"):
            faults += [
                f"„{where}“: „{key}“, „{name}“ muss eine Zuordnung sein." for name, part in value.items() if not isinstance(part, dict)
            ]
        elif key == "schreiben" and not all(isinstance(letter, dict) and "vorlage" in letter for letter in value):
            faults.append(f"„{where}“: jedes Schreiben braucht seine „vorlage“, z. B. „- vorlage: mahnung“.")
        elif key == "bericht":
            faults += [f"„{where}“: „bericht“ kennt „{name}“ nicht, nur {', '.join(REPORTED)}." for name in value if name not in REPORTED]
    return faults


def _is_instant(value: object) -> bool:
    try:
        instant(value)
    except ValueError:
        return False
    return True
