"""The desk: what is known of a debtor, the queries it makes with legal basis and reason, and what it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, insert, select, update

from engine import errors
from processes.casefile import measure_tables, measures, timeline, words

BERLIN = ZoneInfo("Europe/Berlin")
OWN_PAPERS = "eigene_unterlagen"
TREFFER, KEIN_TREFFER, KEINE_ANTWORT = "treffer", "kein_treffer", "keine_antwort"
SEIZABLE = ("konto", "lohn", "miete", "steuererstattung", "versicherung", "sonstige")
FRUITLESS = frozenset({"fruchtlos", "durchsuchung_vorgemerkt", "nicht_angetroffen", "verwertung_vorgemerkt"})


@dataclass(frozen=True, slots=True)
class Query:
    """A question to a register, or a look into the own papers (`kind` eigene_unterlagen)."""

    uuid: UUID
    kind: str
    legal_basis: str
    reason: str | None
    asked_on: date
    due_on: date
    result: str | None
    found: Sequence[str]
    note: str | None
    answered_on: date | None


@dataclass(frozen=True, slots=True)
class Situation:
    """What the desk knows. `seizable`: third parties known and not yet seized; `has_result`: the desk did its part before the field."""

    seizable: tuple[str, ...]
    tried: tuple[str, ...]
    answered: int
    seizure_is_running: bool
    field_was_fruitless: bool
    has_result: bool


_TABLE = measure_tables.desk_query
_COLUMNS = [_TABLE.c[name] for name in Query.__dataclass_fields__]


def know(tx: Connection, *, tenant_id: int, case_number: str, found: Sequence[str], note: str | None, now: datetime) -> None:
    """Record what the own papers say. Nothing found and nothing noted: nothing is recorded."""
    if not found and not note:
        return
    today = now.astimezone(BERLIN).date()
    values = {"kind": OWN_PAPERS, "legal_basis": "eigene Unterlagen", "reason": None, "asked_on": today, "due_on": today,
              "result": TREFFER if found else KEIN_TREFFER, "found": list(found), "note": note, "answered_on": today}  # fmt: skip
    tx.execute(insert(_TABLE).values(tenant_id=tenant_id, case_number=case_number, **values))


def ask(
    tx: Connection,
    *,
    tenant_id: int,
    case_number: str,
    kind: str,
    legal_basis: str,
    reason: str | None,
    due_on: date,
    by: str,
    now: datetime,
) -> Query:
    """Record a query that goes out now. Raises errors.InvalidInput without a legal basis or a reason. Law: § 5 VwVG NRW, § 231 AO."""
    if not legal_basis or not reason:
        raise errors.InvalidInput("Eine Abfrage braucht Rechtsgrundlage und Grund.", {"begruendung": "Bitte angeben."})
    today = now.astimezone(BERLIN).date()
    values = {"kind": kind, "legal_basis": legal_basis, "reason": reason, "asked_on": today, "due_on": due_on, "found": []}
    row = tx.execute(insert(_TABLE).values(tenant_id=tenant_id, case_number=case_number, **values).returning(*_COLUMNS)).mappings().one()
    timeline.add(tx, kind="abfrage", summary=f"Abfrage {words.spelled(kind)} ({legal_basis})", effective_on=today, by=by, now=now,
                 case=(tenant_id, case_number), source=str(row["uuid"]))  # fmt: skip
    return _query(row)


def answer(
    tx: Connection, *, tenant_id: int, query_id: UUID, result: str, found: Sequence[str], note: str | None, answered_on: date | None
) -> Query:
    """Record the answer to a query. Raises errors.NotFound, errors.Conflict if it was recorded before."""
    c = _TABLE.c
    values = {"result": result, "found": list(found), "note": note, "answered_on": answered_on}
    statement = update(_TABLE).where(c.tenant_id == tenant_id, c.uuid == query_id, c.result.is_(None)).values(**values)
    row = tx.execute(statement.returning(*_COLUMNS)).mappings().one_or_none()
    if row is None:
        known = tx.execute(select(c.result).where(c.tenant_id == tenant_id, c.uuid == query_id)).scalar_one_or_none()
        if known is None:
            raise errors.NotFound(f"Die Abfrage {query_id} gibt es nicht.")
        raise errors.Conflict("Das Ergebnis dieser Abfrage ist schon erfasst. Bitte den Fall neu laden.")
    return _query(row)


def of_case(tx: Connection, tenant_id: int, case_number: str) -> list[Query]:
    """Return the queries of a case, oldest first."""
    c = _TABLE.c
    statement = select(*_COLUMNS).where(c.tenant_id == tenant_id, c.case_number == case_number).order_by(c.id)
    return [_query(row) for row in tx.execute(statement).mappings()]


def situation(tx: Connection, tenant_id: int, case_number: str) -> Situation:
    """Return what queries and measures of the case add up to."""
    queries, taken = of_case(tx, tenant_id, case_number), measures.of_case(tx, tenant_id, case_number)
    issued = [measure for measure in taken if measure.issued_on is not None]
    seizures = [measure for measure in issued if measure.kind == measures.PFAENDUNG]
    tried = {measure.seizure_kind for measure in seizures if measure.seizure_kind}
    known = {kind for query in queries for kind in query.found}
    answered = sum(1 for query in queries if query.kind != OWN_PAPERS and query.result in (TREFFER, KEIN_TREFFER))
    orders = [measure for measure in issued if measure.kind == measures.AUSSENDIENST]
    return Situation(
        seizable=tuple(kind for kind in SEIZABLE if kind in known and kind not in tried),
        tried=tuple(kind for kind in SEIZABLE if kind in tried),
        answered=answered,
        seizure_is_running=any(measure.state != measures.BEENDET for measure in seizures),
        field_was_fruitless=bool(orders) and orders[-1].result in FRUITLESS,
        has_result=answered > 0 or any(measure.state in (measures.BEENDET, measures.ERKLAERT) for measure in seizures),
    )


def _query(row: RowMapping) -> Query:
    return Query(**row)
